"""How fast a feed publishes, told by the dates of its entries (pure).

A *window* is what a body shows: the newest so many entries. How long it lasts, from an entry's coming in at the top until
it drops out below, is how long a feed may be left alone before entries are lost.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from services.ingest.entry import Entry, RawEntry

DAY_S, HOUR_S = 86_400, 3600

FEWEST = 4
"""Fewer dates than this say nothing about a rate."""
ALWAYS_ON_S = 8 * HOUR_S
"""A feed that is never silent for so long is made by day and by night."""
WORKING_S = 10 * HOUR_S
"""In how much of a day any other feed publishes."""


def dates(entries: Iterable[Entry | RawEntry], *, now: datetime) -> tuple[datetime, ...]:
    """When the entries were published as their feed says, newest first. Guessed dates and those of the future say nothing."""
    given = (e.published_at for e in entries if not (isinstance(e, Entry) and e.date_guessed))
    return tuple(sorted((date for date in given if date and date <= now), reverse=True))


def ordinary(newest_first: Sequence[datetime]) -> Sequence[datetime]:
    """The dates without the oldest tenth (at least one of five or more): those that were pinned, or filled in later."""
    many = len(newest_first)
    return newest_first[: many - max(1, many // 10)] if many > FEWEST else newest_first


def window_lasts_s(newest_first: Sequence[datetime]) -> int | None:
    """Seconds in which as many entries come as the window holds; None where its dates do not tell."""
    kept = ordinary(newest_first)
    if len(kept) < FEWEST or kept[0] == kept[-1]:
        return None
    return max(1, round((kept[0] - kept[-1]).total_seconds() * len(newest_first) / (len(kept) - 1)))


def distances_s(newest_first: Sequence[datetime]) -> list[float]:
    """Seconds between each entry and the one before it."""
    return [(later - earlier).total_seconds() for later, earlier in pairwise(newest_first)]


def missed(
    entries: Sequence[Entry],
    *,
    before: int,
    since: datetime,
    interval_s: int,
    usual_s: int | None,
    now: datetime,
) -> int:
    """About how many entries came and went between the last look (`since`) and this one, of which nothing was known.

    What came in that time at the feed's rate, less what the window still shows. The rate is that of the window's own dates;
    where they do not tell, one entry an interval, since the interval follows the rate. A burst is not taken for the rate of
    the whole time: no more than a window (the larger of this one and the last, `before`) an interval. A feed that is
    silent at night (`usual_s`) is taken to publish in ten hours of each day.
    """
    newest_first = dates(entries, now=now)
    lasts = window_lasts_s(newest_first)
    if lasts is not None and ordinary(newest_first)[-1] < since:
        return 0  # it reaches back to before the last look: nothing dropped out, the addresses are new
    window, interval = len(entries), max(interval_s, 1)
    rate = window / lasts if lasts is not None else 1 / interval
    elapsed = (now - since).total_seconds()
    if usual_s is None or usual_s >= ALWAYS_ON_S:
        elapsed = max(min(elapsed, WORKING_S), elapsed * WORKING_S / DAY_S)
    return max(0, round(elapsed * min(rate, max(window, before) / interval)) - window)
