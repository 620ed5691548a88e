"""Words in a stream: which articles that have them stand next, whether every other article has them or one in a million."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSQUERY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Integer, Text

from services.api.cursor import Before
from services.api.filters import Filters
from services.api.queries import above, latest
from services.api.reach import STRETCHES, Way, further, later, moved
from services.core.models import Article, ArticleLabel

LOOKED_THROUGH = 10
"""Articles of a stream that are looked through for each one that is wanted, before the index of words is asked."""
_BOUNDS = text(
    """
    SELECT CAST(CAST(histogram_bounds AS text) AS timestamptz[]) FROM pg_stats
    WHERE schemaname = current_schema() AND tablename = 'articles' AND attname = 'sort_at'
    """
)
_LAST = 2**63 - 1
_NEWEST = Before(datetime.max.replace(tzinfo=UTC), _LAST)
_TIME = TIMESTAMP(timezone=True)
_PLACE = tuple_(bindparam("at", type_=_TIME), bindparam("id", type_=BigInteger))
_MISSING = bindparam("missing", type_=Integer)
_WORDS = select(cast(bindparam("words", type_=Text), TSQUERY)).scalar_subquery()
"""A value that the planner does not see: it takes a word that is in none of its samples for one of half a percent of all articles, and a
question asks for thirty forms of a word. So it takes the question for one such word.
"""


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
    """What was found among the `looked` articles so far, down or up to `place`. `pace`: the time between two of them; `stored`, `bounds`:
    how many articles there are, and times in which equally many of them lie.
    """

    connection: AsyncConnection
    filters: Filters
    limit: int
    place: Before
    up: bool
    found: list[Before] = field(default_factory=list)
    looked: int = 0
    pace: timedelta = timedelta(0)
    stored: float = 0.0
    bounds: list[datetime] | None = None

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
            self.found += await self._all_that_match()
        return self.found

    async def _is_over(self, articles: int) -> bool:
        """Look at the next articles of the stream one after the other; whether these were the last ones."""
        query = _walk(replace(self.filters, q=None), up=self.up)
        rows = (await self.connection.execute(query, self._named | {"articles": articles})).all()
        passed = next(row for row in rows if row.articles is not None)
        places = [Before(row.sort_at, row.id) for row in rows if row is not passed]
        self.found += sorted(places, key=lambda place: (place.at, place.id), reverse=not self.up)
        if not self.missing or passed.articles < articles:
            return True
        self.place = Before(passed.sort_at, passed.id + 1 if self.up else passed.id)
        self.pace = abs(passed.sort_at - passed.starts) / passed.articles
        self.looked, self.stored = self.looked + passed.articles, passed.stored
        return False

    async def _lay(self, articles: int) -> None:
        until = await self._until(articles if self.up else -articles)
        until = max(until, self.place.at) if self.up else min(until, self.place.at)  # parts of a microsecond
        self.found += await self._all_that_match(until)
        self.place = Before(until, _LAST if self.up else 0)
        self.looked += articles

    async def _until(self, articles: int) -> datetime:
        """As far as so many articles reach. What PostgreSQL has sampled tells of all; how much of that a filter lets through, only its pace."""
        near = later(self.place.at, articles * self.pace)
        if self.bounds is None:
            self.bounds = (await self.connection.execute(_BOUNDS)).scalar() or []
        if len(self.bounds) < 2:
            return near
        far = moved(self.place.at, articles / self.stored, bounds=self.bounds)
        if self.filters == Filters(q=self.filters.q):
            return far
        return max(near, far) if self.up else min(near, far)

    async def _all_that_match(self, until: datetime | None = None) -> list[Before]:
        query = _all_that_match(replace(self.filters, q=None), up=self.up, ends=until is not None)
        rows = await self.connection.execute(query, self._named | ({"until": until} if until else {}))
        return [Before(row.sort_at, row.id) for row in rows]

    @property
    def _named(self) -> dict[str, Any]:
        """What the names in the statements stand for."""
        return {
            "at": self.place.at,
            "id": self.place.id,
            "words": self.filters.words,
            "missing": self.missing,
        }


@lru_cache(maxsize=256)
def _walk(filters: Filters, *, up: bool) -> CompoundSelect[Any]:
    """Those with the words among the next articles of the stream, read only as far as need be; and where these are too few, how many
    articles were read, the last one's place, and when the first stands. The planner is given no choice: of words it does not know how rare
    they are, and would read all articles that have them to find those few that are among the newest. Put together once for each stream:
    that takes longer than to execute it.
    """
    stream = _stream(filters, up=up)
    forth = _order(stream.c.sort_at, stream.c.id, up=up)
    near = select(stream.c.id, stream.c.sort_at, _has(stream).label("has")).order_by(*forth).cte("near")
    forth, back = (_order(near.c.sort_at, near.c.id, up=way) for way in (up, not up))
    found = select(near.c.id, near.c.sort_at).where(near.c.has).order_by(*forth).limit(_MISSING).cte("found")
    too_few = select(func.count()).select_from(found).scalar_subquery() < _MISSING
    passed = select(
        func.array_agg(aggregate_order_by(near.c.id, *back))[1],
        func.array_agg(aggregate_order_by(near.c.sort_at, *back))[1],
        func.count(),
        (func.min if up else func.max)(near.c.sort_at),
        literal_column("(SELECT reltuples FROM pg_class WHERE oid = 'articles'::regclass)"),
    ).where(too_few)
    nothing = (null().label(name) for name in ("articles", "starts", "stored"))
    return union_all(select(found.c.id, found.c.sort_at, *nothing), passed)


def _stream(filters: Filters, *, up: bool) -> Subquery:
    """The next articles, whatever their words; with these where the row is looked at anyway."""
    stream = (above.ordered if up else latest.ordered)(filters, _PLACE, bindparam("articles", type_=Integer))
    one_range = not filters.labels and len(filters.sources) <= 1 and len(filters.languages) <= 1
    return (stream.add_columns(Article.search) if one_range else stream).subquery()


def _has(stream: Subquery) -> ColumnElement[bool]:
    if "search" in stream.c:
        return stream.c.search.op("@@")(_WORDS)
    return select(Article.search.op("@@")(_WORDS)).where(Article.id == stream.c.id).scalar_subquery()


@lru_cache(maxsize=256)
def _all_that_match(filters: Filters, *, up: bool, ends: bool) -> Select[int, datetime]:
    """All that have the words, by the index of words, put in order. With an end only as far as that: then two indexes are laid over each
    other, and no article is looked at that has the words in another time. Without one the index of Latest is left alone: all that stands
    above the oldest pages is most of what there is.
    """
    query = select(Article.id, Article.sort_at).where(
        Article.listed, *latest.conditions(filters), Article.search.op("@@")(_WORDS)
    )
    if ends:
        until = bindparam("until", type_=_TIME)
        query = query.where(
            _from_here(Article, up=up), Article.sort_at <= until if up else Article.sort_at >= until
        )
    for wanted in filters.labels:
        also = ArticleLabel.__table__.alias()
        query = query.where(
            select(also.c.label).where(also.c.article_id == Article.id, also.c.label.in_(wanted)).exists()
        )
    found = query.cte("found").prefix_with("MATERIALIZED")
    order = _order(found.c.sort_at, found.c.id, up=up)
    return (
        select(found.c.id, found.c.sort_at).where(_from_here(found.c, up=up)).order_by(*order).limit(_MISSING)
    )


def _from_here(row: Any, *, up: bool) -> ColumnElement[bool]:
    there = tuple_(row.sort_at, row.id)
    return there >= _PLACE if up else there < _PLACE


def _order(
    sort_at: ColumnElement[Any], number: ColumnElement[Any], *, up: bool
) -> tuple[ColumnElement[Any], ...]:
    return (sort_at.asc(), number.asc()) if up else (sort_at.desc(), number.desc())
