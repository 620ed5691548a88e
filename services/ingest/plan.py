"""What deciding works on, and what it returns. Data only, so that every decision can be tried without a database."""

from dataclasses import dataclass, field
from datetime import datetime

from services.ingest.entry import Entry, FetchResponse, Told


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as it was claimed. Durations are seconds; `window` is the number of entries its last body held.

    What the later fields mean stands at `core.models.Feed`. `push_until`: until then a WebSub hub tells us of news;
    None where none does. `window_s`: how long a window lasts at the feed's rate; None where nothing tells.
    """

    id: int
    url: str
    host: str
    source_id: int
    source_key: str
    title: str
    site_url: str | None
    language: str | None
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    window: int
    interval_s: int
    ok_at: datetime | None
    failures: int
    lease_token: str
    error_kind: str | None = None
    checked_at: datetime | None = None
    wish_s: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    full_at: datetime | None = None
    validators_lie: bool = False
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_times: int = 0
    new_at: datetime | None = None
    usual_s: int | None = None
    push_until: datetime | None = None
    window_s: int | None = None


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """A stored article that an entry may be. `own`: it is this very feed's, which may correct it. `source_key`: the
    publisher it stands under. `removed`: it was taken out for good; it is recognised, and nothing more.
    """

    article_id: int
    title: str
    own: bool
    source_key: str = ""
    removed: bool = False


@dataclass(frozen=True, slots=True)
class KnownSighting:
    """A stored sighting of this feed: which article its guid stood for, and the content it had then."""

    article: KnownArticle
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored already of the entries in hand."""

    by_guid: dict[str, KnownSighting] = field(default_factory=dict)
    by_url: dict[str, KnownArticle] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting to be stored: `guid` is what the feed calls it, made unambiguous where the feed reuses guids."""

    guid: str
    entry: Entry
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class New:
    """An article nobody has brought yet, and its place in Latest."""

    seen: Seen
    sort_at: datetime


@dataclass(frozen=True, slots=True)
class Again:
    """A stored article seen (for the first time or again) in this feed; `changed` when the feed corrects its own,
    `adopted` when it is the publisher's own and stood under somebody who had only listed it. `removed`: it is a tombstone,
    and all that is stored is that it was seen here, under this name and address.
    """

    article_id: int
    seen: Seen
    first_here: bool
    changed: bool
    adopted: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What storing one fetch comes to. `unchanged`: guids whose sighting stays as it is. `skipped`: reasons.
    `gap`: nothing of a full window was known; `missed`: how many entries it probably cost.
    """

    new: tuple[New, ...] = ()
    again: tuple[Again, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    gap: bool = False
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one fetch before anything stored was looked at.

    `outcome`: `new-body` (entries are to be decided on), `unchanged` (304, or the bytes of last time), `failed`,
    `gone`. `asks_s`: the publisher's wish for the time until the next look, in seconds, already bounded: what the answer's
    headers and the feed itself say, whichever is longer. `wish_s`, `skip_hours`, `skip_days`: what the feed itself says,
    to be remembered for answers without a body. `host_asks_s`: how long a refusal (429, 503) holds for the whole host.
    `full`: the answer had a body. `lied`: its validators stood while the body had changed. `error_kind` and `error` belong to `failed` and `gone`; `lasting`: the error will not pass by itself.
    `permanent_url`: where an unbroken chain of 301/308 led. `self_url`, `hubs`: see ParsedFeed. `dates`: when the entries of the
    whole body were published as it says, none of them in the future, newest first. Of a feed met for the first time the
    `entries` are here, and the `skipped` reasons of those that are no articles; of one that is known the body's entries
    are `told`, since most of them need not be cleaned.
    """

    outcome: str
    entries: tuple[Entry, ...] = ()
    skipped: tuple[str, ...] = ()
    asks_s: int = 0
    error_kind: str | None = None
    error: str | None = None
    body_hash: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    format: str | None = None
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    wish_s: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    host_asks_s: int = 0
    full: bool = False
    lied: bool = False
    lasting: bool = False
    permanent_url: str | None = None
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    dates: tuple[datetime, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """When to look again: the learned interval, the moment, why then in a sentence, and for a feed that is not to be
    asked any more the reason. `window_s`: how long a window lasts at the feed's rate, in seconds, as far as is known by
    now; to be remembered for answers without a body.
    """

    interval_s: int
    next_check_at: datetime
    paused_reason: str | None = None
    reason: str = ""
    window_s: int | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """How a feed publishes: when it last brought something new, its usual silence in seconds (None: not known yet), and
    from when on silence is unusual (None: never said).
    """

    new_at: datetime | None
    usual_s: int | None
    quiet_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """What is remembered of permanent redirects after an answer: where to, since when, how often in a row without another
    answer between; `adopt` says that it is believed now. All None and 0 where the feed answers from its own address.
    """

    to: str | None = None
    since: datetime | None = None
    times: int = 0
    adopt: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fetch, read and decided on: all that is to be stored of it. `source_id`: the publisher it belongs to by now."""

    feed: FeedState
    response: FetchResponse
    reading: Reading
    plan: Plan
    pace: Pace
    habit: Habit
    move: Move
    source_id: int
