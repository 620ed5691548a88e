"""Ingest alone: the four passes over a mixture of feeds, beside a bare loop and a feed library that fetch the same ones.

Labels are not in it: nothing of `classify` runs. Each step is taken by everybody before the press goes on to the next.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench import cpu, memory
from tests.bench.pipe import Step
from tests.bench.stage import SETTINGS as ALL_SETTINGS
from tests.bench.stage import Stage, eventually, plain_environment
from tests.bench.steps import HEAD, STEPS, arranged
from tests.bench.work import Work
from tests.bench.yardstick import Yardstick, is_installed, started

ROLES = ("ingest", "scheduler")
SETTINGS = {name: value for name, value in ALL_SETTINGS.items() if name != "FETCH_INTERVAL_MIN"}
"""No feed is to become due a second time because it has just brought something."""
OURS, FEWER, BARE, LIBRARY = "Dateline", "Dateline with fewer feeds", "bare loop", "reader"
MODULES = {BARE: "tests.bench.bare", LIBRARY: "tests.bench.library"}
FEWER_FEEDS = 100
"""For the slope: what a feed costs must not depend on how many there are."""
_STEP_S, _SETTLE_S, _IDLE_S = 120.0, 0.3, 5.0


@dataclass(slots=True)
class Found:
    """What the rounds brought, one entry a round each: `steps` by who and step, `peaks` (bytes of PSS) by who.

    `entries`: of all feeds when all was new. `idle`: CPU seconds a second of everything that waits. `absent`: yardsticks that are not installed.
    """

    feeds: int
    entries: int = 0
    steps: dict[tuple[str, str], list[Step]] = field(default_factory=dict)
    peaks: dict[str, list[int]] = field(default_factory=dict)
    idle: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def note(self, who: str, step: str, went: Step, peak: int) -> None:
        """One more pass."""
        self.steps.setdefault((who, step), []).append(went)
        if step == "cold":
            self.peaks.setdefault(who, []).append(0)
        self.peaks[who][-1] = max(self.peaks[who][-1], peak)


def measure(
    stage: Stage,
    *,
    rounds: int,
    budget_s: float,
    steps: Sequence[str],
    alone: bool = False,
    slope: bool = True,
) -> Found:
    """Up to `rounds` rounds, as many as `budget_s` seconds allow and at least one; every second one in reverse order.

    `cold` is taken whatever `steps` name, as the others go on from it. `alone`: without yardsticks. `slope`: once more with
    fewer feeds.
    """
    urls = list(stage.slugs())
    found, began = Found(feeds=len(urls)), time.monotonic()
    taken = [step for step in STEPS if step in {"cold", *steps}]
    with ExitStack() as stack:
        yardsticks = {} if alone else _yardsticks(stage, urls, found, stack)
        for number in range(1, rounds + 1):
            begun = time.monotonic()
            _round(stage, found, yardsticks, taken, number)
            if slope and len(urls) > FEWER_FEEDS:
                _fewer(stage, found, taken, number)
            now = time.monotonic()
            if now - began + (now - begun) > budget_s:
                break
    found.idle.append(_idle(stage))
    return found


def one_pass(stage: Stage) -> Step:
    """From the moment at which all feeds are due until each was looked at and the workers have put their things in order."""
    stage.wait_quiet()
    before, begun = stage.cpu(), time.perf_counter()
    since = stage.database.make_due()
    eventually(
        lambda: stage.database.is_done(since, labelled=False),
        seconds=_STEP_S,
        what="A pass over all feeds",
        every=0.05,
    )
    wall = time.perf_counter() - begun
    time.sleep(_SETTLE_S)
    return Step(wall, cpu.spent(before, stage.cpu()))


@dataclass(frozen=True, slots=True)
class _Turn:
    """Whose turn it is with which step; `fresh`: entries that are new in it."""

    who: str
    step: str
    work: Work
    number: int
    fresh: int = 0

    def blame(self, faults: Iterable[str]) -> list[str]:
        """The same, with where they were found."""
        where = f"round {self.number}, {HEAD[self.step]}, {self.who} ({len(self.work.urls)} feeds)"
        return [f"{where}: {fault}" for fault in faults]


def _round(
    stage: Stage, found: Found, yardsticks: Mapping[str, Yardstick], steps: Sequence[str], number: int
) -> None:
    urls = list(stage.slugs())
    work = {who: Work(stage, urls) for who in (OURS, *yardsticks)}
    for step in steps:
        with arranged(stage, step, urls, seed=number) as fresh:
            turns = [_Turn(who, step, work[who], number, fresh) for who in work]
            for turn in turns if number % 2 else reversed(turns):
                if turn.who == OURS:
                    _ours(stage, found, turn)
                else:
                    _theirs(stage, found, yardsticks[turn.who], turn)


def _fewer(stage: Stage, found: Found, steps: Sequence[str], number: int) -> None:
    work = Work(stage, list(stage.slugs())[:FEWER_FEEDS])
    for step in steps:
        if step in {"cold", "warm"}:
            _ours(stage, found, _Turn(FEWER, step, work, number))


def _ours(stage: Stage, found: Found, turn: _Turn) -> None:
    if turn.step == "cold":
        stage.database.start_afresh(turn.work.urls)
    turn.work.begin()
    with memory.watched(stage.leaders["ingest"]) as peak:
        went = one_pass(stage)
    found.note(turn.who, turn.step, went, peak.bytes)
    found.faults += turn.blame((*turn.work.asked(turn.step), *turn.work.stored(turn.step, turn.fresh)))
    if (turn.who, turn.step) == (OURS, "cold"):
        found.entries = turn.work.entries


def _theirs(stage: Stage, found: Found, yardstick: Yardstick, turn: _Turn) -> None:
    if (turn.who, turn.step) == (BARE, "same"):
        # It knows no hash of a body and would parse all once more, as when they were new: time saved.
        found.note(BARE, "same", found.steps[BARE, "cold"][-1], 0)
        return
    stage.wait_quiet()
    turn.work.begin()
    with memory.watched(yardstick.pid) as peak:
        went = yardstick.step(turn.step)
    found.note(turn.who, turn.step, Step(went.wall, {turn.who: went.cpu}), peak.bytes)
    found.faults += turn.blame(turn.work.asked(turn.step))
    if turn.who == LIBRARY:  # the bare loop keeps nothing
        found.faults += turn.blame(turn.work.kept(turn.step, turn.fresh, went.entries))


def _yardsticks(stage: Stage, urls: Sequence[str], found: Found, stack: ExitStack) -> Mapping[str, Yardstick]:
    if not is_installed(LIBRARY):
        found.absent.append(LIBRARY)
    return {
        who: stack.enter_context(started(module, urls, stage.folder, plain_environment()))
        for who, module in MODULES.items()
        if who not in found.absent
    }


def _idle(stage: Stage) -> float:
    """CPU seconds a second while there is nothing to do."""
    stage.wait_quiet()
    before, begun = stage.cpu(), time.perf_counter()
    time.sleep(_IDLE_S)
    return sum(cpu.spent(before, stage.cpu()).values()) / (time.perf_counter() - begun)
