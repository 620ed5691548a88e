"""Warnings name the likely mistakes, with their place; good rules, and what an editor has accepted, get none."""

import pytest

from services.classify.rules import Document, RulebookError, compile_rulebook, lint, load_texts
from services.classify.rules.linting.usage import hits_by_term, never_fired, words_taken

TESTED = "tests: [{title: omega, expect: [topic/a]}]"


def warnings(text: str, documents: list[Document] | None = None) -> list[str]:
    return [finding.sentence for finding in lint(load_texts({"a.yaml": text}), documents or [])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("places: {TD: {en: [Chad]}}", "'chad' is an ordinary word"),
        ("places: {MY: {en: [my]}}", "'my' is an ordinary word"),
        ("places: {TL: {en: [TL]}}", "'tl' is so short"),
        ("labels: [{id: topic/a, terms: ['2024']}]", "'2024' is a number"),
        ("labels: [{id: topic/a, terms: [brit*]}]", "short stem"),
        ("labels: [{id: topic/a, terms: [\"al\\u00adpha\"]}]", "invisible character (U+00AD)"),
        ("labels: [{id: topic/a, terms@ru: [Mосква]}]", "'Mосква' mixes Cyrillic and Latin letters"),
        ("places: {KZ: {ar: [Казахстан]}}", "stands under ar and is written in Cyrillic letters"),
        ("places: {KZ: {en: [Victoria]}, UZ: {en: [Victoria]}}", "stands in place/KZ and in place/UZ (a.yaml:1:"),
        ("places: {NE: {en: [Niger*2]}, NG: {en: [Nigeria]}}", "takes other places' names: 'nigeria' of place/NG."),
        ("places: {KZ: {en: [alpha], mask@en: [bone china]}}", "holds no term"),
        ("labels: [{id: topic/a, terms: [alpha], mask: [china]}]", "holds no term"),
        ("places: {KZ: {en: [alpha, alpha]}}", "was given before, at a.yaml:1:20"),
        ("places: {KZ: {en: [al-pha, Al Pha]}}", "was given before"),
        ("labels: [{id: topic/a, terms: [vote*2, voter*1]}]", "'voter*1' never counts beside 'vote*2' (a.yaml:1:32)"),
        ("labels: [{id: topic/a, strong: [vote*1], terms: [votes]}]", "'votes' never counts beside 'vote*1'"),
        ("places: {KZ: {en: [alpha*1, alphas^0.5]}}", "'alphas^0.5' never counts beside"),
        ("labels: [{id: topic/a, strong: [beta]}, {id: topic/b, weak: [alpha beta]}]", "swallows the strong 'beta' of topic/a"),
        ("labels: [{id: topic/a, terms: [{term: alpha, needs: [x], unless: [x]}]}]", "never counts"),
        ("labels: [{id: topic/a, terms: [{term: alpha beta, unless: [beta]}]}]", "which it holds itself: it never counts"),
        ("labels: [{id: topic/a, terms: [{term: alpha beta, near: [beta]}]}]", "which it holds itself: it always counts"),
        ("labels: [{id: topic/a, terms: [{term: alpha, within: 3}]}]", "says within, but neither"),
        ("labels: [{id: topic/a, terms: [alpha]}]", "has no tests"),
        (
            "labels: [{id: topic/a, tests: [{title: Omega!, expect: [topic/a]}]}, {id: topic/b, tests: [{title: omega, reject: [topic/a]}]}]",
            "rejects topic/a of a text, but the test at a.yaml:1:32",
        ),
        (
            "labels: [{id: region/a, tests: [{title: x, primary: region/a}]}, {id: region/b, tests: [{title: x, primary: region/b}]}]",
            "wants region/b first, but",
        ),
    ],
)  # fmt: skip
def test_warned(text: str, words: str) -> None:
    found = warnings(text)
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize("marks", ["“”", "„“", "””", "‘’", "‚‘", "’’", "«»", "»«"])
@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("=C5", "word processor; = means nothing inside them. Write '=C5'."),
        ("/foobar.?x/", "word processor; / means nothing inside them. Write '/foobar.?x/'."),
        ("Silk Road", "stands in quotation marks of a word processor. Write 'Silk Road'."),
        ("Côte d’Ivoire", "Write 'Côte d’Ivoire'."),
    ],
)
def test_quotation_marks_of_a_word_processor_are_told(marks: str, written: str, words: str) -> None:
    pasted = f"{marks[0]}{written}{marks[1]}"
    for term in (pasted, f"{{term: {pasted}}}", f"{{term: alpha, needs: [{pasted}]}}"):
        assert [
            words in told for told in warnings(f"labels: [{{id: topic/a, terms: [{term}], {TESTED}}}]")
        ] == [True]
    noted = f"{{term: {pasted}, note: 'accepted: it is called so'}}"
    assert warnings(f"labels: [{{id: topic/a, terms: [{noted}], {TESTED}}}]") == []


def test_a_list_that_was_cut_inside_such_marks_is_told() -> None:
    first, second = warnings(f"labels: [{{id: topic/a, terms: [“Smith, Jones”], {TESTED}}}]")
    assert first.startswith("'“Smith' has one “ alone")
    assert second.startswith("'Jones”' has one ” alone")


def test_what_such_marks_make_unreadable_is_refused_with_the_remedy() -> None:
    with pytest.raises(RulebookError, match="Write straight quotation marks for those of a word processor"):
        load_texts({"a.yaml": "labels: [{id: topic/a, terms: [“vaccin*”]}]"})


@pytest.mark.parametrize(
    "text",
    [
        "places: {CN: {en: [{term: China, unless: [bone]}, Beijing], mask@en: [bone china]}}",
        "places: {NE: {en: [Niger*2]}, NG: {fr: [Nigeria]}}",  # never read in one article
        "places: {KZ: {en: [alpha*1, alphas]}}",  # the cases of a name, one by one
        "places: {KZ: {en: [=TL], ru: [IT-Казахстан, Kazinform]}}",
        f"labels: [{{id: topic/a, terms: [’s-Hertogenbosch, Côte d’Ivoire, АО «Газпром», «Alpha» и «Beta», “A” team], {TESTED}}}]",
        f"labels: [{{id: topic/a, terms: [kunst*8], mask: [Kunststoff], {TESTED}}}]",
        f"labels: [{{id: topic/a, strong: [voters], terms: [vote*2], {TESTED}}}]",
        f"labels: [{{id: topic/a, terms@fa: [می‌رود], {TESTED}}}]",
    ],
)
def test_good_rules_get_no_warning(text: str) -> None:
    assert warnings(text) == []


def test_what_an_editor_has_accepted_is_told_no_more() -> None:
    text = "places: {PE: {en: [{term: Cork, note: 'accepted: of that city the press writes more than of bottles'}]}}"
    assert warnings(text) == []
    assert warnings(text.replace("accepted:", "seen:"))


def test_accepting_says_nothing_to_articles() -> None:
    plain = load_texts({"a.yaml": "places: {PE: {en: [{term: Cork}]}}"})
    marked = load_texts({"a.yaml": "places: {PE: {en: [{term: Cork, note: 'accepted: well known'}]}}"})
    assert plain.version == marked.version


def test_endings_are_held_against_the_texts_at_hand() -> None:
    text = f"labels: [{{id: topic/a, terms: [indian*], {TESTED}}}]"
    written = [Document(" ".join(f"indian{chr(97 + n)}" for n in range(12)))]
    (sentence,) = warnings(text, written)
    assert sentence.startswith("'indian*' takes 12 different words of the texts, such as indiana, indianb, ")
    assert warnings(text, [Document("indians indian")]) == []


def test_terms_that_never_fire_are_named() -> None:
    text = "labels: [{id: topic/a, terms: [alpha*, beta, {term: gamma, needs: [delta]}, long alpha]}]"
    compiled = compile_rulebook(load_texts({"a.yaml": text}))
    written = [Document("Alphas and gamma"), Document("alphabet alphas", "a long alpha")]
    assert hits_by_term(compiled, written) == {0: 2, 3: 1}
    assert [term.term.written for term in never_fired(compiled, written)] == ["beta", "gamma"]
    assert words_taken(compiled, written) == {0: {"alphas": 2, "alphabet": 1}}


@pytest.mark.parametrize(("lang", "term"), [("en", "the"), ("ru", "после"), ("de", "war")])
def test_a_word_that_no_text_is_without_is_told(lang, term):
    rules = f"labels:\n  - {{id: topic/a, name: A, strong@{lang}: [{term}], tests: [{{title: x, reject: [topic/a]}}]}}\n"
    (finding,) = lint(load_texts({"r.yaml": rules}))
    assert "nearly every text" in finding.sentence
    assert not lint(load_texts({"r.yaml": rules.replace("strong@de", "strong@en")})) or lang != "de"
