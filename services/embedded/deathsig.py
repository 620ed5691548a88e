"""Tie a child's life to its parent's: Linux' PDEATHSIG, set between fork and exec.

It survives `exec`, is cleared by a change of user (so it is set after that change), is not inherited
by grandchildren, and fires when the *thread* that forked ends: start children from the main thread.
Other systems have none; there only the supervisor's own stop, and its sweep at the next start, help.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here, before any fork: loading a library between fork and exec may deadlock.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before exec so that the kernel sends it `number` when its parent ends.

    None where the system has no such thing. Call it in the parent: it notes who that is.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def between_fork_and_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the request stood
            os._exit(1)

    return between_fork_and_exec
