"""What the bench is asked for: its parts, its options, and how much of each is measured."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.steps import STEPS

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
    scale_batches: int = 40
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


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures the whole pipe, reads and latency, beside yardsticks of the same run.",
        epilog="Example: python -m tests.bench --quick pipe. What the lines mean: docs/reference/bench.md",
    )
    made.add_argument("parts", nargs="*", type=_part, metavar="PART", help=f"of {', '.join(PARTS)} (all)")
    made.add_argument("--quick", action="store_true", help="smaller, under 90 seconds")
    made.add_argument("--feeds", type=int, help="how many feeds ingest is measured with (500; quick: 60)")
    made.add_argument("--rounds", type=int, help="how many rounds of ingest at most (3; quick: 1)")
    made.add_argument(
        "--steps", type=_steps, metavar="STEP,...", help=f"of ingest, any of {','.join(INGEST_STEPS)} (all)"
    )
    made.add_argument(
        "--alone", action="store_true", help="ingest without yardsticks, in a third of the time"
    )
    made.add_argument(
        "--profile",
        nargs="?",
        const="cold",
        choices=STEPS,
        help="show where the CPU of one step of ingest goes (cold), and measure nothing",
    )
    made.add_argument("--articles", type=int, help="of the great database (300000; quick: 20000)")
    made.add_argument(
        "--short", action="store_true", help="its texts have 16 words, so that ten million fit in 40 GB"
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures, unrounded, to FILE too")
    return made


def size_of(options: argparse.Namespace) -> Size:
    """How much is measured with these options."""
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
