"""Fingerprints: what makes two contents differ, two texts the same, and two names of entries one."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.dedupe import (
    alike,
    content_hash,
    guid_of,
    guid_with_url,
    normal_form,
    stored_name,
    stored_name_at,
)
from tests.fixtures.entries import entry


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"text": "x"}, {"html": "x"}, {"image": "x"}, {"url": "https://b.example/"}]
)
def test_what_a_reader_would_see_is_in_the_hash(change):
    assert content_hash(replace(entry(), **change)) != content_hash(entry())


@pytest.mark.parametrize(
    "change",
    [{"guid": "other"}, {"published_at": None}, {"tags": ("x",)}, {"teaser": "y"}, {"language": "en"}],
)
def test_what_no_reader_sees_is_not(change):
    assert content_hash(replace(entry(), **change)) == content_hash(entry())


def test_fields_do_not_run_together():
    assert content_hash(entry(title="ab", text="c")) != content_hash(entry(title="a", text="bc"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("«Kazakhstan’s  Plan» – 2027", "kazakhstan s plan: 2027!", True),
        ("ＡＢＣ １２", "abc 12", True),
        ("Straße", "STRASSE", True),
        ("plan 2027", "plan 2028", False),
        ("", "…", True),
    ],
)
def test_normal_form_keeps_words_and_nothing_else(one, other, same):
    assert (normal_form(one) == normal_form(other)) is same


@given(st.text())
def test_normal_form_is_settled_after_one_pass_for_words_in_lower_case(text):
    settled = normal_form(text)
    assert normal_form(settled.replace(" ", " — ")) == normal_form(settled)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Council meets on Monday", "Council meets on Monday: what we know", True),
        ("a b c d e f g", "a b c x y z w", False),
        ("a b c", "a b c d e f g h i j", True),
        ("a b c", "a b c d e f g h i j k", False),
        ("", "", False),
        ("Council", "", False),
    ],
)
def test_alike_is_three_words_of_ten(one, other, same):
    assert alike(one, other) is same
    assert alike(other, one) is same


def test_guids_fit_an_index_and_stay_apart():
    assert guid_of(entry(guid="g" * 500)) == "g" * 500
    long = guid_of(entry(guid="g" * 501))
    assert long.startswith("sha256:")
    assert long != guid_of(entry(guid="g" * 502))


@given(st.text(min_size=1, max_size=5))
def test_no_name_that_a_feed_gives_can_be_one_of_ours(name):
    """Or a feed could let two entries of one body fall together, and one of them would be lost."""
    reused = guid_with_url(entry(guid=name))
    hashed = guid_of(entry(guid=name * 501))
    for ours in (reused, hashed):
        assert guid_of(entry(guid=ours)) != ours
        assert len(guid_of(entry(guid=ours))) <= 500


def test_a_reused_guid_is_told_apart_by_its_address():
    assert guid_with_url(entry(1, guid="g")) != guid_with_url(entry(2, guid="g"))
    assert guid_with_url(entry(1, guid="g")) != guid_with_url(entry(1, guid="h"))


@given(
    st.text()
    | st.lists(
        st.sampled_from(["слово", "_", "word", "№", "²", "½", "ﷺ", "İ", "ß", "中文", "、", "\u0301", "\x1c", "-", "'", "\u200b", "٣", "…", "«", "’", "\0"])
    ).map("".join)
    | st.text(st.sampled_from(bytes(range(256)).decode("cp1252", "ignore")))
    | st.text(st.sampled_from(bytes(range(256)).decode("cp1251", "ignore")))
)  # fmt: skip
def test_normal_form_is_the_words_of_the_folded_text(text):
    """However it is found: by the pattern, or faster where common signs or sets of characters allow it."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    assert normal_form(text) == " ".join(words)


def test_names_are_stored_alike_whether_the_entry_is_cleaned_yet_or_not():
    for guid in ("g", "g" * 501, "sha256:x", "reused:x"):
        assert stored_name(guid) == guid_of(entry(guid=guid))
        assert stored_name_at(guid, "a.example/1") == guid_with_url(entry(1, guid=guid))
