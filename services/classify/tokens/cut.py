"""A text cut into tokens: words where a script has spaces, overlapping runs of characters where it has none."""

import re

from services.classify.rules.text.fold import fold, is_unspaced

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_RUNS = re.compile(f"(?P<han>[{_HAN}]+)|(?P<marked>[{_MARKED}]+)|(?P<word>[^{_HAN}{_MARKED} ]+)")
_HAN_GRAM = 2
_MARKED_GRAM = 4
"""Thai and its neighbours write a syllable with two to four signs."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

__all__ = ["fold", "numbers", "tokens"]


def tokens(text: str) -> list[str]:
    """The tokens of a text in their order, folded (no case, no accents).

    >>> tokens("L’Élysée: 3,5 Mrd.")
    ['l', 'elysee', '3', '5', 'mrd']
    >>> tokens("习近平 visits")
    ['习近', '近平', 'visits']
    """
    folded = fold(text)
    return _mixed(folded) if is_unspaced(folded) else folded.split()


def _mixed(folded: str) -> list[str]:
    found: list[str] = []
    for run in _RUNS.finditer(folded):
        if run.lastgroup == "word":
            found.append(run[0])
        else:
            found += _grams(run[0], _HAN_GRAM if run.lastgroup == "han" else _MARKED_GRAM)
    return found


def _grams(run: str, size: int) -> list[str]:
    if len(run) <= size:
        return [run]
    return [run[start : start + size] for start in range(len(run) - size + 1)]


def numbers(text: str) -> frozenset[str]:
    """The numbers a text names, without the marks that group digits: `1,500` and `1.500` are one.

    >>> sorted(numbers("1,500 dead, 3.5 % in 2026"))
    ['1500', '2026', '35']
    """
    return frozenset(
        found.replace(",", "").replace(".", "").lstrip("0") or "0" for found in _NUMBER.findall(text)
    )
