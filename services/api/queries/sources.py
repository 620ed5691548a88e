"""Sources and their feeds: who is late, failing, paused, or has a gap."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.api.filters import Filters
from services.api.shapes import FeedState, SourceRef
from services.core.models import Article, ArticleLabel, Feed, Gap, Source

LATE_AFTER = timedelta(minutes=10)
"""A feed that has been due for longer than this is late."""
GAPS_FOR = timedelta(hours=24)
"""How long a gap counts against the completeness of a stream."""
LOOKED_BACK = 200
"""The newest articles under a label whose sources are taken to be the ones behind that label."""


def is_late(now: datetime) -> ColumnElement[bool]:
    """Due for too long, and asked at least once before."""
    return _due_before(literal(now - LATE_AFTER))


def _due_before(moment: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(Feed.paused_reason.is_(None), Feed.checked_at.is_not(None), Feed.next_check_at < moment)


def is_failing() -> ColumnElement[bool]:
    """The last attempt, or several, failed."""
    return and_(Feed.paused_reason.is_(None), Feed.failures > 0)


async def states(connection: AsyncConnection, *, filters: Filters, now: datetime) -> list[FeedState]:
    """The sources behind a stream with the state of their feeds, by name."""
    labels = [sorted(wanted) for wanted in filters.labels]
    query = _states(of_sources=bool(filters.sources), labels=tuple(map(len, labels)))
    asked: dict[str, Any] = {"late": now - LATE_AFTER, "gaps_after": now - GAPS_FOR}
    if filters.sources:
        asked["keys"] = list(filters.sources)
    for kind, wanted in enumerate(labels):
        asked[f"slugs_{kind}"] = [label.partition("/")[2] for label in wanted]
        asked |= {f"label_{kind}_{n}": label for n, label in enumerate(wanted)}
    return [
        FeedState(SourceRef(row.key, row.name, row.url, row.country), *row[4:])
        for row in await connection.execute(query, asked)
    ]


@lru_cache(maxsize=64)
def _states(*, of_sources: bool, labels: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    """Put together once for each number of labels of each kind: that takes longer than to execute it."""
    late = _due_before(bindparam("late", type_=TIMESTAMP(timezone=True)))
    gaps = (
        select(Gap.feed_id, func.count().label("gaps"))
        .where(Gap.to_at > bindparam("gaps_after", type_=TIMESTAMP(timezone=True)))
        .group_by(Gap.feed_id)
        .subquery()
    )
    query = (
        select(
            Source.key,
            Source.name,
            Source.url,
            Source.country,
            func.count().label("feeds"),
            func.count(Feed.paused_reason).label("paused"),
            func.count().filter(Feed.checked_at.is_(None), Feed.paused_reason.is_(None)).label("never"),
            func.count().filter(late).label("late"),
            func.count().filter(is_failing()).label("failing"),
            func.coalesce(func.sum(gaps.c.gaps), 0).label("gaps"),
            func.min(case((late, Feed.next_check_at))).label("due_at"),
            func.max(Feed.ok_at).label("ok_at"),
            func.max(case((is_failing(), Feed.error))).label("error"),
            func.max(Feed.paused_reason).label("paused_reason"),
        )
        .join(Feed, Feed.source_id == Source.id)
        .outerjoin(gaps, gaps.c.feed_id == Feed.id)
        .group_by(Source.id)
        .order_by(func.lower(Source.name), Source.key)
    )
    for behind in _behind(of_sources, labels):
        query = query.where(Source.id.in_(behind))
    return query


def _behind(of_sources: bool, labels: tuple[int, ...]) -> list[Select[int]]:
    """Conditions on sources: those asked for, and those that recently brought or were added for the labels."""
    found = []
    if of_sources:
        found.append(select(Source.id).where(Source.key == _any("keys")))
    for kind, wanted in enumerate(labels):
        recent = [_recent_sources(bindparam(f"label_{kind}_{n}", type_=Text)) for n in range(wanted)]
        slugs = _any(f"slugs_{kind}")
        hinted = select(Feed.source_id).where(or_(Feed.region_hint == slugs, Feed.topic_hint == slugs))
        both = union(hinted, *recent).subquery()
        found.append(select(both.c.source_id))
    return found


def _any(name: str) -> ColumnElement[Any]:
    return any_(bindparam(name, type_=ARRAY(Text)))


def _recent_sources(label: BindParameter[str]) -> Select[int]:
    newest = (
        select(ArticleLabel.article_id)
        .where(ArticleLabel.label == label)
        .order_by(ArticleLabel.sort_at.desc(), ArticleLabel.article_id.desc())
        .limit(LOOKED_BACK)
        .subquery()
    )
    return select(Article.source_id).where(Article.id.in_(select(newest.c.article_id)))


async def recent_counts(connection: AsyncConnection, *, since: datetime) -> dict[str, int]:
    """Listed articles of each source, by its key, that came after `since`."""
    query = (
        select(Source.key, func.count())
        .join(Article, Article.source_id == Source.id)
        .where(Article.listed, Article.sort_at > since)
        .group_by(Source.key)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}


async def label_counts(
    connection: AsyncConnection, labels: Sequence[str], *, since: datetime
) -> dict[str, int]:
    """Listed articles under each label that came after `since`: one index range a label."""
    if not labels:
        return {}
    counted = (
        select(ArticleLabel.label, func.count())
        .where(ArticleLabel.label.in_(labels), ArticleLabel.sort_at > since)
        .group_by(ArticleLabel.label)
    )
    found = {row[0]: row[1] for row in await connection.execute(counted)}
    return {label: found.get(label, 0) for label in labels}


async def unknown_sources(connection: AsyncConnection, keys: Sequence[str]) -> list[str]:
    """Those of the keys that name no source."""
    known = set(await connection.scalars(select(Source.key).where(Source.key.in_(keys))))
    return [key for key in keys if key not in known]


async def all_keys(connection: AsyncConnection) -> list[str]:
    """Every source's key; asked for only to suggest the nearest."""
    return list(await connection.scalars(select(Source.key).order_by(Source.key)))
