"""Whether a role goes on, by what it says itself: each has a socket in the folder for sockets, and is told of it as systemd tells its services
(`NOTIFY_SOCKET`, `WATCHDOG_USEC`; sd_notify(3)).

A socket each: so its name says who speaks, on systems that tell no sender too.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from services.core.clock import monotonic
from services.core.liveness import pulse
from services.core.liveness.pulse import Phase
from services.core.liveness.vigil import Patience, Verdict, Vigil

_SPOKEN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", pulse.VARIABLE)
_DATAGRAM = 4096


class Watch:
    """Of one role, through all its lives. Look often. Raises OSError where `folder` can hold no socket."""

    def __init__(self, name: str, folder: Path, patience: Patience) -> None:
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
        self._vigil = Vigil(self._patience, monotonic())

    @property
    def hung(self) -> str:
        """Why it was told to end, as the middle of a sentence; empty while it was not."""
        return self._vigil.hung

    def told(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment in which it starts."""
        return untold(environ) | {
            "NOTIFY_SOCKET": str(self._path),
            "WATCHDOG_USEC": str(round(self._patience.silent * 1e6)),
        }

    def hear(self) -> None:
        """Take in what it has said."""
        for word in self._received():
            if word == b"READY=1":
                self._vigil.comes(Phase.READY)
            elif word == b"WATCHDOG=1":
                self._vigil.goes_on()
            elif word == b"STOPPING=1":
                self._vigil.comes(Phase.STOPPING)

    def look(self) -> Verdict:
        """What is to be done now."""
        return self._vigil.look(monotonic())

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
