"""The pulse of the loop that answers: a process whose loop stands still answers nobody, and must not count as alive because a thread
beside it is.

A loop that has been blocked for good (native code, a lock that nobody lets go) does not recover: its process ends, and whoever keeps it
(`dateline up`, compose, systemd) starts another. Followers go on from their cursors.
"""

import asyncio
import logging
import os
import sys
import threading

from services.core.clock import monotonic
from services.core.liveness.notify import MARK_EVERY_S, Notifier
from services.core.liveness.rounds import HUNG_S, LATE_S

log = logging.getLogger(__name__)


class Pulse:
    """One per process. `beat` in the loop, `look` from a thread beside it, every few seconds."""

    def __init__(self, notifier: Notifier) -> None:
        """`notifier`: told beside that the loop goes on."""
        self._notifier = notifier
        self._at: float | None = None
        self._looked: float | None = None
        self._hung = False

    async def beat(self) -> None:
        """Mark that the loop goes on, once a second, for ever."""
        while True:
            self._at = monotonic()
            self._notifier.goes_on()
            await asyncio.sleep(MARK_EVERY_S)

    def look(self) -> float:
        """For how long, in seconds, the loop has been silent; 0 before it begins. At the second look in a row that finds it hung the
        process ends here.

        A look that comes late says that all of us were frozen, the loop being no worse than its watchman.
        """
        now = monotonic()
        silent = 0.0 if self._at is None else now - self._at
        awake = self._looked is not None and now - self._looked < LATE_S
        hung = awake and silent > HUNG_S
        if hung and self._hung:
            _end(silent)
        self._looked, self._hung = now, hung
        return silent


def _end(silent: float) -> None:
    log.error(
        "the loop that answers has not gone on for %.0f s, at %s: this process ends, for another to take its place",
        silent,
        _where(),
    )
    os._exit(1)


def _where() -> str:
    """File and line at which the main thread stands."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001 - documented, and meant for this
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
