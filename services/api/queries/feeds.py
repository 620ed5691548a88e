"""Feeds as operators see them: in which state, what needs a person, one feed whole with its history.

Written for a plain connection, so that pages (`AsyncConnection.run_sync`) and the command line ask the same questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from services.api.pages.feed_shapes import (
    LEFT_ALONE,
    STATES,
    FeedRow,
    FetchRow,
    FormerAddress,
    GapRow,
    Push,
    State,
    WholeFeed,
)
from services.api.queries.sources import GAPS_FOR, is_failing, is_late
from services.core.models import (
    Article,
    Feed,
    FeedAlias,
    Fetch,
    Gap,
    Host,
    ParseDifference,
    Source,
    Subscription,
)

Need = Literal["replacement", "failing", "throttled", "gap", "differences"]
"""What may be asked for beside a state: feeds that somebody should look at, or that lost something."""
LONG = timedelta(days=7)
"""A feed that has failed for longer than this needs a person."""
HISTORY, GAPS, FORMER = 30, 20, 20
"""Rows of each kind that one feed is shown with."""
LARGEST_ID = 2**63 - 1
NAME = func.coalesce(func.nullif(func.trim(Feed.title), ""), Feed.host)
"""What to call a feed, as `FeedRow.name` does."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which feeds are asked for: in a state, with a need, with words in title, address or publisher."""

    state: State | None = None
    need: Need | None = None
    q: str | None = None


def state_of(now: datetime) -> ColumnElement[str]:
    """The one place that says which state a feed is in."""
    return case(
        (Feed.paused_reason.is_not(None), "paused"),
        (is_failing(), "failing"),
        (Feed.checked_at.is_(None), "new"),
        (is_late(now), "late"),
        (Feed.quiet_at < now, "quiet"),
        else_="healthy",
    )


def has_need(need: Need, now: datetime) -> ColumnElement[bool]:
    """The condition behind a need."""
    since = func.coalesce(Feed.ok_at, Feed.added_at)
    conditions: dict[Need, ColumnElement[bool]] = {
        "replacement": Feed.replacement_url.is_not(None),
        "failing": and_(is_failing(), since < now - LONG),
        "throttled": and_(Feed.paused_reason.is_(None), Host.free_at > now + LEFT_ALONE),
        "gap": exists().where(Gap.feed_id == Feed.id, Gap.to_at > now - GAPS_FOR),
        "differences": exists().where(ParseDifference.feed_id == Feed.id),
    }
    return conditions[need]


def counts(connection: Connection, *, now: datetime) -> dict[str, int]:
    """How many feeds are in each state."""
    state = state_of(now).label("state")
    found = connection.execute(select(state, func.count().label("feeds")).group_by(state))
    return dict.fromkeys(STATES, 0) | {row.state: row.feeds for row in found}


def total(connection: Connection, wanted: Wanted, *, now: datetime) -> int:
    """How many feeds are wanted."""
    return connection.scalar(_joined(func.count()).where(*_conditions(wanted, now))) or 0


def totals(connection: Connection, kinds: Mapping[str, Wanted], *, now: datetime) -> dict[str, int]:
    """How many feeds are wanted of each kind, in one pass over all."""
    filtered = [func.count().filter(and_(*_conditions(wanted, now))) for wanted in kinds.values()]
    return dict(zip(kinds, connection.execute(_joined(*filtered)).one(), strict=True))


def rows(
    connection: Connection, wanted: Wanted, *, now: datetime, limit: int | None = None, offset: int = 0
) -> list[FeedRow]:
    """Feeds by title within their state, those in trouble first."""
    trouble = case({"failing": 0, "late": 1, "quiet": 2, "new": 3, "paused": 4}, value=state_of(now), else_=5)
    # Byte order: a third of the time of the database's language, whatever that is, and the same everywhere.
    order = (trouble, func.lower(Feed.title).collate("C"), Feed.id)
    # Numbers first, so that whole rows are sorted only for the page that is shown.
    chosen = _joined(Feed.id).where(*_conditions(wanted, now)).order_by(*order).limit(limit).offset(offset)
    return _feed_rows(connection, _joined(*_columns(now)).where(Feed.id.in_(chosen)).order_by(*order))


def worst(connection: Connection, wanted: Wanted, *, now: datetime, limit: int) -> list[FeedRow]:
    """A few of the wanted feeds, those first that have been without an answer for longest."""
    query = _joined(*_columns(now)).where(*_conditions(wanted, now))
    return _feed_rows(connection, query.order_by(Feed.ok_at.nulls_first(), Feed.id).limit(limit))


def articles_of_each(connection: Connection) -> dict[int, int]:
    """How many articles stand under each feed; what was removed does not count."""
    query = (
        select(Article.feed_id, func.count()).where(Article.removed_at.is_(None)).group_by(Article.feed_id)
    )
    return {feed_id: articles for feed_id, articles in connection.execute(query) if feed_id is not None}


def whole(connection: Connection, feed_id: int, *, now: datetime) -> WholeFeed | None:
    """One feed with everything that is remembered of it; None when there is none of this number."""
    if not 0 < feed_id <= LARGEST_ID:
        return None
    found = _feed_rows(connection, _joined(*_columns(now)).where(Feed.id == feed_id))
    if not found:
        return None
    of_feed = select(func.count()).where(Article.feed_id == feed_id, Article.removed_at.is_(None))
    differences = select(func.count()).where(ParseDifference.feed_id == feed_id)
    return WholeFeed(
        found[0],
        connection.scalar(of_feed.select_from(Article)) or 0,
        connection.scalar(differences.select_from(ParseDifference)) or 0,
        _former(connection, feed_id),
        _push(connection, feed_id),
        gaps(connection, feed_id=feed_id, limit=GAPS),
        _fetches(connection, feed_id),
    )


def gaps(connection: Connection, *, feed_id: int | None = None, limit: int) -> list[GapRow]:
    """The latest gaps, of one feed or of all."""
    query = (
        select(Feed.id, NAME, Gap.from_at, Gap.to_at, Gap.window, Gap.missed)
        .join(Feed, Feed.id == Gap.feed_id)
        .order_by(Gap.to_at.desc(), Gap.id.desc())
        .limit(limit)
    )
    if feed_id is not None:
        query = query.where(Gap.feed_id == feed_id)
    return [GapRow(*row) for row in connection.execute(query)]


def _columns(now: datetime) -> list[ColumnElement[Any]]:
    elsewhere: dict[str, Any] = {
        "state": state_of(now),
        "source": Source.key,
        "source_name": Source.name,
        "country": Source.country,
        "host_free_at": Host.free_at,
    }
    return [elsewhere[f.name] if f.name in elsewhere else getattr(Feed, f.name) for f in fields(FeedRow)]


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Feed)
        .join(Source, Source.id == Feed.source_id)
        .join(Host, Host.host == Feed.host)
    )


def _conditions(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(state_of(now) == wanted.state)
    if wanted.need:
        found.append(has_need(wanted.need, now))
    if wanted.q:
        named = (
            column.icontains(wanted.q, autoescape=True) for column in (Feed.title, Feed.url, Source.name)
        )
        found.append(or_(*named))
    return found


def _feed_rows(connection: Connection, query: Select[Any]) -> list[FeedRow]:
    return [FeedRow(*row) for row in connection.execute(query)]


def _former(connection: Connection, feed_id: int) -> list[FormerAddress]:
    query = select(FeedAlias.url, FeedAlias.since).where(FeedAlias.feed_id == feed_id)
    found = connection.execute(query.order_by(FeedAlias.since.desc(), FeedAlias.url).limit(FORMER))
    return [FormerAddress(*row) for row in found]


def _push(connection: Connection, feed_id: int) -> Push | None:
    query = select(*(getattr(Subscription, f.name) for f in fields(Push)))
    row = connection.execute(query.where(Subscription.feed_id == feed_id)).first()
    return Push(*row) if row else None


def _fetches(connection: Connection, feed_id: int) -> list[FetchRow]:
    query = select(*(getattr(Fetch, f.name) for f in fields(FetchRow))).where(Fetch.feed_id == feed_id)
    found = connection.execute(query.order_by(Fetch.at.desc(), Fetch.id.desc()).limit(HISTORY))
    return [FetchRow(*row) for row in found]
