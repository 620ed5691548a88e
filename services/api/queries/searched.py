"""Words in a stream: which articles that have them stand next, whether every other article has them or one in a million."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.cursor import Before
from services.api.filters import Filters
from services.api.queries import above, latest
from services.core.models import Article, ArticleLabel

LOOKED_THROUGH = 4
"""Articles of a stream that are looked through for each one that is wanted, before the index of words is asked."""
STRETCHES = 3
"""Stretches of time that are tried at most: each tells better than the one before how rare the words are."""
_READ, _FETCHED, _LISTED, _NOTED = 5.0, 30.0, 0.8, 0.1
"""Reckoned with, in microseconds: the next article of a stream with its words; an article anywhere, of which some are on the disk; an entry
of the index of words, where a question asks for several forms; an entry of the index of Latest.
"""
_LAST = 2**63 - 1
_NEWEST = Before(datetime.max.replace(tzinfo=UTC), _LAST)


class Way(Enum):
    """How to look on: through the stream itself; by the index of words laid over a stretch of time; for all that have the words."""

    WALK = "walk"
    STRETCH = "stretch"
    ALL = "all"


def further(
    *, found: int, looked: int, missing: int, stored: float, stretches: int = STRETCHES
) -> tuple[Way, int]:
    """What is cheapest next, and for how many articles of the stream, when `found` of `looked` have the words and `missing` more are
    wanted of `stored`; `stretches` may still be tried. One more than was found is reckoned with: how rare is what was not met?

    >>> further(found=1, looked=1_000, missing=49, stored=10_000_000)
    (<Way.STRETCH: 'stretch'>, 49000)
    >>> further(found=40, looked=200, missing=10, stored=10_000_000)
    (<Way.WALK: 'walk'>, 200)
    >>> further(found=1, looked=1_000, missing=49, stored=10_000)[0]
    <Way.ALL: 'all'>
    """
    share, left = (found + 1) / looked, max(stored - looked, 0.0)
    articles = max(
        int(2 * missing / share), looked
    )  # twice as many as it should take; what came in a burst ends with it
    listed = share * stored * _LISTED
    costs = {Way.WALK: articles / 2 * _READ, Way.ALL: listed + share * left * _FETCHED}
    if stretches and articles < left:
        costs[Way.STRETCH] = listed + articles * _NOTED + 2 * missing * _FETCHED
    return min(costs, key=costs.__getitem__), articles


async def page(
    connection: AsyncConnection, *, filters: Filters, before: Before | None, limit: int
) -> list[Before]:
    """The places of at most `limit` articles with the words `filters.q` that stand after `before`, newest first."""
    return await _Search(connection, filters, limit, before or _NEWEST, up=False).look()


async def page_above(
    connection: AsyncConnection, *, filters: Filters, place: Before, limit: int
) -> list[Before]:
    """The same upwards from `place` (that one too, if something still stands there), oldest first."""
    return await _Search(connection, filters, limit, place, up=True).look()


@dataclass(slots=True)
class _Search:
    """What was found among the `looked` articles so far, down or up to `place`. `pace`: the time between two of them."""

    connection: AsyncConnection
    filters: Filters
    limit: int
    place: Before
    up: bool
    found: list[Before] = field(default_factory=list)
    looked: int = 0
    pace: timedelta = timedelta(0)
    stored: float = 0.0

    @property
    def missing(self) -> int:
        return self.limit - len(self.found)

    async def look(self) -> list[Before]:
        """Until there are enough, or no more."""
        way, articles, stretches = Way.WALK, LOOKED_THROUGH * self.limit, STRETCHES
        while True:
            if way is Way.STRETCH:
                await self._lay(articles)
                stretches -= 1
            elif way is Way.ALL or await self._is_over(articles):
                break
            if not self.missing:
                break
            way, articles = further(
                found=len(self.found), looked=self.looked, missing=self.missing, stored=self.stored, stretches=stretches
            )  # fmt: skip
        if way is Way.ALL:
            self.found += await self._places(_all_that_match(self))
        return self.found

    async def _is_over(self, articles: int) -> bool:
        """Look at the next articles of the stream one after the other; whether these were the last ones."""
        *found, passed = await self.connection.execute(_walk(self, articles))
        places = [Before(row.sort_at, row.id) for row in found]
        self.found += sorted(places, key=lambda place: (place.at, place.id), reverse=not self.up)
        if not self.missing or passed.articles < articles:
            return True
        self.place = Before(passed.sort_at, passed.id + 1 if self.up else passed.id)
        self.pace = abs(passed.sort_at - passed.starts) / passed.articles
        self.looked, self.stored = self.looked + passed.articles, passed.stored
        return False

    async def _lay(self, articles: int) -> None:
        until = _away(self.place.at, articles * self.pace, up=self.up)
        self.found += await self._places(_all_that_match(self, until))
        self.place = Before(until, _LAST if self.up else 0)
        self.looked += articles

    async def _places(self, query: Select[int, datetime]) -> list[Before]:
        return [Before(row.sort_at, row.id) for row in await self.connection.execute(query)]


def _away(at: datetime, by: timedelta, *, up: bool) -> datetime:
    """That much later or earlier, as far as there are dates."""
    if up:
        return at + min(by, datetime.max.replace(tzinfo=UTC) - at)
    return at - min(by, at - datetime.min.replace(tzinfo=UTC))


def _stream(search: _Search, articles: int) -> Select[*tuple[Any, ...]]:
    """The next articles, whatever their words; with these where the row is looked at anyway."""
    filters = replace(search.filters, q=None)
    ordered = above.ordered if search.up else latest.ordered
    stream = ordered(filters, search.place, articles)
    return stream.add_columns(Article.search) if _is_one_range(filters) else stream


def _is_one_range(filters: Filters) -> bool:
    return not filters.labels and len(filters.sources) <= 1 and len(filters.languages) <= 1


def _walk(search: _Search, articles: int) -> CompoundSelect[Any]:
    """Those with the words among the next articles of the stream, read only as far as need be; and where these are too few, how many
    articles were read, the last one's place, and when the first stands. The planner is given no choice: of words it does not know how rare
    they are, and would read all articles that have them to find those few that are among the newest.
    """
    stream = _stream(search, articles).subquery()
    forth = _order(stream.c.sort_at, stream.c.id, up=search.up)
    near = (
        select(stream.c.id, stream.c.sort_at, _has(search, stream).label("has")).order_by(*forth).cte("near")
    )
    forth, back = (_order(near.c.sort_at, near.c.id, up=up) for up in (search.up, not search.up))
    found = (
        select(near.c.id, near.c.sort_at)
        .where(near.c.has)
        .order_by(*forth)
        .limit(search.missing)
        .cte("found")
    )
    too_few = select(func.count()).select_from(found).scalar_subquery() < search.missing
    passed = select(
        func.array_agg(aggregate_order_by(near.c.id, *back))[1],
        func.array_agg(aggregate_order_by(near.c.sort_at, *back))[1],
        func.count(),
        (func.min if search.up else func.max)(near.c.sort_at),
        literal_column("(SELECT reltuples FROM pg_class WHERE oid = 'articles'::regclass)"),
    ).where(too_few)
    nothing = (null().label(name) for name in ("articles", "starts", "stored"))
    return union_all(select(found.c.id, found.c.sort_at, *nothing), passed)


def _has(search: _Search, stream: Subquery) -> ColumnElement[bool]:
    words = _words(search.filters)
    if "search" in stream.c:
        return stream.c.search.op("@@")(words)
    own = select(Article.search.op("@@")(words)).where(Article.id == stream.c.id)
    return own.scalar_subquery()


def _all_that_match(search: _Search, until: datetime | None = None) -> Select[int, datetime]:
    """All that have the words, by the index of words, put in order. With `until` only as far as that: then two indexes are laid over each
    other, and no article is looked at that has the words in another time.
    """
    filters = search.filters
    query = select(Article.id, Article.sort_at).where(
        Article.listed,
        *latest.conditions(replace(filters, q=None)),
        Article.search.op("@@")(_words(filters)),
    )
    here = tuple_(Article.sort_at, Article.id)
    there = tuple_(search.place.at, search.place.id)
    query = query.where(here >= there if search.up else here < there)
    if until:
        query = query.where(Article.sort_at <= until if search.up else Article.sort_at >= until)
    for wanted in filters.labels:
        also = ArticleLabel.__table__.alias()
        query = query.where(
            select(also.c.label).where(also.c.article_id == Article.id, also.c.label.in_(wanted)).exists()
        )
    found = query.cte("found").prefix_with("MATERIALIZED")
    ordered = select(found.c.id, found.c.sort_at).order_by(*_order(found.c.sort_at, found.c.id, up=search.up))
    return ordered.limit(search.missing)


def _order(
    sort_at: ColumnElement[Any], number: ColumnElement[Any], *, up: bool
) -> tuple[ColumnElement[Any], ...]:
    return (sort_at.asc(), number.asc()) if up else (sort_at.desc(), number.desc())


def _words(filters: Filters) -> ColumnElement[Any]:
    """What is looked for, as a value that the planner does not see: it takes a word that is in none of its samples for one of half a
    percent of all articles, and a question asks for thirty forms of a word. So it takes the question for one such word.
    """
    return select(cast(filters.words, TSQUERY)).scalar_subquery()
