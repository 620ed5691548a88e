"""A server that an earlier run left behind: found by its process file, ended before its successor starts.

The caller holds the lock of the home, so whoever the file names is an orphan of ours, or somebody unconcerned
that got the same process number, as happens in containers and after a reboot.
"""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from services.core import clock
from services.core.errors import UnavailableError

_SECONDS_EACH = 10.0


def end_orphan(pid_file: Path, *, works_in: Path, signals: Sequence[signal.Signals]) -> None:
    """End the process that `pid_file` names if its working folder is `works_in`, by one signal after another.

    Raises UnavailableError when it does not go. Where there is no /proc nobody can be told apart, and nothing is done:
    there the server's own check of its files speaks.
    """
    pid = _first_number(pid_file)
    if pid is None or not _works_in(pid, works_in):
        return
    for number in signals:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = clock.monotonic() + _SECONDS_EACH
        while clock.monotonic() < deadline:
            if not _works_in(pid, works_in):
                return
            time.sleep(0.05)
    raise UnavailableError(f"Process {pid} of an earlier run still works in {works_in}: stop it by hand.")


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:  # gone, or another user's
        return False
