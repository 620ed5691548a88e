"""Telling who keeps this process that it is ready and that its work goes on, by the protocol of sd_notify(3): systemd listens to it, and
`dateline up` does. Without `NOTIFY_SOCKET` in the environment nothing is said. Beside it, for the health check of a container, the file that
`PULSE_FILE` names has the role's pulse (`pulse`).

Who is silent for too long is ended and started again. So the word must come from whatever does the work, and a thread beside it must not
speak for it: only the thread that made the notifier is heard.
"""

import os
import socket
import threading
from collections.abc import MutableMapping
from contextlib import suppress

from services.core.clock import monotonic
from services.core.liveness import pulse
from services.core.liveness.pulse import Phase

MARK_EVERY_S = 1.0
"""Whatever does the work says so often that it goes on; who keeps it hears of it more seldom."""
SILENT_S = 90.0
"""A role that has said nothing for so long is ended, by `dateline up` and by systemd (`WatchdogSec`). What heals inside has done so by then,
within some 50 s (`rounds`, `api.watching.pulse`), and whoever waits for a frozen server has given up, after 40 s.
"""
_LONGEST_PAUSE_S = 10.0
_SHARE = 4
"""So many words fit into the time after which silence counts as a hang: two that are lost, or late, are no silence."""


class Notifier:
    """One per process, made in the thread that leads it. What is called elsewhere, as in a process that was forked, does nothing."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Take over what `environ` says: processes that this one starts shall not speak for it."""
        self._address = _address(environ.pop("NOTIFY_SOCKET", ""))
        self._pause = _pause(environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", ""))
        self._pulse = pulse.Writer(environ.pop(pulse.VARIABLE, ""))
        self._owner = (os.getpid(), threading.get_ident())
        self._phase = Phase.STARTING
        self._went_on: float | None = None
        self._said: float | None = None
        self._write(monotonic())

    def ready(self) -> None:
        """The work has begun, or is tried again and again until what it needs is there."""
        if self._phase is Phase.STARTING and self._is_ours():
            self._phase = Phase.READY
            self._say("READY=1")
            self._write(monotonic())

    def goes_on(self) -> None:
        """The work goes on. Call it every `MARK_EVERY_S`, and before everything that may last for longer."""
        if not self._is_ours():
            return
        now = self._went_on = monotonic()
        if self._pause is not None and (self._said is None or now - self._said >= self._pause):
            self._said = now
            self._say("WATCHDOG=1")
        if self._phase is Phase.READY and now - self._written >= pulse.EVERY_S:
            self._write(now)

    def stopping(self) -> None:
        """The process has been told to stop and does so in its time. Safe to call from a handler of signals."""
        if self._is_ours():
            self._say("STOPPING=1")
            if self._phase is not Phase.STOPPING:
                self._phase = Phase.STOPPING
                self._write(monotonic())

    def silence(self) -> float:
        """Seconds since the work last went on; 0 before it begins. For any thread."""
        return 0.0 if self._went_on is None else max(0.0, monotonic() - self._went_on)

    def _is_ours(self) -> bool:
        return self._owner == (os.getpid(), threading.get_ident())

    def _write(self, now: float) -> None:
        self._written, wrote = now, None
        while wrote is not self._phase:  # a handler of signals may come in between
            wrote = self._phase
            self._pulse.write(wrote, now)

    def _say(self, what: str) -> None:
        """Never waits, and is never an error: who listens may be gone, or be frozen and have taken enough."""
        if self._address is None:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(what.encode(), self._address)


def _address(value: str) -> str | None:
    """A path, or with `@` in front a name in Linux' own space for such; None for what is neither, such as `vsock:…`."""
    return "\0" + value[1:] if value[:1] == "@" else value if value[:1] == "/" else None


def _pause(microseconds: str, pid: str) -> float | None:
    """Seconds between two words that the work goes on; None where nobody wants to hear it, or another process is to say it."""
    if not microseconds.isdecimal() or not int(microseconds) or (pid and pid != str(os.getpid())):
        return None
    return min(int(microseconds) / 1e6 / _SHARE, _LONGEST_PAUSE_S)
