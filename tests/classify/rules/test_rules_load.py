"""Wrong rulebooks are refused whole, with file, line, column and a sentence."""

import sys

import pytest
import yaml

from services.classify.rules import RulebookError, load_texts
from services.classify.rules.loading import nodes
from services.classify.rules.loading.terms import TermError, parse_term
from services.classify.rules.text.fold import fold

GOOD = "labels:\n  - {id: topic/a, name: A, terms: [alpha]}\n"


def refusals(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(RulebookError) as caught:
        load_texts({"a.yaml": text})
    assert all(finding.file == "a.yaml" for finding in caught.value.findings)
    return [(finding.line, finding.column, finding.sentence) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "empty"),
        ("[]", 1, 1, "mapping"),
        ("labels: [", 2, 1, "not YAML"),
        ("a: &x 1", 1, 4, "Anchors"),
        ("labels: *x", 1, 9, "Anchors"),
        ("labels: !!python/object:os.system []", 1, 9, "Tags"),
        ("colour: red", 1, 1, "no key 'colour'"),
        ("labels:\n  - {id: topic/a, id: topic/b}", 2, 19, "twice"),
        ("labels:\n  - {id: Topic A}", 2, 10, "id such as"),
        ("labels:\n  - {id: topic/a, termss: [x]}", 2, 19, "did you mean 'terms'"),
        ("labels:\n  - {id: topic/a, terms: [vac*]}", 2, 27, "open and short"),
        ("labels:\n  - {id: topic/a, terms: ['!!!']}", 2, 27, "Nothing is left"),
        ("labels:\n  - {id: topic/a, terms: [/a+b/]}", 2, 27, "letters in a row"),
        ("labels:\n  - {id: topic/a, terms: ['/(?=abc)abc/']}", 2, 27, "RE2"),
        ("labels:\n  - {id: topic/a, terms: [" + "x" * 1000 + "]}", 2, 27, "longer than"),
        ("labels:\n  - {id: region/a, places: [ZZ]}", 2, 29, "no ISO 3166 code"),
        ("labels:\n  - {id: topic/a, parent: b}", 2, 27, "is not there"),
        ("labels:\n  - id: topic/a\n    name: A\n    parent: b\n", 4, 13, "is not there"),
        ("labels:\n  - id: topic/a\n    name: A\n    parent: topic/a\n", 4, 13, "circle"),
        ("labels:\n  - {id: topic/a, tests: [{title: x, expect: [topic/b]}]}", 2, 27, "not there"),
        (
            "labels:\n  - {id: topic/a, tests: [{title: x, expect: [topic/a], reject: [topic/a]}]}",
            2,
            27,
            "both",
        ),
        (
            "labels:\n  - {id: region/a, tests: [{title: x, country: ZZ, reject: [region/a]}]}",
            2,
            28,
            "no ISO 3166 code of a publisher",
        ),
        (
            "labels:\n  - {id: region/a, tests: [{title: x, feed_region: b, reject: [region/a]}]}",
            2,
            28,
            "no region 'b'",
        ),
        ("defaults: {lead_words: many}", 1, 24, "whole number"),
        ("places: {Kz: {en: [x]}}", 1, 10, "two capital letters"),
        ("places: {KZ: {klingonese: [x]}}", 1, 15, "no key"),
    ],
)
def test_refused_with_place_and_sentence(text: str, line: int, column: int, words: str) -> None:
    found = refusals(text)
    assert any(at[:2] == (line, column) and words in at[2] for at in found), found


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        (
            "labels:\n  - {id: topic/a, terms@kz: [x]}",
            2,
            19,
            "There is no language 'kz'. Did you mean kk or ru?",
        ),
        ("labels:\n  - {id: topic/a, lang: ua, terms: [x]}", 2, 25, "Did you mean uk or ru?"),
        ("labels:\n  - {id: topic/a, terms: [{term: x, lang: cn}]}", 2, 43, "Did you mean zh?"),
        ("places: {KZ: {qq: [x]}}", 1, 15, "There is no language 'qq'. A tag begins with a code of ISO 639"),
        ("places: {KZ: {mask@jp: [x]}}", 1, 15, "Did you mean ja?"),
        ("defaults: {lang: gr}\nplaces: {KZ: {en: [x]}}", 1, 18, "Did you mean el?"),
        (
            "labels:\n  - {id: topic/a, tests: [{title: x, lang: cz, expect: [topic/a]}]}",
            2,
            44,
            "Did you mean cs?",
        ),
        (
            "labels:\n  - {id: topic/a, tests: [{title: x, lang: 'a b', expect: [topic/a]}]}",
            2,
            44,
            "'a b' is no BCP 47",
        ),
        ("labels:\n  - {id: topic/a, terms@eng: [x]}", 2, 19, "'eng' have the code en; write that."),
        (
            "labels:\n  - {id: topic/a, terms@ub: [x], terms@uz: [y], terms@ru: [z]}",
            2,
            19,
            "There is no language 'ub'. Did you mean uz?",
        ),
    ],
)
def test_a_language_that_does_not_exist_is_refused(text: str, line: int, column: int, sentence: str) -> None:
    (found,) = refusals(text)
    assert found[:2] == (line, column)
    assert sentence in found[2]


def test_languages_of_every_spelling_that_articles_may_have_are_read() -> None:
    tests = "tests: [{title: x, lang: pt-BR, expect: [topic/a]}, {title: x, lang: zh_TW, expect: [topic/a]}]"
    text = f"labels:\n  - {{id: topic/a, terms@ckb: [x], terms@nb: [y], terms@any: [z], {tests}}}\n"
    assert len(load_texts({"a.yaml": text}).rules[0].terms) == 3


def test_what_was_published_with_a_language_that_does_not_exist_stays_readable() -> None:
    texts = {"a.yaml": "labels:\n  - {id: topic/a, terms@ub: [x], terms: [y]}\n"}
    assert [term.lang for term in load_texts(texts, version="ab12").rules[0].terms] == ["ub", "en"]
    with pytest.raises(RulebookError):
        load_texts(texts)


NAMES_B = "labels:\n  - {id: topic/a, parent: b, terms: [x], tests: [{title: x, expect: [topic/b]}]}\n"


@pytest.mark.parametrize(
    "other",
    [
        "labels:\n  - id: topic/b\n   name: B\n",
        "labels:\n  - {id: topic/b, name: 'B}\n",
        "labels:\n  - {id: topic/b, name: [}\n",
        "labels:\n  - id: topic/b\n\tname: B\n",
        "labels:\n  - id: topic/b\n    name: B: C\n",
        "[]",
        "lables: [{id: topic/b}]",
        "labels: [{id: Topic/b}]",
        "labels: []\nlabels: [{id: topic/b}]",
    ],
)
def test_one_mistake_in_one_file_is_not_told_of_another(other: str) -> None:
    with pytest.raises(RulebookError) as caught:
        load_texts({"a.yaml": NAMES_B, "b.yaml": other})
    assert {finding.file for finding in caught.value.findings} == {"b.yaml"}
    with pytest.raises(RulebookError, match="'topic/b', which is not there"):
        load_texts({"a.yaml": NAMES_B, "b.yaml": "labels: [{id: topic/c}]"})


def test_what_a_test_says_of_itself_is_told_whatever_the_other_files_are_like() -> None:
    wrong = "labels: [{id: topic/a, tests: [{title: x, country: ZZ, expect: [topic/a], reject: [topic/a]}]}]"
    with pytest.raises(RulebookError, match="both expects and rejects") as caught:
        load_texts({"a.yaml": wrong, "b.yaml": "]"})
    assert [finding.file for finding in caught.value.findings] == ["a.yaml", "a.yaml", "b.yaml"]


_INDENTED = "look at the indentation of this line and of the one above."


@pytest.mark.parametrize("loader", ["BaseLoader", "CBaseLoader"])
@pytest.mark.parametrize(
    ("lines", "at", "remedy"),
    [
        ("    terms: [x]\n   - id: topic/b", (4, 4), _INDENTED),
        ("   terms: [x]", (3, 4), _INDENTED),
        ("      terms: [x]", (3, 12), _INDENTED),
        ("    terms:\n      - x\n     - y", (5, 6), _INDENTED),
        ("\tterms: [x]", (3, 1), "indent with spaces, not with tabs."),
        ("    terms [x]\n    name: A", (4, 5), "has no colon with a space after it."),
        ("    name: 'A'B", (3, 14), "behind a closing quotation mark or bracket: quote the whole text."),
        ("    terms: [x], y]", (3, 15), "behind a closing quotation mark or bracket: quote the whole text."),
        ('    terms: ["x, y]', (4, 1), "a quotation mark that was opened is not closed."),
        ("    terms: ['Côte d'Ivoire']", (3, 21), "or quote a text that holds , : # ? ' or begins with * & ! %."),
        ("    terms: [x, y\n    name: A", (4, 9), "close the bracket, set the comma, or quote"),
        ("    name: A: B", (3, 12), "quote a text that holds a colon followed by a space, or"),
        ('    terms: ["/\\d abc/"]', None, "in double quotes, or take single quotes."),
        ("    name: |x", (3, 12), "look at this line and at the one above."),
    ],
)  # fmt: skip
def test_what_the_parser_says_ends_with_what_to_do(
    loader: str, lines: str, at: tuple[int, int] | None, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(yaml, loader):
        pytest.skip("this PyYAML has no C parser")
    monkeypatch.setattr(nodes, "_Loader", getattr(yaml, loader))
    ((line, column, sentence),) = refusals(f"labels:\n  - id: topic/a\n{lines}\n")
    assert at in (None, (line, column))
    assert remedy in sentence


def test_all_errors_are_told_at_once() -> None:
    text = "labels:\n  - {id: topic/a, terms: [vac*, '!!'], colour: red}\n  - {id: topic/a}\n"
    assert len(refusals(text)) == 4


def test_parents_in_a_circle_are_refused() -> None:
    text = "labels:\n  - {id: topic/a, parent: b}\n  - {id: topic/b, parent: a}\n"
    assert any("circle" in sentence for _, _, sentence in refusals(text))


def test_deep_nesting_is_refused_without_recursion() -> None:
    assert any("deeper" in sentence for _, _, sentence in refusals("[" * 5000))


def test_norway_stays_norway() -> None:
    rulebook = load_texts({"a.yaml": "places:\n  NO: {no: [Norge], en: [on, yes]}\n"})
    assert [(place.code, len(place.terms)) for place in rulebook.places] == [("NO", 3)]


def test_version_follows_the_meaning_and_not_the_layout() -> None:
    first = load_texts({"a.yaml": GOOD})
    moved = load_texts({"z.yaml": "# a comment\n\n" + GOOD})
    other = load_texts({"a.yaml": GOOD.replace("alpha", "beta")})
    assert first.version == moved.version
    assert first.version != other.version


def test_a_place_in_two_files_is_refused() -> None:
    with pytest.raises(RulebookError) as caught:
        load_texts({"a.yaml": "places: {KZ: {en: [x]}}", "b.yaml": "places: {KZ: {en: [y]}}"})
    assert "a.yaml:1:10" in caught.value.findings[0].sentence


def test_every_letter_of_which_folding_leaves_nothing_is_no_word_alone():
    """What is all letters to Unicode is taken for a word without being folded, but for these."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isalnum()]
    silent = {letter for letter in letters if not fold(letter)}
    assert {"\u0640", "\u02bb"} < silent
    for letter in silent:
        with pytest.raises(TermError, match="Nothing is left"):
            parse_term(letter * 2)
    assert [
        word for letter in letters if letter not in silent and not parse_term(word := letter * 2).phrases
    ] == []


def test_a_published_version_is_kept_as_it_is_and_any_other_is_the_hash_of_what_is_said():
    assert load_texts({"a.yaml": GOOD}, version="ab12").version == "ab12"
    assert len(load_texts({"a.yaml": GOOD}).version) == 64
