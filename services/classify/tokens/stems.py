"""Endings off, lightly: the forms in which one text and another write the same word fall together.

By the tables of `core.endings`, longest ending first, and only where enough of the word stays. No dictionary: a wrong stem costs
little, since both texts are cut by the same.
"""

from collections.abc import Iterable
from functools import cache

from services.classify.rules.text.fold import fold
from services.core.endings import patterns

_ROOM = 1 << 16


class _Stems(dict[str, str]):
    """The stems of one language, filled as words are met; emptied when it holds too many."""

    def __init__(self, language: str) -> None:
        self.front, self.end = patterns(language, fold)

    def __missing__(self, word: str) -> str:
        if len(self) >= _ROOM:
            self.clear()
        shorter = word
        if not word.isdecimal():
            shorter = self.front.sub("", shorter) if self.front else shorter
            shorter = self.end.sub("", shorter, count=1) if self.end else shorter
        self[word] = shorter
        return shorter


@cache
def _stems(language: str) -> _Stems:
    return _Stems(language)


def stem(word: str, language: str) -> str:
    """A folded word without its ending; the word itself in a language whose endings are not known.

    >>> stem("elections", "en"), stem("выборов", "ru"), stem("secimlerinde", "tr")
    ('election', 'выбор', 'secim')
    """
    return _stems(language)[word]


def stems(words: Iterable[str], language: str) -> list[str]:
    """`stem` of each word, in their order."""
    known = _stems(language)
    return [known[word] for word in words]
