"""Latest: which articles stand on a page. Index ranges only, never an OFFSET and never a total."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, true, tuple_, union
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.api.cursor import Before
from services.api.filters import Filters
from services.core.models import Article, ArticleLabel, Source


async def page(
    connection: AsyncConnection, *, filters: Filters, before: Before | None, limit: int
) -> list[Before]:
    """The places of at most `limit` articles that stand after `before`, newest first."""
    query = _by_labels(filters, before, limit) if filters.labels else _by_time(filters, before, limit)
    return [Before(row.sort_at, row.id) for row in await connection.execute(query)]


def _by_time(filters: Filters, before: Before | None, limit: int) -> Select[int, datetime]:
    query = select(Article.id, Article.sort_at).where(Article.listed, *conditions(filters))
    if before:
        query = query.where(tuple_(Article.sort_at, Article.id) < tuple_(before.at, before.id))
    return query.order_by(Article.sort_at.desc(), Article.id.desc()).limit(limit)


def _by_labels(filters: Filters, before: Before | None, limit: int) -> Select[int, datetime]:
    """Each label's newest `limit` merged: the newest of all are among them."""
    first, *others = [sorted(wanted) for wanted in filters.labels]
    branches = [_branch(label, others, filters, before, limit) for label in first]
    if len(branches) == 1:
        return branches[0]
    merged = union(*(branch.subquery().select() for branch in branches)).subquery()
    return select(merged).order_by(merged.c.sort_at.desc(), merged.c.id.desc()).limit(limit)


def _branch(
    label: str, others: list[list[str]], filters: Filters, before: Before | None, limit: int
) -> Select[int, datetime]:
    place = ArticleLabel.__table__.alias()
    query = (
        select(place.c.article_id.label("id"), place.c.sort_at)
        .join(Article, Article.id == place.c.article_id)
        .where(place.c.label == label, Article.listed, *conditions(filters))
    )
    for wanted in others:
        also = ArticleLabel.__table__.alias()
        query = query.where(
            select(also.c.label)
            .where(also.c.article_id == place.c.article_id, also.c.label.in_(wanted))
            .exists()
        )
    if before:
        query = query.where(tuple_(place.c.sort_at, place.c.article_id) < tuple_(before.at, before.id))
    return query.order_by(place.c.sort_at.desc(), place.c.article_id.desc()).limit(limit)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """The part of a filter that labels do not decide, as conditions on the articles' own row."""
    return source_conditions(filters) + changeable_conditions(filters)


def source_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """That of them which never changes: who published the article."""
    if not filters.sources:
        return []
    return [Article.source_id.in_(select(Source.id).where(Source.key.in_(filters.sources)))]


def changeable_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Those of them that an edit of the article can turn over."""
    found: list[ColumnElement[bool]] = []
    if filters.languages:
        language = func.lower(Article.language)
        found.append(
            or_(*(or_(language == tag, language.startswith(tag + "-")) for tag in filters.languages))
        )
    if filters.q:
        found.append(Article.search.op("@@")(func.websearch_to_tsquery("simple", filters.q)))
    return found


async def newest_of_each(
    connection: AsyncConnection, labels: Sequence[str], *, limit: int
) -> dict[str, list[int]]:
    """The newest ids under each of several labels, in one round trip."""
    if not labels:
        return {}
    label = (
        func.unnest(literal(list(labels), ARRAY(Text)))
        .table_valued(sql_column("label"))
        .render_derived("wanted")
    )
    newest = (
        select(ArticleLabel.article_id, ArticleLabel.sort_at)
        .where(ArticleLabel.label == label.c.label)
        .order_by(ArticleLabel.sort_at.desc(), ArticleLabel.article_id.desc())
        .limit(limit)
        .lateral("newest")
    )
    query = select(label.c.label, newest.c.article_id).select_from(label).join(newest, onclause=true())
    found: dict[str, list[int]] = {name: [] for name in labels}
    rows = await connection.execute(query.order_by(newest.c.sort_at.desc(), newest.c.article_id.desc()))
    for row in rows:
        found[row.label].append(row.article_id)
    return found
