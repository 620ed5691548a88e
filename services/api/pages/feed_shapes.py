"""What is told of feeds: plain frozen data between the queries and the words. Times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

State = Literal["healthy", "late", "quiet", "failing", "new", "paused"]
STATES: tuple[State, ...] = get_args(State)
"""Every state of a feed, best first."""
LEFT_ALONE = timedelta(minutes=3)
"""A host that is not to be asked for longer than this asked for it; a lease and the usual pause are shorter."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed. What the fields mean stands at `core.models.Feed`; `source` is the publisher's key, `host_free_at` when
    its host may be asked next.
    """

    id: int
    url: str
    title: str
    state: State
    source: str
    source_name: str
    country: str | None
    host: str
    host_free_at: datetime
    site_url: str | None
    language: str | None
    region_hint: str | None
    topic_hint: str | None
    folders: list[str]
    format: str | None
    added_at: datetime
    paused_reason: str | None
    next_check_at: datetime
    interval_s: int
    pace_reason: str | None
    checked_at: datetime | None
    ok_at: datetime | None
    failures: int
    error_kind: str | None
    error: str | None
    new_at: datetime | None
    usual_s: int | None
    quiet_at: datetime | None
    wish_s: int
    skip_hours: list[int]
    skip_days: list[int]
    etag: str | None
    last_modified: str | None
    validators_lie: bool
    full_at: datetime | None
    window: int
    window_s: int | None
    moved_to: str | None
    moved_since: datetime | None
    moved_times: int
    replacement_url: str | None
    sought_at: datetime | None
    hub_url: str | None

    @property
    def name(self) -> str:
        """What to call it: its title; its host until it has one."""
        return self.title.strip() or self.host


@dataclass(frozen=True, slots=True)
class FormerAddress:
    """An address that a feed had before it moved at `since`."""

    url: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Push:
    """A feed's subscription at its hub, without its secrets."""

    hub: str
    state: str
    lease_until: datetime | None
    pushed_at: datetime | None
    missed: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class GapRow:
    """Between two looks a feed's window was too small; `missed`: entries that this probably cost."""

    feed_id: int
    feed: str
    from_at: datetime
    to_at: datetime
    window: int
    missed: int


@dataclass(frozen=True, slots=True)
class FetchRow:
    """One attempt and what it brought. `elapsed_ms` in milliseconds, `bytes` as unpacked."""

    at: datetime
    status: int | None
    outcome: str
    error: str | None
    bytes: int
    elapsed_ms: int
    brought: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WholeFeed:
    """One feed with everything that is remembered of it, newest first."""

    feed: FeedRow
    articles: int
    differences: int
    former: list[FormerAddress]
    push: Push | None
    gaps: list[GapRow]
    fetches: list[FetchRow]


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host that asked to be left alone until `free_at`, and how many feeds wait for that."""

    host: str
    free_at: datetime
    feeds: int


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A body that the two parsers read differently."""

    feed_id: int
    feed: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Needs:
    """How many there are of each kind, and the first of them."""

    counted: Mapping[str, int]
    feeds: Mapping[str, list[FeedRow]]
    hosts: list[HostRow]
    differences: list[DifferenceRow]
