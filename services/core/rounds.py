"""Whether the processes that work go on: each marks the time every second in memory that it shares with the one that leads it.

The mark comes from a thread beside the work, so that a long job is no silence; a process that is frozen, or wedged in native
code for good, is silent. Who leads ends such a process, and its pool starts another: nobody has to help.
"""

import logging
import mmap
import os
import signal
import struct
import threading
from contextlib import suppress
from pathlib import Path

from services.core.clock import monotonic

MARK_EVERY_S = 1.0
NOTICED_S = 15.0
"""Silence of so long is logged, once."""
HUNG_S = 40.0
"""A process that has marked nothing for so long is ended. By then its role has counted as not running for a while."""
_LATE_S = 15.0
"""When the last look is longer ago, we were frozen ourselves, and silence says nothing of others."""
_SLOT = struct.Struct("=qd")

log = logging.getLogger(__name__)


class Rounds:
    """Marks of up to `processes` processes. Make it before they are forked."""

    def __init__(self, processes: int) -> None:
        self._memory = mmap.mmap(-1, _SLOT.size * processes)
        self._slots = processes
        self._looked: float | None = None
        self._hung: set[int] = set()
        self._noticed: set[int] = set()

    def mark(self, slot: int) -> None:
        """This process, number `slot` of its pool, goes on."""
        if slot < self._slots:
            _SLOT.pack_into(self._memory, slot * _SLOT.size, os.getpid(), monotonic())

    def keep_marking(self, slot: int) -> None:
        """Mark from a thread of its own for as long as the process lives."""

        def run() -> None:
            pause = threading.Event()
            while not pause.wait(MARK_EVERY_S):
                self.mark(slot)

        self.mark(slot)
        threading.Thread(target=run, name="rounds", daemon=True).start()

    def look(self) -> float:
        """How long, in seconds, the most silent process has been so; those that have hung for two looks in a row are ended."""
        now = monotonic()
        silent = {pid: now - at for pid, at in self._marks() if pid and _is_child(pid)}
        awake = self._looked is not None and now - self._looked < _LATE_S
        hung = {pid for pid, seconds in silent.items() if seconds > HUNG_S} if awake else set()
        noticed = {pid for pid, seconds in silent.items() if seconds > NOTICED_S} if awake else set()
        for pid in noticed - self._noticed:
            log.warning(
                "process %d has not gone on for %.0f s; after %.0f s it is ended", pid, silent[pid], HUNG_S
            )
        for pid in hung & self._hung:
            log.error(
                "process %d has not gone on for %.0f s and is ended; another takes its place",
                pid,
                silent[pid],
            )
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._looked, self._hung, self._noticed = now, hung, noticed
        return max(silent.values(), default=0.0)

    def _marks(self) -> list[tuple[int, float]]:
        return [_SLOT.unpack_from(self._memory, slot * _SLOT.size) for slot in range(self._slots)]


def _is_child(pid: int) -> bool:
    """Whether a process is one of ours still: its number may be somebody else's by now. Where there is no /proc we cannot tell."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
    except (OSError, IndexError, ValueError):
        return not Path("/proc/self").exists()
