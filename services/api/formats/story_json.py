"""Stories and what is rising as the API's own JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, timedelta
from typing import Any

from services.api.formats.json_api import dump, item, story_why
from services.api.story_shapes import LabelCount, Publisher, StoryPage, Timeline, Trending, TrendView
from services.core.trends import Counted


def story(page: StoryPage) -> bytes:
    """The body of /v1/stories/{id}."""
    return dump(
        {
            "id": page.id,
            "title": page.lead.title,
            "teaser": page.lead.teaser,
            "lead": page.lead.id,
            "counts": {"articles": page.articles, "publishers": len(page.publishers)},
            "articles": [{**item(found.item), "story_why": story_why(found.why)} for found in page.items],
            "next": page.next,
            "publishers": [_publisher(found) for found in page.publishers],
            "timeline": _timeline(page.timeline),
            "regions": [_label(found) for found in page.regions],
            "topics": [_label(found) for found in page.topics],
        }
    )


def _publisher(found: Publisher) -> dict[str, Any]:
    return {
        "owner": found.owner,
        "name": found.name,
        "sources": [asdict(source) for source in found.sources],
        "first_at": found.first_at.astimezone(UTC),
        "articles": found.articles,
    }


def _timeline(found: Timeline) -> dict[str, Any]:
    bars = [
        {"at": bar.at.astimezone(UTC), "articles": bar.articles, "publishers": bar.publishers}
        for bar in found.bars
    ]
    first, last = found.first_at.astimezone(UTC), found.last_at.astimezone(UTC)
    return {"first_at": first, "last_at": last, "step": found.step, "steps": bars}


def _label(found: LabelCount) -> dict[str, Any]:
    return {"slug": found.slug, "name": found.name, "articles": found.articles}


def trending(found: Trending) -> bytes:
    """The body of /v1/trending."""
    return dump(
        {
            "region": found.region,
            "topic": found.topic,
            "window": f"{found.window // timedelta(hours=1)}h",
            "at": found.at.astimezone(UTC),
            "sentence": found.sentence,
            "items": [_trend(rank, view) for rank, view in enumerate(found.trends, start=1)],
        }
    )


def _trend(rank: int, view: TrendView) -> dict[str, Any]:
    trend = view.trend
    return {
        "rank": rank,
        "story": asdict(view.story),
        "title": view.lead.title,
        "score": trend.score,
        "heat": trend.heat,
        "habit": trend.habit,
        "usual": {"voices": trend.usual_voices, "stories": trend.usual_stories, "prior": trend.prior},
        "publishers": [_voice(voice, view.names) for voice in trend.publishers],
        "sentence": trend.sentence(),
        "lead": item(view.lead),
    }


def _voice(voice: Counted, names: Mapping[str, str]) -> dict[str, Any]:
    told = {"owner": voice.publisher, "name": names.get(voice.publisher, voice.publisher), "at": voice.at}
    return {**told, "weight": voice.weight, "counts": voice.counts}
