"""A worker whose job takes as long as a test wants: `python -m tests.core.slow_worker FOLDER`.

The job writes its process id to `started`, waits for the file `go`, and writes to `done`.
"""

import os
import sys
import time
from pathlib import Path

from services.core import broker, logs
from services.core.queues import Job, Queue

FOLDER = Path(sys.argv[1])


def note(name: str) -> None:
    """One more line in a file."""
    with (FOLDER / name).open("a") as file:
        file.write(f"{os.getpid()}\n")


@broker.job(Job.FETCH_FEEDS)
def work() -> None:
    """Take as long as the test wants."""
    note("started")
    while not (FOLDER / "go").exists():
        time.sleep(0.02)
    note("done")


if __name__ == "__main__":
    logs.configure(level="info", log_format="json")
    broker.run_worker(role="ingest", queues=(Queue.FETCH,), processes=2)
