"""What every feed format is given, and the XML that two of them share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from services.api.shapes import Item

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EMPTY = datetime(2000, 1, 1, tzinfo=UTC)
"""When a stream without articles was last updated: a feed must say something, and no clock is read here."""


@dataclass(frozen=True, slots=True)
class FeedView:
    """One page of a stream as a feed. Addresses are absolute; `names` gives labels (`region/x`) their names."""

    title: str
    subtitle: str
    page_url: str
    self_url: str
    first_url: str
    next_url: str | None
    base_url: str
    items: Sequence[Item]
    names: Mapping[str, str]

    @property
    def updated(self) -> datetime:
        """When anything in it last changed."""
        return max((item.updated_at for item in self.items), default=EMPTY)

    def labels(self, item: Item) -> list[tuple[str, str]]:
        """Label and name of everything an item stands under."""
        found = [f"region/{slug}" for slug in item.regions] + [f"topic/{slug}" for slug in item.topics]
        return [(label, self.names.get(label, label.partition("/")[2])) for label in found]

    def article_url(self, item: Item) -> str:
        """The page that shows an item with its reasons."""
        return f"{self.base_url}/article/{item.id}"


def item_id(item: Item) -> str:
    """An id that stays the same whatever address the feed is read from (RFC 4151)."""
    return f"tag:dateline.example,2026:article/{item.id}"


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def legal(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold, whatever a publisher put there."""
    return _ILLEGAL.sub("", text)


def child(parent: Element, tag: str, text: str | None = None, /, **attributes: str | None) -> Element:
    """Add an element; attributes that are None are left out, `_` in their names stands for `:` of xml."""
    given = {name.replace("xml_", "xml:"): legal(value) for name, value in attributes.items() if value}
    made = SubElement(parent, tag, given)
    if text is not None:
        made.text = legal(text)
    return made


def document(root: Element) -> bytes:
    """The whole as UTF-8 with its declaration."""
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
