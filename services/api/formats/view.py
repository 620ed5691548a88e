"""What every feed format is given, the ids that subscribers keep, and the XML that two of the formats share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from services.api.shapes import Identity, Item

_ILLEGAL = re.compile(
    "[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
    "|[" + "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)) + "]"
)
"""What XML 1.0 cannot hold or tells nobody to hold: control characters and code points that are no characters."""
_BREAKS = re.compile("[\t\n\r\u0085\u2028\u2029]+")
_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_IN_ADDRESSES = ";/?:@&=+$,-_.!~*'()%#"
_NUMBERED_HOST = re.compile(r"(?:https?://\[[0-9A-Fa-f:.]+\])?")
_MAIL = re.compile(r"[<(]?(?:mailto:)?[^\s<>()@,;]+@[^\s<>()@,;]+\.[^\s<>()@,;]+[>)]?")
_BARE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
EMPTY = datetime(2000, 1, 1, tzinfo=UTC)
"""When a stream without articles was last updated: a feed must say something, and no clock is read here."""
FIRST_IDS = "tag:dateline.example,2026:article/"
"""What ids began with before an installation had an identity (RFC 4151): everywhere the same."""


@dataclass(frozen=True, slots=True)
class FeedView:
    """One page of a stream as a feed. Addresses are absolute; `names` gives labels (`region/x`) their names; `about` says which stream
    it is, whatever address and format it is read in; `language` is that of everything in it, where there is one.
    """

    identity: Identity
    about: str
    title: str
    subtitle: str
    page_url: str
    self_url: str
    first_url: str
    previous_url: str | None
    next_url: str | None
    base_url: str
    items: Sequence[Item]
    names: Mapping[str, str]
    language: str | None = None

    @property
    def id(self) -> str:
        """The id of the stream; all its pages have it."""
        return uuid5(self.identity.key, f"feed/{self.about}").urn

    @property
    def updated(self) -> datetime:
        """When anything in it last changed."""
        return max((changed_at(item) for item in self.items), default=EMPTY)

    def paging(self) -> list[tuple[str, str]]:
        """Relation and address of the pages that can be reached from this one (RFC 5005)."""
        found = (("first", self.first_url), ("previous", self.previous_url), ("next", self.next_url))
        return [(relation, address) for relation, address in found if address]

    def labels(self, item: Item) -> list[tuple[str, str]]:
        """Label and name of everything an item stands under."""
        found = [f"region/{slug}" for slug in item.regions] + [f"topic/{slug}" for slug in item.topics]
        return [(label, self.names.get(label, label.partition("/")[2])) for label in found]

    def scheme(self, label: str) -> str:
        """The list that a label is from, as an address."""
        return f"{self.base_url}/v1/{label.partition('/')[0]}s"

    def article_url(self, item: Item) -> str:
        """The page that shows an item with its reasons."""
        return f"{self.base_url}/article/{item.id}"

    def story_url(self, item: Item) -> str | None:
        """The page of its story, where it has one."""
        return f"{self.base_url}/story/{item.story.id}" if item.story else None

    def related(self, item: Item) -> list[tuple[str, str]]:
        """Address and title of what belongs to an item: its reasons, its story, and where else it stands."""
        found = [(self.article_url(item), "Why it is here")]
        if story := self.story_url(item):
            found.append((story, "The whole story"))
        return found + [(other.url, f"Also at {other.source.name}") for other in item.also_at]


def item_id(identity: Identity, item: Item) -> str:
    """An id that is the same whatever address, format or process the feed is read from, and nobody else's.

    When the article was first seen is part of it: a database that was set back gives numbers out again, and a reader
    would take what is new for what it has.
    """
    if item.id <= identity.tagged_through:
        return f"{FIRST_IDS}{item.id}"
    seen = item.first_seen_at.astimezone(UTC).isoformat(timespec="microseconds")
    return uuid5(identity.key, f"article/{item.id}/{seen}").urn


def changed_at(item: Item) -> datetime:
    """When an item last read differently: it came, or its publisher corrected it. Labels, copies and its story are ours, not its text."""
    return max(item.updated_at, item.sort_at)


def heading(item: Item) -> str:
    """The headline on one line; of an article without one the beginning of its text, or who published it."""
    return on_one_line(item.title) or on_one_line(item.teaser)[:80].strip() or item.source.name


def summary(item: Item) -> str:
    """The teaser; where there is none, the headline: an entry without a word of text is a riddle to some readers."""
    return legal(item.teaser).strip() or heading(item)


def bylines(item: Item) -> list[str]:
    """Who wrote it: the authors without their mail addresses, or the publisher."""
    names = [_MAIL.sub(" ", on_one_line(author)).strip(" ()<>,;") for author in item.authors]
    return [name for name in names if name] or [on_one_line(item.source.name)]


def source_url(item: Item) -> str:
    """The site of the publisher."""
    return address(item.source.url or f"https://{item.source.id}/")


def picture(item: Item) -> str | None:
    """The address of its picture, if that can be shown."""
    return address(item.image) if item.image and item.image.startswith(("http://", "https://")) else None


def language(tag: str | None) -> str | None:
    """A language tag, if it is one (BCP 47)."""
    return tag if tag and _LANGUAGE.fullmatch(tag) else None


def address(url: str) -> str:
    """A URL as feeds may hold it: what no address can hold is %XX of its UTF-8 bytes, what is escaped stays.

    >>> address("https://a.example/№ 1?q=<100%>&done=%20")
    'https://a.example/%E2%84%96%201?q=%3C100%25%3E&done=%20'
    """
    text = _BARE_PERCENT.sub("%25", legal(url).strip())
    host = _NUMBERED_HOST.match(text)
    start = host.end() if host else 0
    return text[:start] + quote(text[start:], safe=_IN_ADDRESSES)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def legal(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold, whatever a publisher put there."""
    return _ILLEGAL.sub("", text)


def on_one_line(text: str) -> str:
    """`legal`, without breaks and without space around it."""
    return _BREAKS.sub(" ", legal(text)).strip()


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
