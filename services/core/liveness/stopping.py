"""Being told to stop: a role ends at once while it begins, and always within a time that supervisors wait.

While it begins a role has nothing in hand. Celery's own answer to a stop expects a worker that runs: while it begins, that one dies of
an AttributeError, or waits for as long as its processes take to be ready.
"""

import _thread
import logging
import os
import signal
import time
from contextlib import suppress
from types import FrameType

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
LONGEST_S = 20.0
"""Who has been told to stop ends after so long, whatever he waits for: less than the 30 s of compose and systemd. `dateline up` kills
what has not ended after 6.5 s.
"""
TELLING_S = 1.0
"""The log may be what is waited for: it is not told for longer than this."""


class Asked:
    """Whether somebody has asked to stop: a handler of signals says so, and the thread that it runs in waits for it.

    For `threading.Event` that is a way to hang: its `wait` holds a lock for moments, and a handler that runs in one of them has `set` wait for
    that lock, which is its own thread's. Here the one lock is what is waited for, and letting it go waits for nothing.
    """

    def __init__(self) -> None:
        self._asked = False
        self._bar = _thread.allocate_lock()
        self._bar.acquire()

    def set(self) -> None:
        """Somebody has; end the wait. Once or several times."""
        self._asked = True
        with suppress(RuntimeError):  # it is open already
            self._bar.release()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody has, so long at most; whether somebody has."""
        if not self._asked:
            self._bar.acquire(timeout=seconds)
        return self._asked


def at_once() -> None:
    """From now on a request to stop is the end. Not by what the system does by default: it does nothing to the first process of a container."""
    for number in SIGNALS:
        signal.signal(number, end)


def end(_number: int, _frame: FrameType | None) -> None:
    """End here and now. Nothing is raised: that could be lost in whatever is going on, and would tell a long story in the log."""
    os._exit(0)


def within(seconds: float = LONGEST_S) -> None:
    """This process, which has been told to stop, does so within a time. What it has in hand then is freed as if it had been killed.

    For handlers of signals: whatever they interrupt may hold the locks of `threading` and of the log, so nothing here waits for those.
    """
    with suppress(RuntimeError):  # no thread can be had: then supervisors insist
        _thread.start_new_thread(_insist, (seconds,))


def _insist(seconds: float) -> None:
    time.sleep(seconds)
    told = _thread.allocate_lock()
    told.acquire()
    with suppress(RuntimeError):
        _thread.start_new_thread(_tell, (seconds, told))
        told.acquire(timeout=TELLING_S)
    os._exit(1)


def _tell(seconds: float, told: _thread.LockType) -> None:
    log.error("told to stop, and not done after %g s: ended as it is", seconds)
    told.release()
