"""Terms that a label lacks, found in the articles that have it."""

from itertools import product

import pytest

from services.classify.rules import (
    Correction,
    Document,
    StoredArticle,
    SuggestCounts,
    Suggester,
    Suggestion,
    compile_rulebook,
    load_texts,
)
from services.core.errors import InvalidInputError

TEXT = """
places:
  KZ: {en: [Kazakh*1, Kazakhstan, Astana], ru: [Казахстан*3], zh: [哈萨克斯坦], ar: [كازاخستان]}
  RU: {en: [Russia*1, Moscow], ru: [Росси*2], zh: [俄罗斯], ar: [روسيا]}
labels:
  - {id: region/asia}
  - {id: region/central-asia, parent: asia, places: [KZ]}
  - {id: region/russia, places: [RU]}
  - {id: topic/health, terms: [hospital*1]}
  - {id: topic/energy, terms: [pipeline*1]}
"""
COMPILED = compile_rulebook(load_texts({"a.yaml": TEXT}))
CITIES = ["Astana", "Kazakhstan"]


def articles(
    *pairs: tuple[str, int], title: str = "Talks {n}", lang: str | None = "en"
) -> list[StoredArticle]:
    """Each body so many times."""
    bodies = [body for body, times in pairs for _ in range(times)]
    return [
        StoredArticle(n, Document(title.format(n=n), body, language=lang)) for n, body in enumerate(bodies)
    ]


def suggested(label: str, found: list[StoredArticle], limit: int = 15) -> list[Suggestion]:
    suggester = Suggester(COMPILED, label)
    for article in found:
        suggester.add(article)
    return suggester.suggestions(limit)


def terms(label: str, found: list[StoredArticle]) -> list[str]:
    return [suggestion.term for suggestion in suggested(label, found)]


REST = ("Officials in Russia met the minister in Moscow again", 30)


def test_names_that_stand_with_the_label_and_not_with_others() -> None:
    found = articles(
        ("The leader of Kazakhstan, Kassym Tokayev, spoke on Monday with Reuters", 5),
        ("In Astana the deputy Yermek Marat asked Tokayev a question", 3),
        REST,
        ("The new law, Tokayev said, comes soon", 2),
    )
    best, *others = suggested("region/central-asia", found)
    assert (best.term, best.inside, best.outside, best.gain) == ("Tokayev", 8, 0, 2)
    assert best.rule == "terms@en: [Tokayev]"
    assert best.precision == round(8.5 / 9, 4)
    assert best.samples == ("Talks 0", "Talks 1", "Talks 2")
    assert [other.term for other in others] == ["Yermek Marat"]
    assert best.lines() == [
        "terms@en: [Tokayev]",
        "    8 articles of the label, 0 of the rest; z 3.2; precision about 94 %; 2 without a label would get it",
        "    > Talks 0",
        "    > Talks 1",
        "    > Talks 2",
    ]


def test_days_months_agencies_and_known_terms_are_no_candidates() -> None:
    found = articles(("On Friday in November the Kazakh leader told Xinhua of Astana", 6), REST)
    assert terms("region/central-asia", found) == []


def test_what_only_heads_sentences_or_stands_in_capitalised_headlines_is_no_name() -> None:
    found = articles(
        ("Yesterday Kazakh leaders met. Afterwards they left Astana.", 6),
        REST,
        title="Kazakh Leaders Meet Afterwards",
    )
    assert terms("region/central-asia", found) == []


def test_articles_of_two_regions_tell_nothing() -> None:
    found = articles(("Kazakhstan and Russia and the bridge of Petropavl", 6), REST)
    assert terms("region/central-asia", found) == []


def test_a_child_counts_for_its_parent() -> None:
    found = articles(("Kazakhstan honours the poet Abai", 5), REST)
    assert terms("region/asia", found) == ["Abai"]


def test_a_place_learns_from_articles_that_name_it_alone() -> None:
    found = articles(
        ("Kazakhstan honours the poet Abai", 5), ("Kazakhstan and Russia honour Pushkin", 5), REST
    )
    assert terms("place/KZ", found) == ["Abai"]


def test_editors_are_believed_before_the_rules() -> None:
    body = "A bridge opens in Petropavl, in the north"
    silent = articles((body, 5), REST)
    assert terms("region/central-asia", silent) == []
    judged = [
        StoredArticle(a.id, a.document, correction=Correction(regions=("central-asia",)))
        if a.document.body == body
        else a
        for a in silent
    ]
    assert terms("region/central-asia", judged) == ["Petropavl"]
    against = [
        StoredArticle(a.id, a.document, correction=Correction(regions=()))
        for a in articles(("Kazakhstan opens the Petropavl bridge", 5), REST)
    ]
    assert terms("region/central-asia", against) == []


def test_a_part_is_told_only_where_it_stands_alone_as_well() -> None:
    whole = articles(("Kazakhstan, says Kassym Tokayev, will grow", 6), REST)
    assert terms("region/central-asia", whole) == ["Kassym Tokayev"]
    both = articles(
        ("Kazakhstan, says Kassym Tokayev, will grow", 4), ("In Astana they say Tokayev left", 4), REST
    )
    assert terms("region/central-asia", both) == ["Tokayev"]


def test_an_ordinary_word_is_written_with_exact_case_and_a_warning() -> None:
    found = articles(
        ("Kazakhstan sent the ship Steppe to sea", 6),
        REST,
        ("The steppe is wide", 2),
    )
    (best,) = suggested("region/central-asia", found)
    assert best.rule == "terms@en: [=Steppe]"
    assert best.warnings == ("an ordinary word too, in 2 articles",)


def test_a_term_of_another_label_is_told() -> None:
    text = TEXT.replace("Moscow]", "Moscow, {term: Baikal, fields: [title]}]")
    suggester = Suggester(compile_rulebook(load_texts({"a.yaml": text})), "region/central-asia")
    for article in articles(("Kazakhstan buys water of Baikal", 6), REST):
        suggester.add(article)
    (best,) = suggester.suggestions()
    assert best.warnings == ("terms@en Baikal stands in place/RU (a.yaml:4:38)",)


def test_russian_names_get_an_ending_and_their_forms_are_told_once() -> None:
    bodies = [
        "Казахстан: сегодня Токаев прибыл",
        "Казахстан: указ Токаева подписан",
        "Казахстан: встреча с Токаевым прошла",
    ]
    found = articles(*[(body, 6) for body in bodies], ("Россия и её министр Петров", 40), lang="ru")
    (best,) = suggested("region/central-asia", found)
    assert best.rule == "terms@ru: [Токаев*3]"


def test_scripts_without_capitals_and_without_spaces() -> None:
    chinese = articles(("哈萨克斯坦总统托卡耶夫访问", 5), ("俄罗斯总理米舒斯京访问", 20), lang="zh")
    assert any("托卡耶夫" in term for term in terms("region/central-asia", chinese))
    arabic = articles(
        ("زار توكاييف كازاخستان", 1), ("كازاخستان. قال توكاييف", 5), ("روسيا. قال بوتين", 20), lang="ar"
    )
    found = terms("region/central-asia", arabic)
    assert any("توكاييف" in term for term in found)
    assert all("بوتين" not in term for term in found)


def test_topics_take_any_words() -> None:
    found = articles(
        ("the hospital hired a surgeon for the ward of a hospital", 6),
        ("the pipeline carries oil for the state by a pipeline", 30),
        title="Surgeon and state {n}",
    )
    assert terms("topic/health", found) == ["hired", "ward"]


def test_counts_of_chunks_add_up_to_the_whole_and_come_out_the_same() -> None:
    found = articles(
        ("Kazakhstan, says Kassym Tokayev, will grow", 4),
        ("In Astana they say Tokayev left", 4),
        REST,
        ("The new law, Tokayev said, comes soon", 2),
    )
    merged = SuggestCounts(COMPILED.version, "region/central-asia")
    for n in range(0, len(found), 3):
        part = Suggester(COMPILED, "region/central-asia")
        for article in found[n : n + 3]:
            part.add(article)
        merged.merge(part.counts)
    whole = suggested("region/central-asia", found)
    assert Suggester(COMPILED, "region/central-asia", merged).suggestions() == whole
    other = SuggestCounts(COMPILED.version, "region/russia")
    with pytest.raises(ValueError, match="same label"):
        merged.merge(other)


def test_memory_is_bounded_and_what_is_frequent_stays() -> None:
    letters = "bcdfghklmnprstvz"
    odd = ["".join(pair).title() + "aro" for pair in product(letters, letters)]
    suggester = Suggester(COMPILED, "region/central-asia", most=60)
    for n, name in enumerate(odd):
        suggester.add(
            StoredArticle(
                n, Document("Talks", f"Kazakhstan hears {name} and it is Tokayev who asks", language="en")
            )
        )
    counts = suggester.counts.of("en")
    assert sum(map(len, counts.counters)) <= 60
    assert set(counts.samples) == set(counts.written) <= set(counts.inside)
    assert suggester.counts.short >= 1
    assert counts.inside["tokayev"] == len(odd)


def test_a_language_is_compared_with_itself() -> None:
    """Of one region all articles may be in one language: its ordinary words are no sign of the region."""
    somali = ("Kazakhstan waxay Leedahay Wararka", 8)
    found = [*articles(somali, lang="so"), *articles(("Kazakhstan hears Tokayev again", 8), REST, lang="en")]
    assert terms("region/central-asia", found) == ["Tokayev"]
    rest = articles(("Moscow waxay Leedahay Hadda", 30), lang="so")
    both = suggested("region/central-asia", [*found, *rest])
    assert [s.rule for s in both] == ["terms@so: [Leedahay Wararka]", "terms@en: [Tokayev]"]


def test_a_label_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no label 'region/mars'"):
        Suggester(COMPILED, "region/mars")
