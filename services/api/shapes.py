"""What the API talks about: plain frozen data between the queries and the formats.

Times are aware and in UTC. Labels of items are bare slugs; labels of the stream are `region/<slug>`, `topic/<slug>`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SourceRef:
    """A publisher as the outside calls it: `id` is the host of its site, `country` ISO 3166 alpha-2."""

    id: str
    name: str
    url: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class AlsoAt:
    """Another place where the same article stands, since `at`. `article` is the id of the copy; None where the article itself was
    seen in a feed of that source.
    """

    source: SourceRef
    url: str
    at: datetime
    article: int | None


@dataclass(frozen=True, slots=True)
class StoryRef:
    """The story of an article: listed articles on the same event, and distinct publishers, copies included."""

    id: int
    articles: int
    publishers: int


@dataclass(frozen=True, slots=True)
class Item:
    """An article as streams show it. `sort_at` is its place in Latest, `revision` grows with what can be seen."""

    id: int
    url: str
    title: str
    teaser: str
    source: SourceRef
    authors: Sequence[str]
    image: str | None
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime
    updated_at: datetime
    sort_at: datetime
    revision: int
    region: str | None
    regions: Sequence[str]
    topics: Sequence[str]
    places: Sequence[str]
    also_at: Sequence[AlsoAt] = ()
    story: StoryRef | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that is late, failing or has a gap, in words."""

    source: str
    name: str
    states: Sequence[str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far a stream can be relied on: numbers of sources behind it, and the worst of those in trouble."""

    sources: int
    late: int
    failing: int
    gaps: int
    asked: int
    troubles: Sequence[Trouble]
    sentence: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the ids in feeds are made from: `key` is this installation's own for ever. Articles up to the id `tagged_through` keep the
    id that they had before there was a key.
    """

    key: UUID
    tagged_through: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """The stream at one moment: its epoch, newest position, oldest position a cursor may name, newest sighting, the version of the
    stories that stand beside it, how far stored articles are indexed by the words in use; and whose stream it is.
    """

    epoch: str
    head: int
    floor: int
    sighting: int
    stories: int
    words: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class LatestPage:
    """One page of Latest. `next` is the cursor of the following page; `changes` goes on from this moment."""

    items: Sequence[Item]
    next: str | None
    changes: str
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One event of a followed stream. `item` is None for a removed article, of which only the id is told."""

    cursor: str
    change: str
    article_id: int
    revision: int
    at: datetime
    item: Item | None
    into: int | None = None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """What happened after a cursor; `cursor` is the highest position examined."""

    entries: Sequence[ChangeEntry]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class SightingRef:
    """One feed and address where an article (or a duplicate of it) was seen."""

    source: SourceRef
    feed: str
    url: str
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class StoryWhy:
    """How an article came into its story: in a sentence, and the words that spoke for it with their shares of the similarity.
    `judgement`: the number of what an editor said of it, if anybody did.
    """

    by: str
    sentence: str
    judgement: int | None
    similarity: float | None
    needed: float | None
    nearest: int | None
    words: Sequence[tuple[str, float]]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Article:
    """An article whole. `verdict` is what the rules decided, as stored; `duplicate_of` the article shown for it, which may have been
    taken out of Latest since (not `shown_listed`).

    `story_title` is the headline of its story's leading article. `copy_why`: of each copy (of the article itself, where it is hidden), by
    its id, why it counts as one.
    """

    item: Item
    text: str
    html: str
    tags: Sequence[str]
    duplicate_of: int | None
    shown_listed: bool
    sightings: Sequence[SightingRef]
    rulebook: str | None
    verdict: Mapping[str, Any]
    story_title: str | None
    story_why: StoryWhy | None
    copy_why: Mapping[int, str]

    def why_also(self, other: AlsoAt) -> str:
        """Why another place counts as one with the same article."""
        return self.copy_why.get(other.article or 0, "the same address")


@dataclass(frozen=True, slots=True)
class FeedState:
    """One source's feeds, counted: `error` is the latest of those that fail."""

    source: SourceRef
    feeds: int
    paused: int
    never: int
    late: int
    failing: int
    gaps: int
    due_at: datetime | None
    ok_at: datetime | None
    error: str | None
    paused_reason: str | None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source with the health of its feeds in words. `recent` counts listed articles of the last 24 hours."""

    source: SourceRef
    state: str
    sentence: str
    feeds: int
    recent: int
    ok_at: datetime | None


@dataclass(frozen=True, slots=True)
class StreamTitle:
    """What a stream is called, where its page is, and which labels filter it (None: not filtered by it)."""

    title: str
    path: str
    region: str | None = None
    topic: str | None = None
