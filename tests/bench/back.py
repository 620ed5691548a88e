"""What a process of stories spends until it decides again, after the one before it died: CPU from its first line to its first decision."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from services.classify.stories import Document
from services.classify.stories import memory as steps
from services.classify.stories.effects import Effects
from services.classify.stories.memory import Article, Memory
from services.classify.stories.voices import Said, Voice
from services.classify.storykeeping import keep, recall
from services.classify.storykeeping.store import BATCH
from tests.bench.figures import BenchError, Line

REGIONS, TOPICS = 17, 29
_TURNS = 3
_PROGRAM = """
import sys, time
from pathlib import Path
from services.classify.story_tasks import group_stories
begun = [time.process_time()]
from services.classify.stories.effects import Effects
from services.classify.storykeeping import keep, recall
from services.core.memory import read_to_keep
folder = Path(sys.argv[1])
with read_to_keep():
    memory = recall.Memory.load(keep.unpack_memory((folder / "snapshot").read_bytes()))
begun.append(time.process_time())
for packed in sorted(folder.glob("step*")):
    for step in keep.unpack(packed.read_bytes()):
        memory.do(step, Effects())
begun.append(time.process_time())
print(*begun, len(memory.stories.story_of))
"""


@dataclass(slots=True)
class Back:
    """CPU seconds, one value a process that came back: in all, of it for reading the code and doing steps again; what was packed."""

    spent: list[float] = field(default_factory=list)
    code: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    decided: float = 0.0
    """The same for deciding all its articles."""
    snapshot: list[float] = field(default_factory=list)
    """The same for packing a snapshot, the first of which packs everything."""
    articles: int = 0
    size: int = 0


def measure(stream: Sequence[tuple[Document, datetime]], since: int) -> Back:
    """Decide about all of a stream and come back from a snapshot of all but the last `since`, and the steps since."""
    found, memory = Back(), Memory()
    with tempfile.TemporaryDirectory() as name:
        folder, done = Path(name), list[list[object]]()
        for number, (document, at) in enumerate(stream, start=1):
            said = Said((Voice(str(document.source), at.timestamp()),), _labels(number))
            step, begun = steps.heard(Article(document, said), at, None), time.process_time()
            done.append(memory.do(step, Effects()))
            found.decided += time.process_time() - begun
            if number == len(stream) - since:
                (folder / "snapshot").write_bytes(_packed(memory, found))
                done.clear()
        for start in range(0, since, BATCH):
            (folder / f"step{start:09}").write_bytes(keep.pack(done[start : start + BATCH]))
        found.size = len(_packed(memory, found))
        for _ in range(_TURNS):
            _come_back(folder, found)
    if found.articles != len(memory.stories.story_of):
        raise BenchError(
            f"{found.articles} articles came back, not {len(memory.stories.story_of)}: the figure says nothing."
        )
    return found


def lines(part: str, stream: Sequence[tuple[Document, datetime]], *, since: int) -> list[Line]:
    """What was measured, beside deciding about all the articles, and beside a snapshot that packs all of them."""
    found = measure(stream, since)
    return [
        Line(
            part=part,
            what=f"back after a death with {found.articles:,} articles in mind",
            unit="s of CPU",
            values=found.spent,
            yardstick=[found.decided],
            note=f"beside: deciding about them; of it the code {median(found.code):.2f}, doing {since:,} steps again "
            f"{median(found.again):.2f}; without PostgreSQL",
        ),
        Line(
            part=part,
            what="a snapshot of them, the last one older by these steps",
            unit="s of CPU",
            values=found.snapshot[1:],
            yardstick=found.snapshot[:1],
            note=f"beside: the first one, which packs every article; {found.size / 1e6:.1f} MB",
        ),
    ]


def _packed(memory: Memory, found: Back) -> bytes:
    begun = time.process_time()
    packed = recall.packed_memory(memory)
    found.snapshot.append(time.process_time() - begun)
    return packed


def _labels(number: int) -> tuple[str, ...]:
    """As rules give them: of most articles a region and a topic, of some but one."""
    region, topic = f"region/r{number * 7 % REGIONS}", f"topic/t{number * 5 % TOPICS}"
    return (region, topic) if number % 5 else (topic,)


def _come_back(folder: Path, found: Back) -> None:
    command = [sys.executable, "-c", _PROGRAM, str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    code, read, again = map(float, told[:3])
    found.spent.append(again)
    found.code.append(code)
    found.again.append(again - read)
    found.articles = int(told[3])
