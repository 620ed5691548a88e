"""Feeds as lists know them: what is stored of them, where a list says something else, and taking its word for it."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.ingest.opml import ListedFeed
from services.ingest.store.adding import FeedToAdd, chunks

_LISTED = text(
    """
    SELECT f.url, f.title, f.site_url, f.folders, f.language, s.country, f.region_hint, f.topic_hint
    FROM feeds f JOIN sources s ON s.id = f.source_id ORDER BY f.id
    """
)
_STORED = text(
    """
    SELECT f.id, f.source_id, f.title, f.folders, f.language, s.country, f.region_hint, f.topic_hint
    FROM feeds f JOIN sources s ON s.id = f.source_id WHERE f.id = ANY(:ids)
    """
)
_AMEND = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
            id int, title text, folders jsonb, language text, country text, region_hint text, topic_hint text)
    ), amended AS (
        UPDATE feeds f SET title = g.title, language = g.language, region_hint = g.region_hint, topic_hint = g.topic_hint,
                           folders = ARRAY(SELECT jsonb_array_elements_text(g.folders))
        FROM given g WHERE f.id = g.id RETURNING f.source_id, g.country
    )
    UPDATE sources s SET country = a.country
    FROM (SELECT DISTINCT source_id, country FROM amended) a
    WHERE s.id = a.source_id AND s.country IS DISTINCT FROM a.country
    """
)


@dataclass(frozen=True, slots=True)
class Amended:
    """A feed that is there, as it will be when a list's word is taken: what the list does not give is as it was."""

    feed_id: int
    values: dict[str, Any]


def listed(session: Session) -> list[ListedFeed]:
    """Every feed as a list names it, by number."""
    return [
        ListedFeed(
            url=row.url,
            title=row.title,
            site_url=row.site_url,
            folders=tuple(row.folders),
            language=row.language,
            country=row.country,
            region=row.region_hint,
            topic=row.topic_hint,
        )
        for row in session.execute(_LISTED)
    ]


def differing(session: Session, there: Mapping[int, FeedToAdd]) -> list[Amended]:
    """The feeds that are there, by number, of which a list says something else than what is stored.

    The country is the publisher's: it counts only where the list gives all feeds of a publisher the same.
    """
    rows = [
        dict(row)
        for ids in chunks(sorted(there))
        for row in session.execute(_STORED, {"ids": list(ids)}).mappings()
    ]
    countries: defaultdict[int, set[str | None]] = defaultdict(set)
    for row in rows:
        countries[row["source_id"]].add(there[row["id"]].country)
    found: list[Amended] = []
    for row in rows:
        given = _given(there[row["id"]])
        if len(countries[row.pop("source_id")]) > 1:
            given.pop("country", None)
        feed_id = row.pop("id")
        if row | given != row:
            found.append(Amended(feed_id, row | given))
    return found


def amend(session: Session, changes: list[Amended]) -> None:
    """Store what lists say."""
    for chunk in chunks(changes):
        rows = [{"id": amended.feed_id} | amended.values for amended in chunk]
        session.execute(_AMEND, {"rows": json.dumps(rows)})


def _given(feed: FeedToAdd) -> dict[str, Any]:
    """What a list says of a feed: its folders in any case, everything else where it is not left out."""
    said = {
        "title": feed.title or None,
        "language": feed.language,
        "country": feed.country,
        "region_hint": feed.region_hint,
        "topic_hint": feed.topic_hint,
    }
    return {"folders": list(feed.folders)} | {
        name: value for name, value in said.items() if value is not None
    }
