"""The only reader of the clock. Everything that decides takes `now` as an argument instead."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that only moves forward; for durations, never for dates."""
    return time.monotonic()
