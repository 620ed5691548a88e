"""What counts as a hit, in every script the starter rules use, and where it stands in the original."""

import pytest

from services.classify.rules import (
    CompiledRulebook,
    Document,
    classify,
    compile_rulebook,
    explain,
    load_texts,
)


def book(terms: str, more: str = "") -> CompiledRulebook:
    return compile_rulebook(
        load_texts({"a.yaml": f"labels:\n  - {{id: topic/a, threshold: 0.1, terms@any: [{terms}]{more}}}\n"})
    )


@pytest.mark.parametrize(
    ("term", "title", "found"),
    [
        ("Kazakh*1", "The Kazakhs won", "Kazakhs"),
        ("Kazakh*1", "Kazakhstan won", None),
        ("ISIS", "A crisis looms", None),
        ("дом", "роддом закрыт", None),
        ("Росси*2", "в России прошли", "России"),
        ("Центральн*3 Ази*2", "страны Центральной Азии обсудили", "Центральной Азии"),
        ("Center Street Bank", "the Center  Street, Bank said", "Center  Street, Bank"),
        ("Ελλάδα", "στην ΕΛΛΆΔΑ σήμερα", "ΕΛΛΆΔΑ"),
        ("İzmir", "IZMIR'de deprem", "IZMIR"),
        ("Ελλάς", "ΕΛΛΑΣ και κόσμος", "ΕΛΛΑΣ"),
        ("Iğdır", "IĞDIR'da kar", "IĞDIR"),
        ("Iğdır", "ığdır'da kar", "ığdır"),
        ("İstanbul*3", "İSTANBUL'DA", "İSTANBUL"),
        ("Łódź", "w Łodzi i w ŁÓDŹ", "ŁÓDŹ"),
        ("Việt Nam", "ở việt nam hôm nay", "việt nam"),
        ("Україн*2", "в Украї́ні сьогодні", "Украї́ні"),
        ("Ёлка", "елка горит", "елка"),
        ("Қазақстан*4", "Қазақстанның астанасы", "Қазақстанның"),
        ("محمد", "قال مُحَمَّدٌ أمس", "مُحَمَّدٌ"),
        ("أفغانستان", "في افغانستان اليوم", "افغانستان"),
        ("ایران", "در ايران امروز", "ايران"),
        ("ירושלים", "העיר יְרוּשָׁלַיִם היום", "יְרוּשָׁלַיִם"),
        ("हिन्दी", "वह हिन्दी बोलता है", "हिन्दी"),
        ("हिन्द", "वह हिन्दी बोलता है", None),
        ("日本", "今日、日本銀行は", "日本"),
        ("中国", "(中国）", "中国"),
        ("한국", "남북한국민", None),
        ("ไทย", "ประเทศไทยวันนี้", "ไทย"),
        ("भारत", "भारत ने कहा", "भारत"),
        ("中国", "美国和中国会谈", "中国"),
        ("東京", "昨日、東京で会議", "東京"),
        ("กรุงเทพ", "ข่าวกรุงเทพวันนี้", "กรุงเทพ"),
        ("한국", "한국은 오늘", "한국은"),
        ("=US", "Tell us now", None),
        ("=US", "The US said", "US"),
        ("=US", "THEY TOLD US", None),
        ("=Chad", "CHAD ACCUSES LIBYA", "CHAD"),
        ("=U.S.", "The U.S. said", "U.S"),
        ("New York", "new york", "new york"),
        ("C5+1", "A C5+1 summit", "C5+1"),
        ("vaccin*", "The vaccinations began", "vaccinations"),
    ],
)
def test_hit_and_its_span(term: str, title: str, found: str | None) -> None:
    verdict = classify(Document(title), book(f'"{term}"'))
    spans = [title[why.start : why.end] for label in verdict.topics for why in label.why]
    assert spans == ([found] if found else [])


@pytest.mark.parametrize(
    ("lang", "term", "text"),
    [
        ("ar", "السعودية", "قال بالسعودية اليوم"),
        ("ar", "مصر", "زار ومصر اليوم"),
        ("he", "ישראל", "דובר בישראל היום"),
    ],
)
def test_small_words_written_into_the_next(lang: str, term: str, text: str) -> None:
    compiled = compile_rulebook(load_texts({"a.yaml": f"labels: [{{id: topic/a, terms@{lang}: [{term}]}}]"}))
    assert classify(Document(text, language=lang), compiled).topics


def test_spans_of_lead_and_body_count_in_the_body() -> None:
    compiled = book("omega")
    body = "ASTANA, Nov 23 (Reuters) - " + "word " * 50 + "omega at last"
    verdict = classify(Document("", body), compiled)
    (why,) = verdict.topics[0].why
    assert (why.field, body[why.start : why.end]) == ("body", "omega")


def test_terms_never_match_across_fields() -> None:
    assert not classify(Document("alpha", "beta"), book("alpha beta")).topics


def test_longer_term_swallows_shorter_in_its_family_only() -> None:
    text = """
places:
  KZ: {en: [Kazakh president]}
labels:
  - {id: region/r, places: [KZ], terms: [Kazakh*1]}
  - {id: topic/t, terms: [president]}
"""
    compiled = compile_rulebook(load_texts({"a.yaml": text}))
    told = explain(Document("Kazakh president speaks"), compiled)
    assert [label["slug"] for label in told["topics"]] == ["t"]
    assert [(hit["term"], "Kazakh president" in hit["reason"]) for hit in told["ignored"]] == [
        ("Kazakh*1", True)
    ]


def test_a_mask_silences_what_is_as_long_of_its_own_label_only() -> None:
    text = """
labels:
  - {id: topic/art, threshold: 0.1, terms@any: [kunst*8], mask@any: [Kunststoff]}
  - {id: topic/chemistry, threshold: 0.1, terms@any: [Kunststoff]}
"""
    compiled = compile_rulebook(load_texts({"a.yaml": text}))
    told = explain(Document("Kunststoff"), compiled)
    assert [label["slug"] for label in told["topics"]] == ["chemistry"]
    assert [hit["reason"] for hit in told["ignored"]] == ["masked by 'Kunststoff' (a.yaml:3:70)"]
    assert [label.slug for label in classify(Document("Kunstwerk"), compiled).topics] == ["art"]


def test_one_span_counts_once_per_label() -> None:
    text = "labels: [{id: topic/t, strong: [president], terms: [president*1, presidents]}]"
    verdict = classify(Document("president"), compile_rulebook(load_texts({"a.yaml": text})))
    assert verdict.topics[0].score == 6.0


def test_count_of_a_term_joins_contested_and_plain_hits() -> None:
    text = "labels: [{id: topic/t, terms: [alpha*1, alphas^0.5]}]"
    verdict = classify(Document("alpha alphas alpha"), compile_rulebook(load_texts({"a.yaml": text})))
    assert [(why.count, why.term) for why in verdict.topics[0].why] == [(3, "alpha*1")]


def test_veto_of_a_place_takes_its_terms_from_the_region() -> None:
    text = "places: {KZ: {en: [alpha], veto@en: [stop]}, UZ: {en: [beta]}}\nlabels: [{id: region/r, places: [KZ, UZ]}]"
    compiled = compile_rulebook(load_texts({"a.yaml": text}))
    verdict = classify(Document("alpha beta stop"), compiled)
    assert [place.slug for place in verdict.places] == ["UZ"]
    assert verdict.regions[0].score == 3.0


def test_ten_times_the_rules_give_the_same_labels() -> None:
    small = book("alpha")
    many = "labels:\n  - {id: topic/a, threshold: 0.1, terms@any: [alpha]}\n" + "".join(
        f"  - {{id: topic/x{n}, terms: [word{n}]}}\n" for n in range(500)
    )
    large = compile_rulebook(load_texts({"a.yaml": many}))
    document = Document("alpha of all", "and beta")
    assert [label.score for label in classify(document, small).topics] == [
        label.score for label in classify(document, large).topics
    ]


def test_regex_hits_words_where_it_stands() -> None:
    title = "Now the 119th Congress, at last"
    told = classify(Document(title), book('"/\\\\b\\\\d+th Congress/"'))
    (why,) = told.topics[0].why
    assert title[why.start : why.end] == "119th Congress"


def test_near_asks_the_nearest_word_in_the_same_field() -> None:
    compiled = book("{term: alpha, near: [omega], within: 3}")
    assert classify(Document("omega one two alpha"), compiled).topics
    assert not classify(Document("omega one two three alpha"), compiled).topics
    assert not classify(Document("alpha", "omega"), compiled).topics


@pytest.mark.parametrize("piece", ["US ", "a", "中国", "e\u0301", "alpha omega ", "119th Congress "])
def test_hostile_lengths_stay_bounded(piece: str) -> None:
    compiled = book('=US, alpha*1, "/\\\\d+th Congress/", {term: omega, near: [alpha], within: 3}')
    long = classify(Document("x", piece * 300_000), compiled)
    cut = classify(Document("x", (piece * 300_000)[:20_000]), compiled)
    assert long.topics == cut.topics
