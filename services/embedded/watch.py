"""Whether a role goes on, by what it says itself: each has a socket in the folder for sockets, and is told of it as systemd tells its services
(`NOTIFY_SOCKET`, `WATCHDOG_USEC`; sd_notify(3)).

A socket each: so its name says who speaks, on systems that tell no sender too.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from services.core.clock import monotonic
from services.core.notify import SILENT_S

START_S = 600.0
"""A role that has not been ready for so long is ended (`TimeoutStartSec`): a worker waits a minute for its database, and what it reads then may take
minutes on a busy machine.
"""
ABORT_S = 3.0
"""A role that is told to abort has so long for saying where it stood."""
_LOOK_AT_MOST_S = 1.0
"""No look adds more to a silence: when the last one is longer ago, we were frozen ourselves, or the machine slept."""
_SPOKEN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_DATAGRAM = 4096


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a role may be silent once it is ready, and that it may take to be."""

    silent: float = SILENT_S
    start: float = START_S


class Verdict(Enum):
    """What is to be done about a role now."""

    NOTHING = "nothing"
    ABORT = "abort"
    KILL = "kill"


class Watch:
    """Of one role, through all its lives. Look often. Raises OSError where `folder` can hold no socket."""

    def __init__(self, name: str, folder: Path, patience: Patience) -> None:
        self.hung = ""
        """Why it was told to end, as the middle of a sentence; empty while it was not."""
        self._patience = patience
        self._path = folder / f"{name}.say"
        self._path.unlink(missing_ok=True)  # of a run that was killed
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(os.fsencode(self._path))
        except OSError:
            self._socket.close()
            raise
        self.begin()

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def begin(self) -> None:
        """It starts, anew: what its last life has said counts no more."""
        self._received()
        self.hung = ""
        self._ready = self._leaving = False
        self._silent, self._looked = 0.0, monotonic()

    def told(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment in which it starts."""
        return untold(environ) | {
            "NOTIFY_SOCKET": str(self._path),
            "WATCHDOG_USEC": str(round(self._patience.silent * 1e6)),
        }

    def hear(self) -> None:
        """Take in what it has said."""
        for word in self._received():
            if word == b"READY=1" and not self._ready:
                self._ready, self._silent = True, 0.0
            elif word == b"WATCHDOG=1" and self._ready and not self._leaving:
                self._silent = 0.0
            elif word == b"STOPPING=1" and not self._leaving:
                self._leaving, self._silent = True, 0.0

    def look(self) -> Verdict:
        """What is to be done now. Silence counts only while we are awake."""
        now = monotonic()
        self._silent += min(now - self._looked, _LOOK_AT_MOST_S)
        self._looked = now
        if self.hung:
            return Verdict.KILL if self._silent >= ABORT_S else Verdict.NOTHING
        if self._leaving:  # it has a limit of its own for that, with jobs in hand of two minutes
            what, most = "was told to stop and had not ended after", self._patience.start
        elif self._ready:
            what, most = "had not gone on for", self._patience.silent
        else:
            what, most = "was not ready after", self._patience.start
        if self._silent < most:
            return Verdict.NOTHING
        self.hung, self._silent = f"{what} {self._silent:.0f} s", 0.0
        return Verdict.ABORT

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _received(self) -> list[bytes]:
        words: list[bytes] = []
        with suppress(BlockingIOError):
            while True:
                words += self._socket.recv(_DATAGRAM).split(b"\n")
        return words


def untold(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what whoever keeps us has told us: it is not meant for those whom we start."""
    return {name: value for name, value in environ.items() if name not in _SPOKEN}
