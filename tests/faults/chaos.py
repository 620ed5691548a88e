"""Random faults under load: `make chaos MINUTES=10`. Says what was lost, shown twice, missed or repeated, and how long it took.

Recovery is the time from a fault's end until everything that was published before that end stands in Latest; what it takes with no
fault at all is measured between the faults, as a yardstick.
"""

import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TextIO

import psycopg

from tests.faults.injected import FAULTS, nothing
from tests.faults.world import World, eventually, open_world

FEEDS, WINDOW_S = 12, 90
"""Outlets that publish in turn, and for how many seconds what was published stands in the window of its feed."""
_STORED = "SELECT count(DISTINCT url_key) FROM article_urls WHERE url_key = ANY(%s)"
YARDSTICK_EVERY = 10
"""One of so many rounds is without a fault."""
SLOW_S, GIVE_UP_S = 10.0, 180.0
"""After the first the state is told to whoever looks for the reason; after the second it is counted as lost, or comes later."""


@dataclass
class Report:
    """What a run saw. Times in seconds; `recovery` by kind of fault holds every single one."""

    seed: int
    rate: float
    """Articles a second that the press was asked for; what it did is `published` in `minutes`."""
    minutes: float
    published: int = 0
    stored: int = 0
    lost: int = 0
    put_aside: int = 0
    shown_twice: int = 0
    followers: dict[str, dict[str, int]] = field(default_factory=dict)
    recovery: dict[str, list[float]] = field(default_factory=dict)
    without_fault: list[float] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing was lost, put aside, shown twice, missed or repeated."""
        wrong = [self.lost, self.put_aside, self.shown_twice, self.published - self.stored]
        return not any(wrong) and not any(sum(found.values()) for found in self.followers.values())

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind."""
        return {kind: len(found) for kind, found in self.recovery.items()}

    @property
    def times(self) -> list[float]:
        """Every recovery, the quickest first."""
        return sorted(seconds for found in self.recovery.values() for seconds in found)

    def as_json(self) -> dict[str, object]:
        """Everything, and the shares of recoveries that are asked for."""
        times = self.times
        told = {f"p{share}": share_of(times, share) for share in (50, 95)}
        return {
            **asdict(self),
            "faults": self.faults,
            "recovery_s": {**told, "max": times[-1] if times else 0.0},
            "without_fault_s": {"p50": share_of(sorted(self.without_fault), 50)},
            "within_5_s": round(sum(t <= 5 for t in times) / len(times), 4) if times else 1.0,
            "well": self.well,
        }

    def in_words(self) -> str:
        """The same for people."""
        told = self.as_json()
        times = told["recovery_s"]
        lines = [
            f"{sum(self.faults.values())} faults of {len(self.faults)} kinds in {self.minutes:g} min, seed {self.seed}",
            f"published {self.published:,} ({self.published / max(self.minutes, 0.01) / 60:.1f} a second; asked for: {self.rate:g}), stored {self.stored:,}, lost {self.lost}, put aside {self.put_aside}, shown twice {self.shown_twice}",
            *(
                f"follower by {kind}: missed {found['missed']}, repeated {found['repeated']}"
                for kind, found in self.followers.items()
            ),
            f"recovery: {times}, within 5 s {told['within_5_s']:.1%}; without a fault {told['without_fault_s']}",
            *(
                f"  {len(found):4} x {kind:36} p50 {share_of(sorted(found), 50):5.1f} s, max {max(found):5.1f} s"
                for kind, found in sorted(self.recovery.items())
            ),
        ]
        return "\n".join(lines)


def share_of(times: Sequence[float], percent: int) -> float:
    """The time within which so many percent of sorted times lie.

    >>> share_of([1.0, 2.0, 3.0, 4.0], 50), share_of([], 95)
    (2.0, 0.0)
    """
    return round(times[max(0, -(-len(times) * percent // 100) - 1)], 2) if times else 0.0


@dataclass
class Chaos:
    """One run: a world, the dice, and the report that grows. Each fault is a line of JSON in `record` as soon as it is over."""

    world: World
    dice: random.Random
    report: Report
    record: TextIO
    say: bool

    def go_on(self, minutes: float) -> None:
        """Hurt the world for some minutes, or until somebody interrupts it; then nothing is hurt any more."""
        began, number = time.monotonic(), 0
        try:
            while time.monotonic() < began + minutes * 60:
                self._round(began, without=number % YARDSTICK_EVERY == 0)
                number += 1
                time.sleep(self.dice.uniform(0, 0.3))
        except KeyboardInterrupt:
            print("interrupted: what has been seen so far", file=sys.stderr, flush=True)
        finally:
            self.report.minutes = round((time.monotonic() - began) / 60, 2)
            self.world.keeper.mend()
            eventually(lambda: self.world.sees("SELECT true"), what="the database, mended")

    def _round(self, began: float, *, without: bool) -> None:
        kind = self.dice.choice(sorted(FAULTS))
        at = time.monotonic()
        (nothing if without else FAULTS[kind])(self.world, self.dice)
        over = time.monotonic()
        stored, shown = _recovered(self.world)
        if without:
            self.report.without_fault.append(shown)
        else:
            self.report.recovery.setdefault(kind, []).append(shown)
        told = {
            "at_s": round(at - began, 1), "kind": "no fault" if without else kind, "fault_s": round(over - at, 2),
            "stored_s": stored, "recovery_s": shown, "published": len(self.world.press.items), **self._near_misses(),
        }  # fmt: skip
        self.record.write(json.dumps(told) + "\n")
        self.record.flush()
        if self.say:
            print(f"{shown:6.1f} s  {told['kind']}", flush=True)

    def _near_misses(self) -> dict[str, int]:
        """How many articles and feeds were in hand in two deaths in a row, and how many have been put aside."""
        two = "count(*) FILTER (WHERE attempts > 1)"
        try:
            ((articles, aside),) = self.world.sql(f"SELECT {two}, count(quarantined) FROM articles")
            ((feeds, paused),) = self.world.sql(f"SELECT {two}, count(paused_reason) FROM feeds")
        except psycopg.OperationalError:  # what was hurt has not come back
            return {}
        return {"suspects": articles + feeds, "put_aside": aside + paused}


def run(*, minutes: float, seed: int, rate: float, record: TextIO, say: bool = True) -> Report:
    """Hurt a world of its own for some minutes, then let it settle and count. `rate`: articles published a second.

    An interrupt (SIGINT) ends it early, with the report of what was seen by then.
    """
    report = Report(seed, rate, minutes)
    burst = max(1, round(rate / 2))
    with open_world(
        feeds=FEEDS,
        entries=max(60, round(rate * WINDOW_S / FEEDS)),
        pause=burst / rate,
        burst=burst,
        copies=2,
        durable=True,
    ) as world:
        Chaos(world, random.Random(seed), report, record, say).go_on(minutes)
        world.press.stop()
        _settle(world, report)
    return report


def _recovered(world: World) -> tuple[float, float]:
    """Seconds until everything published up to now is stored, and until it is shown.

    What is not after three minutes is counted at the end.
    """
    began, stored, told = time.monotonic(), None, False
    while (waited := time.monotonic() - began) < GIVE_UP_S:
        with suppress(psycopg.OperationalError):
            left = world.missing(began)
            if stored is None and len(left) == world.sql(_STORED, left)[0][0]:
                stored = waited
            if not left:
                break
        if waited > SLOW_S and not told:
            told = True
            print(f"slow: {world.describe()}", file=sys.stderr, flush=True)
        time.sleep(0.1)
    return round(waited if stored is None else stored, 2), round(time.monotonic() - began, 2)


def _settle(world: World, report: Report) -> None:
    """Count, when everything that can come has come."""
    left = len(world.missing())
    while left:
        _recovered(world)
        before, left = left, len(world.missing())
        if left >= before:
            break
    head = world.sql("SELECT coalesce(max(seq), 0) FROM changes")[0][0]
    for follower in world.followers:
        try:
            eventually(
                lambda f=follower: bool(f.told and f.told[-1].seq >= head), seconds=60, what=follower.kind
            )
        except AssertionError as error:
            print(error, flush=True)
    keys = list(world.press.items)
    report.published = len(keys)
    report.stored = world.sql("SELECT count(*) FROM article_urls WHERE url_key = ANY(%s)", keys)[0][0]
    report.lost = len(world.missing())
    paused = world.sql("SELECT count(*) FROM feeds WHERE paused_reason IS NOT NULL")[0][0]
    report.put_aside = len(world.quarantined()) + paused
    report.shown_twice = len(world.shown_twice())
    report.followers = {
        kind: {"missed": missed, "repeated": repeated}
        for kind, (missed, repeated) in world.follower_faults(head).items()
    }
