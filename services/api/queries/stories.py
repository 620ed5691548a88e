"""Stories: where one stands, its articles, publishers, hours and labels. All by the story's id, never by a walk over Latest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, func, select, true, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.cursor import Before
from services.api.queries.items import among
from services.api.shapes import SourceRef, StoryWhy
from services.api.story_shapes import Publisher
from services.core.models import Article, ArticleLabel, Feed, Sighting, Source, Story, StoryArticle


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a story stands: its own id, or that of the story it is part of by now; `lead_id` of the article it is called after, None
    where nothing is left of it; `muted_by` who keeps it out of Trending.
    """

    id: int
    lead_id: int | None
    muted_by: str | None


async def standing(connection: AsyncConnection, story_id: int) -> Standing | None:
    """Where the story of that id stands, through any number of merges; None where it was never given out."""
    columns = (Story.id, Story.merged_into, Story.muted_by)
    chain = select(*columns).where(Story.id == story_id).cte("chain", recursive=True)
    chain = chain.union_all(select(*columns).join(chain, Story.id == chain.c.merged_into))
    asked = select(chain.c.id, chain.c.muted_by).where(chain.c.merged_into.is_(None))
    survivor = (await connection.execute(asked)).one_or_none()
    if survivor is None:
        return None
    lead = (await leads(connection, [survivor.id])).get(survivor.id)
    return Standing(survivor.id, lead, survivor.muted_by)


async def leads(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, int]:
    """The article that each of these stories is called after: its first one, where the leading one was taken out; none left, none told."""
    lead = (
        select(Article.id)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(StoryArticle.story_id == Story.id, Article.listed)
        .order_by((Article.id == Story.lead_id).desc().nulls_last(), Article.sort_at, Article.id)
        .limit(1)
        .correlate(Story)
        .lateral("lead")
    )
    rows = await connection.execute(
        select(Story.id, lead.c.id).join(lead, true()).where(among(Story.id, ids))
    )
    return {row[0]: row[1] for row in rows}


def _listed(*columns: Any, story_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .join(StoryArticle, StoryArticle.article_id == Article.id)
        .where(StoryArticle.story_id == story_id, Article.listed)
    )


async def page(
    connection: AsyncConnection, story_id: int, *, before: Before | None, limit: int
) -> list[Before]:
    """The places of at most `limit` articles of the story that stand after `before`, newest first."""
    query = _listed(Article.id, Article.sort_at, story_id=story_id)
    if before:
        query = query.where(tuple_(Article.sort_at, Article.id) < tuple_(before.at, before.id))
    query = query.order_by(Article.sort_at.desc(), Article.id.desc()).limit(limit)
    return [Before(row.sort_at, row.id) for row in await connection.execute(query)]


async def reasons(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, StoryWhy]:
    """Why each of these articles is in its story."""
    query = select(StoryArticle.article_id, StoryArticle.decision, StoryArticle.decided_at)
    rows = await connection.execute(query.where(among(StoryArticle.article_id, ids)))
    return {row.article_id: why_of(row.decision, row.decided_at) for row in rows}


def why_of(decision: Mapping[str, Any], decided_at: datetime) -> StoryWhy:
    """A decision as it was stored."""
    return StoryWhy(
        by=str(decision.get("by") or "similarity"),
        sentence=str(decision.get("sentence") or ""),
        judgement=decision.get("judgement"),
        similarity=decision.get("similarity"),
        needed=decision.get("needed"),
        nearest=decision.get("nearest"),
        words=[(str(word), float(share)) for word, share in decision.get("words") or ()],
        decided_at=decided_at,
    )


async def hours(connection: AsyncConnection, story_id: int) -> dict[datetime, int]:
    """How many articles came, by when: the first of each hour stands for all of them, the very last one for itself."""
    hour = func.date_trunc("hour", Article.sort_at, "UTC")
    query = _listed(
        func.min(Article.sort_at).label("first"),
        func.max(Article.sort_at).label("last"),
        func.count().label("articles"),
        story_id=story_id,
    ).group_by(hour)
    rows = list(await connection.execute(query.order_by(hour)))
    found: dict[datetime, int] = {row.first: row.articles for row in rows}
    if rows and rows[-1].last != rows[-1].first:
        found[rows[-1].first] -= 1
        found[rows[-1].last] = 1
    return found


async def label_counts(connection: AsyncConnection, story_id: int) -> list[tuple[str, int]]:
    """How many of its articles stand under each label, the most first."""
    query = (
        select(ArticleLabel.label, func.count().label("articles"))
        .join(StoryArticle, StoryArticle.article_id == ArticleLabel.article_id)
        .where(StoryArticle.story_id == story_id)
        .group_by(ArticleLabel.label)
        .order_by(func.count().desc(), ArticleLabel.label)
    )
    return [(row.label, row.articles) for row in await connection.execute(query)]


async def publishers(connection: AsyncConnection, story_id: int) -> list[Publisher]:
    """Who has the story, by owner, the first one first: its articles, their copies, and the feeds of others that carry either."""
    places = _places(story_id)
    owner = func.coalesce(Source.owner, Source.key)
    query = (
        select(
            owner.label("owner"),
            func.min(func.coalesce(Source.owner, Source.name)).label("name"),
            func.min(places.c.at).label("first_at"),
            func.count(places.c.id.distinct()).label("articles"),
            func.array_agg(Source.id.distinct()).label("source_ids"),
        )
        .join(Source, Source.id == places.c.source_id)
        .group_by(owner)
        .order_by(func.min(places.c.at), owner)
    )
    rows = list(await connection.execute(query))
    named = await _sources(connection, [found for row in rows for found in row.source_ids])
    return [
        Publisher(
            owner=row.owner,
            name=row.name,
            sources=sorted((named[found] for found in row.source_ids), key=lambda source: source.id),
            first_at=row.first_at,
            articles=row.articles,
        )
        for row in rows
    ]


async def _sources(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, SourceRef]:
    query = select(Source.id, Source.key, Source.name, Source.url, Source.country)
    rows = await connection.execute(query.where(among(Source.id, ids)))
    return {row.id: SourceRef(row.key, row.name, row.url, row.country) for row in rows}


def _places(story_id: int) -> CTE:
    """Where the story was published: article or copy, source, since when."""
    shown = _listed(Article.id, Article.source_id, Article.sort_at.label("at"), story_id=story_id).cte(
        "shown"
    )
    copy = Article.__table__.alias("copy")
    hidden = (
        select(copy.c.id, copy.c.source_id, copy.c.sort_at)
        .join(shown, shown.c.id == copy.c.duplicate_of)
        .where(copy.c.removed_at.is_(None))
    )
    articles = union_all(select(shown), hidden).cte("articles_and_copies")
    seen = (
        select(articles.c.id, Feed.source_id, Sighting.first_seen_at)
        .join(Sighting, Sighting.article_id == articles.c.id)
        .join(Feed, Feed.id == Sighting.feed_id)
    )
    return union_all(select(articles), seen).cte("places")
