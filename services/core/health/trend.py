"""Whether a backlog grows (pure): a level says little, an import of a thousand feeds leaves one that melts by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
ENOUGH = 4
"""Samples, one a minute, before a trend is spoken of."""
WORTH = 100
"""Rows that a backlog must have grown by to be called growing."""


@dataclass(frozen=True, slots=True)
class Trend:
    """`a_minute`: rows by which the backlog grows in a minute, negative where it melts."""

    first: int
    last: int
    minutes: float
    a_minute: float

    @property
    def grows(self) -> bool:
        """Whether it grew all in all, by more than chance, and is still growing by the line through all samples."""
        return self.last - self.first >= WORTH and self.a_minute > 0

    @property
    def melts(self) -> bool:
        """Whether it gets smaller."""
        return self.a_minute < 0

    @property
    def minutes_left(self) -> float | None:
        """When it is gone at this pace."""
        return self.last / -self.a_minute if self.melts else None


def trend_of(samples: Sequence[tuple[datetime, int]], *, now: datetime) -> Trend | None:
    """The line of least squares through the samples of the last quarter of an hour; None where they are too few.

    >>> t = datetime(2026, 1, 1)
    >>> trend_of([(t + timedelta(minutes=n), 100 * n) for n in range(6)], now=t + timedelta(minutes=5)).a_minute
    100.0
    """
    recent = sorted((at, count) for at, count in samples if now - WINDOW <= at <= now)
    if len(recent) < ENOUGH:
        return None
    minutes = [(at - recent[0][0]) / timedelta(minutes=1) for at, _ in recent]
    middle = sum(minutes) / len(minutes)
    spread = sum((m - middle) ** 2 for m in minutes)
    slope = (
        sum((m - middle) * count for m, (_, count) in zip(minutes, recent, strict=True)) / spread
        if spread
        else 0.0
    )
    return Trend(recent[0][1], recent[-1][1], minutes[-1], slope)
