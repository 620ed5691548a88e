"""What operators and Prometheus ask: feeds by state, what waits, gaps, signs of life."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.queries.sources import GAPS_FOR, is_failing, is_late
from services.core.models import Article, Beat, Feed, Gap, Source


@dataclass(frozen=True, slots=True)
class Work:
    """What waits at this moment. Ages are None where nothing waits."""

    feeds: dict[str, int]
    oldest_due: datetime | None
    waiting: int
    oldest_waiting: datetime | None
    quarantined: int
    gaps: int
    listed_since: int


@dataclass(frozen=True, slots=True)
class BeatRow:
    """The last sign of life of one process."""

    role: str
    name: str
    at: datetime
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed as an operator sees it."""

    id: int
    title: str
    url: str
    source: str
    state: str
    next_check_at: datetime
    interval_s: int
    checked_at: datetime | None
    ok_at: datetime | None
    failures: int
    error: str | None
    paused_reason: str | None


@dataclass(frozen=True, slots=True)
class GapRow:
    """One gap: between two moments a feed's window was too small."""

    feed: str
    from_at: datetime
    to_at: datetime
    window: int


def _state(now: datetime) -> Any:
    return case(
        (Feed.paused_reason.is_not(None), "paused"),
        (is_failing(), "failing"),
        (is_late(now), "late"),
        (Feed.checked_at.is_(None), "new"),
        else_="healthy",
    )


async def work(connection: AsyncConnection, *, now: datetime, since: datetime) -> Work:
    """What waits, by stage; `listed_since` counts articles that came after `since`."""
    state = _state(now).label("state")
    by_state = dict.fromkeys(("healthy", "late", "failing", "paused", "new"), 0)
    by_state |= {
        row.state: row.feeds
        for row in await connection.execute(select(state, func.count().label("feeds")).group_by(state))
    }
    due = select(func.min(Feed.next_check_at)).where(Feed.paused_reason.is_(None), Feed.next_check_at < now)
    waits = Article.waiting_since.is_not(None) & Article.quarantined.is_(None)
    waiting = (
        await connection.execute(select(func.count(), func.min(Article.waiting_since)).where(waits))
    ).one()
    quarantined = select(func.count()).where(Article.quarantined.is_not(None))
    return Work(
        feeds=by_state,
        oldest_due=await connection.scalar(due),
        waiting=waiting[0],
        oldest_waiting=waiting[1],
        quarantined=await connection.scalar(quarantined.select_from(Article)) or 0,
        gaps=await connection.scalar(select(func.count(Gap.id)).where(Gap.to_at > now - GAPS_FOR)) or 0,
        listed_since=await connection.scalar(
            select(func.count(Article.id)).where(Article.listed, Article.sort_at > since)
        )
        or 0,
    )


async def beats(connection: AsyncConnection) -> list[BeatRow]:
    """Every process's last sign of life, youngest first within its role."""
    query = select(Beat.role, Beat.name, Beat.at, Beat.detail).order_by(Beat.role, Beat.at.desc())
    return [BeatRow(*row) for row in await connection.execute(query)]


async def feeds(connection: AsyncConnection, *, now: datetime, limit: int) -> list[FeedRow]:
    """Feeds, those in trouble first."""
    state = _state(now)
    order = case({"failing": 0, "late": 1, "paused": 2, "new": 3}, value=state, else_=4)
    query = (
        select(
            Feed.id,
            Feed.title,
            Feed.url,
            Source.name,
            state,
            Feed.next_check_at,
            Feed.interval_s,
            Feed.checked_at,
            Feed.ok_at,
            Feed.failures,
            Feed.error,
            Feed.paused_reason,
        )
        .join(Source, Source.id == Feed.source_id)
        .order_by(order, Feed.title, Feed.id)
        .limit(limit)
    )
    return [FeedRow(*row) for row in await connection.execute(query)]


async def gaps(connection: AsyncConnection, *, limit: int) -> list[GapRow]:
    """The latest gaps."""
    query = (
        select(Feed.title, Gap.from_at, Gap.to_at, Gap.window)
        .join(Feed, Feed.id == Gap.feed_id)
        .order_by(Gap.to_at.desc())
        .limit(limit)
    )
    return [GapRow(*row) for row in await connection.execute(query)]


async def answers(connection: AsyncConnection) -> bool:
    """Whether the database answers at all."""
    return bool(await connection.scalar(text("SELECT true")))
