"""The API's own JSON. Times are RFC 3339 in UTC; nothing in it depends on the clock."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from services.api.shapes import (
    AlsoAt,
    Article,
    ChangeEntry,
    ChangesPage,
    Completeness,
    Item,
    LatestPage,
    SightingRef,
    SourceHealth,
    SourceRef,
    StoryRef,
    StoryWhy,
)

MEDIA_TYPE = "application/json"
NO_LABELS: Mapping[str, list[Any]] = {"regions": [], "topics": [], "places": []}


def dump(value: Any) -> bytes:
    """Any of our data as JSON."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z, default=list)


def latest(page: LatestPage) -> bytes:
    """The body of /v1/latest."""
    return dump(
        {
            "items": [item(found) for found in page.items],
            "next": page.next,
            "changes": page.changes,
            "completeness": completeness(page.completeness),
        }
    )


def changes(page: ChangesPage) -> bytes:
    """The body of /v1/changes."""
    return dump({"items": [entry(found) for found in page.entries], "cursor": page.cursor, "more": page.more})


def entry(found: ChangeEntry) -> dict[str, Any]:
    """One change. Of a removed article only the id is told."""
    article = item(found.item) if found.item else {"id": found.article_id}
    told = {
        "cursor": found.cursor,
        "change": found.change,
        "revision": found.revision,
        "at": _utc(found.at),
        "article": article,
    }
    return {**told, "into": found.into} if found.into is not None else told


def item(found: Item) -> dict[str, Any]:
    """One article as streams show it."""
    return {
        "id": found.id,
        "revision": found.revision,
        "url": found.url,
        "title": found.title,
        "teaser": found.teaser,
        "source": _source(found.source),
        "authors": found.authors,
        "image": found.image,
        "language": found.language,
        "published_at": _utc(found.published_at),
        "first_seen_at": _utc(found.first_seen_at),
        "updated_at": _utc(found.updated_at),
        "region": found.region,
        "regions": found.regions,
        "topics": found.topics,
        "places": found.places,
        "also_at": [{"source": _source(other.source), "url": other.url} for other in found.also_at],
        "story": None if found.story is None else _story_ref(found.story),
    }


def _source(found: SourceRef) -> dict[str, str | None]:
    """Written out: `asdict` takes ten times as long, and a page has fifty."""
    return {"id": found.id, "name": found.name, "url": found.url, "country": found.country}


def _story_ref(found: StoryRef) -> dict[str, int]:
    return {"id": found.id, "articles": found.articles, "publishers": found.publishers}


def article(found: Article) -> bytes:
    """The body of /v1/articles/{id}: labels keep the reasons that the rules gave."""
    labels = {kind: found.verdict.get(kind) or [] for kind in NO_LABELS}
    return dump(
        {
            **item(found.item),
            "also_at": [_also_at(found, other) for other in found.item.also_at],
            "story_why": story_why(found.story_why),
            "text": found.text,
            "html": found.html,
            "tags": found.tags,
            "duplicate_of": found.duplicate_of,
            "rulebook": found.rulebook,
            "labels": labels,
            "sightings": [_sighting(seen) for seen in found.sightings],
        }
    )


def story_why(found: StoryWhy | None) -> dict[str, Any] | None:
    """Why an article is in its story; null until that is decided."""
    if found is None:
        return None
    told = {
        "by": found.by,
        "sentence": found.sentence,
        "judgement": found.judgement,
        "similarity": found.similarity,
        "needed": found.needed,
    }
    words = [{"word": word, "share": share} for word, share in found.words]
    return {**told, "nearest": found.nearest, "words": words, "decided_at": _utc(found.decided_at)}


def _also_at(found: Article, other: AlsoAt) -> dict[str, Any]:
    told = {"source": _source(other.source), "url": other.url, "article": other.article, "at": _utc(other.at)}
    return {**told, "why": found.why_also(other)}


def source(found: SourceHealth) -> dict[str, Any]:
    """One row of /v1/sources."""
    return {
        **_source(found.source),
        "feeds": found.feeds,
        "articles_24h": found.recent,
        "health": {"state": found.state, "sentence": found.sentence, "ok_at": _utc(found.ok_at)},
    }


def completeness(found: Completeness) -> dict[str, Any]:
    """How far the stream can be relied on."""
    return {
        "sources": found.sources,
        "asked": found.asked,
        "late": found.late,
        "failing": found.failing,
        "gaps": found.gaps,
        "sentence": found.sentence,
        "troubles": [asdict(trouble) for trouble in found.troubles],
    }


def _sighting(seen: SightingRef) -> dict[str, Any]:
    return {
        "source": _source(seen.source),
        "feed": seen.feed,
        "url": seen.url,
        "first_seen_at": _utc(seen.first_seen_at),
        "last_seen_at": _utc(seen.last_seen_at),
    }


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
