"""How a feed usually publishes, and when its silence is unusual (pure).

What is learned is the *usual silence*: the longest time without news that is ordinary for the feed. Nights make it half a day,
weekends two or three, and a monthly letter a month. It grows at once when a longer silence was seen to end, and shrinks
by half in four weeks, so that one weekend in each holds it up. Only silence that looks have confirmed counts: an
outage of ours is not the feed's.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.ingest import rates
from services.ingest.entry import Entry
from services.ingest.plan import FeedState, Habit, Plan
from services.ingest.spans import DAY_S, HOUR_S, spell

QUIET_FACTOR = 4
"""Silence is unusual from so many times the usual one on ..."""
LEAST_QUIET_S = 2 * DAY_S
"""... of a feed that is never silent for as long as a night, and from two days on at the earliest."""
LEAST_QUIET_OF_OTHERS_S = 5 * DAY_S
"""Any other may be made by people with weekends and holidays that it has not shown us yet: Easter is four days and a half."""
UNSEEN_S = 16 * HOUR_S
"""The usual silence taken of a feed whose nights and weekends nobody has seen yet: less than a week of dates."""
SEEN_AFTER = timedelta(days=7)
WEEKEND_S = 66 * HOUR_S
"""From Friday evening to Monday morning: so long a silence is believed at once. Longer ones at most double what is usual,
since most of them were trouble."""
HALF_LIFE = timedelta(weeks=4)
LONGEST_USUAL_S = 366 * DAY_S


def learn(
    feed: FeedState, plan: Plan, entries: Sequence[Entry], *, now: datetime, dates: Sequence[datetime] = ()
) -> Habit:
    """The habit after one look; `entries` are those of the whole body, none where there was no new one.

    `dates`: `Reading.dates`, where `entries` are not all that the body holds.
    """
    brought = bool(plan.new) or any(seen.first_here for seen in plan.again)
    if feed.new_at is None:
        return _met_first(dates or rates.dates(entries, now=now), brought=brought, now=now)
    if not brought:
        return _habit(feed.new_at, feed.usual_s)
    return _habit(now, _smoothed(feed, feed.new_at, now))


def in_words(habit: Habit, *, now: datetime) -> str:
    """The habit in a sentence: how long the feed has been silent, and whether that is usual for it."""
    if habit.new_at is None:
        return "It has brought nothing so far."
    silent = spell((now - habit.new_at).total_seconds())
    if habit.usual_s is None or habit.quiet_at is None:
        return f"It last brought something {silent} ago; its habit is not known yet."
    usual = f"up to {spell(habit.usual_s)} of silence are usual"
    if now >= habit.quiet_at:
        return f"It answers and has brought nothing new for {silent}, where {usual}: it may have stopped or moved."
    return f"It last brought something {silent} ago; {usual}."


def _met_first(dates: Sequence[datetime], *, brought: bool, now: datetime) -> Habit:
    """By the dates of its entries, newest first: a feed that was dead when it was added shows that at once."""
    if not dates:
        return Habit(now if brought else None, None, None)
    kept = rates.ordinary(dates)
    if len(kept) < rates.FEWEST:
        return _habit(dates[0], None)
    usual = max(_without_outlier(rates.distances_s(kept)))
    seen_a_week = kept[0] - kept[-1] >= SEEN_AFTER
    return _habit(dates[0], usual if seen_a_week else max(usual, UNSEEN_S))


def _without_outlier(distances: Sequence[float]) -> Sequence[float]:
    """Without the longest of eight or more, if it is longer than a weekend and more than twice any other: a pause of its own."""
    longest, *rest = sorted(distances, reverse=True)
    odd = len(rest) >= 7 and longest > max(WEEKEND_S, 2 * rest[0])
    return rest if odd else distances


def _smoothed(feed: FeedState, new_at: datetime, now: datetime) -> float:
    """The usual silence after news: the silence that ended, or what was usual, faded by the time since, if that is longer."""
    silence = (feed.ok_at - new_at).total_seconds() if feed.ok_at is not None else 0.0
    if feed.usual_s is None:
        return max(silence, UNSEEN_S)
    faded = feed.usual_s * math.pow(0.5, (now - new_at) / HALF_LIFE)
    return max(faded, min(silence, max(WEEKEND_S, 2 * feed.usual_s)))


def _habit(new_at: datetime, usual_s: float | None) -> Habit:
    if usual_s is None:
        return Habit(new_at, None, None)
    usual = int(min(max(usual_s, 1), LONGEST_USUAL_S))
    least = LEAST_QUIET_S if usual < rates.ALWAYS_ON_S else LEAST_QUIET_OF_OTHERS_S
    return Habit(new_at, usual, new_at + timedelta(seconds=max(least, QUIET_FACTOR * usual)))
