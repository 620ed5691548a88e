"""A text cut into words, and words of scripts without spaces into runs of signs. Pure.

A run of signs is found by its overlapping grams; at its end stand shorter ones, so that every part of it is the beginning of some gram.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TABLE, _FIRST_HAN = Path(__file__).with_name("han.txt"), 0x3400
_HANGUL = "\u1100-\u11ff\uac00-\ud7a3"
_MARKED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese, Khmer."""
_PARTS = re.compile(f"(?P<two>[{_HAN}]+|[{_HANGUL}]+)|(?P<three>[{_MARKED}]+)|[^{_HAN}{_HANGUL}{_MARKED}]+")
_UNSPACED = re.compile(f"[{_HAN}{_HANGUL}{_MARKED}]")
_HANGUL_RUN = re.compile(f"[{_HANGUL}]+")
_QUOTES = "['’‘`ʻʼ]"
_ANY_QUOTE = re.compile(_QUOTES)
_JOINED = re.compile(
    rf"(?<=\w)['’][sS]\b|(?<=[oOgG]){_QUOTES}(?=[^\W\d_])|(?<=[\u0400-\u04ff]){_QUOTES}(?=[\u0400-\u04ff])"
)
"""Apostrophes that part no words: John's, oʻzbek, O'Brien, об'єкт; in whatever way they are typed."""
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)
"""Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic. What other scripts have of them are letters."""
_DROPPED = frozenset("\u0640\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u02bb\u02bc\u02bf\u02be")
_LETTERS = str.maketrans(
    {
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe",
        "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643",
    }
)  # fmt: skip


@cache
def _simplified() -> dict[str, str]:
    """Traditional Chinese signs and the simplified ones that stand for them: no other way round, as one stands for several."""
    lines = _TABLE.read_text("utf-8").splitlines()
    pairs = "".join(line for line in lines if not line.startswith("#"))
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


class _Signs(dict[int, str]):
    """What a character becomes: itself in a word, nothing, or a space. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if code >= _FIRST_HAN:
            sign = _simplified().get(sign, sign)
        word = unicodedata.category(sign)[0] in "LMN"
        found = self[code] = "" if sign in _DROPPED else sign if word else " "
        return found


_SIGNS = _Signs()


@dataclass(frozen=True, slots=True)
class Run:
    """Signs of a script without spaces (or of Korean, whose words carry particles), and how long its grams are."""

    signs: str
    size: int


def words(text: str) -> list[str]:
    """The words of a text, in one case, as they are accented; Chinese in its simplified signs.

    >>> words("L’Élysée, O'Brien's U.S. visa")
    ['l', 'élysée', 'obrien', 'u', 's', 'visa']
    >>> words("哈薩克"), words("哈萨克")
    (['哈萨克'], ['哈萨克'])
    """
    if not text.isascii():
        # An acute accent that stands alone is meant as an apostrophe; normalized it would be a space and an accent on what follows.
        text = unicodedata.normalize("NFKC", text.replace("\u00b4", "'"))
    if _ANY_QUOTE.search(text):
        text = _JOINED.sub("", text)
    text = text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())
    return text.translate(_SIGNS).split()


@lru_cache(maxsize=1 << 16)
def folded(word: str) -> str:
    """A word without accents, its letters in the plainest form: what is typed in haste finds it too.

    >>> folded("élysée"), folded("подъём"), folded("i̇stanbul"), folded("ısparta")
    ('elysee', 'подъем', 'istanbul', 'isparta')
    """
    if word.isascii():
        return word
    bare = _MARKS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def has_no_runs(text: str) -> bool:
    """Whether every word of a text is one part."""
    return text.isascii() or _UNSPACED.search(text) is None


def parts(word: str) -> Iterator[str | Run]:
    """A word as it is, or its runs of signs apart from what stands beside them."""
    if has_no_runs(word):
        yield word
        return
    for found in _PARTS.finditer(word):
        size = {"two": 2, "three": 3}.get(found.lastgroup or "")
        yield found[0] if size is None else Run(found[0], size)


def grams(run: Run) -> list[str]:
    """One for each sign, from it on; shorter ones at the end.

    >>> grams(Run("習近平", 2))
    ['習近', '近平', '平']
    """
    return [run.signs[at : at + run.size] for at in range(len(run.signs))]


def is_korean(run: Run) -> bool:
    """Whether a run is of Korean syllables."""
    return _HANGUL_RUN.fullmatch(run.signs) is not None
