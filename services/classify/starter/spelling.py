"""How a name is written as a term, whatever source it comes from (used by the generator only)."""

import re

SHORT = 7  # letters up to which a Latin name counts with its capital only: sucre, riga, paris are words
SHORT_CYRILLIC = 5
_WORD = re.compile(r"=?([^\W\d_]+)(\^[\d.]+)?")
_CASES = re.compile(r"([^\W\d_]+)\(([\w|]+)\)")
_LATIN_END = "\u0250"


def capitalised(term: str) -> str:
    """The term, with exact case where it is one short name that begins with a capital.

    An ending cannot be exact; cases written out, Чад(|а|у), can.
    """
    word = _WORD.fullmatch(term)
    if word and word[1][:1].isupper() and len(word[1]) <= _limit(word[1]):
        return term if term.startswith("=") else f"={term}"
    cases = _CASES.fullmatch(term)
    if cases and cases[1][0].isupper() and len(cases[1]) + 1 <= _limit(cases[1]):
        return f"=({'|'.join(cases[1] + ending for ending in cases[2].split('|'))})"
    return term


def _limit(word: str) -> int:
    if word.isascii():
        return SHORT
    latin = all(letter < _LATIN_END or "\u1e00" <= letter <= "\u1eff" for letter in word)
    cyrillic = all("\u0400" <= letter <= "\u04ff" for letter in word)
    return SHORT if latin else SHORT_CYRILLIC if cyrillic else 0
