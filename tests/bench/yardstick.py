"""Yardsticks run as processes of their own and stay: told a step in a line, they answer with a line of JSON.

So that starting Python and importing are in nobody's figure: Dateline's workers run, too.
"""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.figures import BenchError


@dataclass(frozen=True, slots=True)
class Went:
    """One pass over all feeds: seconds of wall and of CPU; entries that were parsed, or are stored by now, as the yardstick does."""

    wall: float
    cpu: float
    entries: int


def steps() -> Iterator[str]:
    """The yardstick's side: the steps asked for, once this is ready for them."""
    print("ready", flush=True)
    for line in sys.stdin:
        yield line.strip()


def tell(went: Went) -> None:
    """The yardstick's side: the answer."""
    print(json.dumps(asdict(went)), flush=True)


def is_installed(package: str) -> bool:
    """Whether a yardstick that needs a package can run."""
    return importlib.util.find_spec(package) is not None


class Yardstick:
    """A running yardstick."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self.name, self.pid = name, process.pid
        self._process = process
        self._hear()

    def step(self, name: str) -> Went:
        """Have it make one pass. Raises BenchError when it ended instead."""
        print(name, file=self._process.stdin, flush=True)
        return Went(**json.loads(self._hear()))

    def _hear(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise BenchError(
                f"The yardstick {self.name} ended early; run `python -m {self.name} FILE` to see why."
            )
        return line


@contextmanager
def started(
    module: str, urls: Sequence[str], folder: Path, environment: dict[str, str]
) -> Iterator[Yardstick]:
    """`python -m module FILE`, working in `folder`, until the block ends; FILE lists `urls`."""
    listed = folder / f"{module.rpartition('.')[2]}-{time.monotonic_ns()}.txt"
    listed.write_text("\n".join(urls))
    with subprocess.Popen(
        [sys.executable, "-m", module, str(listed)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Yardstick(module, process)
        finally:
            process.kill()
