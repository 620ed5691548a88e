"""Plain text, teasers and the normal form of titles."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core import text as text_module
from services.core.text import cut, fold_title, is_headline, plain_text, plain_title, teaser

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("plain", "plain"),
        ("<b>a</b>b", "ab"),
        ("<p>a</p><p>b</p>", "a b"),
        ("a<br>b<br/>c", "a b c"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("once &amp;amp; only", "once &amp; only"),
        ("it\x92s", "it’s"),
        ("I <3 you, 1 < 2 and 3 > 2", "I <3 you, 1 < 2 and 3 > 2"),
        ("x<script>alert('<p>')</script>y", "xy"),
        ("x<style>p{}</style >y<SCRIPT>z</SCRIPT>", "xy"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("<img alt='a > b' src=x>text", "text"),
        ('cut off <a href="https://exam', "cut off"),
        ("<![CDATA[inside]]>", "inside"),
        ("&lt;i&gt;twice&lt;/i&gt; escaped", "twice escaped"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;safe", "safe"),
        ("the &lt;dialog&gt; element", "the <dialog> element"),
        ("a\u00a0\u2003\t\r\n b", "a b"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        (f"r{BIDI}l\x00\x07\x1b\x7f\ufeff\u00ad", "rl"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_person_would_read(markup, expected):
    assert expected == plain_text(markup, limit=500)


@given(st.text(max_size=400), st.integers(min_value=1, max_value=100))
def test_whatever_comes_in_plain_text_is_clean_and_within_its_limit(markup, limit):
    text = plain_text(markup, limit=limit)
    assert len(text) <= limit
    text.encode()
    assert text == " ".join(text.split())
    assert not any(unicodedata.category(sign) in {"Cc", "Cs"} or sign in BIDI for sign in text)


@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "b", "/", "!--", "-->", '"', "'", "script", "&lt;", "&gt;", " ", "=", "a"]
        ),
        max_size=40,
    )
)
def test_no_element_survives_in_plain_text(parts):
    text = plain_text("".join(parts), limit=1000)
    assert "<script>" not in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", '<a "', "<a '\"", "<script>", "<![CDATA[", "<", "<!", "</a", "<a =", "&lt;a "]
)
def test_a_megabyte_of_half_markup_is_read_in_one_pass(piece):
    """With time growing by the square of the length this test would not end."""
    assert len(plain_text((piece * 1_000_000)[:1_000_000], limit=100)) <= 100


def test_a_teaser_ends_at_a_word_within_its_limit():
    text = "Parliament votes on the new water law, which the upper house had sent back twice."
    assert teaser(text, 40) == "Parliament votes on the new water law…"
    assert len(teaser("word " * 100)) <= 240
    assert teaser("short") == "short"


def test_a_text_without_spaces_is_cut_between_signs():
    assert teaser("新" * 50, 10) == "新" * 9 + "…"
    assert cut("a" * 9 + "e\u0301" * 5, 10) == "a" * 9


@given(st.text(max_size=600), st.integers(min_value=2, max_value=300))
def test_a_teaser_never_exceeds_its_limit(text, limit):
    assert len(teaser(text, limit)) <= limit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fed raises rates by half a point - Reuters", "FED RAISES RATES BY HALF A POINT"),
        ("UPDATE 2-Fed raises rates by half a point", "Fed raises rates by half a point"),
        ("BREAKING: “Quake” hits the northern coast", "Quake hits the northern coast | The Courier"),
        ("Срочно: В Бишкеке открыли новую больницу", "В Бишкеке открыли новую больницу"),
        ("ﬁre in the old harbour", "Fire in the old harbour"),
    ],
)
def test_headlines_that_differ_in_dress_alone_fold_alike(one, other):
    assert fold_title(one) == fold_title(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Liverpool beat Real Madrid 3 - 0", "Liverpool beat Real Madrid 3 - 1"),
        ("12th sanctions package agreed", "13th sanctions package agreed"),
        ("Live - Reuters", "Live - AP"),
        ("Storm hits the coast", "Storm hits the coasts"),
    ],
)
def test_headlines_that_say_different_things_fold_apart(one, other):
    assert fold_title(one) != fold_title(other)


def test_a_title_of_signs_alone_folds_to_nothing():
    assert fold_title("— … !") == ""


MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br/>", "<A HREF='x'>", "</a>", "<img alt='a > b' src=x>", "<scRipt>", "</script>", "<svg/>", "<b", "<", ">", '"', "'", "=", " ", "a",
         "x < y", "<!-- c -->", "<!x>", "]]>", "<![CDATA[", "&lt;p&gt;", "<custom-tag a=1>"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=500)
@given(MARKUP)
def test_markup_split_in_one_call_reads_as_it_does_tag_by_tag(markup):
    assert text_module._without_tags(markup) == text_module._read_by_tag(markup)


def test_no_character_that_goes_is_printable():
    """Or a text could keep it, since a printable one is not searched for such characters."""
    for code in text_module._CHARACTERS:
        assert not chr(code).isprintable()
        assert text_module._PERHAPS_ODD.search(chr(code))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("It&amp;#8217;s &amp;quot;on&amp;quot;", "It’s “on”".replace("“", '"').replace("”", '"')),
        ("&lt;![CDATA[Inside]]&gt;", "Inside"),
        ("A title]]>", "A title"),
        ("AT&T and Q&A; R&D", "AT&T and Q&A; R&D"),
        ("the &lt;dialog&gt; element", "the <dialog> element"),
        ("a &amp;#8238; b", "a b"),
        ("", ""),
    ],
)
def test_a_title_loses_what_software_wrapped_around_it(markup, expected):
    assert plain_title(markup, limit=100) == expected


LINES = st.lists(
    st.sampled_from(
        ["live:", "UPDATE 2-", "breaking news ", "word ", "other ", " - ", "The Paper", " | ", "—", "ﬁre ", "a ", "b c d e ", "1", "!", " " * 210, "x" * 100, " word" * 50]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=500)
@given(LINES, LINES)
def test_a_text_is_a_headline_exactly_when_its_normal_form_is(headline, text):
    folded = fold_title(headline)
    assert is_headline(text, folded) is (fold_title(text) == folded)
    assert is_headline(text, fold_title(text))
    assert is_headline(headline + text, fold_title(headline + text))


@given(st.text(st.sampled_from(" \t\n\xa0ab—\u2028\x1c"), max_size=20) | st.text())
def test_single_spaces_are_those_of_splitting_and_joining(text):
    assert text_module.single_spaced(text) == " ".join(text.split())
