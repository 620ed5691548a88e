"""The only reader of the clock. Everything that decides takes `now` as an argument instead."""

import time
from datetime import UTC, datetime, timedelta

NOTICED = timedelta(seconds=2)
"""Another clock's difference from ours that is none: a question takes time."""
_off = [timedelta(0)]


def utc_now() -> datetime:
    """The present moment, aware, in UTC; by the database's clock in a process that was told of it (`set_by`)."""
    return datetime.now(UTC) + _off[0]


def set_by(theirs: datetime) -> None:
    """Go by the database's clock from now on, where ours is off.

    What a worker writes is compared with that clock: an hour ahead, it would let feeds rest for an hour; an hour behind, it would
    ask publishers without a pause.
    """
    off = theirs - datetime.now(UTC)
    _off[0] = off if abs(off) > NOTICED else timedelta(0)


def monotonic() -> float:
    """Seconds on a clock that only moves forward; for durations, never for dates."""
    return time.monotonic()
