"""A role's pulse: a file in which whatever leads the role says every few seconds that it goes on, for who looks at it from time to time.

That is the health check of a container (`dateline pulse`): no one listens there all the time, as `dateline up` and systemd do. The file
lies where `PULSE_FILE` says, and speaks of one life of one process: its number is another's after a new start.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

VARIABLE = "PULSE_FILE"
EVERY_S = 3.0
"""No pulse comes sooner after the one before."""
_START_TIME = 19
"""Where the moment at which a process began stands in /proc/…/stat, counted from behind its name."""


class Phase(StrEnum):
    """How far the life of a role has come."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a role has said last: process `pid`, which began at `life`, was in `phase` at `at` (`clock.monotonic`)."""

    pid: int
    life: int
    phase: Phase
    at: float

    def beats_in(self) -> bool:
        """Whether the process that said so is alive, stopped or not."""
        return life_of(self.pid) == self.life


def life_of(pid: int) -> int | None:
    """The moment at which a process began, in ticks since the machine did; None for one that has ended, and where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else int(fields[_START_TIME])
    except (OSError, IndexError, ValueError):
        return None


def read(path: Path) -> Pulse | None:
    """The pulse in a file; None where there is none."""
    try:
        pid, life, phase, at = path.read_text().split()
        return Pulse(int(pid), int(life), Phase(phase), float(at))
    except (OSError, ValueError):
        return None


class Writer:
    """Writes the pulse of this process, each time over the one before, which needs no room on a disk that is full. Nothing that goes wrong is
    an error: what cannot be written is withdrawn, so that nobody takes it for silence.
    """

    def __init__(self, path: str) -> None:
        """`path`: empty where nobody wants to know."""
        self._path = Path(path) if path else None
        self._life = life_of(os.getpid()) if path else None
        self._begun = False

    def write(self, phase: Phase, now: float) -> None:
        """We are in `phase`, at `now`. Safe to call from a handler of signals."""
        if self._path is None or self._life is None:
            return
        try:
            if self._begun or self._begin(self._path):
                with _opened(self._path, os.O_WRONLY) as file:
                    os.pwrite(file, _line(Pulse(os.getpid(), self._life, phase, now)), 0)
        except OSError:
            self._withdraw(self._path)

    def _begin(self, path: Path) -> bool:
        """Whether the file is ours: another process, which leads this container and lives, keeps its own."""
        found = read(path)
        if found is not None and found.pid != os.getpid() and found.beats_in():
            return False
        path.unlink(missing_ok=True)
        with _opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
            self._begun = True
        return True

    def _withdraw(self, path: Path) -> None:
        """Only what is ours. The next pulse begins anew."""
        if self._begun:
            self._begun = False
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        yield file
    finally:
        os.close(file)


def _line(pulse: Pulse) -> bytes:
    """As long as any other, so that one covers the one before."""
    return f"{pulse.pid:>10} {pulse.life:>20} {pulse.phase:<8} {pulse.at:>20.3f}\n".encode()
