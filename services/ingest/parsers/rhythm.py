"""What a feed says about its own pace (pure): ttl, sy:updatePeriod, skipHours, skipDays; as text in, as numbers out.

RSS 2.0 (ttl in minutes, skipHours 0 to 23 in GMT, skipDays by English names) and the RSS 1.0 syndication module
(updatePeriod divided by updateFrequency). Publishers write `dayly`, `0.1`, `always`, `24`; each has a stated meaning here.
"""

import re
from collections.abc import Iterable
from typing import Final

_PERIODS: Final = {
    "minutely": 60,
    "hourly": 3600,
    "daily": 86_400,
    "dayly": 86_400,
    "weekly": 604_800,
    "biweekly": 1_209_600,
    "fortnightly": 1_209_600,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
    "annually": 31_536_000,
}
"""Seconds of a period; `always`, `never` and anything else ask for nothing."""

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_HOUR = re.compile(r"[0-9]{1,2}")


def interval_s(*, ttl: str, period: str, frequency: str) -> int | None:
    """The publisher's wish in seconds, the longer of ttl and of the syndication module's; None for no wish."""
    spaced = _PERIODS.get(period.strip().lower(), 0) / (_number(frequency) or 1)
    longest = int(max(60 * _number(ttl), spaced))
    return longest if longest > 0 else None


def skip_hours(texts: Iterable[str]) -> tuple[int, ...]:
    """Hours of the day in UTC, 0 to 23 in order, in which nothing is published; 24 is midnight, as RSS 0.91 had it.

    What is no hour is left out, and so is a list of all 24 hours: it would forbid ever looking.
    """
    hours = {int(text) for text in map(str.strip, texts) if _HOUR.fullmatch(text)}
    found = sorted({hour % 24 for hour in hours if hour <= 24})
    return tuple(found) if len(found) < 24 else ()


def skip_days(texts: Iterable[str]) -> tuple[int, ...]:
    """Days of the week, Monday 0 to Sunday 6 in order; unknown names left out, and all seven are none."""
    names = {text.strip().lower() for text in texts}
    found = [number for number, name in enumerate(_DAYS) if name in names]
    return tuple(found) if len(found) < 7 else ()


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text.strip()) else 0.0
