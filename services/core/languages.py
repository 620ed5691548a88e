"""The codes of languages (the first part of a BCP 47 tag), and what somebody meant who wrote another word. Pure.

`languages.txt` holds them: the codes and the deprecated ones from IANA's registry of language subtags (CC0), the codes of three letters for
which there is one of two, the official languages of countries and the English names from CLDR (Unicode licence).
"""

from difflib import get_close_matches
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("languages.txt")
_LIKE = 0.75


def is_known(code: str) -> bool:
    """Whether there is such a language: a code as articles have it, in lower case.

    >>> is_known("kk"), is_known("ckb"), is_known("cn")
    (True, True, False)
    """
    return code in _table()["codes"]


def canonical(tag: str) -> str:
    """A tag in lower case with `-`, its first part in the one spelling that BCP 47 has for it; what is no language stays as it is.

    >>> canonical("ENG_gb"), canonical("iw"), canonical("zh-Hant"), canonical("cn")
    ('en-gb', 'he', 'zh-hant', 'cn')
    """
    first, dash, rest = tag.strip().lower().replace("_", "-").partition("-")
    return _table()["spellings"].get(first, first) + dash + rest


def nearest(word: str) -> list[str]:
    """Up to three codes that may have been meant by what is no code: the languages of a country, or one that is called so.

    >>> nearest("cn"), nearest("chinese"), nearest("kz"), nearest("xq")
    (['zh'], ['zh'], ['kk', 'ru'], [])
    """
    word = word.casefold()
    if of_country := _table()["countries"].get(word):
        return of_country.split("/")
    called = {name.replace("_", " ").casefold(): code for code, name in _table()["names"].items()}
    return [called[name] for name in get_close_matches(word, called, n=3, cutoff=_LIKE)]


@cache
def _table() -> dict[str, dict[str, str]]:
    """What stands under each `[heading]` of the file: words, or pairs."""
    table: dict[str, dict[str, str]] = {}
    for part in _FILE.read_text("utf-8").split("[")[1:]:
        heading, _, words = part.partition("]")
        pairs = (word.partition("=") for word in words.split())
        table[heading] = {word: meaning for word, _, meaning in pairs}
    return table
