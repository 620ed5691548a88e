"""Memory of a process with all its descendants as PSS: a page that several share counts once, split among them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import cpu

_EVERY_S = 0.15


@dataclass(slots=True)
class Peak:
    """The largest sum seen so far, in bytes."""

    bytes: int = 0


def pss(leader: int) -> int:
    """Bytes of process `leader` and its descendants at this moment; those that may not be read or are gone count nothing."""
    return sum(_of_one(pid) for pid in cpu.tree(leader))


@contextmanager
def watched(leader: int) -> Iterator[Peak]:
    """The peak over the block, looked for every 150 ms by a thread of this process."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while True:
            peak.bytes = max(peak.bytes, pss(leader))
            if over.wait(_EVERY_S):
                return

    watcher = threading.Thread(target=look, name="memory", daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _of_one(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
