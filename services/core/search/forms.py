"""The forms of one word brought together: by the stemmer of a language, and under its name. Pure.

`en:elect` is found by who asks for "elections", in English texts alone; a word of a language without a stemmer, or of another script than its
text's, is kept as it is. Which language a reader writes is not known: a question asks every one that is written in its letters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import Stemmer

from services.core.endings import ENDINGS, patterns
from services.core.search.cut import folded

_LATIN, _CYRILLIC, _ARABIC = "a-z\u00c0-\u024f\u1e00-\u1eff", "\u0400-\u052f", "\u0600-\u06ff\u0750-\u077f"
_GREEK, _DEVANAGARI = "\u0370-\u03ff\u1f00-\u1fff", "\u0900-\u097f"
_ARMENIAN, _TAMIL = "\u0531-\u0587", "\u0b80-\u0bff"
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Languages and their stemmers."""
_BY_TABLE = ("ar", "ky", "kk", "ru", "tr", "uk", "uz")
"""Those for which `core.endings` brings together forms that a stemmer of Snowball does not (Иран, Ирана), or there is none."""
_AS_WRITTEN = ("ky", "kk", "uz")
"""Those whose endings look like ends of names (Алмат-ы, Алматы-да): a word is also found as it is written."""
_LAND = re.compile(
    "(.{2,}(?:стан|stan))(?:дагы|даги|дағы|нинг|нын|ның|ден|дан|мен|га|ға|да|ды|ни|ning|dagi|dan|ga|da|ni)?"
)
"""A country of Central Asia and its neighbours, and what the languages there write on it: its own end is none of their endings."""
_NAMES = {"nb": "no", "nn": "no", "hr": "sr", "bs": "sr", "sh": "sr", "iw": "he", "in": "id", "mo": "ro"}
"""Codes that mean the same here, or nearly."""
_WRITTEN = dict.fromkeys((*_SNOWBALL, *_BY_TABLE), _LATIN) | {
    **dict.fromkeys(("ru", "uk", "kk", "ky"), _CYRILLIC), **dict.fromkeys(("sr", "uz"), _LATIN + _CYRILLIC),
    **dict.fromkeys(("ar", "fa"), _ARABIC), **dict.fromkeys(("hi", "ne"), _DEVANAGARI),
    "el": _GREEK, "hy": _ARMENIAN, "ta": _TAMIL,
}  # fmt: skip
"""Languages whose forms are known, and the letters that they are written in."""
_SHORT = 4
_KOREAN = patterns("ko", str)[1]


def code_of(language: str | None) -> str:
    """The language under whose name words are kept: `en` for en-GB; empty where no forms are known."""
    code = (language or "").replace("_", "-").lower().partition("-")[0]
    code = _NAMES.get(code, code)
    return code if code in _WRITTEN else ""


@dataclass(frozen=True, slots=True)
class _Language:
    code: str
    written: re.Pattern[str]
    ways: tuple[Callable[[str], str], ...]

    def forms(self, word: str) -> set[str]:
        """What a word is found by in this language; with its accents and without, since few type all of them."""
        if self.written.fullmatch(word) is None:
            return set()
        bare = folded(word)
        found = {folded(way(form)) for way in self.ways for form in {word, bare}}
        return {f"{self.code}:{form}" for form in found if form}  # of an accent and an ending nothing is left


@cache
def _language(code: str) -> _Language:
    ways: list[Callable[[str], str]] = []
    if code in _SNOWBALL:
        ways.append(Stemmer.Stemmer(_SNOWBALL[code], 0).stemWord)
    if code in _BY_TABLE:
        ways.append(_by_table(code))
    if code == "ar":
        ways.append(_without_article)
    if code in _AS_WRITTEN:
        ways += (folded, _land)
    return _Language(code, re.compile(f"[{_WRITTEN[code]}\u0300-\u036f\u064b-\u065f]+"), tuple(ways))


def _by_table(code: str) -> Callable[[str], str]:
    front, end = patterns(code, folded)

    def shorter(word: str) -> str:
        bare = folded(word)
        bare = front.sub("", bare) if front else bare
        return end.sub("", bare, count=1) if end else bare

    return shorter


def _land(word: str) -> str:
    """The name of a country without what is written on it; any other word as it is.

    >>> _land("қазақстанда"), _land("тәжікстан"), _land("станция")
    ('қазақстан', 'тәжікстан', 'станция')
    """
    found = _LAND.fullmatch(word)
    return found[1] if found else word


def _without_article(word: str) -> str:
    """An Arabic word that begins with what looks like "and" is still found behind its article."""
    return word.removeprefix("ال") if len(word) > _SHORT else word


@lru_cache(maxsize=1 << 16)
def kept(word: str, code: str) -> tuple[str, ...]:
    """What a word of a text in a language is found by: its stems there, else itself, without accents. Nothing where only
    accents are left of it.
    """
    if not folded(word):
        return ()
    found = _language(code).forms(word) if code else set()
    return tuple(sorted(found)) or (folded(word),)


@lru_cache(maxsize=1 << 12)
def asked(word: str) -> tuple[str, ...]:
    """What a word that a reader asks for looks for: itself, and its stem in every language that has its letters. Nothing where only accents are left."""
    if not folded(word):
        return ()
    stems = {form for code in _WRITTEN for form in _language(code).forms(word)}
    return (folded(word), *sorted(stems))


def without_particle(syllables: str) -> str:
    """A Korean word without its particle, where two syllables of it stay.

    >>> without_particle("대통령은"), without_particle("도로")
    ('대통령', '도로')
    """
    shorter = _KOREAN.sub("", syllables, count=1) if _KOREAN else syllables
    return shorter if len(shorter) > 1 else syllables


assert set(_BY_TABLE) <= ENDINGS.keys()  # noqa: S101 - a slip in the table above
