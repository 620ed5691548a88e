"""A worker that is told to stop at a moment of its start that is hard to hit: `python -m tests.core.liveness.stopped_at_worst MOMENT`.

`looked-for`: when it says that it is ready, and Celery is about to ask whether its processes have begun. `begun`: when one of these
processes is about to tell that it has, and the worker ends before it can. `all-begun`: when each of them is about to, so that they hold one
another's pipes open once nobody leads them.
"""

import mmap
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

from billiard.process import current_process
from billiard.util import set_pdeathsig
from celery.concurrency import asynpool, prefork

from services.cli import main

MOMENT = sys.argv[1]
LEADER = os.getpid()
PROCESSES = int(os.environ["DATELINE_WORKER_PROCESSES"])
here = mmap.mmap(-1, PROCESSES)
"""Which processes are about to tell, in memory that they share."""
started_ok: Any = prefork.TaskPool.did_start_ok
tell: Any = asynpool.Worker.on_loop_start


def looked_for(pool: Any) -> bool:
    """Told to stop, and then asked."""
    os.kill(LEADER, signal.SIGTERM)
    return bool(started_ok(pool))


def not_before(_pool: Any) -> bool:
    """The worker gets no further than this before it is told to stop, however fast it is."""
    while True:
        signal.pause()


def begun(process: Any, pid: int) -> None:
    """The worker is told to stop, and has ended; the kernel, which kills whom it leaves, has not come to that yet."""
    with suppress(OSError):  # not everywhere does it do that
        set_pdeathsig(0)
    if MOMENT == "all-begun":
        here[current_process().index] = 1
        while sum(here[:]) < PROCESSES:
            time.sleep(0.01)
    with suppress(ProcessLookupError):  # told by another, and gone
        os.kill(LEADER, signal.SIGTERM)
    while os.getppid() == LEADER:
        time.sleep(0.01)
    tell(process, pid)


if MOMENT == "looked-for":
    setattr(prefork.TaskPool, "did_start_ok", looked_for)  # noqa: B010 - a plain assignment is what mypy forbids
else:
    setattr(prefork.TaskPool, "did_start_ok", not_before)  # noqa: B010 - as above
    setattr(asynpool.Worker, "on_loop_start", begun)  # noqa: B010 - as above
sys.argv = ["dateline", "worker", "ingest"]
main()
