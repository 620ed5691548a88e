"""`python -m tests.bench`: start everything, measure, print one table, leave nothing running."""

import json
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from services.core.errors import DatelineError
from services.core.settings import settings
from tests.bench import (
    cpu,
    crew,
    crowd,
    crowd_lines,
    due,
    grouping,
    grown,
    ingest,
    ingest_lines,
    latency,
    pages,
    pipe,
    profiled,
    reads,
    rules_lines,
    scale,
    volume,
)
from tests.bench.figures import BenchError, Line, conditions, table
from tests.bench.options import PARTS, Size, parser, size_of
from tests.bench.stage import SETTINGS, Stage, open_stage

_STARTED = time.perf_counter()


@dataclass(slots=True)
class Results:
    """What is known so far; printed also when the run is cut short."""

    lines: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    conditions: dict[str, Any] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when the work was done completely, 1 when not, 2 when used wrongly."""
    options = parser().parse_args(arguments)
    if options.profile:
        return _profile(options.profile, feeds=size_of(options).ingest_feeds)
    if not cpu.available():
        print(
            "The bench reads CPU time from /proc, which this system has not; it needs Linux.", file=sys.stderr
        )
        return 2
    size, wanted = size_of(options), set(options.parts or PARTS)
    target = options.json.absolute() if options.json else None
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, _cut_short)
    results = Results(conditions=_circumstances())
    try:
        if "rules" in wanted:
            _rules(size, results)
        if "ingest" in wanted:
            _ingest(size, results)
        if "stories" in wanted:
            _stories(size, results)
        if wanted & {"pipe", "reads", "latency"}:
            _measure(size, wanted, results)
        if "crowd" in wanted:
            _crowd(size, results)
        if "pages" in wanted:
            _pages(size, results)
        if "scale" in wanted:
            _scale(size, results)
    except (BenchError, DatelineError, OSError, psycopg.Error) as error:
        results.faults.append(f"The bench ended early: {error}")
    except KeyboardInterrupt:
        results.faults.append("The bench was interrupted.")
    finally:
        signal.alarm(0)
    results.conditions |= {"load at the end": _load(), "whole run": f"{time.perf_counter() - _STARTED:.0f} s"}
    _tell(results, target)
    return 1 if results.faults else 0


def _profile(step: str, *, feeds: int) -> int:
    """Where the CPU of one step of ingest goes, printed; no figure of it is comparable with those of the bench."""
    try:
        with open_stage(feeds=feeds, entries=0, roles=(), statements=True) as stage:
            _say(f"one pass of {feeds} feeds under the profiler")
            print(profiled.run(stage, step))
    except (BenchError, DatelineError, OSError) as error:
        print(f"The profile ended early: {error}", file=sys.stderr)
        return 1
    return 0


def _rules(size: Size, results: Results) -> None:
    """Nothing is started: the rules are functions, and this process calls them."""
    _say(f"rules: {size.rules_rounds} rounds, then labelled news")
    signal.alarm(size.limit_s)
    lines, faults, missing = rules_lines.measure(rounds=size.rules_rounds, articles=size.rules_articles)
    results.lines += lines
    results.faults += faults
    results.conditions |= missing
    signal.alarm(0)


def _ingest(size: Size, results: Results) -> None:
    _say(f"ingest: starting servers, a worker and a press of {size.ingest_feeds} mixed feeds")
    signal.alarm(size.ingest_limit_s)
    with open_stage(feeds=size.ingest_feeds, entries=0, roles=ingest.ROLES, decided=ingest.SETTINGS) as stage:
        try:
            _say(f"ingest: up to {size.ingest_rounds} rounds")
            found = ingest.measure(
                stage,
                rounds=size.ingest_rounds,
                budget_s=size.ingest_s,
                steps=size.ingest_steps,
                alone=size.ingest_alone,
                slope="slope" in size.ingest_steps,
            )
            results.lines += ingest_lines.lines(found)
            results.faults += [*found.faults, *ingest_lines.too_dear(found)]
            results.conditions |= ingest_lines.circumstances(found)
            if "scale" in size.ingest_steps:
                _say("ingest: a great catalogue")
                results.lines += ingest_lines.scale_lines(scale.measure(stage), found)
        finally:
            signal.alarm(0)  # tidying up is not cut short
            results.conditions |= _what_runs(stage)


def _stories(size: Size, results: Results) -> None:
    if not grouping.there():
        results.conditions["stories"] = (
            "not measured: the labelled texts (../shared/data) are not on this machine"
        )
        return
    _say("stories: copies, groups, speed")
    results.lines += grouping.measure(quick=size.quick)


def _scale(size: Size, results: Results) -> None:
    """Three stages: many hands, a great database, a great catalogue; the last on one core, so it stands at the end."""
    signal.alarm(size.scale_limit_s + size.scale_articles // 2_000)  # filling takes its time
    with open_stage(feeds=8, entries=20, roles=(), decided=SETTINGS | crew.SETTINGS) as stage:
        _say("scale: several workers at once")
        results.lines += crew.lines(crew.measure(stage, batches=size.scale_batches, tell=_say))
    with open_stage(feeds=8, entries=20, roles=()) as stage:
        _say(f"scale: a database of {size.scale_articles:,} articles, which takes its time")
        found = volume.measure(
            stage,
            articles=size.scale_articles,
            words=grown.SHORT if size.scale_short else grown.LONG,
            rounds=size.scale_rounds,
            retention_s=size.scale_s,
            pages=size.pages,
            tell=_say,
        )
        results.lines += volume.lines(found)
        results.faults += found.faults
    due.one_core()
    with open_stage(feeds=8, entries=20, roles=("scheduler",), decided=SETTINGS | due.SETTINGS) as stage:
        _say(f"scale: {due.FEEDS:,} feeds")
        timely = due.measure(stage, seconds=size.scale_s)
        results.lines += due.lines(timely)
        results.faults += timely.faults
        signal.alarm(0)  # tidying up is not cut short
        results.conditions |= _what_runs(stage)


def _measure(size: Size, wanted: set[str], results: Results) -> None:
    signal.alarm(size.limit_s)
    _say(f"starting servers, roles and a press of {size.feeds} feeds")
    with open_stage(feeds=size.feeds, entries=size.entries) as stage:
        try:
            if "pipe" in wanted:
                _pipe(stage, size, results)
            else:
                _say("filling the database")
                results.faults += pipe.fill(stage)
            if "reads" in wanted:
                _say("reads")
                found = reads.measure(stage, rounds=size.read_rounds, seconds=size.read_s)
                results.lines += reads.lines(found)
                results.faults += found.faults
            if "latency" in wanted:
                _say(f"latency of {size.items} items")
                seen = latency.measure(stage, items=size.items)
                results.lines += latency.lines(seen)
                results.faults += latency.faults(seen)
        finally:
            signal.alarm(0)  # tidying up is not cut short
            results.conditions |= _what_was_there(stage, size) | _what_runs(stage)


def _crowd(size: Size, results: Results) -> None:
    crowd.open_files(size.followers * 2 + 2_000)
    signal.alarm(size.crowd_limit_s)
    with open_stage(feeds=5, entries=5, roles=("api",)) as stage:
        try:
            crowd_lines.fill(stage)
            _say(f"crowd: {size.subscribers} subscribers, {size.followers} followers, two processes")
            found = crowd_lines.measure(
                stage,
                subscribers=size.subscribers,
                followers=size.followers,
                rounds=size.read_rounds,
                seconds=size.crowd_s,
                changes=5,
                times=10,
            )
            results.lines += found.lines
            results.faults += found.faults
        finally:
            signal.alarm(0)
            results.conditions |= _what_runs(stage)


def _pages(size: Size, results: Results) -> None:
    signal.alarm(size.pages_limit_s)
    with open_stage(feeds=5, entries=5, roles=()) as stage:
        try:
            _say(f"pages: storing {size.stored} articles")
            lines = pages.measure(stage, stored=size.stored, asked=size.pages)
            results.lines += lines
            results.faults += pages.faults(lines)
        finally:
            signal.alarm(0)
            results.conditions |= _what_runs(stage)


def _pipe(stage: Stage, size: Size, results: Results) -> None:
    _say(f"pipe: up to {size.pipe_rounds} rounds of {size.feeds} feeds")
    rounds = pipe.measure(stage, rounds=size.pipe_rounds, budget_s=size.pipe_s, entries=size.entries)
    results.lines += pipe.lines(rounds, feeds=size.feeds, entries=size.entries)
    results.faults += rounds.faults


def _circumstances() -> dict[str, Any]:
    return {
        "machine": f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores for this run",
        "Python": platform.python_version(),
        "load at the start": _load(),
    }


def _what_was_there(stage: Stage, size: Size) -> dict[str, Any]:
    rows = ", ".join(f"{count} {name}" for name, count in stage.database.rows().items())
    return {
        "feeds": f"{size.feeds} with {size.entries} entries each, an address of its own each, starter rulebook",
        "rows at the end": rows,
    }


def _what_runs(stage: Stage) -> dict[str, Any]:
    return {
        "PostgreSQL": f"{stage.database.version()}, durable, on {_file_system(stage.folder)}",
        "worker processes": f"{settings().worker_processes} a worker",
    }


def _file_system(folder: Path) -> str:
    """The kind of file system a folder lies on, by the longest mount point above it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(above)[1] if above else "an unknown file system"


def _load() -> str:
    return " ".join(f"{number:.2f}" for number in os.getloadavg())


def _tell(results: Results, target: Path | None) -> None:
    print(conditions(results.conditions))
    if results.lines:
        print(f"\n{table(results.lines)}")
    print()
    for fault in results.faults:
        print(f"NOT DONE: {fault}")
    if not results.faults:
        print("The work was done completely: nothing that was published is missing.")
    if target is not None:
        record = {
            "conditions": results.conditions,
            "lines": [line.row() for line in results.lines],
            "faults": results.faults,
        }
        target.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def _cut_short(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGALRM:
        raise BenchError("its time was over; is the machine busy? Try --quick, or one part alone.")
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"bench, {time.perf_counter() - _STARTED:.0f} s: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
