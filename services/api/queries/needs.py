"""What of the feeds needs a person: counted, with the first few of each kind; the rest is a link away."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from services.api.pages.feed_shapes import LEFT_ALONE, DifferenceRow, HostRow, Needs
from services.api.queries import feeds
from services.api.queries.feeds import Wanted
from services.core.models import Feed, Host, ParseDifference

SHOWN = 3
"""Feeds, hosts or differences that are named of each kind."""

OF_FEEDS: Mapping[str, Wanted] = {
    "replacement": Wanted(need="replacement"),
    "failing": Wanted(need="failing"),
    "quiet": Wanted(state="quiet"),
    "paused": Wanted(state="paused"),
}
"""Which feeds are behind each kind of need that is told feed by feed."""


def needs(connection: Connection, *, now: datetime) -> Needs:
    """Everything that waits for a person at this moment."""
    counted = feeds.totals(connection, OF_FEEDS, now=now)
    named = {
        kind: feeds.worst(connection, wanted, now=now, limit=SHOWN) if counted[kind] else []
        for kind, wanted in OF_FEEDS.items()
    }
    hosts = _hosts(connection, now)
    differences = connection.scalar(select(func.count()).select_from(ParseDifference)) or 0
    counted |= {"throttled": len(hosts), "differences": differences}
    return Needs(counted, named, hosts[:SHOWN], _differences(connection) if differences else [])


def _hosts(connection: Connection, now: datetime) -> list[HostRow]:
    """Hosts that are left alone and have feeds that would be asked, those with the most feeds first."""
    query = (
        select(Host.host, Host.free_at, func.count())
        .join(Feed, Feed.host == Host.host)
        .where(Host.free_at > now + LEFT_ALONE, Feed.paused_reason.is_(None))
        .group_by(Host.host, Host.free_at)
        .order_by(func.count().desc(), Host.host)
    )
    return [HostRow(*row) for row in connection.execute(query)]


def _differences(connection: Connection) -> list[DifferenceRow]:
    query = (
        select(Feed.id, feeds.NAME, ParseDifference.at, ParseDifference.what)
        .join(Feed, Feed.id == ParseDifference.feed_id)
        .order_by(ParseDifference.id.desc())
        .limit(SHOWN)
    )
    return [DifferenceRow(*row) for row in connection.execute(query)]
