"""The anchor of a regex stands in whatever the regex matches: else a rule would silently never fire."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.rules.text.fold import fold
from services.classify.rules.text.regexes import RegexError, compile_regex, literal_anchor

PIECES = ("abc", "de", "f", "x?", "y*", "[abc]", "[^]d]", r"[\]a-c]", "(abc|def)", "(ghi)?", r"\d", "z+", "k{2}", "m{0,2}", " ", "-", r"\.")  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "anchor"),
    [
        (r"\d+(st|nd|rd|th) Congress", "congress"),
        (r"\bNovosti\b|RIA", None),
        (r"abc?d", None),
        (r"abcd?", "abc"),
        (r"abcd{0,3}e", "abc"),
        (r"[]abc]def", "def"),
        (r"[^]abc]def", "def"),
        (r"[\]abc]def", "def"),
        (r"[[:alpha:]]bcd", "bcd"),
        (r"\pLabc", "abc"),
        (r"\p{Greek}abc", "abc"),
        (r"\x41bcd", "bcd"),
        (r"\x{41}bcd", "bcd"),
        (r"\123bcd", "bcd"),
        (r"\Qa.b\Ebcd", "bcd"),
        (r"\Qabcdef", None),
        (r"(?i)abc", "abc"),
        (r"(abc)", None),
        (r"Straße", "strasse"),
        ("ab", None),
    ],
)
def test_anchor(pattern: str, anchor: str | None) -> None:
    assert literal_anchor(pattern) == anchor


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.data())
def test_every_match_holds_the_anchor(pattern: str, data: st.DataObject) -> None:
    anchor = literal_anchor(pattern)
    if anchor is None:
        return
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    assert compile_regex(pattern).fullmatch(text)
    assert anchor in fold(text)


@pytest.mark.parametrize(
    "pattern", ["(?=abc)abc", r"(abc)\1", "abc(", "a{2000}", "((abc{1,100}){1,100}){1,100}"]
)
def test_what_re2_cannot_run_in_linear_time_and_little_memory_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError):
        compile_regex(pattern)
