"""One folding for texts and terms: case, accents, width and punctuation away, words kept.

`fold` gives words separated by single spaces. `Folded` also finds the way back to the characters of the original,
whatever lengths changed on the way (Straße grows by one under case folding).
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate, count
from operator import add, sub

from services.classify.rules.text.alphabets import Alphabets

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
JOINT = "\x00"
"""Stands between two texts that are folded as one, and comes out as `|`: no word of a text is that."""
# Of scripts too large for an alphabet: letters that fold to themselves, and the marks that stand between their words.
_UNCHANGED = "\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3"
_MARKS_BETWEEN = re.compile("[，。、；：？！“”‘’（）《》「」『』【】…—·\u3000፡።፣፤॥।]")
_CHANGING = re.compile(f"[^\x00-\x7f{_UNCHANGED}]+")
_ASCII_BREAKS = re.compile("[^a-z0-9 \x00\x80-\U0010ffff]")  # one by one: places must stay countable
_ASCII_TABLE = "|" + "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(1, 128))
_GAP = re.compile("  +")
_GAPS = re.compile("(  +)")
_WORD_SHAPE = re.compile("d*x[dx]*")


def _fold_character(character: str) -> str:
    """One character folded: letters, nothing, or a space for what separates words."""
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
        if len(folded) != 1:
            _UNEVEN_MET.append(chr(code))
        return folded


class _ShapeTable(dict[int, str]):
    """Each character to one that says its part: x of a word, d dropped inside one, space between words."""

    def __missing__(self, code: int) -> str:
        folded = _FOLDS[code]
        shape = self[code] = "d" if not folded else " " if folded == " " else "x"
        return shape


FEW_UNEVEN = 200  # so many are looked for one by one; texts that were made to be strange may bring thousands
_UNEVEN_MET: list[str] = []  # characters met so far that fold to none or to several
_FOLDS = _FoldTable({0: "|"})
_SHAPES = _ShapeTable()
_ALPHABETS = Alphabets(_fold_character, _ASCII_TABLE)


@lru_cache(maxsize=1 << 16)
def _fold_run(run: str) -> str:
    """A run of characters beyond ASCII, mostly one word: the same few thousand come again and again."""
    return unicodedata.normalize("NFC", run).translate(_FOLDS)


def _fold_match(match: re.Match[str]) -> str:
    return _fold_run(match[0])


def _spread(text: str) -> tuple[str, str | None, bool]:
    """Folded, with spaces not yet collapsed.

    Also its characters that gave none or several letters (None: not known), and whether the text was folded as it is:
    letters that stood apart from their marks are put together first (NFC).
    """
    if text.isascii():
        return text.translate(_ASCII_TABLE), "", True
    composed = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    quickly = _ALPHABETS.fold(composed)
    if quickly is not None:
        return *quickly, composed is text
    apart = _MARKS_BETWEEN.sub(" ", composed)
    folded = _ASCII_BREAKS.sub(" ", _CHANGING.sub(_fold_match, apart).lower())
    return folded.replace(JOINT, "|"), None, composed is text


def fold(text: str) -> str:
    """The words of a text, folded, with one space between them and none around. Idempotent."""
    return _GAP.sub(" ", _spread(text.replace(JOINT, " "))[0]).strip()


class Folded:
    """A text and its folded words, with the way back from places in these to characters of the text.

    `folded` keeps a space at an end where the text has one. JOINTs of the text stand in it as `|`.
    """

    __slots__ = ("_composed", "_gaps", "_parts", "_uneven", "_words", "folded", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        spread, uneven, self._composed = _spread(text)
        self._parts = _GAPS.split(spread)  # words, gap, words, gap, ...
        self.folded = " ".join(self._parts[::2])
        self._gaps: tuple[list[int], list[int]] | None = None
        self._uneven = None if uneven == "" or not self._composed else _Uneven(text, uneven)
        self._words: list[tuple[int, int]] | None = None

    def steps(self) -> tuple[list[int], list[int]] | None:
        """Places, and how many characters are gone from each on, where nothing but spaces is gone; else None."""
        if self._uneven or not self._composed:
            return None
        return self._gaps or self._measure()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Characters of the text for a span of the folded one that begins and ends with a letter."""
        if not self._composed:
            return self._by_words(start, end)
        at, gone = self._gaps or self._measure()
        start += gone[bisect_right(at, start)]
        end += gone[bisect_left(at, end)]
        return self._uneven.original(start, end) if self._uneven else (start, end)

    def _measure(self) -> tuple[list[int], list[int]]:
        """Where spaces were collapsed: from each such place on, so many characters are gone."""
        at = list(map(add, accumulate(map(len, self._parts[:-1:2])), count(1)))
        gone = [0, *map(sub, accumulate(map(len, self._parts[1::2])), count(1))]
        self._gaps = at, gone
        return self._gaps

    def _by_words(self, start: int, end: int) -> tuple[int, int]:
        """By the number of the word: the n-th word of one text is the n-th of the other."""
        first = self.folded.count(" ", 0, start) - self.folded.startswith(" ")
        last = first + self.folded.count(" ", start, end)
        words = self.words()
        begin, finish = words[first][0], words[last][1]
        if first == last:
            token_start = self.folded.rfind(" ", 0, start) + 1
            token_end = self.folded.find(" ", end - 1)
            if token_end - token_start == finish - begin:  # inside one long word (Chinese, or a stem)
                return begin + start - token_start, begin + end - token_start
        return begin, finish

    def words(self) -> list[tuple[int, int]]:
        """Where every word stands in the text."""
        if self._words is None:
            shaped = self.text.translate(_SHAPES)
            self._words = [match.span() for match in _WORD_SHAPE.finditer(shaped)]
        return self._words


class _Uneven:
    """The way back through characters that fold to none or to several; those of a text are found when asked."""

    __slots__ = ("_at", "_characters", "_found", "_from", "_shift", "_text", "_until")

    def __init__(self, text: str, characters: str | None) -> None:
        self._text = text
        self._characters = characters
        self._found = False
        self._at: list[int] = []  # where such characters stand in the text,
        self._from: list[int] = []  # where what they fold to begins
        self._until: list[int] = []  # and ends,
        self._shift = [0]  # and by how much what comes after is longer

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Characters of the text for a span of what it folds to, character by character."""
        if not self._found:
            self._find()
        return self._back(start, 0), self._back(end, 1)

    def _find(self) -> None:
        uneven = self._characters
        if uneven is None:
            few = len(_UNEVEN_MET) <= FEW_UNEVEN
            met = _UNEVEN_MET if few else (c for c in set(self._text) if len(_FOLDS[ord(c)]) != 1)
            uneven = "".join(character for character in met if character in self._text)
        longer = 0
        for match in re.finditer(f"[{re.escape(uneven)}]", self._text) if uneven else ():
            position = match.start()
            width = len(_FOLDS[ord(match[0])])
            self._at.append(position)
            self._from.append(position + longer)
            self._until.append(position + longer + width)
            longer += width - 1
            self._shift.append(longer)
        self._found = True

    def _back(self, position: int, inside: int) -> int:
        """The character for a place; for one inside what a character folds to, that one, or (`inside` 1) the next."""
        number = bisect_right(self._until, position)
        if number < len(self._at) and self._from[number] < position:
            return self._at[number] + inside
        return position - self._shift[number]


def is_unspaced(text: str) -> bool:
    """Whether a text holds a script that puts no spaces between words (Chinese, Japanese, Thai, ...)."""
    return not text.isascii() and _UNSPACED.search(text) is not None
