"""Latest: which articles stand on a page. Index ranges only, never an OFFSET and never a total."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Integer, Text

from services.api.cursor import Before
from services.api.filters import Filters
from services.core.models import Article, ArticleLabel, Source

Label = str | BindParameter[str]
Place = ColumnElement[Any] | None
Most = int | BindParameter[int]
"""As they are, or as names that a query is put together with once."""
MOST_PAIRS = 12
"""Of one region and one topic that are asked for as branches of their own."""


async def page(
    connection: AsyncConnection, *, filters: Filters, before: Before | None, limit: int
) -> list[Before]:
    """The places of at most `limit` articles that stand after `before`, newest first. For words there is `searched`."""
    if filters.labels and not conditions(filters):
        return await _places(connection, *_under_labels(filters, before, limit))
    return await _places(connection, ordered(filters, place_of(before), limit))


async def _places(
    connection: AsyncConnection, query: Select[int, datetime], named: Mapping[str, Any] | None = None
) -> list[Before]:
    return [Before(row.sort_at, row.id) for row in await connection.execute(query, named)]


def _under_labels(
    filters: Filters, before: Before | None, limit: int
) -> tuple[Select[int, datetime], dict[str, Any]]:
    """What most readers ask: labels and nothing else. The query, and what its names stand for."""
    labels = [sorted(wanted) for wanted in filters.labels]
    named: dict[str, Any] = {"most": limit}
    for kind, wanted in enumerate(labels):
        named |= {f"label_{kind}_{n}": label for n, label in enumerate(wanted)}
    if before:
        named |= {"before_at": before.at, "before_id": before.id}
    return _by_names(tuple(map(len, labels)), paged=before is not None), named


@lru_cache(maxsize=64)
def _by_names(labels: tuple[int, ...], *, paged: bool) -> Select[int, datetime]:
    """Put together once for each number of labels of each kind: that takes longer than to execute it."""
    names = [
        [bindparam(f"label_{kind}_{n}", type_=Text) for n in range(count)]
        for kind, count in enumerate(labels)
    ]
    moment = bindparam("before_at", type_=TIMESTAMP(timezone=True))
    before = tuple_(moment, bindparam("before_id", type_=BigInteger)) if paged else None
    most = bindparam("most", type_=Integer)
    return _merged(_by_labels(names, [], before, most), most)


def ordered(filters: Filters, before: Place, limit: Most) -> Select[int, datetime]:
    """Each branch of a filter (one label of each kind, or one source, or one language) is a range of an index in the order of Latest; the
    newest of all are among the newest `limit` of each.
    """
    if filters.labels:
        labels = [sorted(wanted) for wanted in filters.labels]
        branches = _by_labels(labels, conditions(filters), before, limit)
    elif filters.sources:
        keys = filters.sources
        branches = [_by_time(_of_source(key), _languages(filters), before, limit) for key in keys]
    else:
        tags = filters.languages
        branches = [_by_time(_of_language(tag), [], before, limit) for tag in tags]
    if not branches:
        branches = [_by_time(true(), [], before, limit)]
    return _merged(branches, limit)


def place_of(before: Before | None) -> Place:
    """As the index of Latest has it."""
    return tuple_(before.at, before.id) if before else None


def _merged(branches: list[Select[int, datetime]], limit: Most) -> Select[int, datetime]:
    if len(branches) == 1:
        return branches[0]
    merged = union(*(branch.subquery().select() for branch in branches)).subquery()
    return select(merged).order_by(merged.c.sort_at.desc(), merged.c.id.desc()).limit(limit)


def _by_time(
    first: ColumnElement[bool], others: list[ColumnElement[bool]], before: Place, limit: Most
) -> Select[int, datetime]:
    query = select(Article.id, Article.sort_at).where(Article.listed, first, *others)
    if before is not None:
        query = query.where(tuple_(Article.sort_at, Article.id) < before)
    return query.order_by(Article.sort_at.desc(), Article.id.desc()).limit(limit)


def _by_labels(
    labels: Sequence[Sequence[Label]], own: list[ColumnElement[bool]], before: Place, limit: Most
) -> list[Select[int, datetime]]:
    first, *others = labels
    if not others:
        return [_branch([label], [], own, before, limit) for label in first]
    if len(first) * len(others[0]) <= MOST_PAIRS:
        return [_branch([one, two], [], own, before, limit) for one in first for two in others[0]]
    return [_branch([label], others, own, before, limit) for label in first]


def _branch(
    labels: Sequence[Label],
    others: Sequence[Sequence[Label]],
    own: list[ColumnElement[bool]],
    before: Place,
    limit: Most,
) -> Select[int, datetime]:
    """What has all of `labels`: their ranges have the same order, so that they are merged as they are read. And any of each of `others`."""
    place, *more = [ArticleLabel.__table__.alias() for _ in labels]
    query = select(place.c.article_id.label("id"), place.c.sort_at)
    for also in more:
        query = query.join(
            also, and_(also.c.sort_at == place.c.sort_at, also.c.article_id == place.c.article_id)
        )
    for table, label in zip((place, *more), labels, strict=True):
        query = query.where(table.c.label == label)
        if before is not None:
            query = query.where(tuple_(table.c.sort_at, table.c.article_id) < before)
    for wanted in others:
        also = ArticleLabel.__table__.alias()
        query = query.where(
            select(also.c.label)
            .where(also.c.article_id == place.c.article_id, also.c.label.in_(wanted))
            .exists()
        )
    if own:  # what is listed alone has labels, so that otherwise its row need not be looked at
        query = query.join(Article, Article.id == place.c.article_id).where(Article.listed, *own)
    return query.order_by(place.c.sort_at.desc(), place.c.article_id.desc()).limit(limit)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """The part of a filter that labels do not decide, as conditions on the articles' own row. A correction of the article, or
    a publisher that adopts it, can turn each of them over.
    """
    found = _languages(filters)
    if filters.sources:
        found.append(or_(*(_of_source(key) for key in filters.sources)))
    if filters.q:
        found.append(Article.search.op("@@")(cast(filters.words, TSQUERY)))
    return found


def _of_source(key: str) -> ColumnElement[bool]:
    return Article.source_id == select(Source.id).where(Source.key == key).scalar_subquery()


def _languages(filters: Filters) -> list[ColumnElement[bool]]:
    return [or_(*(_of_language(tag) for tag in filters.languages))] if filters.languages else []


def _of_language(tag: str) -> ColumnElement[bool]:
    """`en` is every English; `en-gb` is itself and what is below it. The first part is what the index is in the order of."""
    first = (
        func.lower(func.split_part(Article.language, literal_column("'-'"), literal_column("1")))
        == tag.partition("-")[0]
    )
    if "-" not in tag:
        return first
    language = func.lower(Article.language)
    return and_(first, or_(language == tag, language.startswith(tag + "-")))


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
