"""Whether the processes that work go on: each marks the time every second in memory that it shares with the one that leads it.

The mark comes from a thread beside the work, so that a long job is no silence; a process that is frozen, or wedged in native
code for good, is silent. Who leads ends such a process, and its pool starts another: nobody has to help.

The same memory says when the worker has been told to stop: a process that is still getting ready then ends at once, where the worker would
wait for it. At all times it sees by itself when nobody leads it any more, which the kernel tells only those who have asked to be told, and
not on every system.
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
from services.core.liveness.notify import MARK_EVERY_S

_LOOK_EVERY_S = 0.1
"""Whoever gets ready looks so often whether he is still wanted."""
NOTICED_S = 15.0
"""Silence of so long is logged, once."""
HUNG_S = 40.0
"""A process that has marked nothing for so long is ended. By then its role has counted as not running for a while."""
LATE_S = 15.0
"""When the last look is longer ago, we were frozen ourselves, and silence says nothing of others."""
_SLOT = struct.Struct("=qd")

log = logging.getLogger(__name__)


class Rounds:
    """Marks of up to `processes` processes. Make it before they are forked."""

    def __init__(self, processes: int) -> None:
        self._memory = mmap.mmap(-1, _SLOT.size * processes + 1)
        self._slots = processes
        self._leader = os.getpid()
        self._looked: float | None = None
        self._seen: dict[int, float] = {}
        self._hung: set[int] = set()
        self._noticed: set[int] = set()

    def mark(self, slot: int) -> None:
        """This process, number `slot` of its pool, goes on."""
        if slot < self._slots:
            _SLOT.pack_into(self._memory, slot * _SLOT.size, os.getpid(), monotonic())

    def keep_marking(self, slot: int) -> threading.Event:
        """Mark from a thread of its own for as long as the process lives.

        Until the event that is returned is set the process counts as getting ready. It ends when nobody leads it any more, as if killed:
        what it has in hand is another's once its lease has run out.
        """
        ready = threading.Event()

        def run() -> None:
            while not ready.wait(_LOOK_EVERY_S):
                self.mark(slot)
                if self._unwanted():
                    os._exit(0)
            pause = threading.Event()
            while not pause.wait(MARK_EVERY_S):
                self.mark(slot)
                if self._left_alone():
                    os._exit(0)

        self.mark(slot)
        threading.Thread(target=run, name="rounds", daemon=True).start()
        return ready

    def tell_to_stop(self) -> None:
        """The worker stops: who is getting ready need not. Safe to call from a handler of signals."""
        self._memory[-1] = 1

    def _unwanted(self) -> bool:
        return self._memory[-1] == 1 or self._left_alone()

    def _left_alone(self) -> bool:
        """Nobody leads us, and nobody will notice: processes of one pool hold one another's pipes open, so that no end of file tells them."""
        return self._leader not in {os.getpid(), os.getppid()}

    def look(self) -> float:
        """How long, in seconds, the most silent process has been so; those that have hung for two looks in a row are ended."""
        now = monotonic()
        marks = dict(self._marks())
        # One that hangs before it marks for the first time has no mark to be late with: it is silent since it was seen.
        self._seen = {pid: self._seen.get(pid, now) for pid in _forked() - marks.keys()}
        silent = {pid: now - at for pid, at in (marks | self._seen).items() if pid and _is_child(pid)}
        awake = self._looked is not None and now - self._looked < LATE_S
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


def _forked() -> set[int]:
    """Our children that run what we run. Empty where there is no /proc."""
    try:
        ours = Path("/proc/self/cmdline").read_bytes()
        lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    except OSError:
        return set()
    found = set()
    for pid in map(int, " ".join(lists).split()):
        with suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes() == ours:
                found.add(pid)
    return found


def _is_child(pid: int) -> bool:
    """Whether a process is one of ours still: its number may be somebody else's by now. Where there is no /proc we cannot tell."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
    except (OSError, IndexError, ValueError):
        return not Path("/proc/self").exists()
