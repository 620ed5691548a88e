"""What operators and Prometheus ask: feeds by state, what waits, what fetching does, signs of life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.queries import feeds
from services.api.queries.sources import GAPS_FOR, is_failing
from services.core import backlog
from services.core.liveness.beats import RESTORED
from services.core.models import Article, Beat, Feed, Gap, StoryState, Subscription

RECENT = timedelta(minutes=10)
"""Fetches of this long ago count as recent."""


@dataclass(frozen=True, slots=True)
class Work:
    """What waits at this moment; `waiting` articles are counted up to `backlog.MOST`. Ages are None where nothing waits. `missed`: what the recent `gaps` probably cost."""

    feeds: dict[str, int]
    oldest_due: datetime | None
    waiting: int
    oldest_waiting: datetime | None
    quarantined: int
    gaps: int
    missed: int
    listed_since: int


@dataclass(frozen=True, slots=True)
class BeatRow:
    """The last sign of life of one process."""

    role: str
    name: str
    at: datetime
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fetching:
    """What fetching does. `failing` feeds by kind of error; `recent` fetches by outcome and status; totals count all
    that ever were, those of removed feeds included, but for `missed`.
    """

    failing: dict[str, int]
    recent: dict[tuple[str, int | None], int]
    subscriptions: dict[str, int]
    gaps_total: int
    missed_total: int
    differences_total: int


async def work(connection: AsyncConnection, *, now: datetime, since: datetime) -> Work:
    """What waits, by stage; `listed_since` counts articles that came after `since`."""
    due = select(func.min(Feed.next_check_at)).where(Feed.paused_reason.is_(None), Feed.next_check_at < now)
    row = (await connection.execute(text(backlog.UNLABELLED), backlog.one_more())).one()
    waiting = backlog.counted(*row)
    quarantined = select(func.count()).where(Article.quarantined.is_not(None))
    gaps = select(func.count(Gap.id), func.coalesce(func.sum(Gap.missed), 0)).where(
        Gap.to_at > now - GAPS_FOR
    )
    recent_gaps = (await connection.execute(gaps)).one()
    return Work(
        feeds=await connection.run_sync(feeds.counts, now=now),
        oldest_due=await connection.scalar(due),
        waiting=waiting.waiting + waiting.in_hand,
        oldest_waiting=waiting.oldest,
        quarantined=await connection.scalar(quarantined.select_from(Article)) or 0,
        gaps=recent_gaps[0],
        missed=int(recent_gaps[1]),
        listed_since=await connection.scalar(
            select(func.count(Article.id)).where(Article.listed, Article.sort_at > since)
        )
        or 0,
    )


async def beats(connection: AsyncConnection) -> list[BeatRow]:
    """Every process's last sign of life, youngest first within its role."""
    query = (
        select(Beat.role, Beat.name, Beat.at, Beat.detail)
        .order_by(Beat.role, Beat.at.desc())
        .where(Beat.role != RESTORED)
    )
    return [BeatRow(*row) for row in await connection.execute(query)]


async def stories_decided(connection: AsyncConnection) -> int:
    """The position of the stream up to which stories are decided."""
    return await connection.scalar(select(StoryState.seq)) or 0


# Through the feeds that were asked lately: the index of fetches begins with the feed, and most feeds rest.
_RECENT = text(
    """
    SELECT t.outcome, t.status, count(*) FROM feeds f JOIN fetches t ON t.feed_id = f.id AND t.at > :since
    WHERE f.checked_at > :since GROUP BY t.outcome, t.status
    """
)
# The numbers that rows get are never given twice, so that they count what is gone, too.
_TOTALS = text(
    """
    SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('gaps', 'id')::regclass), 0),
           (SELECT coalesce(sum(missed), 0) FROM gaps),
           coalesce(pg_sequence_last_value(pg_get_serial_sequence('parse_differences', 'id')::regclass), 0)
    """
)


async def fetching(connection: AsyncConnection, *, now: datetime) -> Fetching:
    """What fetching does, for Prometheus."""
    kind = func.coalesce(Feed.error_kind, "unknown").label("kind")
    failing = select(kind, func.count()).where(is_failing()).group_by(kind)
    subscriptions = select(Subscription.state, func.count()).group_by(Subscription.state)
    recent = await connection.execute(_RECENT, {"since": now - RECENT})
    gaps, missed, differences = (await connection.execute(_TOTALS)).one()
    return Fetching(
        failing={row[0]: row[1] for row in await connection.execute(failing)},
        recent={(row[0], row[1]): row[2] for row in recent},
        subscriptions={row[0]: row[1] for row in await connection.execute(subscriptions)},
        gaps_total=gaps,
        missed_total=int(missed),
        differences_total=differences,
    )


def by_class(recent: Mapping[tuple[str, int | None], int]) -> dict[tuple[str, str], int]:
    """Fetches by outcome and class of status, so that a server's odd numbers make no series of their own.

    >>> by_class({("failed", 503): 2, ("failed", 500): 1, ("failed", None): 4})
    {('failed', '5xx'): 3, ('failed', 'none'): 4}
    """
    found: dict[tuple[str, str], int] = {}
    for (outcome, status), fetches in recent.items():
        key = outcome, "none" if status is None else f"{status // 100}xx"
        found[key] = found.get(key, 0) + fetches
    return found


async def answers(connection: AsyncConnection) -> bool:
    """Whether the database answers at all."""
    return bool(await connection.scalar(text("SELECT true")))
