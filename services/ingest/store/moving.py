"""A feed that goes on at another address: it keeps its number, its articles and its sightings."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError, NotFoundError
from services.core.events import FeedsAdded
from services.core.models import Feed, FeedAlias, Source
from services.core.outbox import publish
from services.core.sites import authority_of
from services.ingest.store.adding import FeedToAdd, Same, ensure_host, ensure_sources, same_as, source_key

_FROM_SCRATCH: dict[str, Any] = {
    "etag": None, "last_modified": None, "body_hash": None, "window": 0, "validators_lie": False, "full_at": None,
    "failures": 0, "attempts": 0, "error_kind": None, "error": None, "paused_reason": None, "sought_at": None,
    "lease_token": None,  # whoever has the old address in hand stores nothing of it any more
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a move: where the feed was, where it is now, and the feed that was there already, if any."""

    feed_id: int
    old_url: str
    url: str
    same: Same | None = None


def move(session: Session, feed_id: int, url: str) -> Moved:
    """Let a feed be asked at `url` (a checked address) from now on; whoever adds the old address gets this feed.

    Its validators stay: for a redirect they are the new address's. Where another feed has the address, this one is
    paused as its double instead. Raises NotFoundError.
    """
    old = _old_url(session, feed_id)
    same = _try(session, feed_id, old, url)
    if same is None:
        return Moved(feed_id, old, url)
    session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(paused_reason=f"It is the same as feed {same.feed_id} ({same.url}).", **_no_longer_moving())
    )
    return Moved(feed_id, old, old, same)


def replace(session: Session, feed_id: int, url: str | None = None) -> Moved:
    """Move a feed to `url`, or to the replacement that was found for it, and start afresh there: nothing of what the old
    address answered counts any more, no pause either, and it is due at once.

    Raises NotFoundError, and InvalidInputError where another feed has the address or none was found.
    """
    old = _old_url(session, feed_id)
    url = url or session.scalar(select(Feed.replacement_url).where(Feed.id == feed_id))
    if url is None:
        raise InvalidInputError(
            f"No replacement was found for feed {feed_id} ({old}); give its new address as a second argument."
        )
    if url == old:
        raise InvalidInputError(f"Feed {feed_id} is at {url} already.")
    if same := _try(session, feed_id, old, url):
        raise InvalidInputError(
            f"{url} is feed {same.feed_id} already; `dateline feeds remove {feed_id}` ends this one, its articles stay."
        )
    session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(next_check_at=func.now(), lease_until=text("'epoch'"), **_FROM_SCRATCH)
    )
    publish(session, FeedsAdded())
    return Moved(feed_id, old, url)


def _try(session: Session, feed_id: int, old: str, url: str) -> Same | None:
    """Change the address, or say which feed has it. The unique index decides where two do so at the same moment."""
    if same := same_as(session, [url], but=feed_id).get(url):
        return same
    try:
        with session.begin_nested():
            _change(session, feed_id, old, url)
    except IntegrityError:
        same = same_as(session, [url], but=feed_id).get(url)
        if same is None:
            raise
        return same
    return None


def _change(session: Session, feed_id: int, old: str, url: str) -> None:
    ensure_host(session, url)
    session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(
            url=url, host=authority_of(url), source_id=_source(session, feed_id, url), **_no_longer_moving()
        )
    )
    session.execute(delete(FeedAlias).where(FeedAlias.url == url))
    if old != url:
        session.execute(
            upsert(FeedAlias)
            .values(url=old, feed_id=feed_id)
            .on_conflict_do_update(
                index_elements=[FeedAlias.url], set_={"feed_id": feed_id, "since": func.now()}
            )
        )


def _source(session: Session, feed_id: int, url: str) -> int:
    """The publisher after the move: that of the feed's site, which stays; a feed that never named one belongs to its host,
    and takes the name and country of the old host's publisher along.
    """
    feed = session.execute(
        select(Feed.site_url, Feed.source_id, Source.name, Source.country, Source.key)
        .join(Source, Source.id == Feed.source_id)
        .where(Feed.id == feed_id)
    ).one()
    if feed.site_url is not None:
        return int(feed.source_id)
    name = "" if feed.name == feed.key else feed.name
    ensure_sources(session, [FeedToAdd(url, name, country=feed.country)])
    return session.scalars(select(Source.id).where(Source.key == source_key(url, None))).one()


def _no_longer_moving() -> dict[str, Any]:
    return {"moved_to": None, "moved_since": None, "moved_times": 0, "replacement_url": None}


def _old_url(session: Session, feed_id: int) -> str:
    """The feed's address, its row locked. Compared as numerics: any number is one that there is not, and no error."""
    found = session.execute(
        text("SELECT url FROM feeds WHERE id = CAST(:id AS numeric) FOR UPDATE"), {"id": feed_id}
    ).scalar()
    if found is None:
        raise NotFoundError(f"There is no feed {feed_id}; `dateline feeds list` shows them all.")
    return str(found)
