"""Where articles were seen: one row for each feed and guid. Only who holds a feed's lock writes its sightings."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.ingest.plan import KnownArticle, KnownSighting, Seen
from services.ingest.store.bulk import copy_in, hashes, numbers, texts

_COLUMNS = {
    "feed_id": "int8",
    "guid": "text",
    "url": "text",
    "article_id": "int8",
    "content_hash": "bytea",
    "first_seen_at": "timestamptz",
    "last_seen_at": "timestamptz",
}

_KNOWN = text(
    """
    SELECT s.feed_id, s.guid, s.content_hash, a.id, a.title, a.feed_id, o.key, a.removed_at IS NOT NULL
    FROM unnest(CAST(:feeds AS bigint[]), CAST(:guids AS text[])) AS w (feed_id, guid)
    JOIN sightings s USING (feed_id, guid) JOIN articles a ON a.id = s.article_id JOIN sources o ON o.id = a.source_id
    """
)

_AGAIN = text(
    """
    INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
    SELECT w.*, :now, :now
    FROM unnest(CAST(:feeds AS bigint[]), CAST(:guids AS text[]), CAST(:urls AS text[]), CAST(:ids AS bigint[]),
                CAST(:hashes AS bytea[])) AS w
    ON CONFLICT (feed_id, guid) DO UPDATE SET url = excluded.url, article_id = excluded.article_id,
        content_hash = excluded.content_hash, last_seen_at = excluded.last_seen_at
    """
)

_STILL_THERE = text(
    """
    UPDATE sightings s SET last_seen_at = :now
    FROM unnest(CAST(:feeds AS bigint[]), CAST(:guids AS text[])) AS w (feed_id, guid)
    WHERE s.feed_id = w.feed_id AND s.guid = w.guid AND s.last_seen_at < CAST(:now AS timestamptz) - interval '1 day'
    """
)


Sighted = tuple[int, Seen, int]
"""Feed, sighting, article."""


def known(session: Session, names: Sequence[tuple[int, str]]) -> dict[tuple[int, str], KnownSighting]:
    """What is stored under these pairs of feed and guid."""
    if not names:
        return {}
    rows = session.execute(_KNOWN, _pairs(names))
    return {
        (feed_id, guid): KnownSighting(
            KnownArticle(article_id, title, owner == feed_id, source, removed), bytes(content_hash)
        )
        for feed_id, guid, content_hash, article_id, title, owner, source, removed in rows
    }


def store(session: Session, *, first: Sequence[Sighted], again: Sequence[Sighted], now: datetime) -> None:
    """`first`: pairs of feed and guid that have no row yet; `again`: those that may have one, with other content now."""
    if first:
        rows = ((feed, s.guid, s.entry.url, article, s.content_hash, now, now) for feed, s, article in first)
        copy_in(session, "sightings", _COLUMNS, rows)
    if again:
        session.execute(
            _AGAIN,
            {
                "feeds": numbers(feed for feed, _, _ in again),
                "guids": texts(s.guid for _, s, _ in again),
                "urls": texts(s.entry.url for _, s, _ in again),
                "ids": numbers(article for _, _, article in again),
                "hashes": hashes([s.content_hash for _, s, _ in again]),
                "now": now,
            },
        )


def still_there(session: Session, names: Sequence[tuple[int, str]], *, now: datetime) -> None:
    """Note that these are still in their feeds' windows, once a day: retention goes by it."""
    if names:
        session.execute(_STILL_THERE, _pairs(names) | {"now": now})


def _pairs(names: Sequence[tuple[int, str]]) -> dict[str, object]:
    return {"feeds": numbers(feed for feed, _ in names), "guids": texts(guid for _, guid in names)}
