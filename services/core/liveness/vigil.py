"""When a role that says nothing is ended, and how: for `dateline up`, which hears each all the time (`embedded.watch`), and for the health
check of a container, which looks from time to time (`cli.pulse`). systemd does the same by its units.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from services.core.liveness.notify import SILENT_S
from services.core.liveness.pulse import Phase

START_S = 600.0
"""A role that has not been ready for so long is ended (`TimeoutStartSec`): a worker waits a minute for its database, and what it reads then may take
minutes on a busy machine.
"""
ABORT_S = 3.0
"""A role that is told to abort has so long for saying where it stood."""
LOOK_AT_MOST_S = 1.0
"""No look adds more to a silence: when the last one is longer ago, we were frozen ourselves, or the machine slept."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a role may be silent once it is ready, and that it may take to be."""

    silent: float = SILENT_S
    start: float = START_S

    def during(self, phase: Phase) -> float:
        """So long a silence is borne. One that was told to stop has a limit of its own for that, with jobs in hand of two minutes."""
        return self.silent if phase is Phase.READY else self.start


class Verdict(Enum):
    """What is to be done about a role now."""

    NOTHING = "nothing"
    ABORT = "abort"
    KILL = "kill"


_ORDER = tuple(Phase)
_HUNG = {
    Phase.STARTING: "was not ready after",
    Phase.READY: "had not gone on for",
    Phase.STOPPING: "was told to stop and had not ended after",
}


def says(phase: Phase, seconds: float) -> str:
    """That it has been silent for too long, as the middle of a sentence."""
    return f"{_HUNG[phase]} {seconds:.0f} s"


class Vigil:
    """Over one life of one role. Look often: silence counts only while we are awake."""

    def __init__(
        self, patience: Patience, now: float, *, phase: Phase = Phase.STARTING, silent: float = 0.0
    ) -> None:
        """Begins at `now`, with a role that has been `silent` for so many seconds in this `phase`."""
        self.hung = ""
        """Why it was told to end, as the middle of a sentence; empty while it was not."""
        self.phase = phase
        self._patience = patience
        self._silent, self._looked = silent, now

    def comes(self, phase: Phase) -> None:
        """It says that it has come so far. It never goes back: one that was told to stop is ready no more."""
        if _ORDER.index(phase) > _ORDER.index(self.phase):
            self.phase, self._silent = phase, 0.0

    def goes_on(self) -> None:
        """It says that its work goes on, which counts while it is at work."""
        if self.phase is Phase.READY:
            self._silent = 0.0

    def look(self, now: float) -> Verdict:
        """What is to be done now."""
        self._silent += min(now - self._looked, LOOK_AT_MOST_S)
        self._looked = now
        if self.hung:
            return Verdict.KILL if self._silent >= ABORT_S else Verdict.NOTHING
        if self._silent < self._patience.during(self.phase):
            return Verdict.NOTHING
        self.hung, self._silent = says(self.phase, self._silent), 0.0
        return Verdict.ABORT


def carry_out(verdict: Verdict, pid: int) -> None:
    """End a role that hangs, with its processes if it leads their group: first it may say where it stood, for which one that is stopped has to
    go on. One that has ended, or is not ours to end, stays as it is.
    """
    with suppress(ProcessLookupError, PermissionError):
        if verdict is Verdict.ABORT:
            os.kill(pid, signal.SIGABRT)
            os.kill(pid, signal.SIGCONT)
        elif verdict is Verdict.KILL and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        elif verdict is Verdict.KILL:
            os.kill(pid, signal.SIGKILL)
