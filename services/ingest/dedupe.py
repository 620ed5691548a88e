"""Fingerprints of content (pure): has an article changed, are two titles alike, and by which name an entry is stored."""

import hashlib
import re
import unicodedata

from services.ingest.entry import Entry

_WORD = re.compile(r"\w+")
_SET = "—–’“”«»…„‘"
"""Signs that typesetters use: often all that keeps an English text from being ASCII."""
_GAPS = ".,:;!?\"'()[]/-–—«»“”„‘’…%&*+=<>|#@$№•·、。，"
"""Signs that part words in nearly every text; one with others in it is read by the pattern."""


_LONGER = b"\0"
"""Stands in a table for what becomes more than one character (№, ß), or one that the set does not have."""


def _table(charset: str) -> bytes:
    """What `_any_normal_form` makes of each character of a set of one byte a character, a space for every sign."""
    table = bytearray()
    for code in range(256):
        sign = bytes([code]).decode(charset, "replace")
        folded = unicodedata.normalize("NFKC", sign).casefold()
        said = folded if _WORD.search(folded) else " "
        byte = said.encode(charset, "ignore")
        table += byte if len(said) == len(byte) == 1 else _LONGER
    return bytes(table)


_TABLES = [(charset, _table(charset)) for charset in ("cp1252", "cp1251")]
"""For most texts of Latin and of Cyrillic script, at a fifth of the price of reading them sign by sign."""
_OF_ASCII = [("ascii", _table("ascii"))]


_HASHED, _REUSED = _OURS = ("sha256:", "reused:")
"""Names that we give. A feed that uses them itself could otherwise let two of its entries fall together."""


def content_hash(entry: Entry) -> bytes:
    """Changes when anything changes that a reader of the article would see."""
    parts = (entry.title, entry.text, entry.html, entry.image or "", entry.url)
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def normal_form(text: str) -> str:
    """Words only, folded: what two copies of one text still share after another site has set it.

    >>> normal_form("«Kazakhstan’s  Plan» – 2027")
    'kazakhstan s plan 2027'
    """
    if not text.isascii():
        for sign in _SET:
            text = text.replace(sign, " ")
    for charset, table in _OF_ASCII if text.isascii() else _TABLES:
        try:
            plain = text.encode(charset).translate(table)
        except UnicodeEncodeError:
            continue
        if _LONGER not in plain:
            return b" ".join(plain.split()).decode(charset)
    return _any_normal_form(text)


def _any_normal_form(text: str) -> str:
    """`normal_form` for every text there is."""
    folded = spaced = unicodedata.normalize("NFKC", text).casefold()
    for sign in _GAPS:
        spaced = spaced.replace(sign, " ")
    words = spaced.split()
    return " ".join(words if "".join(words).isalnum() else _WORD.findall(folded))


def alike(one: str, other: str) -> bool:
    """Whether two titles can be those of one article that was edited (Jaccard of words at least 0.3)."""
    a, b = set(normal_form(one).split()), set(normal_form(other).split())
    return bool(a & b) and len(a & b) / len(a | b) >= 0.3


def guid_of(entry: Entry) -> str:
    """What the feed calls the entry, in a length that an index takes, and never like a name of ours."""
    return stored_name(entry.guid)


def guid_with_url(entry: Entry) -> str:
    """The name of an entry whose guid the feed has used for another one."""
    return stored_name_at(entry.guid, entry.url_key)


def stored_name(guid: str) -> str:
    """`guid_of` where there is no entry yet but its guid (`clean.identify`)."""
    plain = len(guid) <= 500 and not guid.startswith(_OURS)
    return guid if plain else _HASHED + hashlib.sha256(guid.encode()).hexdigest()


def stored_name_at(guid: str, url_key: str) -> str:
    """`guid_with_url` where there is no entry yet but its guid and the key of its URL."""
    return _REUSED + hashlib.sha256(f"{guid}\x1f{url_key}".encode()).hexdigest()
