"""From bytes to characters: what the bytes are comes before what somebody says they are.

The order: a byte order mark; the shape of UTF-16 and UTF-32; valid UTF-8; nearly valid UTF-8 (one broken sign must not
turn a whole feed into mojibake); the label of the server, then of the document, where the bytes can be read by it; a guess between the Cyrillic single-byte sets; Windows-1252.
"""

import codecs
import re
from dataclasses import dataclass

UTF8_MARK = codecs.BOM_UTF8
_BOMS = (
    (UTF8_MARK, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_EBCDIC = b"\x4c\x6f\xa7\x94"
_DECLARED = re.compile(r"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9_.:-]{1,40})\s*["']""")
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_SEVEN_BIT = frozenset(
    {
        "iso2022_jp",
        "iso2022_jp_1",
        "iso2022_jp_2",
        "iso2022_jp_2004",
        "iso2022_jp_3",
        "iso2022_jp_ext",
        "iso2022_kr",
        "hz",
    }
)
# What writers call ISO-8859-1 and ASCII is Windows-1252, as in browsers; the others are superset readings too.
_WIDER = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "big5": "big5hkscs",
}  # fmt: skip
_NO_CHARSETS = frozenset({"punycode", "unicode_escape", "raw_unicode_escape"})
_SPELLINGS = re.compile(r"^(?:x-)?(?:cp|win|windows|ms)-?(125\d|874|866)$")
_REPAIR_SHARE = 0.995


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded document: its text, the charset it was read by, and what had to be repaired."""

    text: str
    charset: str
    problems: tuple[str, ...] = ()


def decode(body: bytes, *, content_type: str | None) -> Document:
    """Read `body` as text. Never fails: what cannot be read becomes U+FFFD and a problem."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name)
    for shape, name in _SHAPES:
        if body.startswith(shape):
            return _read(body, name)
    labels = _labels(body, content_type)
    if not (labels and labels[0] in _SEVEN_BIT and (b"\x1b" in body or b"~{" in body)):
        try:
            return Document(body.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            pass
        if _valid_share(body) >= _REPAIR_SHARE:
            return _read(body, "utf-8")
    for name in labels:
        if name not in {"utf-8", "utf_8", "utf-16", "utf-32"} and (text := _strict(body, name)) is not None:
            return Document(text, name)
    return _guessed(body, labels)


def may_be_utf8(body: bytes, *, content_type: str | None) -> bool:
    """Whether `decode` would try `body` as UTF-8 first; false for the charsets of seven bits, which look like it."""
    if b"\x1b" not in body and b"~{" not in body:
        return True
    labels = _labels(body, content_type)
    return not labels or labels[0] not in _SEVEN_BIT


def is_utf8(body: bytes) -> bool:
    """Whether every byte of `body` is part of valid UTF-8."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """Charsets that server and document name, in that order, in Python's names; unknown ones left out."""
    head = body[:400].decode("cp037" if body.startswith(_EBCDIC) else "latin-1")
    found = [_HEADER.search(content_type or ""), _DECLARED.search(head)]
    names = [_codec(label[1]) for label in found if label]
    if body.startswith(_EBCDIC) and not any(name and name.startswith("cp") for name in names):
        names.append("cp037")
    return [name for name in names if name]


def _codec(label: str) -> str | None:
    label = _SPELLINGS.sub(r"cp\1", label.strip().lower())
    try:
        name = codecs.lookup(label).name
        b"a".decode(name, "replace")  # rot13, zlib and the like are codecs too, but not of text
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else _WIDER.get(name, name)


def _strict(body: bytes, name: str) -> str | None:
    """`body` by one charset; the five holes of Windows-1252 are let through, nothing else is."""
    try:
        return body.decode(name)
    except UnicodeError:
        if name != "cp1252":
            return None
    text = body.decode(name, "replace")
    return text if text.count("\ufffd") <= len(text) // 200 else None


def _read(body: bytes, name: str) -> Document:
    text = body.decode(name, "replace")
    broken = text.count("\ufffd") - body.count("\ufffd".encode()) if name == "utf-8" else text.count("\ufffd")
    problems = (f"{broken} broken characters were replaced (the document is {name}).",) if broken > 0 else ()
    return Document(text, name, problems)


def _valid_share(body: bytes) -> float:
    """The share of bytes beyond ASCII that are part of valid UTF-8, but of all bytes where there are few."""
    broken = body.decode("utf-8", "replace").count("\ufffd") - body.count("\ufffd".encode())
    high = len(body) - len(body.decode("ascii", "ignore"))
    return 1 - broken / len(body) if high > 3 * broken else 0.0


def _guessed(body: bytes, labels: list[str]) -> Document:
    name = _cyrillic(body) or next((n for n in labels if n not in {"utf-8", "utf-16", "utf-32"}), "cp1252")
    text = body.decode(name, "replace")
    return Document(
        text, name, (f"The charset is unknown or wrongly declared; the document was read as {name}.",)
    )


def _cyrillic(body: bytes) -> str | None:
    """`cp1251`, `koi8-r` or `cp866` where most bytes beyond ASCII are the small letters of that set."""
    high = [byte for byte in body if byte >= 0x80]
    if len(high) < max(20, len(body) // 20):
        return None
    small = {
        "cp1251": sum(byte >= 0xE0 for byte in high),
        "koi8-r": sum(0xC0 <= byte <= 0xDF for byte in high),
        "cp866": sum(0xA0 <= byte <= 0xAF or 0xE0 <= byte <= 0xEF for byte in high),
    }
    runs = len(re.findall(rb"[\x80-\xff]{3,}", body)) * 3
    name = max(small, key=lambda charset: small[charset])
    return name if small[name] > 0.7 * len(high) and runs * 4 > len(high) else None
