"""Being told to stop: a role ends at once while it begins, and always within a time that supervisors wait.

While it begins a role has nothing in hand. Celery's own answer to a stop expects a worker that runs: while it begins, that one dies of
an AttributeError, or waits for as long as its processes take to be ready.
"""

import logging
import os
import signal
import threading
from types import FrameType

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
LONGEST_S = 20.0
"""Who has been told to stop ends after so long, whatever he waits for: less than the 30 s of compose and systemd. `dateline up` kills
what has not ended after 6.5 s.
"""


def at_once() -> None:
    """From now on a request to stop is the end. Not by what the system does by default: it does nothing to the first process of a container."""
    for number in SIGNALS:
        signal.signal(number, end)


def end(_number: int, _frame: FrameType | None) -> None:
    """End here and now. Nothing is raised: that could be lost in whatever is going on, and would tell a long story in the log."""
    os._exit(0)


def within(seconds: float = LONGEST_S) -> None:
    """This process, which has been told to stop, does so within a time. What it has in hand then is freed as if it had been killed."""

    def insist() -> None:
        log.error("told to stop, and not done after %g s: ended as it is", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, insist)
    timer.daemon = True
    timer.start()
