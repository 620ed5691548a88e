"""The list of feeds: show, refresh, pause, remove. Adding and moving have rooms of their own and are called from here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from services.core.errors import NotFoundError
from services.core.events import FeedsAdded
from services.core.models import Feed, Fetch
from services.core.outbox import publish
from services.ingest.store.adding import FeedToAdd, add, check_hints, publisher_name
from services.ingest.store.moving import move, replace

__all__ = [
    "FeedRow",
    "FeedToAdd",
    "add",
    "check_hints",
    "history",
    "move",
    "one",
    "pause",
    "publisher_name",
    "refresh",
    "remove",
    "replace",
    "rows",
]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed as it is shown."""

    id: int
    url: str
    title: str
    source: str
    site_url: str | None
    language: str | None
    country: str | None
    region_hint: str | None
    topic_hint: str | None
    folders: list[str]
    format: str | None
    state: str
    articles: int
    interval_s: int
    next_check_at: datetime
    checked_at: datetime | None
    ok_at: datetime | None
    failures: int
    error: str | None


_STATE = """
    CASE WHEN f.paused_reason IS NOT NULL THEN 'paused' WHEN f.checked_at IS NULL THEN 'new'
         WHEN f.failures > 0 THEN 'failing' ELSE 'ok' END
"""
_ROWS = f"""
    SELECT f.id, f.url, f.title, s.key AS source, f.site_url, f.language, s.country, f.region_hint, f.topic_hint,
           f.folders, f.format, {_STATE} AS state,
           (SELECT count(*) FROM articles a WHERE a.feed_id = f.id) AS articles,
           f.interval_s, f.next_check_at, f.checked_at, f.ok_at, f.failures,
           coalesce(f.paused_reason, f.error) AS error
    FROM feeds f JOIN sources s ON s.id = f.source_id
"""  # noqa: S608 - put together from the constant above


def rows(session: Session) -> list[FeedRow]:
    """Every feed, by id."""
    return [FeedRow(**row) for row in session.execute(text(_ROWS + " ORDER BY f.id")).mappings()]


def one(session: Session, feed_id: int) -> FeedRow:
    """One feed. Raises NotFoundError."""
    # Compared as numerics: an id of any length is one that there is not, and no error of the database.
    found = session.execute(text(_ROWS + " WHERE f.id = CAST(:id AS numeric)"), {"id": feed_id})
    row = found.mappings().first()
    if row is None:
        raise NotFoundError(f"There is no feed {feed_id}; `dateline feeds list` shows them all.")
    return FeedRow(**row)


def history(session: Session, feed_id: int) -> list[dict[str, Any]]:
    """The last fetches of a feed, newest first."""
    found = session.execute(
        select(
            Fetch.at, Fetch.status, Fetch.outcome, Fetch.error, Fetch.bytes, Fetch.elapsed_ms, Fetch.brought
        )
        .where(Fetch.feed_id == feed_id)
        .order_by(Fetch.at.desc())
    )
    return [dict(row) for row in found.mappings()]


def _change(session: Session, feed_id: int, **values: Any) -> None:
    one(session, feed_id)
    session.execute(update(Feed).where(Feed.id == feed_id).values(**values))


def refresh(session: Session, feed_id: int) -> None:
    """Make a feed due now, and forget why it was paused."""
    _change(session, feed_id, next_check_at=func.now(), paused_reason=None, attempts=0)
    publish(session, FeedsAdded())


def pause(session: Session, feed_id: int, reason: str) -> None:
    """Stop asking a feed until somebody refreshes it."""
    _change(session, feed_id, paused_reason=reason)


def remove(session: Session, feed_id: int) -> None:
    """Forget a feed with its history. Its articles stay: they were published."""
    one(session, feed_id)
    session.execute(delete(Feed).where(Feed.id == feed_id))
