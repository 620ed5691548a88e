"""Latest upwards: what stands at a place and right above it, so that who pages down can page back."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.cursor import Before
from services.api.filters import Filters
from services.api.queries.latest import Most, conditions
from services.core.models import Article, ArticleLabel, StoryArticle


async def page(connection: AsyncConnection, *, filters: Filters, place: Before, limit: int) -> list[Before]:
    """The places of at most `limit` articles, from `place` (if something still stands there) upwards, oldest first."""
    rows = await connection.execute(ordered(filters, tuple_(place.at, place.id), limit))
    return [Before(row.sort_at, row.id) for row in rows]


def ordered(filters: Filters, place: ColumnElement[Any], limit: Most) -> Select[int, datetime]:
    """What stands there, as a statement."""
    return _by_labels(filters, place, limit) if filters.labels else _by_time(filters, place, limit)


async def page_of_story(
    connection: AsyncConnection, story_id: int, *, place: Before, limit: int
) -> list[Before]:
    """The same among the articles of a story."""
    query = (
        select(Article.id, Article.sort_at)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(StoryArticle.story_id == story_id, Article.listed, _from(tuple_(place.at, place.id)))
        .order_by(Article.sort_at, Article.id)
        .limit(limit)
    )
    return [Before(row.sort_at, row.id) for row in await connection.execute(query)]


def _from(place: ColumnElement[Any]) -> ColumnElement[bool]:
    return tuple_(Article.sort_at, Article.id) >= place


def _by_time(filters: Filters, place: ColumnElement[Any], limit: Most) -> Select[int, datetime]:
    query = select(Article.id, Article.sort_at).where(Article.listed, _from(place), *conditions(filters))
    return query.order_by(Article.sort_at, Article.id).limit(limit)


def _by_labels(filters: Filters, place: ColumnElement[Any], limit: Most) -> Select[int, datetime]:
    """Each label's nearest `limit` merged: the nearest of all are among them."""
    first, *others = [sorted(wanted) for wanted in filters.labels]
    branches = [_branch(label, others, filters, place, limit) for label in first]
    merged = union(*(branch.subquery().select() for branch in branches)).subquery()
    return select(merged).order_by(merged.c.sort_at, merged.c.id).limit(limit)


def _branch(
    label: str, others: list[list[str]], filters: Filters, place: ColumnElement[Any], limit: Most
) -> Select[int, datetime]:
    one = ArticleLabel.__table__.alias()
    query = (
        select(one.c.article_id.label("id"), one.c.sort_at)
        .join(Article, Article.id == one.c.article_id)
        .where(one.c.label == label, Article.listed, *conditions(filters))
        .where(tuple_(one.c.sort_at, one.c.article_id) >= place)
    )
    for wanted in others:
        also = ArticleLabel.__table__.alias()
        has = select(also.c.label).where(also.c.article_id == one.c.article_id, also.c.label.in_(wanted))
        query = query.where(has.exists())
    return query.order_by(one.c.sort_at, one.c.article_id).limit(limit)
