"""How far to look for words, and how, when nobody knows how rare they are. Pure: what was met so far decides."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import sqrt

STRETCHES = 3
"""Stretches of time that are tried at most: each tells better than the one before how rare the words are."""
_READ, _FETCHED, _LISTED, _NOTED = 5.0, 30.0, 0.4, 0.05
"""Reckoned with, in microseconds: the next article of a stream with its words; an article anywhere, of which some are on the disk; an entry
of the index of words, where a question asks for several forms; an entry of the index of Latest.
"""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Way(Enum):
    """How to look on: through the stream itself; by the index of words laid over a stretch of time; for all that have the words."""

    WALK = "walk"
    STRETCH = "stretch"
    ALL = "all"


def further(
    *, found: int, looked: int, missing: int, stored: float, stretches: int = STRETCHES
) -> tuple[Way, int]:
    """What is cheapest next, and for how many articles of the stream, when `found` of `looked` have the words and `missing` more are
    wanted of `stored`; `stretches` may still be tried. Where something was reckoned too rare, more is fetched: there one more than was found
    is reckoned with. The fewer were found the less is known, and the sooner a walk is thought over.

    >>> further(found=1, looked=1_000, missing=49, stored=10_000_000)
    (<Way.STRETCH: 'stretch'>, 61250)
    >>> further(found=40, looked=200, missing=10, stored=10_000_000)
    (<Way.WALK: 'walk'>, 200)
    >>> further(found=1, looked=1_000, missing=49, stored=10_000)[0]
    <Way.ALL: 'all'>
    """
    share, at_most, left = max(found, 0.5) / looked, (found + 1) / looked, max(stored - looked, 0.0)
    # More than it should take, the fewer were met the more; after nothing was met, so many that it shows how rare it is.
    spare = 1 + 1.5 / sqrt(found) if found else 1.5
    articles = max(int(spare * missing / at_most), looked)
    listed = share * stored * _LISTED
    costs = {Way.WALK: missing / share * _READ, Way.ALL: listed + at_most * left * _FETCHED}
    if stretches and articles < left:
        costs[Way.STRETCH] = listed + articles * _NOTED + 2 * missing * _FETCHED
    way = min(costs, key=costs.__getitem__)
    return way, min(articles, looked * (2 + found)) if way is Way.WALK else articles


def later(at: datetime, by: timedelta) -> datetime:
    """That much later (or earlier, where it is less than nothing), as far as there are dates.

    >>> later(datetime(2026, 11, 28, tzinfo=UTC), -timedelta(days=1_000_000)).year
    1
    """
    return at + min(max(by, _FIRST - at), _LAST - at)


def moved(at: datetime, share: float, *, bounds: Sequence[datetime]) -> datetime:
    """The moment that such a share of all articles lies after `at`, before it where the share is less than nothing. `bounds`, two at
    least: of times in which equally many lie, the oldest first; what came after the last is not counted.

    >>> quiet, busy, now = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 21, 23))
    >>> moved(now, -0.25, bounds=(quiet, busy, now)).day, moved(now, -0.75, bounds=(quiet, busy, now)).day
    (22, 11)
    >>> moved(quiet, 0.25, bounds=(quiet, busy, now)).day, moved(now, -2.0, bounds=(quiet, busy, now)).year
    (11, 1)
    """
    last = len(bounds) - 1
    nearest = min(max(bisect_right(bounds, at) - 1, 0), last - 1)
    within = (at - bounds[nearest]) / max(bounds[nearest + 1] - bounds[nearest], timedelta(microseconds=1))
    place = nearest + min(max(within, 0.0), 1.0) + share * last
    if not 0 <= place < last:
        return _FIRST if place < 0 else _LAST
    nearest = int(place)
    return bounds[nearest] + (place - nearest) * (bounds[nearest + 1] - bounds[nearest])
