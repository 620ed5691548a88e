"""Articles as items: which columns, and everything that hangs on them, for any list of ids."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, any_, bindparam, func, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger

from services.api.shapes import AlsoAt, Item, SourceRef, StoryRef
from services.core.models import Article, Feed, Sighting, Source, Story, StoryArticle

COLUMNS = (
    Article.id,
    Article.url,
    Article.title,
    Article.teaser,
    Article.authors,
    Article.image,
    Article.language,
    Article.published_at,
    Article.first_seen_at,
    Article.updated_at,
    Article.sort_at,
    Article.revision,
    Article.region,
    Article.regions,
    Article.topics,
    Article.places,
    Source.key,
    Source.name,
    Source.url.label("source_url"),
    Source.country,
    Story.id.label("story_id"),
    Story.articles.label("story_articles"),
    Story.publishers.label("story_publishers"),
)


def with_columns(*more: Any) -> Select[*tuple[Any, ...]]:
    """COLUMNS (and more) of articles, each with its source and, by index, its story: that of the article shown for it, of a copy."""
    return (
        select(*COLUMNS, *more)
        .join(Source, Source.id == Article.source_id)
        .outerjoin(StoryArticle, StoryArticle.article_id == func.coalesce(Article.duplicate_of, Article.id))
        .outerjoin(Story, Story.id == StoryArticle.story_id)
    )


_SOURCE = (Source.key, Source.name, Source.url.label("source_url"), Source.country)


def among(column: Any, ids: Sequence[int]) -> Any:
    """`column = ANY(ids)`: one prepared statement whatever the number of ids."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


async def items(connection: AsyncConnection, ids: Sequence[int]) -> list[Item]:
    """The items of these articles, in the order asked for; an id that is gone is left out."""
    if not ids:
        return []
    rows = {row.id: row for row in await connection.execute(_items(), {"ids": list(ids)})}
    also = await also_at(connection, ids)
    return [item_of(rows[found], also.get(found, [])) for found in ids if found in rows]


def item_of(row: Row[*tuple[Any, ...]], also: Sequence[AlsoAt] = ()) -> Item:
    """The item of one row that has COLUMNS."""
    return Item(
        id=row.id,
        url=row.url,
        title=row.title,
        teaser=row.teaser,
        source=SourceRef(row.key, row.name, row.source_url, row.country),
        authors=row.authors,
        image=row.image,
        language=row.language,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        updated_at=row.updated_at,
        sort_at=row.sort_at,
        revision=row.revision,
        region=row.region,
        regions=row.regions,
        topics=row.topics,
        places=row.places,
        also_at=also,
        story=StoryRef(row.story_id, row.story_articles, row.story_publishers)
        if row.story_id is not None
        else None,
    )


async def also_at(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[AlsoAt]]:
    """Where else these articles stand, each source with one address: their duplicates, and feeds of others that carry them."""
    found: dict[int, list[AlsoAt]] = {}
    for row in await connection.execute(_also_at(), {"ids": list(ids)}):
        source = SourceRef(row.key, row.name, row.source_url, row.country)
        found.setdefault(row.shown_id, []).append(AlsoAt(source, row.url, row.at, row.article))
    return found


@cache
def _items() -> Any:
    """Put together once: that takes longer than to execute it."""
    return with_columns().where(_shown(Article.id))


@cache
def _also_at() -> Any:
    both = union_all(_duplicates(), _sightings(), _carried()).subquery()
    return (
        select(both)
        .ext(distinct_on(both.c.shown_id, both.c.key))
        .order_by(both.c.shown_id, both.c.key, both.c.at, both.c.url)
    )


def _shown(column: Any) -> Any:
    return column == any_(bindparam("ids", type_=ARRAY(BigInteger)))


def _duplicates() -> Any:
    """Copies that stand behind these articles."""
    duplicate = Article.__table__.alias()
    return (
        select(
            duplicate.c.duplicate_of.label("shown_id"),
            duplicate.c.first_seen_at.label("at"),
            *_SOURCE,
            duplicate.c.url,
            duplicate.c.id.label("article"),
        )
        .join(Source, Source.id == duplicate.c.source_id)
        .where(_shown(duplicate.c.duplicate_of), duplicate.c.removed_at.is_(None))
    )


def _sightings() -> Any:
    """Feeds of other sources that carry the very same article."""
    shown = Article.__table__.alias()
    return (
        select(Sighting.article_id, Sighting.first_seen_at, *_SOURCE, Sighting.url, null())
        .join(Feed, Feed.id == Sighting.feed_id)
        .join(Source, Source.id == Feed.source_id)
        .join(shown, shown.c.id == Sighting.article_id)
        .where(_shown(Sighting.article_id), Source.id != shown.c.source_id)
    )


def _carried() -> Any:
    """Feeds that carry the address of a copy: they print the text too."""
    duplicate, shown = Article.__table__.alias(), Article.__table__.alias()
    return (
        select(duplicate.c.duplicate_of, Sighting.first_seen_at, *_SOURCE, Sighting.url, duplicate.c.id)
        .join(Sighting, Sighting.article_id == duplicate.c.id)
        .join(Feed, Feed.id == Sighting.feed_id)
        .join(Source, Source.id == Feed.source_id)
        .join(shown, shown.c.id == duplicate.c.duplicate_of)
        .where(
            _shown(duplicate.c.duplicate_of),
            duplicate.c.removed_at.is_(None),
            Source.id != duplicate.c.source_id,
            Source.id != shown.c.source_id,
        )
    )
