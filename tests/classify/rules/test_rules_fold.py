"""Folding: idempotent, the same for text and term, and every word finds its way back."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.rules.text.alphabets import Alphabets
from services.classify.rules.text.fold import (
    _ASCII_TABLE,
    _FOLDS,
    _MARKS_BETWEEN,
    _UNCHANGED,
    JOINT,
    Folded,
    _fold_character,
    fold,
)

SCRIPTS = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=1, max_codepoint=0x17F),
        st.characters(min_codepoint=0x370, max_codepoint=0x6FF),
        st.characters(min_codepoint=0x900, max_codepoint=0xE7F),
        st.sampled_from("İıßﬁÅé’‘“”–—½ ʻʼ\u0301\u00ad\u200c中国日本한국ظ"),
    ),
    max_size=60,
)


@given(SCRIPTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(SCRIPTS)
def test_every_word_finds_its_original(text: str) -> None:
    folded = Folded(text)
    for word in re.finditer(r"[^ |]+", folded.folded):
        start, end = folded.original(*word.span())
        assert fold(text[start:end]) == word[0]


@given(SCRIPTS)
def test_words_stand_in_the_text_in_their_order(text: str) -> None:
    """What regexes are led back by: the n-th word of one is the n-th of the other."""
    words = [fold(text[start:end]) for start, end in Folded(text).words()]
    assert words == fold(text).split()


@given(st.lists(SCRIPTS.map(lambda text: text.replace(JOINT, " ")), max_size=4))
def test_texts_folded_as_one_are_folded_as_each(texts: list[str]) -> None:
    """Fields are folded together: it must be no different from folding them one by one."""
    joined = Folded(f" {JOINT} ".join(["", *texts, ""])).folded
    assert [part.strip() for part in joined.split("|")] == ["", *map(fold, texts), ""]


def test_the_quick_way_folds_as_the_slow_one() -> None:
    """Every character of two bytes, as far as an alphabet takes it; no alphabet holds longer ones."""
    alphabets = Alphabets(_fold_character, _ASCII_TABLE)
    differ = []
    for code in range(1, 0x10000):
        character = chr(code)
        quickly = alphabets.fold(f"é{character}")
        if quickly is not None and quickly[0] != "e" + (
            _ASCII_TABLE[code] if code < 128 else _fold_character(character)
        ):
            differ.append(character)
    assert differ == []


def test_what_the_slow_way_passes_over_folds_so() -> None:
    ranges = re.findall(r"(.)-(.)", _UNCHANGED)
    passed = [chr(code) for low, high in ranges for code in range(ord(low), ord(high) + 1)]
    assert len(passed) > 30_000
    assert [character for character in passed if _fold_character(character) != character] == []
    between = _MARKS_BETWEEN.pattern.strip("[]")
    assert [character for character in between if _fold_character(character) != " "] == []


@given(st.text(alphabet="aé ß\u00adжй中|\u0301İ,.", max_size=30))
def test_both_ways_give_the_same(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    slowly = "".join(_FOLDS[ord(character)] for character in composed)
    assert fold(text) == " ".join(slowly.split())


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("İSTANBUL", "istanbul"),
        ("Straße", "strasse"),
        ("Ёлка Йод", "елка иод"),
        ("O‘zbekiston", "o zbekiston"),
        ("Oʻzbekiston", "ozbekiston"),
        ("N'Djamena", "n djamena"),
        ("U.S.-led", "u s led"),
        ("Côte d’Ivoire", "cote d ivoire"),
        ("ﬁnance", "finance"),
        ("مُحَمَّد", "محمد"),
        ("किताब", "किताब"),
        ("ΑΘΗΝΑΣ", "αθηνασ"),
        ("ＴＯＫＹＯ", "tokyo"),
    ],
)
def test_folded(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_strange_characters_met_before_do_not_move_a_span() -> None:
    """The way back is the same before and after thousands of characters were met that fold to none or to several."""
    text = "中国 ﬁnance 한국 and ½ 日本"
    before = [Folded(text).original(*word.span()) for word in re.finditer(r"[^ ]+", Folded(text).folded)]
    fold("中" + "".join(map(chr, [*range(0xFB00, 0xFDFF), *range(0x1F100, 0x1F200), *range(0x3300, 0x3400)])))
    after = [Folded(text).original(*word.span()) for word in re.finditer(r"[^ ]+", Folded(text).folded)]
    assert before == after
    assert [text[start:end] for start, end in after] == ["中国", "ﬁnance", "한국", "and", "½", "日本"]
