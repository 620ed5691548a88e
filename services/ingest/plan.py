"""What deciding works on, and what it returns. Data only, so that every decision can be tried without a database."""

from dataclasses import dataclass, field
from datetime import datetime

from services.ingest.entry import Entry


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as it was claimed. Durations are seconds; `window` is the number of entries its last body held."""

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


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """A stored article that an entry may be. `own`: it is this very feed's, which may correct it. `source_key`: the
    publisher it stands under.
    """

    article_id: int
    title: str
    own: bool
    source_key: str = ""


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
    """An article nobody has brought yet. `text_key` is None where the text is too short to say two are the same."""

    seen: Seen
    text_key: bytes | None
    sort_at: datetime


@dataclass(frozen=True, slots=True)
class Again:
    """A stored article seen (for the first time or again) in this feed; `changed` when the feed corrects its own,
    `adopted` when it is the publisher's own and stood under somebody who had only listed it.
    """

    article_id: int
    seen: Seen
    first_here: bool
    changed: bool
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What storing one fetch comes to. `unchanged`: guids whose sighting stays as it is. `skipped`: reasons."""

    new: tuple[New, ...] = ()
    again: tuple[Again, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one fetch before anything stored was looked at.

    `outcome`: `new-body` (entries are to be decided on), `unchanged` (304, or the bytes of last time), `failed`,
    `gone`. `asks_s`: the publisher's wish for the time until the next look, in seconds, already bounded.
    `error_kind` and `error` belong to `failed` and `gone`.
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


@dataclass(frozen=True, slots=True)
class Pace:
    """When to look again: the learned interval, the moment, and for a feed that is not to be asked any more the reason."""

    interval_s: int
    next_check_at: datetime
    paused_reason: str | None = None
