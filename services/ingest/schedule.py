"""When to look again (pure).

A feed is asked the more often the more of what it showed was new, within the settings and never sooner than its
publisher wishes. Failures double the pause up to a day and never end it for good; only "410 Gone" pauses a feed,
with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low

from services.ingest.entry import Entry
from services.ingest.plan import FeedState, Pace, Plan, Reading

FIRST_RETRY_S = 120
LONGEST_RETRY_S = 86_400
JITTER = 0.1
UNKNOWN_RATE_S = 3600
NEWEST = 12
"""Entries from whose dates the pace of a new feed is taken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Shortest and longest time between two looks, in seconds."""

    min_s: int
    max_s: int

    def bound(self, seconds: float) -> int:
        """`seconds` brought within the limits."""
        return int(min(max(seconds, self.min_s), self.max_s))


def next_check(
    feed: FeedState, reading: Reading, plan: Plan, *, now: datetime, limits: Limits, dice: float
) -> Pace:
    """The pace after one fetch. `dice` in [0, 1) spreads feeds apart: it only ever lengthens a pause."""
    if reading.outcome == "gone":
        return Pace(feed.interval_s, now, paused_reason=reading.error)
    interval = feed.interval_s if reading.outcome == "failed" else learned(feed, reading, plan, limits)
    wait = max(interval, reading.asks_s)
    if reading.outcome == "failed":
        wait = max(back_off(feed.failures + 1, limits), reading.asks_s)
    return Pace(interval, now + timedelta(seconds=wait * (1 + JITTER * dice)))


def back_off(failures: int, limits: Limits) -> int:
    """Seconds after the n-th failure in a row: two minutes, doubled each time, a day at most."""
    longest = min(LONGEST_RETRY_S, limits.max_s)
    first = min(FIRST_RETRY_S, max(limits.min_s, 1), longest)
    return int(min(first * 2 ** min(failures - 1, 20), longest))


def learned(feed: FeedState, reading: Reading, plan: Plan, limits: Limits) -> int:
    """The interval that the last look suggests, in seconds.

    First look: the usual distance between the newest entries' dates. Later: a body in which more than a third was new means
    that we come too late (half the interval, a gap to the shortest at once); nothing new, a quarter more.
    """
    if plan.gap:
        return limits.min_s
    if feed.ok_at is None:
        return first_interval(reading.entries, limits)
    window = max(len(plan.new) + len(plan.again) + len(plan.unchanged), 1)
    share = len(plan.new) / window
    if share > 1 / 3:
        return limits.bound(feed.interval_s / 2)
    if share > 0:
        return limits.bound(feed.interval_s * 0.9)
    return limits.bound(feed.interval_s * 1.25)


def first_interval(entries: Sequence[Entry], limits: Limits) -> int:
    """Seconds between two looks for a feed met for the first time: the usual distance between its newest entries.

    The median of the newest, so that neither a pinned old item nor a burst decides.
    """
    dates = sorted((e.published_at for e in entries if e.published_at and not e.date_guessed), reverse=True)
    newest = dates[:NEWEST]
    if len(newest) < 3:
        return limits.bound(UNKNOWN_RATE_S)
    distances = [(later - earlier).total_seconds() for later, earlier in pairwise(newest)]
    return limits.bound(median_low(distances))
