"""Rulebooks by mistake or malice: refused (or read) with place and sentence, in bounded time and memory, never with another error."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.rules import Finding, RulebookError, load_texts
from services.classify.rules.findings import MAX_FINDINGS
from services.classify.starter import starter_texts

TERMS = "labels:\n  - {{id: topic/a, terms: [{}]}}\n"


def first(text: str, name: str = "a.yaml") -> str:
    with pytest.raises(RulebookError) as caught:
        load_texts({name: text})
    return str(caught.value.findings[0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("labels:\n\t- {id: topic/a}", "a.yaml:2:1: error: This is not YAML: found character that cannot start any token; indent with spaces, not with tabs."),
        (TERMS.format('"alpha'), "a quotation mark that was opened is not closed"),
        (TERMS.format("al\x00pha"), "a.yaml:2:29: error: The character U+0000 has no place in a text; save the file as plain UTF-8 text."),
        (TERMS.format("al\ud800pha"), "a.yaml:2:29: error: The character U+D800"),
        (TERMS.format("alpha").encode("utf-16").decode("latin-1"), "a.yaml:1:4: error: The character U+0000"),
        ("".join(map(chr, range(256))), "a.yaml:1:1: error: The character U+0000"),
        ("a: &a [lol]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "a.yaml:1:4: error: Anchors"),
        ("{a: " * 100_000, "Nested deeper"),
        (TERMS.format("x" * 4_000_000), "longer than 4,000,000 characters"),
        (TERMS.format("alpha^1000"), "a.yaml:2:27: error: A weight is a number from -100 to 100."),
        (TERMS.format("alpha*999999999999"), "a.yaml:2:27: error: An ending has 30 letters at most"),
        (TERMS.format("'" + "(a|b|c|d)" * 20 + "'"), "more than 256 terms"),
        (TERMS.format("'/" + "x" * 1000 + "/'"), "longer than 200"),
        (TERMS.format("{term: a, needs: []}"), "a.yaml:2:44: error: A list of context words is empty"),
        ("labels: [{id: topic/" + "a" * 90 + "}]", "80 characters at most"),
        ("defaults: {lang: '12'}\nlabels: [{id: topic/a}]", "a.yaml:1:18: error: '12' is no language code"),
        ("labels: [{id: topic/a, parent: a}]", "run in a circle through 'a'"),
        ("labels:\n" + "".join(f"  - {{id: topic/t{n}, parent: t{n + 1}}}\n" for n in range(3000)), "more than 20 levels"),
    ],
)  # fmt: skip
def test_refused_with_place_and_sentence(text: str, told: str) -> None:
    assert told in first(text)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TERMS.format("alpha"),
        TERMS.format("alpha").replace("\n", "\r\n"),
        TERMS.format("alpha").replace("\n", "\r"),
        TERMS.format("al\tpha"),
    ],
    ids=["byte order mark", "CRLF", "CR", "tab in a text"],
)
def test_what_editors_save_by_accident_is_read(text: str) -> None:
    assert len(load_texts({"a.yaml": text}).rules[0].terms) == 1


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(RulebookError, match="empty"):
        load_texts({})


def test_errors_are_told_up_to_a_limit() -> None:
    with pytest.raises(RulebookError) as caught:
        load_texts({"a.yaml": TERMS.format(", ".join(["'!!'"] * 5000))})
    assert len(caught.value.findings) == MAX_FINDINGS
    assert "and 980 more" in str(caught.value)


def test_too_many_files_and_too_much_text_are_refused() -> None:
    with pytest.raises(RulebookError, match="more than 2,000 files"):
        load_texts({f"{n}.yaml": "" for n in range(2001)})
    text = "# " + "x" * 3_900_000
    with pytest.raises(RulebookError, match="20,000,000 characters together"):
        load_texts({f"{n}.yaml": text for n in range(6)})


def test_too_many_alternatives_in_all_are_refused() -> None:
    wide = "'(a|b|c|d|e|f|g|h)(i|j|k|l|m|n|o|p)(q|r|s|t)'"
    with pytest.raises(RulebookError, match="more than 500,000 terms"):
        load_texts({"a.yaml": TERMS.format(", ".join([wide] * 2000))})


def test_too_many_regexes_are_refused() -> None:
    with pytest.raises(RulebookError, match="more than 500 regular expressions"):
        load_texts({"a.yaml": TERMS.format(", ".join(f"/abc{n}/" for n in range(501)))})


@cache
def starter() -> tuple[str, ...]:
    return tuple(text for text in starter_texts().values() if len(text) < 6000)


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(min_value=1, max_value=6))
def test_a_damaged_file_is_read_or_refused(dice: random.Random, wounds: int) -> None:
    """Pieces cut out, doubled, swapped, and signs that mean something to YAML put in."""
    text = dice.choice(starter())
    for _ in range(wounds):
        low = dice.randrange(len(text))
        high = min(len(text), low + dice.choice((1, 1, 3, 40)))
        sign = dice.choice(
            (*"{}[]:,#&*!|>'\"%@`-?\t\n\r =/^()", "\x00", "\ufeff", "\u2028", "😀", "  ", "NO", "~", "<<")
        )
        text = text[:low] + dice.choice(("", sign, text[low:high] * 2, sign + text[low:high])) + text[high:]
    assert_read_or_refused(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab(|)*^=/\\.[]{}1-? é中", max_size=25))
def test_any_term_is_read_or_refused(written: str) -> None:
    quoted = written.replace("'", "''")
    assert_read_or_refused(TERMS.format(f"'{quoted}'"))


def assert_read_or_refused(text: str) -> None:
    for finding in refusals(text):
        assert 1 <= finding.line <= len(text) + 2
        assert finding.column >= 1
        assert finding.sentence.endswith((".", "?"))


def refusals(text: str) -> tuple[Finding, ...]:
    try:
        load_texts({"a.yaml": text})
    except RulebookError as error:
        return error.findings
    return ()
