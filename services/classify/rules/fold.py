"""One folding for texts and terms: case, accents, width and punctuation away, words kept.

`fold` gives words separated by single spaces. `Folded` also finds the way back: the n-th word of the folded text is
the n-th word of the original, whatever lengths changed on the way (İzmir grows by one under case folding).
"""

import re
import unicodedata
from functools import lru_cache

# Scripts written without spaces: their words match anywhere, never padded by word boundaries.
_UNSPACED = re.compile(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Marks dropped: combining diacritics of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic. Marks of
# other scripts are letters in all but name (Hindi vowels) and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)
# Dropped inside words: tatweel, zero-width joiners, soft hyphen, directional marks, modifier apostrophes.
_DROPPED = frozenset("\u0640\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u02bb\u02bc\u02bf\u02be")
_LETTERS = {
    "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe",
    "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643",
}  # fmt: skip
_NON_ASCII = re.compile("[^\x00-\x7f]+")
_ASCII_BREAKS = re.compile("[^a-z0-9 \x80-\U0010ffff]+")
_ASCII_TABLE = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
# Typographic punctuation of the Latin press, made ASCII first: such a text then takes the fast path.
_PUNCTUATION = str.maketrans(dict.fromkeys("‘’“”„«»‹›–—―…•·\u00a0\u2009\u202f′″°€£§©®™", " "))
_FREQUENT = ("’", "‘", "“", "”", "–", "—", "\u00a0", "…", "«", "»", "é", "£", "€")
_WORD = re.compile(r"\S+")
_WORD_SHAPE = re.compile("d*x[dx]*")


def _fold_character(character: str) -> str:
    if character in _DROPPED:
        return ""
    text = unicodedata.normalize("NFKC", character).casefold()
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    text = unicodedata.normalize("NFC", "".join(_LETTERS.get(letter, letter) for letter in text))
    kept = "".join(
        letter for letter in text if letter not in _DROPPED and unicodedata.category(letter)[0] in "LMN"
    )
    if kept:
        return kept
    return "" if _MARKS.fullmatch(character) else " "


class _FoldTable(dict[int, str]):
    """Filled as characters are met: most articles use a few hundred of the million there are."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


class _ShapeTable(dict[int, str]):
    """Each character to one that says its part: x of a word, d dropped inside one, space between words."""

    def __missing__(self, code: int) -> str:
        folded = _FOLDS[code]
        shape = self[code] = "d" if not folded else " " if folded == " " else "x"
        return shape


_FOLDS = _FoldTable()
_SHAPES = _ShapeTable()


@lru_cache(maxsize=1 << 16)
def _fold_run(run: str) -> str:
    """A run of characters beyond ASCII, mostly one word: the same few thousand come again and again."""
    return unicodedata.normalize("NFC", run).translate(_FOLDS)


def _fold_match(match: re.Match[str]) -> str:
    return _fold_run(match[0])


def _spread(text: str) -> str:
    """Folded, with spaces not yet collapsed."""
    if text.isascii():
        return text.translate(_ASCII_TABLE)
    for character in _FREQUENT:
        if character in text:
            text = text.replace(character, _FOLDS[ord(character)])
            if text.isascii():
                return text.translate(_ASCII_TABLE)
    folded = _NON_ASCII.sub(_fold_match, _composed(text)).lower()
    return _ASCII_BREAKS.sub(" ", folded)


def _composed(text: str) -> str:
    """NFC where a letter and its mark may stand apart, so that a run never begins with a lone mark."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The words of a text, folded, with one space between them and none around. Idempotent."""
    return " ".join(_spread(text).split())


def is_unspaced(text: str) -> bool:
    """Whether a text holds a script that puts no spaces between words (Chinese, Japanese, Thai, ...)."""
    return not text.isascii() and _UNSPACED.search(text) is not None


class Origin:
    """The way back from words of a folded text to characters of the original; made only where asked for."""

    __slots__ = ("_spans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: list[tuple[int, int]] | None = None

    def spans(self) -> list[tuple[int, int]]:
        """Where every word stands in the original."""
        if self._spans is None:
            if self.text.isascii():
                shaped = self.text.translate(_ASCII_TABLE)
                self._spans = list(map(re.Match.span, _WORD.finditer(shaped)))
            else:
                shaped = self.text.translate(_SHAPES)
                self._spans = list(map(re.Match.span, _WORD_SHAPE.finditer(shaped)))
        return self._spans

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Characters of the original from word `first` to word `last` (counted from 0, both included)."""
        spans = self.spans()
        return spans[first][0], spans[last][1]
