"""Who asks us to stop, and when a child ends, as something a `select` loop can wait for."""

import contextlib
import os
import signal
import socket
from types import FrameType, TracebackType
from typing import Self

_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequests:
    """As a context in the main thread: counts requests to stop instead of dying of them.

    `fileno` becomes readable with each signal, SIGCHLD included; `clear` makes it unreadable again.
    """

    def __init__(self) -> None:
        self.count = 0
        self._receive, self._send = socket.socketpair()
        self._before: dict[int, signal.Handlers | object] = {}
        self._fd_before = -1

    def __enter__(self) -> Self:
        for end in (self._receive, self._send):
            end.setblocking(False)
        self._fd_before = signal.set_wakeup_fd(self._send.fileno(), warn_on_full_buffer=False)
        for number in (*_REQUESTS, signal.SIGCHLD):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # under nohup a closed terminal means nothing
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave it takes back
        signal.set_wakeup_fd(self._fd_before)
        self._receive.close()
        self._send.close()

    def fileno(self) -> int:
        """For `select`."""
        return self._receive.fileno()

    def clear(self) -> None:
        """Take what woke the loop."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._receive.fileno(), 4096)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self.count += 1
