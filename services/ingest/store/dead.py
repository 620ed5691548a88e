"""Feeds whose address is dead: which are to be looked for elsewhere, what is known of them, what was found."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

DEAD_KINDS = ("http-404", "http-410", "gone", "not-a-feed", "dns", "redirects")
"""Kinds of error (`feeds.error_kind`) that say that the address is wrong, and not that its server is in trouble."""

GONE_KINDS = ("http-410", "gone")
"""Those that a server gives on purpose: such a feed is paused at once and fails no second time."""

FAILURES = 5
FAILING_DAYS = 3
AGAIN_DAYS = 7
REMEMBERED = 200
"""Articles of a feed by which another one is known as its successor."""

_DEAD = """
    f.error_kind = ANY(:kinds) AND f.failures > 0
    AND (f.error_kind = ANY(:gone) OR f.failures >= :failures AND f.paused_reason IS NULL)
    AND coalesce(f.ok_at, f.added_at) < now() - make_interval(days => :failing)
    AND (f.sought_at IS NULL OR f.sought_at < now() - make_interval(days => :again))
"""
_VALUES = {
    "kinds": list(DEAD_KINDS),
    "gone": list(GONE_KINDS),
    "failures": FAILURES,
    "failing": FAILING_DAYS,
    "again": AGAIN_DAYS,
}
_WAITING = text(f"SELECT count(*) FROM (SELECT 1 FROM feeds f WHERE {_DEAD} LIMIT 101) AS counted")  # noqa: S608 - put together from the constant above
_CLAIM = text(
    f"""
    WITH chosen AS (
        SELECT f.id FROM feeds f WHERE {_DEAD} ORDER BY f.sought_at NULLS FIRST, f.id LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE feeds f SET sought_at = now() FROM chosen WHERE f.id = chosen.id
    RETURNING f.id, f.url, f.title, f.site_url
    """  # noqa: S608 - as above
)
_REMEMBERED = text(
    """
    SELECT a.title, u.url_key
    FROM (SELECT DISTINCT article_id FROM sightings WHERE feed_id = :feed ORDER BY article_id DESC LIMIT :most) s
    JOIN articles a ON a.id = s.article_id LEFT JOIN article_urls u ON u.article_id = a.id
    """
)
# Booked and not only looked at: whoever fetches feeds from that host waits for us as we wait for them.
_BOOK = text(
    """
    UPDATE hosts h SET free_at = greatest(was.free_at, now()) + make_interval(secs => :hold)
    FROM (SELECT host, free_at FROM hosts WHERE host = :host FOR UPDATE) AS was
    WHERE h.host = was.host AND was.free_at < now() + make_interval(secs => :patience)
    RETURNING h.free_at AS until, greatest(extract(epoch FROM was.free_at - now()), 0)::float AS wait_s
    """
)
_FREE = text(
    "UPDATE hosts SET free_at = now() + make_interval(secs => :pause) WHERE host = :host AND free_at = :until"
)
_IS_HOST = text("SELECT EXISTS (SELECT 1 FROM hosts WHERE host = :host)")


@dataclass(frozen=True, slots=True)
class DeadFeed:
    """A feed that is to be looked for."""

    id: int
    url: str
    title: str
    site_url: str | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """Titles and canonical URLs of articles that a feed brought."""

    titles: frozenset[str]
    url_keys: frozenset[str]


def waiting(session: Session) -> int:
    """How many dead feeds are to be looked for this moment, counted up to 101."""
    return session.scalar(_WAITING, _VALUES) or 0


def claim(session: Session) -> DeadFeed | None:
    """The next dead feed. It counts as looked for from now on, whatever becomes of us: nothing is tried over and over."""
    row = session.execute(_CLAIM, _VALUES).mappings().first()
    return DeadFeed(**row) if row else None


def remembered(session: Session, feed_id: int) -> Remembered:
    """What the newest articles of a feed were."""
    rows = session.execute(_REMEMBERED, {"feed": feed_id, "most": REMEMBERED}).all()
    return Remembered(
        frozenset(row.title for row in rows), frozenset(row.url_key for row in rows if row.url_key)
    )


def offer(session: Session, feed_id: int, url: str | None) -> None:
    """Keep what was found for a feed; None: its site offers nothing."""
    session.execute(
        text("UPDATE feeds SET replacement_url = :url WHERE id = :id"), {"id": feed_id, "url": url}
    )


@dataclass(frozen=True, slots=True)
class Booking:
    """A host that is ours to ask in `wait_s` seconds. `until`: when that ends by itself; None: nobody else asks it."""

    host: str
    wait_s: float = 0.0
    until: datetime | None = None


def book(session: Session, host: str, *, hold_s: float, patience_s: float) -> Booking | None:
    """Let a host be ours for one request of at most `hold_s` seconds; None where it is taken for longer than `patience_s`.

    A host that no feed lives on is nobody else's to ask.
    """
    row = session.execute(_BOOK, {"host": host, "hold": hold_s, "patience": patience_s}).mappings().first()
    if row is not None:
        return Booking(host, **row)
    return None if session.scalar(_IS_HOST, {"host": host}) else Booking(host)


def free(session: Session, booking: Booking, *, pause_s: float) -> None:
    """Give a host back after a request: it may be asked again after the pause, if nobody said otherwise meanwhile."""
    if booking.until is not None:
        session.execute(_FREE, {"host": booking.host, "until": booking.until, "pause": pause_s})
