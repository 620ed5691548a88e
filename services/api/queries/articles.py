"""One article, whole."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.queries.items import COLUMNS, also_at, item_of
from services.api.shapes import Article as WholeArticle
from services.api.shapes import SightingRef, SourceRef
from services.api.words import public_url
from services.core.models import Article, Change, Feed, Sighting, Source

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an article stands: `fate` is its last change in the log, None where the log does not reach back to one.
    `removed_why`: why it was taken out for good, in a sentence; None where it was not.

    `row_version` differs after everything that was written to its row: labels given anew grow no revision.
    """

    listed: bool
    revision: int
    duplicate_of: int | None
    waiting: bool
    quarantined: str | None
    removed_why: str | None
    fate: str | None
    row_version: str


async def standing(connection: AsyncConnection, article_id: int) -> Standing | None:
    """Where the article of that id stands; None when there is none."""
    last = (
        select(Change.change)
        .where(Change.article_id == article_id)
        .order_by(Change.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(
        Article.listed,
        Article.revision,
        Article.duplicate_of,
        Article.waiting_since.is_not(None),
        Article.quarantined,
        Article.removed_why,
        last,
        literal_column("articles.xmin::text"),
    ).where(Article.id == article_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Standing(*row)


async def article(connection: AsyncConnection, article_id: int) -> WholeArticle | None:
    """The article with its text, verdict and every sighting of it and of its duplicates."""
    query = (
        select(
            *COLUMNS,
            Article.text,
            Article.html,
            Article.tags,
            Article.duplicate_of,
            Article.rulebook_version,
            Article.verdict,
        )
        .join(Source, Source.id == Article.source_id)
        .where(Article.id == article_id)
    )
    row: Any = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    also = await also_at(connection, [article_id])
    return WholeArticle(
        item=item_of(row, also.get(article_id, [])),
        text=row.text,
        html=row.html,
        tags=row.tags,
        duplicate_of=row.duplicate_of,
        sightings=await _sightings(connection, article_id),
        rulebook=row.rulebook_version,
        verdict=row.verdict or {},
    )


async def _sightings(connection: AsyncConnection, article_id: int) -> list[SightingRef]:
    same = select(Article.id).where(or_(Article.id == article_id, Article.duplicate_of == article_id))
    query = (
        select(
            Source.key,
            Source.name,
            Source.url.label("source_url"),
            Source.country,
            Feed.url.label("feed"),
            Sighting.url,
            Sighting.first_seen_at,
            Sighting.last_seen_at,
        )
        .join(Feed, Feed.id == Sighting.feed_id)
        .join(Source, Source.id == Feed.source_id)
        .where(Sighting.article_id.in_(same))
        .order_by(Sighting.first_seen_at, Sighting.id)
    )
    return [
        SightingRef(
            source=SourceRef(row.key, row.name, row.source_url, row.country),
            feed=public_url(row.feed),
            url=row.url,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
        )
        for row in await connection.execute(query)
    ]
