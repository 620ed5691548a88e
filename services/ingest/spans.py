"""Lengths of time as people say them (pure)."""

from datetime import datetime

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def spell(seconds: float) -> str:
    """A length of time in one unit, as exact as somebody needs it who decides by it.

    >>> spell(45), spell(1620), spell(3600), spell(9000), spell(86_400), spell(3 * 86_400)
    ('45 s', '27 min', '60 min', '2.5 hours', '24 hours', '3 days')
    """
    seconds = max(0, round(seconds))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 2 * HOUR_S:
        return f"{round(seconds / MINUTE_S)} min"
    if seconds < 2 * DAY_S:
        return f"{_short(seconds / HOUR_S)} hours"
    return f"{_short(seconds / DAY_S)} days"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 9.95 else str(round(number))


def moment(at: datetime, *, now: datetime) -> str:
    """When something is to happen, as short as it stays clear: "at 06:00 UTC", "on Monday at 00:00 UTC"."""
    clock = f"at {at:%H:%M} UTC"
    return clock if at.date() == now.date() else f"on {DAYS[at.weekday()]} {clock}"
