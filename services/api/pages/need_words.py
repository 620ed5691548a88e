"""What of the feeds needs a person, in sentences with links. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.api import words
from services.api.pages import feed_words
from services.api.pages.feed_shapes import DifferenceRow, FeedRow, HostRow, Needs
from services.core.health import dozens, why_they_fail


@dataclass(frozen=True, slots=True)
class Todo:
    """One sentence: `subject` is what it is about and `href` leads there; `says` goes on."""

    subject: str
    href: str
    says: str


@dataclass(frozen=True, slots=True)
class Todos:
    """All of one kind: the first few, and a link to all of them (None where the list is whole)."""

    title: str
    count: int
    first: list[Todo]
    href: str | None = None


def todos(needs: Needs, failing: Mapping[str, int], now: datetime) -> list[Todos]:
    """Everything that waits for somebody, most urgent first; kinds without any are left out. `failing`: feeds by kind."""
    found = [
        _of_reasons(failing),
        _of_feeds(
            needs, "replacement", "New addresses offered", "/operator?need=replacement#feeds", _offered
        ),
        _of_feeds(needs, "failing", "Failing for more than a week", "/operator?need=failing#feeds", _failing),
        _of_hosts(needs.hosts, needs.counted["throttled"], now),
        _of_feeds(needs, "quiet", "Quiet against their habit", "/operator?state=quiet#feeds", _told(now)),
        _of_feeds(needs, "paused", "Paused", "/operator?state=paused#feeds", _paused),
        _of_differences(needs.differences, needs.counted["differences"], now),
    ]
    return [kind for kind in found if kind.first]


def _of_feeds(needs: Needs, kind: str, title: str, href: str, says: Callable[[FeedRow], str]) -> Todos:
    rows, count = needs.feeds[kind], needs.counted[kind]
    first = [Todo(row.name, feed_href(row.id), says(row)) for row in rows]
    return Todos(title, count, first, href if count > len(rows) else None)


def feed_href(feed_id: int) -> str:
    """The page of a feed."""
    return f"/operator/feeds/{feed_id}"


def _of_reasons(failing: Mapping[str, int]) -> Todos:
    """One reason for many feeds: it may lie here."""
    many = dozens(failing)
    first = [
        Todo(words.counted(n, "feed"), "/operator?state=failing#feeds", why_they_fail(kind))
        for kind, n in many
    ]
    return Todos("Many for one reason", sum(n for _, n in many), first)


def _offered(feed: FeedRow) -> str:
    offered = words.public_url(feed.replacement_url or "")
    return f"could be read from {offered}: `dateline feeds replace {feed.id}` takes it."


def _failing(feed: FeedRow) -> str:
    since = f"since {feed.ok_at.day} {feed.ok_at:%B}" if feed.ok_at else "since it was added"
    return f"has failed {since}: {feed.error or 'no reason noted'}"


def _told(now: datetime) -> Callable[[FeedRow], str]:
    return lambda feed: f"has brought {feed_words.silence(feed, now)}."


def _paused(feed: FeedRow) -> str:
    return f"is paused: {feed.paused_reason}"


def _of_hosts(hosts: list[HostRow], count: int, now: datetime) -> Todos:
    first = [
        Todo(
            row.host,
            f"/operator?need=throttled&q={row.host}#feeds",
            f"asked to be left alone until {feed_words.at(row.free_at, now)}; "
            f"{words.counted(row.feeds, 'feed waits', 'feeds wait')} for that.",
        )
        for row in hosts
    ]
    more = "/operator?need=throttled#feeds" if count > len(first) else None
    return Todos("Hosts that throttle us", count, first, more)


def _of_differences(rows: list[DifferenceRow], count: int, now: datetime) -> Todos:
    first = [
        Todo(row.feed, feed_href(row.feed_id), f"was read differently {words.age(row.at, now)}: {row.what}")
        for row in rows
    ]
    more = "/operator?need=differences#feeds" if count > len(first) else None
    return Todos("Parsers that disagree", count, first, more)
