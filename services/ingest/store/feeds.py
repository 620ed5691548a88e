"""The feed's own record after a fetch: validators, pace, history, gap, and the host's next free moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.core.errors import DatelineError
from services.core.models import Feed, Fetch, Gap, Source
from services.ingest.entry import FetchResponse
from services.ingest.plan import FeedState, Pace, Plan, Reading

HISTORY = 30
"""Fetches remembered of each feed."""


class FencedError(DatelineError):
    """The lease ran out and somebody else has the feed: what we hold is dropped, they will store the same."""


def fence(session: Session, feed: FeedState) -> None:
    """Lock the feed's row, if it is still ours. Raises FencedError."""
    mine = session.scalar(
        select(Feed.id).where(Feed.id == feed.id, Feed.lease_token == feed.lease_token).with_for_update()
    )
    if mine is None:
        raise FencedError(f"feed {feed.id} was taken over by another worker")


def source_of(session: Session, feed: FeedState, *, key: str, name: str, url: str | None) -> int:
    """The source `key`, made if it is new; the feed's own where that is it already."""
    if key == feed.source_key:
        return feed.source_id
    session.execute(upsert(Source).values(key=key, name=name, url=url).on_conflict_do_nothing())
    return session.scalars(select(Source.id).where(Source.key == key)).one()


def store_outcome(
    session: Session,
    feed: FeedState,
    reading: Reading,
    pace: Pace,
    *,
    source_id: int,
    window: int,
    now: datetime,
) -> None:
    """Write what this fetch taught about the feed, and give the lease back."""
    values: dict[str, Any] = {
        "next_check_at": pace.next_check_at,
        "interval_s": pace.interval_s,
        "lease_until": text("'epoch'"),
        "lease_token": None,
        "attempts": 0,
        "checked_at": now,
        "error_kind": reading.error_kind,
        "error": reading.error,
    }
    if pace.paused_reason is not None:  # never back to None: an operator may have paused it meanwhile
        values["paused_reason"] = pace.paused_reason
    if reading.outcome in {"new-body", "unchanged"}:
        values |= {
            "ok_at": now,
            "failures": 0,
            "etag": reading.etag,
            "last_modified": reading.last_modified,
            "body_hash": reading.body_hash,
        }
    else:
        values["failures"] = Feed.failures + 1
    if reading.outcome == "new-body":
        values |= {
            "source_id": source_id,
            "window": window,
            "format": reading.format,
            "title": feed.title or reading.title or feed.host,
            "site_url": feed.site_url or reading.site_url,
            "language": feed.language or reading.language,
        }
    session.execute(update(Feed).where(Feed.id == feed.id).values(**values))


def store_history(
    session: Session, feed: FeedState, response: FetchResponse, reading: Reading, plan: Plan, *, now: datetime
) -> None:
    """One row of history with what the fetch brought; a gap if there was one; the oldest rows go."""
    brought = {
        "new": len(plan.new),
        "again": len(plan.again),
        "unchanged": len(plan.unchanged),
        "skipped": [*reading.skipped, *plan.skipped][:20],
    }
    session.execute(
        insert(Fetch).values(
            feed_id=feed.id,
            at=now,
            elapsed_ms=int(response.elapsed_s * 1000),
            status=response.status,
            outcome=reading.outcome,
            error=reading.error,
            bytes=len(response.body),
            brought=brought,
        )
    )
    session.execute(
        text(
            "DELETE FROM fetches WHERE feed_id = :feed AND at < "
            "(SELECT at FROM fetches WHERE feed_id = :feed ORDER BY at DESC OFFSET :keep LIMIT 1)"
        ),
        {"feed": feed.id, "keep": HISTORY - 1},
    )
    if plan.gap and feed.ok_at is not None:
        session.execute(
            insert(Gap).values(feed_id=feed.id, from_at=feed.ok_at, to_at=now, window=len(plan.new))
        )


def free_host(session: Session, host: str, *, pause_s: float) -> None:
    """The host may be asked again after the pause."""
    session.execute(
        text("UPDATE hosts SET free_at = now() + make_interval(secs => :pause) WHERE host = :host"),
        {"host": host, "pause": pause_s},
    )
