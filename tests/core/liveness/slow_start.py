"""A worker whose processes are never ready: `python -m tests.core.liveness.slow_start FOLDER`. Each writes its number to `beginning`."""

import os
import sys
import time
from pathlib import Path

from services.core import broker, logs, pool
from services.core.queues import Job, Queue

FOLDER = Path(sys.argv[1])


@broker.job(Job.FETCH_FEEDS)
def work() -> None:
    """Nothing gets here."""


def begin() -> None:
    """Begin, and never get ready."""
    with (FOLDER / "beginning").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while True:
        time.sleep(1)


if __name__ == "__main__":
    pool.in_each_process(begin, lambda: None)
    logs.configure(level="info", log_format="json")
    broker.run_worker(role="ingest", queues=(Queue.FETCH,), processes=2)
