"""What the API says of stories and of what is rising: plain frozen data, beside `shapes`. Times are aware and in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.api.shapes import Item, SourceRef, StoryRef, StoryWhy
from services.core.trends import Trend

Step = Literal["hour", "day", "week"]


@dataclass(frozen=True, slots=True)
class Publisher:
    """One voice of a story: an owner with the sources it speaks through. `first_at`: its first article, copy or sighting; `articles`
    counts all of those once.
    """

    owner: str
    name: str
    sources: Sequence[SourceRef]
    first_at: datetime
    articles: int


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many articles of a story stand under a region or topic."""

    slug: str
    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a timeline: how many articles came in it, and how many publishers took the story up."""

    at: datetime
    articles: int
    publishers: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A story in steps of equal length, without holes, from its first to its last publication."""

    first_at: datetime
    last_at: datetime
    step: Step
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class StoryItem:
    """An article of a story, and why it is in there."""

    item: Item
    why: StoryWhy | None


@dataclass(frozen=True, slots=True)
class ArticlesPage:
    """A page of a story's articles, newest first, the article it is called after, and the cursor of the following page."""

    lead: Item
    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A story with one page of its articles, newest first. `lead` is the article it is called after; `muted_by` the editor who keeps it
    out of Trending.
    """

    id: int
    muted_by: str | None
    lead: Item
    articles: int
    publishers: Sequence[Publisher]
    timeline: Timeline
    regions: Sequence[LabelCount]
    topics: Sequence[LabelCount]
    items: Sequence[StoryItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class TrendView:
    """A story that rises, with its arithmetic; `names` of its publishers by owner, where they have one of their own."""

    story: StoryRef
    lead: Item
    trend: Trend
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trending:
    """What rises in one scope at one moment, the most first. `window`: voices older than it do not count."""

    region: str | None
    topic: str | None
    window: timedelta
    at: datetime
    trends: Sequence[TrendView]
    sentence: str
