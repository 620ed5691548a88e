"""The list of feeds: show, refresh, pause, remove. Adding and moving have rooms of their own and are called from here."""

from typing import Any

from sqlalchemy import delete, func, text, update
from sqlalchemy.orm import Session

from services.core.errors import NotFoundError
from services.core.events import ArticlesStored, FeedsAdded
from services.core.models import Feed
from services.core.outbox import publish
from services.ingest.store.adding import FeedToAdd, add, check_hints, publisher_name
from services.ingest.store.moving import move, replace

__all__ = [
    "FeedToAdd",
    "add",
    "check_hints",
    "move",
    "pause",
    "publisher_name",
    "refresh",
    "remove",
    "replace",
]


LARGEST_ID = 2**63 - 1

_TOUCH_CARRIED = text(
    """
    UPDATE articles a SET revision = revision + 1, waiting_since = coalesce(waiting_since, now())
    FROM (SELECT id FROM articles WHERE listed AND id IN (
              SELECT s.article_id FROM sightings s JOIN feeds f ON f.id = s.feed_id JOIN articles o ON o.id = s.article_id
              WHERE s.feed_id = :feed AND o.source_id <> f.source_id)
          ORDER BY id FOR NO KEY UPDATE) AS carried
    WHERE a.id = carried.id RETURNING a.id
    """
)


def _there_is(session: Session, feed_id: int) -> None:
    """Raises NotFoundError where there is no such feed; an id of any length is one that there is not."""
    if not 0 < feed_id <= LARGEST_ID or session.get(Feed, feed_id) is None:
        raise NotFoundError(f"There is no feed {feed_id}; `dateline feeds list` shows them all.")


def _change(session: Session, feed_id: int, **values: Any) -> None:
    _there_is(session, feed_id)
    session.execute(update(Feed).where(Feed.id == feed_id).values(**values))


def refresh(session: Session, feed_id: int) -> None:
    """Make a feed due now, and forget why it was paused."""
    _change(session, feed_id, next_check_at=func.now(), paused_reason=None, attempts=0)
    publish(session, FeedsAdded())


def pause(session: Session, feed_id: int, reason: str) -> None:
    """Stop asking a feed until somebody refreshes it."""
    _change(session, feed_id, paused_reason=reason)


def remove(session: Session, feed_id: int) -> None:
    """Forget a feed with its history. Its articles stay: they were published.

    Articles of other sources that it carried lose an "also at": they wait to be published again, so that followers hear of it.
    """
    _there_is(session, feed_id)
    if session.execute(_TOUCH_CARRIED, {"feed": feed_id}).first():
        publish(session, ArticlesStored())
    session.execute(delete(Feed).where(Feed.id == feed_id))
