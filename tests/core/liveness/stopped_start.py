"""A role that is told to stop at the N-th call it makes while it starts: `python -m tests.core.liveness.stopped_start FOLDER MOMENTS WORDS…`.

Starts the role once to count its calls, then MOMENTS times anew, each time with a SIGTERM a little later. Prints one JSON object for each:
the call, the exit code (null: it had to be killed), what it said, and the processes that it left behind.
"""

import json
import mmap
import os
import signal
import struct
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from services.cli import main
from services.worker import register
from tests.fixtures.ports import free_port

DEADLINE_S = 60
AT_ONCE = 3
_COUNT = struct.Struct("=q")


class Start:
    """One start, in a fork of this process; how many calls it has made stands in memory that both see."""

    def __init__(self, words: list[str], log: Path, *, stop_at: int) -> None:
        self.words, self.log, self.stop_at = words, log, stop_at
        self._memory = mmap.mmap(-1, _COUNT.size)
        os.environ["DATELINE_BIND"] = f"127.0.0.1:{free_port()}"  # asked here, where it gives each port once
        self.pid = os.fork()
        if self.pid == 0:
            code: object = 1
            try:
                self._run()
            except SystemExit as over:
                code = over.code or 0
            except BaseException:  # noqa: BLE001 - it ends here whatever it was, and is told
                traceback.print_exc()
            finally:
                os._exit(code if isinstance(code, int) else 1)

    @property
    def calls(self) -> int:
        """How many the main thread of the leading process has made."""
        return int(_COUNT.unpack_from(self._memory)[0])

    def _run(self) -> None:
        os.setsid()
        output = os.open(self.log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(output, number)
        me, made = os.getpid(), 0

        def look(_frame: FrameType, event: str, _arg: Any) -> None:
            nonlocal made
            if event != "call":
                return
            if os.getpid() != me:
                sys.setprofile(None)
                return
            made += 1
            _COUNT.pack_into(self._memory, 0, made)
            if made == self.stop_at:
                os.kill(me, signal.SIGTERM)

        sys.argv = ["dateline", *self.words]
        sys.setprofile(look)
        main()

    def ended(self) -> int | None:
        """The exit code, once it has ended within the deadline; None: it was killed."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None

    def left(self) -> list[int]:
        """Processes of its group that outlive it; killed."""
        end = time.monotonic() + DEADLINE_S
        while found := group(self.pid):
            if time.monotonic() > end:
                os.killpg(self.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        return found


def group(leader: int) -> list[int]:
    """Processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, number = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(number) == leader and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


def calls_of_a_start(words: list[str], log: Path) -> int:
    """How many calls a whole start takes: until hardly any are made any more."""
    start, before, made = Start(words, log, stop_at=0), 0, 0
    while made < 1000 or made - before > made // 10:
        before = made
        time.sleep(1)
        made = start.calls
    os.kill(start.pid, signal.SIGTERM)
    assert start.ended() in {0, -signal.SIGTERM}, log.read_text()
    return made


def read_code_of(words: list[str]) -> None:
    """Import what the role imports: a stop during that is the system's to answer, and each start would take seconds over it."""
    if words[0] == "worker":
        register(tuple(words[1:]))
    else:
        import_module({"api": "services.api.app", "scheduler": "services.scheduler"}[words[0]])


if __name__ == "__main__":
    folder, moments, words = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    read_code_of(words)
    calls = calls_of_a_start(words, folder / "whole.log")
    for first in range(0, moments, AT_ONCE):
        together = range(first, min(moments, first + AT_ONCE))
        for start in [
            Start(words, folder / f"{number}.log", stop_at=1 + calls * number // moments)
            for number in together
        ]:
            told = {"call": start.stop_at, "of": calls, "code": start.ended(), "left": start.left(), "said": start.log.read_text()}  # fmt: skip
            print(json.dumps(told), flush=True)
