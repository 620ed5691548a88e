"""The list of feeds: add, import, show, pause, remove."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError, NotFoundError
from services.core.events import FeedsAdded
from services.core.models import Feed, Fetch, Host, Rulebook, Source
from services.core.outbox import publish
from services.core.sites import authority_of


@dataclass(frozen=True, slots=True)
class FeedToAdd:
    """A feed as somebody names it; `url` is a checked http(s) address."""

    url: str
    title: str = ""
    site_url: str | None = None
    language: str | None = None
    country: str | None = None
    region_hint: str | None = None
    topic_hint: str | None = None
    folders: tuple[str, ...] = ()


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


def add(session: Session, feeds: Iterable[FeedToAdd]) -> int:
    """Add feeds that are not there yet, due at once; how many were new. Those that are there stay as they are."""
    added = 0
    for feed in feeds:
        if session.scalar(select(Feed.id).where(Feed.url == feed.url)) is not None:
            continue
        source_id = _source(session, feed)
        session.execute(upsert(Host).values(host=authority_of(feed.url)).on_conflict_do_nothing())
        values = {k: v for k, v in asdict(feed).items() if k not in {"country", "folders"}}
        made = session.scalar(
            upsert(Feed)
            .values(**values, host=authority_of(feed.url), source_id=source_id, folders=list(feed.folders))
            .on_conflict_do_nothing(index_elements=[Feed.url])
            .returning(Feed.id)
        )
        added += made is not None
    if added:
        publish(session, FeedsAdded())
    return added


def publisher_name(title: str) -> str:
    """The publisher's part of a feed's title, where the rest names one of its sections.

    >>> publisher_name("BBC News: Asia")
    'BBC News'
    """
    return title.partition(": ")[0].strip()


def _source(session: Session, feed: FeedToAdd) -> int:
    """The publisher: the site that the list names, else the host of the feed, until the feed names its site."""
    key = authority_of(feed.site_url or feed.url)
    session.execute(
        upsert(Source)
        .values(key=key, name=publisher_name(feed.title) or key, url=feed.site_url, country=feed.country)
        .on_conflict_do_update(
            index_elements=[Source.key],
            set_={
                "country": func.coalesce(Source.country, feed.country),
                "url": func.coalesce(Source.url, feed.site_url),
            },
        )
    )
    return session.scalars(select(Source.id).where(Source.key == key)).one()


LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
COUNTRY = re.compile("[A-Za-z]{2}")


def check_hints(session: Session, feed: FeedToAdd) -> None:
    """Refuse a language or country that is none, and a region or topic that the rulebook in force does not know.

    Raises InvalidInputError.
    """
    if feed.language and not LANGUAGE.fullmatch(feed.language):
        raise InvalidInputError(f"{feed.language!r} is no language; en, ru or pt-BR are.")
    if feed.country and not COUNTRY.fullmatch(feed.country):
        raise InvalidInputError(f"{feed.country!r} is no country; two letters are expected, such as KZ.")
    labels = session.scalar(select(Rulebook.labels).where(Rulebook.active)) or []
    for kind, slug in (("region", feed.region_hint), ("topic", feed.topic_hint)):
        known = [label["slug"] for label in labels if label["kind"] == kind]
        if slug is not None and known and slug not in known:
            raise InvalidInputError(f"There is no {kind} {slug!r}; there are {', '.join(sorted(known))}.")


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
