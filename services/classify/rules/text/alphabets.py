"""Folding at the speed of a code page: a text whose characters all stand in one of a few alphabets is folded in C.

An alphabet is a code page of our own: each of its characters has a byte, each byte the letter it folds to (or a space,
or nothing). To encode and decode once is then to fold. It needs no lower case and no table of the whole of Unicode,
and it is twenty times faster than looking every character up. What an alphabet lacks is replaced by what it folds to,
a few times; a text that lacks more is left to the slow way. Both ways give the same, character by character.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SIZE = 256
TRIES = 8  # characters replaced before the slow way is cheaper
_NOTHING = "\ufffe"  # undefined in a code page: what stands there is left out

_ASCII = "".join(chr(code) for code in range(128))
_PUNCTUATION = "’‘“”„–—…«»\u00a0•€£·°\u00ad\u200bʻʼ"
_LATIN = (
    "".join(chr(code) for code in range(0xC0, 0x100) if chr(code) not in "ÆæÞþß×÷")
    + "ğĞşŞıąĄćĆęĘłŁńŃśŚźŹżŻőŐűŰăĂșȘțȚčČďĎěĚňŇřŘšŠťŤůŮžŽđĐ"
)
_CYRILLIC = "".join(chr(code) for code in range(0x410, 0x450)) + "ёЁіІїЇєЄґҐўЎәӘғҒқҚңҢөӨұҰүҮһҺӣӢӯӮҳҲҷҶјЈљЉњЊ"
_ARABIC = (
    "".join(chr(code) for code in (*range(0x621, 0x63B), *range(0x641, 0x64B), *range(0x660, 0x66A)))
    + "،؛؟ـًٌٍَُِّْپچژگکیۀەیھہۃےٹڈڑںۇۆۈۋ٪٫٬۰۱۲۳۴۵۶۷۸۹"
)
_GREEK = (
    "".join(chr(code) for code in (*range(0x386, 0x38B), 0x38C, 0x38E, 0x38F, *range(0x391, 0x3A2)))
    + "".join(chr(code) for code in range(0x3A3, 0x3CF) if code != 0x3B0)
    + "".join(chr(code) for code in range(0x5D0, 0x5EB))  # Hebrew has room here too
    + "־׳״"
)
_FOREIGN = re.compile(f"[^\x00-\x7f{_PUNCTUATION}]")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """One code page: characters to bytes, bytes to folded letters."""

    encoding: Any
    decoding: str
    dropped: str

    def fold(self, text: str) -> str:
        """Every character folded. Raises UnicodeEncodeError at the first that is not in it."""
        return codecs.charmap_decode(
            codecs.charmap_encode(text, "strict", self.encoding)[0], "ignore", self.decoding
        )[0]


class Alphabets:
    """The alphabets, made for one folding of single characters."""

    def __init__(self, folded: Callable[[str], str], ascii_table: str) -> None:
        self._folded = folded
        self._home: dict[str, Alphabet] = {}
        for letters in (_LATIN, _CYRILLIC, _ARABIC, _GREEK):
            alphabet = _make(letters, folded, ascii_table)
            for letter in letters:
                self._home.setdefault(letter, alphabet)
        self._latin = self._home["é"]

    def _of(self, text: str) -> Alphabet | None:
        """The alphabet of the first letter beyond ASCII, the Latin one where there is none."""
        found = _FOREIGN.search(text)
        if found is None:
            return self._latin
        return self._home.get(found[0], None if found[0].isalpha() else self._latin)

    def fold(self, text: str) -> tuple[str, str] | None:
        """A text in NFC folded character by character; None for the slow way.

        Also those of its characters that gave none or several letters.
        """
        alphabet = self._of(text)
        if alphabet is None:
            return None
        uneven = ""
        for _ in range(TRIES):
            try:
                folded = alphabet.fold(text)
            except UnicodeEncodeError as error:
                character = text[error.start]
                instead = self._folded(character)
                if len(instead) != 1:
                    uneven += character
                text = text.replace(character, instead)
            else:
                return folded, uneven if len(folded) == len(text) else uneven + alphabet.dropped
        return None


def _make(letters: str, folded: Callable[[str], str], ascii_table: str) -> Alphabet:
    characters = _ASCII + "".join(dict.fromkeys(letters + _PUNCTUATION))
    if len(characters) > SIZE:
        raise ValueError(f"An alphabet holds {SIZE} characters, this one has {len(characters)}.")
    kept = [folded(character) or _NOTHING for character in characters[128:]]
    if any(len(letter) > 1 for letter in kept):
        raise ValueError("A character of an alphabet folds to one letter or none.")
    room = SIZE - len(characters)
    return Alphabet(
        codecs.charmap_build(characters + _NOTHING * room),
        ascii_table + "".join(kept) + _NOTHING * room,
        "".join(character for character in characters[128:] if not folded(character)),
    )
