"""The vocabulary of the press: outlets, stories as written, articles as published, feed lines as listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Format(StrEnum):
    """The feed formats an outlet may publish in."""

    RSS = "rss"
    RDF = "rdf"
    ATOM = "atom"
    JSON = "json"


class Validators(StrEnum):
    """Which validators of a conditional GET an outlet's feed carries."""

    BOTH = "both"
    ETAG = "etag"
    LAST_MODIFIED = "last-modified"
    NONE = "none"


class Trouble(StrEnum):
    """What is wrong with a broken outlet's feed; each value is also the last part of its slug."""

    NOT_FOUND = "not-found"
    GONE = "gone"
    SERVER_ERROR = "server-error"
    UNAVAILABLE = "unavailable"
    HTML = "html"
    GARBAGE = "garbage"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    MOVED = "moved"
    ELSEWHERE = "elsewhere"
    SLOW = "slow"
    HANGS_UP = "hangs-up"
    MISLABELLED = "mislabelled"


READABLE = frozenset({None, Trouble.MOVED, Trouble.ELSEWHERE, Trouble.SLOW, Trouble.MISLABELLED})
"""Troubles through which a good client still gets the whole feed (and no trouble at all); of a truncated one it may get a part."""


class Role(StrEnum):
    """How an outlet gets its news."""

    NEWSPAPER = "newspaper"
    WIRE = "wire"
    AGGREGATOR = "aggregator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One fictional publisher and how its feed behaves.

    `guids` is what identifies an entry: `url`, `urn` (an opaque tag), or `none`. `links` is the shape of article addresses: `slug`,
    `dated`, `query` (the id is a query parameter that must not be dropped) or `native` (percent-encoded words of the title).
    `hub`: its feed names the press's WebSub hub, which pushes it. `publisher` is the slug of the outlet whose section this one is: its feed names that outlet's site and repeats its articles.
    """

    slug: str
    name: str
    country: str
    language: str
    tagline: str
    site: str
    format: Format = Format.RSS
    charset: str = "utf-8"
    validators: Validators = Validators.BOTH
    window: int = 30
    role: Role = Role.NEWSPAPER
    beats: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    guids: str = "url"
    links: str = "slug"
    full_text: bool = False
    dated: bool = True
    trouble: Trouble | None = None
    publisher: str = ""
    hub: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A text as its author filed it, with the gold labels an attentive editor would give it (the first of each is the main one).

    `facts` are the names and numbers of it: what whoever else reports on the event would find out too.
    """

    scene: str
    language: str
    title: str
    other_title: str
    dateline: str
    lead: str
    paragraphs: tuple[str, ...]
    author: str
    regions: tuple[str, ...]
    topics: tuple[str, ...]
    countries: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Article:
    """A story published by one outlet at one address; `title`, `paragraphs` and `updated` change with a correction.

    `event`: the article that told the same event first, itself where none did.
    """

    id: str
    outlet: str
    url: str
    story: Story
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    updated: datetime
    event: str
    duplicate_of: str | None = None
    earlier_titles: list[str] = field(default_factory=list)
    carried_by: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One line of a feed: an article under the address and title that this feed gives it."""

    article: Article
    link: str
    title_suffix: str = ""
