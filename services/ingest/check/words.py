"""How often a feed publishes, in words (pure)."""

from collections.abc import Sequence
from datetime import datetime

from services.ingest.entry import Entry

DAY_S = 86_400
_UNITS = (
    (365 * DAY_S, "year"),
    (30 * DAY_S, "month"),
    (7 * DAY_S, "week"),
    (DAY_S, "day"),
    (3600, "hour"),
    (60, "minute"),
)
_RATES = (
    (3600, "an hour"),
    (DAY_S, "a day"),
    (7 * DAY_S, "a week"),
    (30 * DAY_S, "a month"),
    (365 * DAY_S, "a year"),
)
_MOST_AN_HOUR = 30
_HOURLY = 48
"""From this many a day on, a rate is told by the hour."""


def span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> span(720), span(3600), span(5), span(100_000)
    ('12 minutes', '1 hour', '5 seconds', '1 day')
    """
    for unit, name in (*_UNITS, (1, "second")):
        if seconds >= unit:
            count = round(seconds / unit)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "0 seconds"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago that was."""
    seconds = (now - moment).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 1 else "just now"


def rate(per_day: float) -> str:
    """About how many, in the unit in which that is a number one can picture.

    >>> rate(14.2), rate(0.5), rate(200)
    ('about 14 a day', 'about 4 a week', 'about 8 an hour')
    """
    for unit, name in _RATES:
        count = per_day * unit / DAY_S
        if count >= (2 if unit == 3600 and per_day < _HOURLY else 1) and (unit != 3600 or per_day >= _HOURLY):
            return f"about {round(count)} {name}"
    return "less than one a year"


def rhythm(entries: Sequence[Entry], *, now: datetime) -> str | None:
    """How often a feed publishes and when it last did, by its dates; None where it has none.

    The rate is that of the newer half of the entries: what old ones a feed keeps says little about today.
    """
    dates = sorted((e.published_at for e in entries if e.published_at and not e.date_guessed), reverse=True)
    if not dates:
        return None
    newest = f"newest {ago(dates[0], now)}"
    recent = dates[: max(3, (len(dates) + 1) // 2)]
    lasted = (max(now, recent[0]) - recent[-1]).total_seconds()
    if len(recent) < 3 or lasted <= 0:
        return newest
    return f"{rate((len(recent) - 1) * DAY_S / max(lasted, 60.0))}, {newest}"
