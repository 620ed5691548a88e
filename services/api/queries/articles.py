"""One article, whole."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.queries import copies
from services.api.queries.items import also_at, item_of, with_columns
from services.api.queries.stories import why_of
from services.api.shapes import Article as WholeArticle
from services.api.shapes import SightingRef, SourceRef
from services.api.words import public_url
from services.core.models import Article, Change, Feed, Sighting, Source, Story, StoryArticle

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an article stands: `fate` is its last change in the log, None where the log does not reach back to one.
    `removed_why`: why it was taken out for good, in a sentence; None where it was not.

    `row_version` differs after everything that was written to its row: labels given anew grow no revision. `story_version` does so for
    its story, for what it is called after, and for the reason why it is in there; `shown_version` for the article shown for a copy.
    """

    listed: bool
    revision: int
    duplicate_of: int | None
    waiting: bool
    quarantined: str | None
    removed_why: str | None
    fate: str | None
    row_version: str
    story_version: str | None
    shown_version: str | None


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
        _story_version(),
        select(literal_column("shown.xmin::text"))
        .select_from(shown := Article.__table__.alias("shown"))
        .where(shown.c.id == Article.duplicate_of)
        .correlate(Article)
        .scalar_subquery(),
    ).where(Article.id == article_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Standing(*row)


def _story_version() -> ScalarSelect[str]:
    lead = Article.__table__.alias("lead")
    return (
        select(literal_column("concat_ws(' ', story_articles.xmin, stories.xmin, lead.xmin)"))
        .select_from(StoryArticle)
        .join(Story, Story.id == StoryArticle.story_id)
        .outerjoin(lead, lead.c.id == Story.lead_id)
        .where(StoryArticle.article_id == func.coalesce(Article.duplicate_of, Article.id))
        .correlate(Article)
        .scalar_subquery()
    )


async def article(connection: AsyncConnection, article_id: int) -> WholeArticle | None:
    """The article with its text, verdict and every sighting of it and of its duplicates."""
    lead, shown = Article.__table__.alias("lead"), Article.__table__.alias("shown")
    query = (
        with_columns(
            Article.text,
            Article.html,
            Article.tags,
            Article.duplicate_of,
            Article.rulebook_version,
            Article.verdict,
            StoryArticle.decision,
            StoryArticle.decided_at,
            lead.c.title.label("story_title"),
            shown.c.listed.label("shown_listed"),
        )
        .outerjoin(shown, shown.c.id == Article.duplicate_of)
        .outerjoin(lead, lead.c.id == Story.lead_id)
        .where(Article.id == article_id)
    )
    row: Any = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    also = (await also_at(connection, [article_id])).get(article_id, [])
    hidden = [article_id] if row.duplicate_of else [other.article for other in also if other.article]
    return WholeArticle(
        item=item_of(row, also),
        text=row.text,
        html=row.html,
        tags=row.tags,
        duplicate_of=row.duplicate_of,
        shown_listed=bool(row.shown_listed),
        sightings=await _sightings(connection, article_id),
        rulebook=row.rulebook_version,
        verdict=row.verdict or {},
        story_title=row.story_title,
        story_why=why_of(row.decision, row.decided_at) if row.decision is not None else None,
        copy_why=await copies.why(connection, hidden, shown=row.duplicate_of or article_id),
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
