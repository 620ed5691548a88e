"""Folding: idempotent, the same for text and term, and every word finds its way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.rules.fold import Origin, fold

SCRIPTS = st.text(
    alphabet=st.one_of(
        st.characters(max_codepoint=0x17F),
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
    words = fold(text).split()
    origin = Origin(text)
    assert len(origin.spans()) == len(words)
    for number, word in enumerate(words):
        start, end = origin.span(number, number)
        assert fold(text[start:end]) == word


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
