"""Permanent redirects: when to believe them (pure).

A redirect is followed at once, and believed only when it has been the same for days: servers say 301 by mistake, for
a maintenance page, for a visitor they take for a robot. A wrong belief would lose the feed.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from services.ingest.plan import FeedState, Move, Reading

BELIEVED_AFTER = timedelta(days=3)
BELIEVED_TIMES = 3


def follow(feed: FeedState, reading: Reading, *, now: datetime) -> Move:
    """What is remembered of permanent redirects after this answer.

    A redirect counts when it led to a feed: a new body, or the word that the known one stands. Another address, or an answer
    from the feed's own, starts from nothing; where nothing came of the redirect, or nothing answered at all, nothing changes.
    Only temporary redirects on the way leave no `permanent_url`, and so count as an answer from the feed's own address.
    """
    kept = Move(feed.moved_to, feed.moved_since, feed.moved_times)
    to = reading.permanent_url
    if to is None:
        return kept if _nothing_answered(reading) else Move()
    if not _may_be_believed(feed.url, to):
        return Move()
    if reading.outcome not in {"new-body", "unchanged"}:
        return kept if to == feed.moved_to else Move()
    if to != feed.moved_to or feed.moved_since is None:
        return Move(to, now, 1)
    times = feed.moved_times + 1
    believed = times >= BELIEVED_TIMES and now - feed.moved_since >= BELIEVED_AFTER
    return Move(to, feed.moved_since, times, adopt=believed)


def _nothing_answered(reading: Reading) -> bool:
    """No server said anything about where the feed is: it could not be reached."""
    return reading.outcome == "failed" and reading.error_kind in {
        "dns",
        "connect",
        "tls",
        "timeout",
        "protocol",
        "internal",
    }


def _may_be_believed(old: str, new: str) -> bool:
    """Another address, reached as safely as the old one: http may become https, never the other way."""
    was, will_be = urlsplit(old).scheme.lower(), urlsplit(new).scheme.lower()
    return new != old and (will_be == was or (was, will_be) == ("http", "https"))
