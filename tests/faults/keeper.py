"""A small supervisor: it starts again whatever ends, as compose and `dateline up` do, and hands out process numbers to hurt."""

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Any

from services.embedded.guardian import Guardian
from services.embedded.process import Child, finish, has_ended, send, spawn, stop

RESTART_S = 0.5
"""Seconds between the end of a process and its next start: what `dateline up` waits the first time."""
_LOOK_S = 0.02


@dataclass
class Kept:
    """One program: the process it is now, whether it is wanted, and how often it has ended."""

    child: Child
    process: Popen[bytes] | None = None
    wanted: bool = True
    again_at: float = 0.0
    ends: int = 0
    codes: list[int] = field(default_factory=list)


class Keeper:
    """All starting is done by one thread, which lives as long as the programs: theirs end with their parent thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[str, Kept] = {}
        self._asked: queue.Queue[tuple[Callable[[], Any], threading.Event]] = queue.Queue()
        self._over = threading.Event()
        self._guardian = Guardian()
        self._guardian.look()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def start(self, *children: Child) -> None:
        """Keep these running from now on; returns when each answers."""

        def begin() -> None:
            for child in children:
                self.kept[child.name] = Kept(child)

        self._ask(begin)
        for child in children:
            self.wait_ready(child.name)

    def wait_ready(self, name: str, *, seconds: float = 120) -> None:
        """Until the program runs and answers."""
        end = time.monotonic() + seconds
        while not (self.pid(name) and self.kept[name].child.ready()):
            assert time.monotonic() < end, f"{name} does not answer: {self.log(name)[-2000:]}"
            time.sleep(0.05)

    def pid(self, name: str) -> int | None:
        """The process number, while there is one."""
        process = self.kept[name].process
        return process.pid if process is not None and not has_ended(process) else None

    def children(self, name: str) -> list[int]:
        """The processes that work below the one that listens."""
        pid = self.pid(name)
        return children_of(pid) if pid else []

    def signal(self, name: str, number: signal.Signals, *, whole: bool = False) -> bool:
        """Signal the program, or its whole group; False when it does not run."""
        process = self.kept[name].process
        if process is None or has_ended(process):
            return False
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number) if whole else send(process, number)
        return True

    def hold(self, name: str) -> None:
        """Do not start it again when it ends. Asked of whoever starts programs: it may be in the middle of that, and what is told to the
        program now would be told to nobody.
        """

        def mark() -> None:
            self.kept[name].wanted = False

        self._ask(mark)

    def release(self, name: str) -> None:
        """Start it again, at once if it has ended."""
        kept = self.kept[name]
        kept.wanted, kept.again_at = True, 0.0

    def mend(self) -> None:
        """Let everything that was stopped go on, and start what was held back."""
        for name, kept in self.kept.items():
            pid = self.pid(name)
            for member in (pid, *children_of(pid)) if pid else ():
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGCONT)
            if not kept.wanted:
                self.release(name)

    def change(self, name: str, **env: str) -> None:
        """Environment from its next start on."""
        kept = self.kept[name]
        kept.child = replace(kept.child, env={**kept.child.env, **env})

    def forget(self, name: str) -> None:
        """Stop it, and keep it no more."""

        def end() -> None:
            kept = self.kept.pop(name)
            if kept.process is not None:
                self._guardian.forget(kept.process.pid)
                stop(kept.child, kept.process)

        self._ask(end)

    def log(self, name: str) -> str:
        """What it said."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self) -> None:
        """Stop everything, the servers last."""
        self._over.set()
        self._thread.join()
        self._guardian.close()

    def _ask(self, work: Callable[[], Any]) -> None:
        done = threading.Event()
        self._asked.put((work, done))
        assert done.wait(60), "the keeper does not answer"

    def _run(self) -> None:
        while not self._over.wait(_LOOK_S):
            with suppress(queue.Empty):
                work, done = self._asked.get_nowait()
                work()
                done.set()
            for kept in list(self.kept.values()):
                self._look(kept)
        for kept in sorted(self.kept.values(), key=lambda k: -k.child.tier):
            if kept.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(kept.process.pid, signal.SIGCONT)
                hurried = (
                    kept.child if kept.child.tier == 0 else replace(kept.child, stop_signal=signal.SIGKILL)
                )
                stop(hurried, kept.process)

    def _look(self, kept: Kept) -> None:
        if kept.process is not None and has_ended(kept.process):
            self._guardian.forget(kept.process.pid)
            kept.codes.append(finish(kept.process))
            kept.process, kept.ends = None, kept.ends + 1
            kept.again_at = time.monotonic() + RESTART_S
        elif kept.process is None and kept.wanted and time.monotonic() >= kept.again_at:
            with (self.folder / f"{kept.child.name}.log").open("ab") as output:
                kept.process = spawn(kept.child, output)
            self._guardian.watch(kept.process.pid, kept.child.death_signal)


def children_of(pid: int) -> list[int]:
    """The direct children of a process, whichever thread began them."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(number) for number in (thread / "children").read_text().split()]
    return found


def state_of(pid: int) -> str:
    """One letter, as /proc tells it; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
