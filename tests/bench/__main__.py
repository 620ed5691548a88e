"""`python -m tests.bench`: start everything, measure, print one table, leave nothing running."""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from tests.bench.stage import SETTINGS, Stage, open_stage
from tests.bench.steps import STEPS

_STARTED = time.perf_counter()
INGEST_STEPS = (*STEPS, "slope", "scale")
PARTS = ("rules", "stories", "ingest", "pipe", "reads", "latency", "crowd", "pages", "scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: feeds and entries of each, rounds, seconds. `limit_s` ends everything but ingest, which has a limit of
    its own.
    """

    feeds: int = 200
    entries: int = 30
    pipe_rounds: int = 3
    pipe_s: float = 130.0
    read_rounds: int = 3
    read_s: float = 2.5
    items: int = 150
    limit_s: int = 285
    ingest_feeds: int = 500
    ingest_rounds: int = 3
    ingest_s: float = 600.0
    ingest_steps: tuple[str, ...] = INGEST_STEPS
    ingest_alone: bool = False
    ingest_limit_s: int = 1200
    rules_rounds: int = 5
    rules_articles: int = 200
    scale_articles: int = 300_000
    scale_short: bool = False
    scale_rounds: int = 9
    scale_s: float = 30.0
    scale_batches: int = 20
    scale_limit_s: int = 1800
    subscribers: int = 10_000
    followers: int = 5_000
    crowd_s: float = 10.0
    crowd_limit_s: int = 480
    stored: int = 1_000_000
    pages: int = 60
    pages_limit_s: int = 1800
    quick: bool = False


FULL = Size()
QUICK = Size(
    feeds=40,
    entries=20,
    pipe_rounds=2,
    pipe_s=25.0,
    read_rounds=2,
    read_s=1.2,
    items=40,
    limit_s=85,
    ingest_feeds=60,
    ingest_rounds=1,
    ingest_steps=STEPS,
    ingest_limit_s=150,
    rules_rounds=3,
    rules_articles=60,
    scale_articles=20_000,
    scale_rounds=3,
    scale_s=8.0,
    scale_batches=6,
    scale_limit_s=600,
    followers=1_000,
    crowd_s=4.0,
    stored=100_000,
    pages=20,
    quick=True,
)


@dataclass(slots=True)
class Results:
    """What is known so far; printed also when the run is cut short."""

    lines: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    conditions: dict[str, Any] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when the work was done completely, 1 when not, 2 when used wrongly."""
    options = _parser().parse_args(arguments)
    if options.profile:
        return _profile(options.profile, feeds=_size(options).ingest_feeds)
    if not cpu.available():
        print(
            "The bench reads CPU time from /proc, which this system has not; it needs Linux.", file=sys.stderr
        )
        return 2
    size, wanted = _size(options), set(options.parts or PARTS)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures the whole pipe, reads and latency, beside yardsticks of the same run.",
        epilog="Example: python -m tests.bench --quick pipe. What the lines mean: docs/reference/bench.md",
    )
    parser.add_argument("parts", nargs="*", type=_part, metavar="PART", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--quick", action="store_true", help="smaller, under 90 seconds")
    parser.add_argument("--feeds", type=int, help="how many feeds ingest is measured with (500; quick: 60)")
    parser.add_argument("--rounds", type=int, help="how many rounds of ingest at most (3; quick: 1)")
    parser.add_argument(
        "--steps", type=_steps, metavar="STEP,...", help=f"of ingest, any of {','.join(INGEST_STEPS)} (all)"
    )
    parser.add_argument(
        "--alone", action="store_true", help="ingest without yardsticks, in a third of the time"
    )
    parser.add_argument(
        "--profile",
        nargs="?",
        const="cold",
        choices=STEPS,
        help="show where the CPU of one step of ingest goes (cold), and measure nothing",
    )
    parser.add_argument("--articles", type=int, help="of the great database (300000; quick: 20000)")
    parser.add_argument(
        "--short", action="store_true", help="its texts have 16 words, so that ten million fit in 40 GB"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, unrounded, to FILE too")
    return parser


def _size(options: argparse.Namespace) -> Size:
    size = QUICK if options.quick else FULL
    asked = {
        "ingest_feeds": options.feeds,
        "ingest_rounds": options.rounds,
        "ingest_steps": options.steps,
        "scale_articles": options.articles,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return replace(size, **given, ingest_alone=options.alone, scale_short=options.short)


def _steps(text: str) -> tuple[str, ...]:
    named = tuple(text.split(","))
    if wrong := [name for name in named if name not in INGEST_STEPS]:
        raise argparse.ArgumentTypeError(
            f"{wrong[0]!r} is no step of ingest; it has {','.join(INGEST_STEPS)}"
        )
    return named


def _part(text: str) -> str:
    if text not in PARTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no part of the bench; it has {', '.join(PARTS)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
