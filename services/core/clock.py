"""The only reader of the clock. Everything that decides takes `now` as an argument instead."""

import time
from datetime import UTC, datetime, timedelta

NOTICED = timedelta(seconds=2)
"""Another clock's difference from ours that is none."""
_told: list[tuple[datetime, float]] = []
"""The moment that a process goes on from, and what its counter said then; empty in a process that nobody told."""


def utc_now() -> datetime:
    """The present moment, aware, in UTC; by the database's clock in a process that was told of it (`set_by`)."""
    if not _told:
        return machine_now()
    moment, counted = _told[-1]
    return moment + timedelta(seconds=_passed() - counted)


def machine_now() -> datetime:
    """What the clock of this machine says, aware, in UTC, right or wrong: to judge that clock by, never to store."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that only moves forward; for durations, never for dates."""
    return time.monotonic()


def asking() -> float:
    """To be read before the database is asked what time it is, and given to `set_by`."""
    return _passed()


def set_by(theirs: datetime, asked: float) -> None:
    """Go by the database's clock from now on where ours is off, and count the seconds from there.

    `theirs` is what it said, at some moment since `asked` (`asking()`). What a worker writes is compared with that clock: an hour ahead,
    it would let feeds rest for an hour; an hour behind, it would ask publishers without a pause. Counted, because a clock
    that is set while a job is under way must not reach what that job writes.
    """
    ours, counted = machine_now(), _passed()
    before = ours - timedelta(seconds=counted - asked)
    right = before - NOTICED <= theirs <= ours + NOTICED
    _told[:] = [(ours if right else theirs, counted)]


def _passed() -> float:
    """Seconds since the machine was started, its sleep among them where the system counts that."""
    return time.clock_gettime(_COUNTER)


_COUNTER = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
