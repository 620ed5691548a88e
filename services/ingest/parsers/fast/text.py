"""What feedparser does to the text of an element, done only where there is something to do. Linear in the text."""

import re
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from feedparser.urls import make_safe_absolute_uri

_CP1252: Final = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_C1 = re.compile("[\x80-\x9f]")
_SLASHES = re.compile(r"([A-Za-z][A-Za-z0-9+-.]*://)/+")
_UNFINISHED = re.compile(r"&([A-Za-z0-9_]+);")
_ADDRESS = re.compile(
    r"([a-zA-Z0-9_\-.+]+)@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)|(([a-zA-Z0-9\-]+\.)+))([a-zA-Z]{2,4}|[0-9]{1,3})(\]?)(\?subject=\S+)?"
)


def settled(text: str) -> str:
    """`text` trimmed, UTF-8 that was taken for Latin-1 read again, and Windows-1252 in its proper place."""
    text = text.strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_CP1252) if not text.isprintable() and _C1.search(text) else text


def address(text: str, base: str) -> str:
    """An address without the slashes too many that some write after the scheme, relative to `base` if there is one."""
    if ":///" in text and _SLASHES.match(text):
        text = _SLASHES.sub(r"\1", text, count=1)
    return _joined(base, text) if base else text


def settled_address(text: str, base: str) -> str:
    """An address that is the text of an element; none stays none, whatever the base."""
    text = text.strip()
    return settled(address(text, base)) if text else ""


@lru_cache(maxsize=256)
def rebased(base: str, declared: str) -> str:
    """The base address inside an element that declares `declared` inside of `base`; either may be relative."""
    return (make_safe_absolute_uri(base, declared) or base) if base else address(declared, "")


def _joined(base: str, text: str) -> str:
    try:
        return urljoin(base, text)
    except ValueError:
        return ""


def unescaped_link(text: str) -> str:
    """A link whose query was taken for references (`?a=1&b;=2`) or escaped once too often."""
    return finished(text.replace("&amp;", "&"))


def finished(text: str) -> str:
    """`text` without the semicolons that make references of the names in a query."""
    return _UNFINISHED.sub(r"&\1", text) if "&" in text else text


def name_and_email(author: str) -> tuple[str, str]:
    """`bob@n.example (Bob)`, `Bob <bob@n.example>`: who and where; either may be empty."""
    found = _ADDRESS.search(author) if "@" in author else None
    if found is None:
        return author, ""
    name = author.replace(found[0], "")
    for brackets in ("()", "<>", "&lt;&gt;"):
        name = name.replace(brackets, "")
    name = name.strip().removeprefix("(").removesuffix(")").strip()
    return name, found[0]


def start_tag(tag: str, attributes: dict[str, str]) -> str:
    """A start tag of XHTML, as markup."""
    return f"<{tag}{''.join(f' {name}={_quoted(value)}' for name, value in attributes.items())}>"


def escaped(text: str) -> str:
    """Character data of XHTML, as markup."""
    return escape(text)


def without_div(pieces: list[str]) -> list[str]:
    """The pieces of Atom's XHTML without the `<div>` that holds all of them."""
    first, last = 0, len(pieces)
    while last - first > 1 and not pieces[last - 1].strip():
        last -= 1
    while last - first > 1 and not pieces[first].strip():
        first += 1
    pieces = pieces[first:last]
    if not pieces or not (pieces[0] == "<div>" or pieces[0].startswith("<div ")) or pieces[-1] != "</div>":
        return pieces
    depth = 0
    for piece in pieces[:-1]:
        if piece.startswith("</"):
            depth -= 1
            if depth == 0:
                return pieces
        elif piece.startswith("<"):
            depth += 1
    return pieces[1:-1]


def _quoted(value: str) -> str:
    return '"' + escape(value, {'"': "&quot;"}) + '"'
