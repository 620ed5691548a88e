"""Titles, summaries and contents: text that says of what type it is, perhaps XHTML."""

from collections.abc import Callable
from typing import Final

from services.ingest.parsers.fast import text as texts
from services.ingest.parsers.fast.addresses import HTML, XHTML, media_type
from services.ingest.parsers.fast.kinds import MARKUP, TYPED, Attributes, DoubtError
from services.ingest.parsers.fast.reader import Quick, Reader, Start

_KNOWN: Final = HTML | {"text/plain"}
AMBIGUOUS: Final = "text/plain, perhaps html"
"""The type of plain text that feedparser may take for HTML, which matters only among several contents."""

TypedEnd = Callable[[Reader, str, str], None]
"""What gets the text of an element and its type."""


def _typed(reader: Reader, attributes: Attributes, default: str, end: TypedEnd) -> None:
    """Gather the text of an element that says of what type it is."""
    kind = attributes.get("type", default)
    kind = media_type(kind)
    if kind not in _KNOWN or attributes.get("mode") == "base64":
        raise DoubtError("type of content")
    if kind == XHTML:
        reader.open(MARKUP, quick(kind, end)[1])
    else:
        reader.open(*quick(kind, end))


def quick(kind: str, end: TypedEnd) -> Quick:
    """The way of an element that says nothing of its type."""

    def settled(reader: Reader, text: str) -> None:
        if reader.was_markup:
            reader.was_markup = False
            end(reader, text, XHTML)
        else:
            end(reader, text, kind)

    return TYPED, settled


def read_unread(reader: Reader, attributes: Attributes) -> None:
    """Text of a type that no field of ours holds: subtitles, rights."""
    _typed(reader, attributes, "text/plain", _unread_end)


def _unread_end(_reader: Reader, _text: str, _kind: str) -> None:
    pass


def read_title(reader: Reader, attributes: Attributes) -> None:
    """A title."""
    _typed(reader, attributes, "text/plain", _title_end)


def _title_end(reader: Reader, text: str, _kind: str) -> None:
    value = texts.settled(text) if reader.stores else text.strip()
    if reader.stores and not -1 < reader.title_depth <= reader.depth:
        reader.store("title", value)
        if reader.here is reader.item:
            reader.item["title_detail"] = {"language": _title_language(reader), "base": reader.base}
    if value:
        reader.title_depth = reader.depth


def _title_language(reader: Reader) -> str | None:
    return reader.lang.replace("_", "-") if reader.lang else None


def read_media_title(reader: Reader, attributes: Attributes) -> None:
    """A title of Media RSS, which leaves room for the one of the entry."""
    _typed(reader, attributes, "text/plain", _media_title_end)


def _media_title_end(reader: Reader, text: str, kind: str) -> None:
    before = reader.title_depth
    _title_end(reader, text, kind)
    reader.title_depth = before


def summary_as(default: str, field: str) -> tuple[Quick, Start]:
    """The first one is the summary (of a feed: `field`); another, before any content, is content. The short way and
    the one with attributes.
    """

    def end(reader: Reader, text: str, kind: str) -> None:
        if "summary" in reader.here and not reader.has_content:
            reader.has_content = True
            _content_end(reader, text, kind if kind == XHTML else "text/plain")
        elif reader.here is reader.item:
            reader.store("summary", texts.settled(text))
            if reader.base:
                reader.item["summary_detail"] = {"base": reader.base}
        elif reader.stores:
            reader.store(field, texts.settled(text))

    def start(reader: Reader, attributes: Attributes) -> None:
        if "summary" in reader.here and not reader.has_content:
            reader.has_content = True
            _typed(reader, attributes, "text/plain", _content_end)
        else:
            _typed(reader, attributes, default, end)

    return quick(default, end), start


def read_content(reader: Reader, attributes: Attributes) -> None:
    """Atom's content."""
    reader.has_content = True
    _typed(reader, attributes, "text/plain", _content_end)


def read_encoded(reader: Reader, attributes: Attributes) -> None:
    """The content of the RSS module of that name."""
    reader.has_content = True
    _typed(reader, attributes, "text/html", _content_end)


def _encoded_end(reader: Reader, text: str, kind: str) -> None:
    reader.has_content = True
    _content_end(reader, text, kind)


def _content_end(reader: Reader, text: str, kind: str) -> None:
    value = texts.settled(text)
    context = reader.here
    if reader.here is reader.item:
        if kind == "text/plain" and not reader.version.startswith("atom") and ("</" in value or "&" in value):
            kind = AMBIGUOUS
        reader.item.setdefault("content", []).append({"type": kind, "value": value, "base": reader.base})
    context.setdefault("summary", value)


TITLE: Final = quick("text/plain", _title_end)
UNREAD: Final = quick("text/plain", _unread_end)
ENCODED: Final = quick("text/html", _encoded_end)
