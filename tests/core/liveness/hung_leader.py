"""A worker whose leading process hangs when a test wants it to: `python -m tests.core.liveness.hung_leader FOLDER`.

When there is a file `hang`, its loop writes `hangs` and stands still; the threads beside it and its processes live on.
"""

import faulthandler
import sys
import time
from pathlib import Path
from typing import Any

from celery.signals import worker_ready

from services.core import logs
from services.worker import run_worker

FOLDER = Path(sys.argv[1])


def look() -> None:
    """Hang, if that is wanted."""
    if (FOLDER / "hang").exists():
        (FOLDER / "hangs").touch()
        time.sleep(6000)


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """Look again and again, in the loop."""
    sender.timer.call_repeatedly(0.1, look)


if __name__ == "__main__":
    faulthandler.enable()
    logs.configure(level="info", log_format="json")
    run_worker(("stories",))
