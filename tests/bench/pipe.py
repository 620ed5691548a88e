"""The whole pipe: feeds in, articles in Latest; beside it a bare loop that only fetches and parses the same feeds."""

import time
from dataclasses import dataclass, field
from functools import partial

from tests.bench import cpu, truth
from tests.bench.figures import Line
from tests.bench.stage import Stage, eventually, plain_environment
from tests.bench.yardstick import started

PART = "Pipe: from feeds that are due to Latest"
STEPS = ("cold", "warm", "same")
_HEAD = {"cold": "all new", "warm": "nothing changed (304)", "same": "same bytes again (200)"}
_YARDSTICK = {"cold": "cold", "warm": "warm", "same": "cold"}
"""What the bare loop did: knowing no hash of a body, it parses the same bytes again as if they were new."""
_SHOWN = {
    "ingest": ("ingest",),
    "classify": ("classify",),
    "PostgreSQL": ("postgres",),
    "Valkey, scheduler, API": ("valkey", "scheduler", "api"),
}
_ROUND_S = 120.0


@dataclass(frozen=True, slots=True)
class Step:
    """One pass over all feeds: wall seconds, CPU seconds by process tree."""

    wall: float
    cpu: dict[str, float]

    @property
    def total(self) -> float:
        """CPU seconds of everything."""
        return sum(self.cpu.values())


@dataclass(slots=True)
class Rounds:
    """What the rounds brought: ours and the bare loop's, and what was not done."""

    ours: dict[str, list[Step]] = field(default_factory=lambda: {step: [] for step in STEPS})
    bare: dict[str, list[Step]] = field(default_factory=lambda: {"cold": [], "warm": []})
    faults: list[str] = field(default_factory=list)


def measure(stage: Stage, *, rounds: int, budget_s: float, entries: int) -> Rounds:
    """Up to `rounds` rounds, as many as `budget_s` seconds allow and at least one; every second one in reverse order."""
    done, started = Rounds(), time.monotonic()
    for number in range(1, rounds + 1):
        begun = time.monotonic()
        parts = [partial(_ours, stage, done, number), partial(_bare, stage, done, entries=entries)]
        for part in parts if number % 2 else reversed(parts):
            part()
        now = time.monotonic()
        if now - started + (now - begun) > budget_s:
            break
    return done


def fill(stage: Stage) -> list[str]:
    """One cold round that nobody times, for measurements that need articles; what is missing."""
    if stage.database.rows()["articles"] == 0:
        _step(stage, "cold")
    return truth.faults(stage, where="filling the database")


def lines(done: Rounds, *, feeds: int, entries: int) -> list[Line]:
    """The figures of all rounds."""
    found: list[Line] = []
    for step in STEPS:
        ours, bare = done.ours[step], done.bare[_YARDSTICK[step]]
        head = _HEAD[step]
        if step == "cold":
            found += [
                _rate(f"{head}: feeds", "a second", feeds, ours, bare),
                _rate(f"{head}: entries", "a second", feeds * entries, ours, bare),
            ]
        found += [
            _line(f"{head}: wall", "s", [s.wall for s in ours], [s.wall for s in bare]),
            _line(f"{head}: CPU", "s", [s.total for s in ours], [s.total for s in bare]),
        ]
        if step != "same":
            found += [
                _line(f"  of it {name}", "s", _share(ours, trees), []) for name, trees in _SHOWN.items()
            ]
        count, what = (feeds * entries, "entries") if step == "cold" else (feeds, "feeds")
        per_cpu = [[count / s.total for s in steps] for steps in (ours, bare)]
        found.append(_line(f"{head}: {what}", "a CPU second", *per_cpu))
    return found


def _rate(what: str, unit: str, count: int, ours: list[Step], bare: list[Step]) -> Line:
    return _line(what, unit, [count / s.wall for s in ours], [count / s.wall for s in bare])


def _line(what: str, unit: str, values: list[float], beside: list[float]) -> Line:
    return Line(
        part=PART,
        what=what,
        unit=unit,
        values=values,
        yardstick=beside,
        note="bare loop" if beside else "",
    )


def _share(steps: list[Step], trees: tuple[str, ...]) -> list[float]:
    return [sum(step.cpu.get(tree, 0.0) for tree in trees) for step in steps]


def _ours(stage: Stage, done: Rounds, number: int) -> None:
    for step in STEPS:
        asked, stored = stage.requests(), stage.database.rows()
        done.ours[step].append(_step(stage, step))
        where = f"round {number}, {_HEAD[step]}"
        requests, not_modified = (now - then for now, then in zip(stage.requests(), asked, strict=True))
        expected = len(stage.feeds) if step == "warm" else 0
        if (requests, not_modified) != (len(stage.feeds), expected):
            done.faults.append(
                f"{where}: the press counted {requests} requests and {not_modified} answers 304 "
                f"where {len(stage.feeds)} and {expected} were due"
            )
        if step == "cold":
            done.faults += truth.faults(stage, where=where)
        elif stage.database.rows() != stored:
            done.faults.append(
                f"{where}: rows became {stage.database.rows()} from {stored} although nothing was new"
            )


def _step(stage: Stage, step: str) -> Step:
    """Set up untimed; then from the moment at which all feeds are due until all is labelled and listed."""
    if step == "cold":
        stage.database.start_afresh()
    elif step == "same":
        stage.database.forget_validators()
    stage.wait_quiet()
    before, started = stage.cpu(), time.perf_counter()
    since = stage.database.make_due()
    eventually(
        lambda: stage.database.is_done(since), seconds=_ROUND_S, what="A pass over all feeds", every=0.02
    )
    wall = time.perf_counter() - started
    return Step(wall, cpu.spent(before, stage.cpu()))


def _bare(stage: Stage, done: Rounds, *, entries: int) -> None:
    stage.wait_quiet()
    with started("tests.bench.bare", stage.feeds, stage.folder, plain_environment()) as bare:
        for step in done.bare:
            asked = stage.requests()
            went = bare.step(step)
            done.bare[step].append(Step(went.wall, {"bare": went.cpu}))
            not_modified = stage.requests()[1] - asked[1]
            expected = (len(stage.feeds) * entries, 0) if step == "cold" else (0, len(stage.feeds))
            if (went.entries, not_modified) != expected:
                done.faults.append(
                    f"the bare loop, {_HEAD[step]}: {went.entries} entries and {not_modified} answers 304 "
                    f"where {expected[0]} and {expected[1]} were expected"
                )
