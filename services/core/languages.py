"""The codes of languages (the first part of a BCP 47 tag), and what somebody meant who wrote another word. Pure.

`languages.txt` holds them: the codes and the deprecated ones from IANA's registry of language subtags (CC0), the codes of three letters for
which there is one of two, the official languages of countries and the English names from CLDR (Unicode licence).
"""

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("languages.txt")
_TAG = re.compile(r"[A-Za-z]{2,40}([-_][A-Za-z0-9]{1,8})*")
"""How a BCP 47 tag is written, with `_` for `-` as many write it; and the name of a language."""
_LIKE = 0.75
_HINT = "A tag begins with a code of ISO 639, such as en or kk."


class Fault(NamedTuple):
    """Why nothing can be written in a language: a sentence, and for a tag of no language the codes that may have been meant."""

    sentence: str
    tag: str
    nearest: list[str] | None


def fault(tag: str) -> Fault | None:
    """What is wrong with the tag of a language that somebody wrote; None: there is such a language.

    >>> fault("cn")
    Fault(sentence="there is no language 'cn'. Did you mean zh?", tag='cn', nearest=['zh'])
    >>> fault("kz").sentence, fault("1").nearest, fault("pt_BR")
    ("there is no language 'kz'. Did you mean kk or ru?", None, None)
    """
    shown = tag.strip()[:80]
    if not _TAG.fullmatch(tag.strip()):
        return Fault(f"{tag[:80]!r} is no BCP 47 tag, such as `en`, `kk` or `pt-BR`.", shown, None)
    code = canonical(tag).partition("-")[0]
    if is_known(code):
        return None
    near = nearest(code)
    first, last = ", ".join(near[:-1]), "".join(near[-1:])
    hint = f"Did you mean {first and first + ' or '}{last}?" if near else _HINT
    return Fault(f"there is no language {shown!r}. {hint}", shown, near)


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
