"""The process that ends everything when the supervisor is killed outright.

PDEATHSIG reaches children, on Linux only, and never grandchildren. The guardian is told of every child,
holds the other end of a pipe, and when that closes, for whatever reason, stops who is still on its list:
servers by their own clean signal, everything else, with its whole process group, at once.
It runs as a plain script from the standard library alone, so it is small and starts in milliseconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

_PATIENCE = 8.0
"""Seconds a server has for a clean end before its group is killed."""


class Guardian:
    """Our end of the pipe. `close` with nobody on the list ends the guardian and nothing else."""

    def __init__(self) -> None:
        self._wards: dict[int, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The guardian's process number while it runs."""
        return None if self._process is None else self._process.pid

    def watch(self, pid: int, number: signal.Signals) -> None:
        """Have process `pid`, leader of its group, stopped by `number` if we end first."""
        self._wards[pid] = int(number)
        self._tell(f"+{pid} {int(number)}\n")

    def forget(self, pid: int) -> None:
        """Process `pid` has ended. Call before it is reaped: afterwards its number may be somebody else's."""
        if self._wards.pop(pid, None) is not None:
            self._tell(f"-{pid} 0\n")

    def look(self) -> None:
        """Start the guardian if it is not running (again: somebody may have killed it)."""
        if self._process is not None and self._process.poll() is None:
            return
        self._drop()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
        )
        for pid, number in self._wards.items():
            self._tell(f"+{pid} {number}\n")

    def close(self) -> None:
        """Let the guardian go; it stops who is still on its list."""
        if self._process is not None:
            self._drop()

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # the next look starts another and tells it everything
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


def read_wards(lines: Iterable[bytes]) -> dict[int, int]:
    """Who is on the list when `lines` are over: process number to signal."""
    wards: dict[int, int] = {}
    for line in lines:
        pid, number = (int(word) for word in line[1:].split())
        if line.startswith(b"+"):
            wards[pid] = number
        else:
            wards.pop(pid, None)
    return wards


def end_all(wards: dict[int, int], patience: float = _PATIENCE) -> None:
    """Stop every ward: those with a clean signal by it first, every group by SIGKILL in the end."""
    for pid, number in wards.items():
        with contextlib.suppress(OSError):
            if number == signal.SIGKILL:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
    left = {pid for pid, number in wards.items() if number != signal.SIGKILL}
    deadline = time.monotonic() + patience
    while (left := {pid for pid in left if _lives(pid)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    """Whether `pid` runs. One that ended and is not reaped, as under a container's idle init, does not."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - pathlib would double this script's start
            return stat.read().rpartition(b")")[2].split()[0] not in b"ZX"
    except FileNotFoundError:
        return not os.path.exists("/proc/self")  # noqa: PTH110 - as above
    except OSError:
        return False


if __name__ == "__main__":
    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)
    end_all(read_wards(sys.stdin.buffer))
