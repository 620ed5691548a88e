"""Reading what is rising: the scores of this moment from the row of one scope. Steps only."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api import words
from services.api.queries import items, stories
from services.api.queries import trending as rows
from services.api.story_shapes import Trending, TrendView
from services.api.tree import LabelTree
from services.core.trends import PACE, scope_of, top


def followed(loud: Sequence[Mapping[str, Any]], survivors: Mapping[int, int]) -> list[Mapping[str, Any]]:
    """What is heard, with stories that are part of others by now under the names of those; one that has a row of its own has it alone.

    >>> followed([{"story": 1}, {"story": 2}, {"story": 3}], {3: 1, 2: 0})
    [{'story': 1}, {'story': 0}]
    """
    by_story: dict[int, Mapping[str, Any]] = {}
    for entry in sorted(loud, key=lambda entry: entry["story"] in survivors):
        story = int(survivors.get(entry["story"], entry["story"]))
        by_story.setdefault(story, {**entry, "story": story})
    return list(by_story.values())


async def trending(
    connection: AsyncConnection,
    tree: LabelTree,
    *,
    region: str | None = None,
    topic: str | None = None,
    window: timedelta = PACE.window,
    limit: int,
    now: datetime,
) -> Trending:
    """What rises under a region, a topic, both, or anywhere: at most `limit` stories, the most first."""
    where = [tree.name("topic", topic)] if topic else []
    where += [tree.name("region", region)] if region else []
    views, count = await _views(connection, scope_of(region, topic), window, limit, now)
    return Trending(
        region, topic, window, now, views, words.rising(count, " in ".join(where), voices=PACE.voices)
    )


async def _views(
    connection: AsyncConnection, scope: str, window: timedelta, limit: int, now: datetime
) -> tuple[list[TrendView], int]:
    """What is told, and how many stories rise in all."""
    heard = await rows.heard(connection, scope)
    ids = [int(entry["story"]) for entry in heard.loud]
    if not ids:
        return [], 0
    loud = followed(heard.loud, await rows.survivors(connection, ids))
    muted = await rows.muted(connection, [int(entry["story"]) for entry in loud])
    rising = top(loud, heard.habit, now, window=window, limit=len(loud), muted=muted)
    trends = rising[:limit]
    if not trends:
        return [], 0
    leads = await stories.leads(connection, [trend.story for trend in trends])
    shown = {item.id: item for item in await items.items(connection, list(leads.values()))}
    names = await rows.names(
        connection, sorted({voice.publisher for trend in trends for voice in trend.publishers})
    )
    views = [
        TrendView(lead.story, lead, trend, names)
        for trend in trends
        if (lead := shown.get(leads.get(trend.story, 0))) and lead.story
    ]
    return views, len(rising) - len(trends) + len(views)
