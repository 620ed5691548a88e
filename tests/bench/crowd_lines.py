"""The crowd measured, with its yardstick, and put into lines."""

from dataclasses import dataclass, field, replace
from functools import partial

import psycopg

from services.core.settings import PREFIX
from services.embedded.roles import answers
from tests.bench import cpu, crowd, many, memory, reads
from tests.bench.figures import Line, percentile
from tests.bench.stage import ROOT, Stage
from tests.fixtures.roles import free_port

SECOND = "api-2"


@dataclass(slots=True)
class Found:
    """Lines, and what was wrong."""

    lines: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def fill(stage: Stage) -> None:
    """Something to read."""
    url = stage.children["api"].env[f"{PREFIX}DATABASE_URL"].replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        many.fill(connection, 2_000)


def measure(
    stage: Stage, *, subscribers: int, followers: int, rounds: int, seconds: float, changes: int, times: int
) -> Found:
    """Everything about many at once; the roles of `stage` are running."""
    found = Found()
    _subscribers(stage, found, subscribers=subscribers, rounds=rounds, seconds=seconds)
    _followers(stage, found, followers=followers, changes=changes)
    _invalidation(stage, found, times=times)
    return found


def _subscribers(stage: Stage, found: Found, *, subscribers: int, rounds: int, seconds: float) -> None:
    yardstick = reads.start_constant(stage)
    ours: list[crowd.Polls] = []
    theirs: list[crowd.Polls] = []
    try:
        for number in range(rounds):
            pairs = [(stage.address, ours), (yardstick, theirs)]
            for address, into in reversed(pairs) if number % 2 else pairs:
                poll = partial(
                    crowd.poll, address, subscribers=subscribers, seconds=seconds, publishing=into is ours
                )
                into.append(crowd.run(poll))
    finally:
        stage.stop(reads.CONSTANT)
    part = f"Subscribers: {subscribers:,}, each polling GET /v1/latest once a minute, half on connections that stay open"
    unchanged = [polls.statuses[304] / max(len(polls.times), 1) for polls in ours]
    line = partial(Line, part=part)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        found.lines.append(
            line(
                what=name,
                unit="ms",
                values=[percentile(p.times, share) * 1000 for p in ours],
                yardstick=[percentile(p.times, share) * 1000 for p in theirs],
                note="constant bytes; ours while articles are published",
            )
        )
    found.lines.append(line(what="answered 304", unit="% of the polls", values=[u * 100 for u in unchanged]))
    for polls in ours:
        wrong = {status: n for status, n in polls.statuses.items() if status not in {200, 304}}
        if wrong or polls.broken:
            found.faults.append(f"subscribers: other answers {wrong}, {polls.broken} connections broke")


def _followers(stage: Stage, found: Found, *, followers: int, changes: int) -> None:
    pid = stage.running["api"][1].pid
    seen: crowd.Arrivals = crowd.run(
        partial(
            crowd.follow,
            stage.address,
            followers=followers,
            changes=changes,
            memory=partial(memory.pss, pid),
            cpu=partial(cpu.seconds, pid),
        )
    )
    if seen.lost:
        found.faults.append(f"followers: {seen.lost} changes did not arrive")
    part = f"Followers: {followers:,} event streams of one process, {changes} changes one by one"
    line = partial(Line, part=part)
    had = [times for times in seen.changes if times]
    for name, share in (("first", 0.0), ("median", 0.5), ("last", 1.0)):
        values = [percentile(times, share) for times in had]
        found.lines.append(line(what=f"commit to the {name} of them", unit="s", values=values))
    found.lines += [
        line(what="CPU of the API", unit="us a follower and change", values=[c / followers * 1e6 for c in seen.cpu]),
        line(what="memory (PSS)", unit="KB a follower", values=[seen.memory / 1024]),
        line(what="memory of the API at the end (PSS)", unit="MB", values=[memory.pss(pid) / 2**20]),
    ]  # fmt: skip


def _invalidation(stage: Stage, found: Found, *, times: int) -> None:
    address = f"127.0.0.1:{free_port()}"
    like = stage.children["api"]
    env = {**like.env, f"{PREFIX}BIND": address, "PYTHONPATH": str(ROOT)}
    stage.start(replace(like, name=SECOND, env=env, ready=lambda: answers(address)))
    try:
        fresh = memory.pss(stage.running[SECOND][1].pid)
        seen: list[float] = crowd.run(partial(crowd.invalidated, [stage.address, address], times=times))
    finally:
        stage.stop(SECOND)
    part = "Invalidation: from the commit of an article to another tag, two API processes"
    line = partial(Line, part=part)
    for name, share in (("p50", 0.5), ("longest", 1.0)):
        found.lines.append(line(what=name, unit="ms", values=[percentile(seen, share) * 1000]))
    found.lines.append(
        line(what="memory of an API process that was just started (PSS)", unit="MB", values=[fresh / 2**20])
    )
