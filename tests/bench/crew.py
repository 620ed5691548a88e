"""Several workers at once on one stock of articles: what each more of them brings, and what they wait for each other.

Every member is a process that labels until nothing waits, and notes how long it waited for the stream's lock and how long it held it:
the one step that only one of them can be in.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from services.classify.labelling import label
from services.core import latest
from services.core.db import transaction
from services.core.latest import STREAM_LOCK
from tests.bench import cpu, volume
from tests.bench.figures import BenchError, Line
from tests.bench.stage import Stage, plain_environment


@dataclass(frozen=True, slots=True)
class Turn:
    """One stock labelled by `members` processes: seconds of wall, of CPU (theirs, PostgreSQL's), for the lock and with it."""

    members: int
    articles: int
    wall_s: float
    cpu_s: float
    server_s: float
    waited_s: float
    held_s: float


def measure(stage: Stage, *, batches: int, tell: Callable[[str], None]) -> list[Turn]:
    """The same amount of work for one, two and, where there are cores for them, four members."""
    cores = len(os.sched_getaffinity(0))
    turns = []
    volume.prepare(volume.Side(os.environ["DATELINE_DATABASE_URL"]))
    for members in (n for n in (1, 2, 4, 1, 2, 4) if n <= cores):
        tell(f"scale: {members} at once")
        for number in range(batches):
            volume.store(volume.bodies(f"crew-{len(turns)}-{number}"))
        turns.append(_turn(stage, members))
    return turns


def _turn(stage: Stage, members: int) -> Turn:
    with transaction() as session:
        waiting = session.scalar(text("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL")) or 0
    here = plain_environment() | {
        name: value for name, value in os.environ.items() if name.startswith("DATELINE_")
    }
    crew = [
        subprocess.Popen([sys.executable, "-m", "tests.bench.crew"], env=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(members)
    ]  # fmt: skip
    for member in crew:
        _line(member)  # it is warm
    before, begun = cpu.seconds(stage.leaders["postgres"]), time.perf_counter()
    for member in crew:
        assert member.stdin is not None
        member.stdin.write("\n")
        member.stdin.flush()
    told = [json.loads(_line(member)) for member in crew]
    wall, server = time.perf_counter() - begun, cpu.seconds(stage.leaders["postgres"]) - before
    for member in crew:
        member.communicate()
    total = {key: sum(one[key] for one in told) for key in told[0]}
    if total["articles"] != waiting:
        raise BenchError(f"{waiting} articles waited and {total['articles']} were labelled.")
    return Turn(members, waiting, wall, total["cpu_s"], server, total["waited_s"], total["held_s"])


def _line(member: "subprocess.Popen[str]") -> str:
    assert member.stdout is not None
    found = member.stdout.readline()
    if not found:
        raise BenchError(f"a worker of the crew ended with exit code {member.wait()}.")
    return found


def lines(turns: list[Turn]) -> list[Line]:
    """Each number of members beside one alone."""
    part = "labelling, several processes on one stock of articles"
    told = []
    alone = [turn for turn in turns if turn.members == 1]
    for members in sorted({turn.members for turn in turns}):
        mine = [turn for turn in turns if turn.members == members]
        served = [turn.articles / turn.wall_s for turn in mine]
        told += [
            Line(part=part, what=f"{members} at once", unit="articles a second", values=served,
                 yardstick=[turn.articles / turn.wall_s for turn in alone], note="yardstick: one alone"),
            Line(part=part, what=f"{members} at once, CPU of one article", unit="ms",
                 values=[(turn.cpu_s + turn.server_s) / turn.articles * 1000 for turn in mine],
                 note=f"of it PostgreSQL {sum(t.server_s for t in mine) / sum(t.cpu_s + t.server_s for t in mine):.0%}"),
            Line(part=part, what=f"{members} at once, with the stream's lock", unit="share of the time of one",
                 values=[turn.held_s / turn.members / turn.wall_s for turn in mine],
                 note="the one step that only one can be in: this share times their number is how full it is"),
            Line(part=part, what=f"{members} at once, waiting for it", unit="share of the time of one",
                 values=[turn.waited_s / turn.members / turn.wall_s for turn in mine]),
        ]  # fmt: skip
    return told


def _member() -> None:
    """Say that we are ready, wait for the word, label until nothing waits, tell."""
    times = {"waited_s": 0.0, "held_s": 0.0}
    since: list[float] = []
    publish = latest.publish

    def timed(session: Session, drafts: list[latest.Draft]) -> int | None:
        if not drafts:
            return publish(session, drafts)
        begun = time.perf_counter()
        session.execute(select(func.pg_advisory_xact_lock(STREAM_LOCK)))
        since.append(time.perf_counter())
        times["waited_s"] += since[-1] - begun
        return publish(session, drafts)

    @event.listens_for(Session, "after_commit")
    def _(_session: Session) -> None:
        if since:
            times["held_s"] += time.perf_counter() - since.pop()

    latest.publish = timed  # type: ignore[assignment]
    label.warm_up()
    print("ready", flush=True)
    sys.stdin.readline()
    begun, done = time.process_time(), 0
    while labelled := label.label_waiting():
        done += labelled
    print(json.dumps({"articles": done, "cpu_s": time.process_time() - begun, **times}), flush=True)


if __name__ == "__main__":
    _member()
