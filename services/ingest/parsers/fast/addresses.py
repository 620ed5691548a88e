"""Guids, links, enclosures and fields of plain text."""

from typing import Final

from services.ingest.parsers.fast import text as texts
from services.ingest.parsers.fast.kinds import LEAF, Attributes, DoubtError
from services.ingest.parsers.fast.reader import Quick, Reader, Start

_TYPES: Final = {
    "text": "text/plain",
    "plain": "text/plain",
    "html": "text/html",
    "xhtml": "application/xhtml+xml",
}
XHTML: Final = "application/xhtml+xml"
HTML: Final = frozenset({"text/html", XHTML})


def media_type(kind: str) -> str:
    """A type as feeds abbreviate it, in full."""
    return _TYPES.get(kind, kind)


def stored(name: str) -> Start:
    """An element whose text is the field `name`; its attributes would make something else of it."""
    _, end = text_of(name)

    def start(reader: Reader, attributes: Attributes) -> None:
        if attributes:
            raise DoubtError(f"attributes of {name}")
        reader.open(LEAF, end)

    return start


def gathered(quick: Quick) -> Start:
    """An element whose attributes mean nothing."""

    def start(reader: Reader, _attributes: Attributes) -> None:
        reader.open(*quick)

    return start


def text_of(name: str) -> Quick:
    """An element whose text is the field `name`."""

    def end(reader: Reader, text: str) -> None:
        if reader.stores:
            reader.store(name, texts.settled(text))

    return LEAF, end


def date_of(name: str) -> Quick:
    """An element whose text is the date `name`; in an entry it counts only as a child of the entry itself."""

    def end(reader: Reader, text: str) -> None:
        if reader.item is None or reader.source is not None:
            return
        if reader.depth != reader.item_depth + 1:
            raise DoubtError(f"{name} somewhere in an entry")
        reader.item[name] = texts.settled(text)

    return LEAF, end


def read_guid(reader: Reader, attributes: Attributes) -> None:
    """A guid or id: what identifies an entry, and its link where it has none and the guid says it is one."""
    is_link = attributes.get("ispermalink", "true") == "true"
    reader.open(LEAF, _guid_as_link_end if is_link else _guid_end)


def _guid_end(reader: Reader, text: str) -> None:
    if reader.stores:
        reader.store("id", texts.settled(text))


def _guid_as_link_end(reader: Reader, text: str) -> None:
    value = texts.settled_address(text, reader.base)
    if reader.stores:
        reader.store("id", value)
    reader.here.setdefault("link", value)


def read_link(reader: Reader, attributes: Attributes) -> None:
    """A link: in attributes, or as text."""
    rel = attributes.get("rel", "alternate")
    kind = attributes.get("type", "text/html")
    href = _href(attributes)
    context = reader.here
    links = context.setdefault("links", [])
    if href is None:
        links.append({"rel": rel, "type": kind})
        reader.open(LEAF, _link_end)
        return
    href = texts.address(href, reader.base)
    links.append({"rel": rel, "type": kind, "href": href})
    if rel == "alternate" and media_type(kind) in HTML:
        context["link"] = href
    reader.close()


def _plain_link_end(reader: Reader, text: str) -> None:
    reader.here.setdefault("links", []).append({"rel": "alternate", "type": "text/html"})
    _link_end(reader, text)


def _link_end(reader: Reader, text: str) -> None:
    if not reader.stores:
        return
    value = texts.settled_address(text, reader.base)
    context = reader.here
    in_entry = reader.here is reader.item
    value = texts.unescaped_link(value) if in_entry else texts.finished(value)
    context["link"] = value
    if value or not in_entry:
        context["links"][-1]["href"] = value


def _href(attributes: Attributes) -> str | None:
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    return href or attributes.get("href")


def read_enclosure(reader: Reader, attributes: Attributes) -> None:
    """A file that goes with an entry."""
    link = {**attributes, "rel": "enclosure"}
    if href := _href(attributes):
        link["href"] = href
    reader.here.setdefault("links", []).append(link)
    reader.close()


GUID: Final[Quick] = LEAF, _guid_as_link_end
LINK: Final[Quick] = LEAF, _plain_link_end
