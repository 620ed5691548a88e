"""Programs that a test starts, watches and kills, with nothing left of them afterwards."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 120.0


def search_path() -> str:
    """PYTHONPATH for a program that imports the project, installed or not."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


class Program:
    """A Python program in a process of its own; what it says can be waited for."""

    def __init__(self, *argv: str | Path, env: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
        before = signal.signal(
            signal.SIGHUP, signal.SIG_DFL
        )  # whoever runs the tests may ignore it, as `nohup` does
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-u", *map(str, argv)],
                cwd=ROOT,
                env=clean | {"PYTHONPATH": search_path()} | (env or {}),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGHUP, before)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, times: int = 1) -> list[re.Match[str]]:
        """The first `times` matches of `pattern` in what it says; fails when they do not come."""

        def found() -> list[re.Match[str]]:
            return list(re.finditer(pattern, self.output, re.MULTILINE))

        eventually(lambda: len(found()) >= times or not self._reader.is_alive(), self.describe)
        assert len(found()) >= times, f"ended without saying {pattern!r}:\n{self.output}"
        return found()

    def end(self, number: signal.Signals = signal.SIGTERM, *, within: float = _PATIENCE) -> int:
        """Signal it and return its exit code; fails when it takes longer than `within` seconds."""
        self.process.send_signal(number)
        return self.wait(within)

    def wait(self, within: float = _PATIENCE) -> int:
        code = self.process.wait(timeout=within)
        self._reader.join(timeout=60)
        return code

    def describe(self) -> str:
        return f"it said:\n{self.output}"

    def close(self) -> None:
        """End it outright; what hangs on it has its own ways of noticing."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def run_program() -> Iterator[Callable[..., Program]]:
    """`run_program(path, *words, env={...})` starts a Python program that does not outlive the test."""
    started: list[Program] = []

    def run(*argv: str | Path, env: dict[str, str] | None = None) -> Program:
        started.append(Program(*argv, env=env))
        return started[-1]

    yield run
    for program in started:
        program.close()


def eventually(true: Callable[[], bool], describe: Callable[[], str] = lambda: "") -> None:
    """Return when `true()`; fail after two minutes, which no healthy run needs, however busy the machine."""
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"It did not happen in {_PATIENCE:g} s; {describe()}")
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether `pid` runs; a process that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def descendants(pid: int) -> set[int]:
    """Every process below `pid`, however far."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found
