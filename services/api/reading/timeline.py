"""A story over time, in steps that a chart can show. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from services.api.story_shapes import Bar, Step, Timeline

HOURS_UP_TO, DAYS_UP_TO = timedelta(hours=72), timedelta(days=120)
"""A story that is longer than this is told by the day, by the week."""
LENGTHS: Mapping[Step, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def timeline(articles: Mapping[datetime, int], heard: Sequence[datetime]) -> Timeline:
    """Counts of articles by when they came, and when each publisher was first heard, as bars.

    Raises ValueError where there is neither.
    """
    moments = [*articles, *heard]
    if not moments:
        raise ValueError("a timeline of nothing")
    first, last = min(moments), max(moments)
    step = step_of(last - first)
    came: Counter[datetime] = Counter()
    for at, count in articles.items():
        came[floor(at, step)] += count
    rose = Counter(floor(at, step) for at in heard)
    start, end = floor(first, step), floor(last, step)
    steps = takewhile(lambda at: at <= end, _from(start, LENGTHS[step]))
    return Timeline(first, last, step, [Bar(at, came[at], rose[at]) for at in steps])


def step_of(span: timedelta) -> Step:
    """By what a story of this length is told: never more than some 120 bars, but where it runs for years."""
    return "hour" if span <= HOURS_UP_TO else "day" if span <= DAYS_UP_TO else "week"


def floor(at: datetime, step: Step) -> datetime:
    """The start of the hour, the day or the week (from Monday), UTC.

    >>> from datetime import UTC
    >>> floor(datetime(2026, 11, 28, 7, 31, tzinfo=UTC), "week").isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    if step == "hour":
        return hour
    day = hour.replace(hour=0)
    return day - timedelta(days=day.weekday()) if step == "week" else day


def _from(start: datetime, length: timedelta) -> Iterator[datetime]:
    while True:
        yield start
        start += length
