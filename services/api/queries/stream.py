"""The change log: where it stands, and what lies after a position."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.filters import Filters
from services.api.queries.items import among
from services.api.queries.latest import conditions
from services.api.shapes import Identity, StreamState
from services.core.latest import EPOCH
from services.core.models import Article, Change, SearchState, Sighting, StoryState
from services.core.models import StreamState as StateRow

EXAMINED_AT_MOST = 2_000
"""Changes that one filtered request looks at; a rare filter goes on with the next request."""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One row of the log. `fits`: whether the article, as it is now, meets the conditions that labels do not decide;
    `may_have`: whether it does, or may have done so before.
    """

    seq: int
    article_id: int
    change: str
    revision: int
    at: datetime
    before: list[str]
    after: list[str]
    fits: bool
    may_have: bool


@cache
def _state() -> Any:
    """Put together once, as every answer asks it."""
    head = select(func.max(Change.seq)).scalar_subquery()
    sighting = select(func.max(Sighting.id)).scalar_subquery()
    stories = select(StoryState.version).scalar_subquery()
    words = select(func.concat(SearchState.version, "/", SearchState.looked)).scalar_subquery()
    return select(
        EPOCH.label("epoch"),
        StateRow.floor,
        StateRow.identity,
        StateRow.tagged_through,
        func.greatest(func.coalesce(head, 0), StateRow.floor).label("head"),
        func.coalesce(sighting, 0).label("sighting"),
        func.coalesce(stories, 0).label("stories"),
        func.coalesce(words, "").label("words"),
    )


async def state(connection: AsyncConnection) -> StreamState:
    """The stream at this moment."""
    row = (await connection.execute(_state())).one()
    return StreamState(
        epoch=row.epoch,
        head=row.head,
        floor=row.floor,
        sighting=row.sighting,
        stories=row.stories,
        words=row.words,
        identity=Identity(row.identity, row.tagged_through),
    )


async def changes(
    connection: AsyncConnection, *, after: int, filters: Filters, limit: int
) -> list[LoggedChange]:
    """At most `limit` changes after a position, in order, whether they concern the filter or not."""
    beside = bool(filters.sources or filters.languages or filters.q)  # labels alone are in the log itself
    query = (
        select(
            Change.seq,
            Change.article_id,
            Change.change,
            Change.revision,
            Change.at,
            Change.labels_before,
            Change.labels_after,
            _all_of(conditions(filters)),
            _may_have_fitted(filters) if beside else true(),
        )
        .where(Change.seq > after)
        .order_by(Change.seq)
        .limit(limit)
    )
    if beside:
        query = query.join(Article, Article.id == Change.article_id)
    return [LoggedChange(*row) for row in await connection.execute(query)]


def _may_have_fitted(filters: Filters) -> ColumnElement[bool]:
    """False only where the article never met these conditions: nobody has corrected it, which alone changes its text, language
    or source, and it does not meet them now. What was removed is without words: there only the others count.
    """
    words = or_(_all_of(conditions(Filters(q=filters.q))), Article.search.is_(None))
    corrected = Article.updated_at != Article.first_seen_at
    return or_(corrected, and_(words, _all_of(conditions(replace(filters, q=None)))))


def _all_of(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return func.coalesce(and_(true(), *conditions), false())


async def survivors(connection: AsyncConnection, merged: Sequence[int]) -> dict[int, int]:
    """What each of these merged articles was merged into."""
    if not merged:
        return {}
    query = select(Article.id, Article.duplicate_of).where(among(Article.id, merged))
    return {row.id: row.duplicate_of for row in await connection.execute(query) if row.duplicate_of}
