"""The figures of ingest as lines of the table, and which ratios to the yardsticks are too great."""

from collections.abc import Iterable, Sequence

from tests.bench.figures import Line
from tests.bench.ingest import BARE, FEWER, FEWER_FEEDS, LIBRARY, OURS, Found
from tests.bench.scale import FEW, MANY, Scale
from tests.bench.steps import HEAD, STEPS

PART = "Ingest alone: from feeds that are due to articles stored, without labels"
SLOPE = f"Ingest: what a feed costs among {FEWER_FEEDS} (yardstick: the same among all)"
SCALE = f"Ingest: {MANY} feeds in the catalogue (yardstick: {FEW})"
TARGET_S = {"cold": 6.0, "warm": 0.5, "changed": 0.8, "same": 1.0}
"""CPU seconds to reach for 500 feeds of about 34 entries."""
TARGET_FEEDS = 500
TARGET_MB = 150
AT_MOST = {
    ("cold", BARE): 0.8,
    ("cold", LIBRARY): 0.6,
    ("warm", LIBRARY): 1.0,
    ("changed", LIBRARY): 1.0,
    ("same", BARE): 0.3,
    ("same", LIBRARY): 0.2,
}
"""Ours divided by the yardstick's CPU. Far above what is to be reached, so that only what went really wrong is called so."""
_SHOWN = {"ingest": ("ingest",), "PostgreSQL": ("postgres",), "Valkey and scheduler": ("valkey", "scheduler")}


def lines(found: Found) -> list[Line]:
    """The figures of all rounds."""
    told = [line for step in STEPS if (OURS, step) in found.steps for line in _step(found, step)]
    who = _reference(found)
    told.append(
        _line(
            "memory of the ingest worker at most",
            "MB",
            _mb(found, OURS),
            _mb(found, who),
            who=who,
            goal=f"target {TARGET_MB}",
        )
    )
    if found.idle:
        told.append(_line("CPU of everything that waits", "ms a second", [1000 * s for s in found.idle]))
    return told + list(_slope(found))


def circumstances(found: Found) -> dict[str, str]:
    """What was fetched, and what was not there to measure beside."""
    told = {
        "ingest": f"{found.feeds} feeds of all formats, {found.entries} entries, an address of its own each; nothing of classify runs"
    }
    if found.absent:
        told["not measured"] = (
            f"{', '.join(found.absent)}: not installed (pip install {' '.join(found.absent)})"
        )
    return told


def scale_lines(scale: Scale, found: Found) -> list[Line]:
    """How little a great catalogue costs."""
    told = [
        Line(part=SCALE, what=name, unit="ms", values=_ms(scale.many[name]), yardstick=_ms(scale.few[name]))
        for name in scale.many
    ]
    if scale.passed and (OURS, "warm") in found.steps:
        small = [step.total for step in found.steps[OURS, "warm"]]
        note = f"beside {found.feeds}"
        told.append(
            Line(
                part=SCALE,
                what=f"{HEAD['warm']}: CPU",
                unit="s",
                values=[scale.passed.total],
                yardstick=small,
                note=note,
            )
        )
        told.append(
            Line(
                part=SCALE,
                what="memory of the ingest worker at most",
                unit="MB",
                values=[scale.peak / 1e6],
                yardstick=_mb(found, OURS),
                note=note,
            )
        )
    return told


def too_dear(found: Found) -> list[str]:
    """A sentence for each ratio that is above AT_MOST."""
    told = []
    for (step, who), most in AT_MOST.items():
        if (OURS, step) in found.steps and (who, step) in found.steps:
            ratio = _line("", "", _totals(found, OURS, step), _totals(found, who, step)).ratio or 0.0
            if ratio > most:
                told.append(
                    f"{HEAD[step]}: the CPU is {ratio:.2g} times that of {who}, and at most {most} is fit"
                )
    return told


def _step(found: Found, step: str) -> list[Line]:
    head, ours = HEAD[step], found.steps[OURS, step]
    totals, beside = [s.total for s in ours], _present(found)
    told = []
    for n, who in enumerate(beside or [""]):
        goal = _goal(step, found.feeds) if n == 0 else ""
        told.append(_line(f"{head}: CPU", "s", totals, _totals(found, who, step), who=who, goal=goal))
    told += [
        _line(f"  of it {name}", "s", [sum(s.cpu.get(tree, 0.0) for tree in trees) for s in ours])
        for name, trees in _SHOWN.items()
    ]
    who = _reference(found)
    if step == "cold":
        theirs = _totals(found, who, step)
        told.append(
            _line(
                f"{head}: entries",
                "a CPU second",
                [found.entries / s for s in totals],
                [found.entries / s for s in theirs],
                who=who,
            )
        )
    told.append(
        _line(
            f"{head}: wall",
            "s",
            [s.wall for s in ours],
            [s.wall for s in found.steps.get((who, step), [])],
            who=who,
        )
    )
    return told


def _slope(found: Found) -> Iterable[Line]:
    for step in STEPS:
        if (FEWER, step) in found.steps:
            few = [1000 * s / FEWER_FEEDS for s in _totals(found, FEWER, step)]
            many = [1000 * s / found.feeds for s in _totals(found, OURS, step)]
            yield Line(part=SLOPE, what=f"{HEAD[step]}: CPU a feed", unit="ms", values=few, yardstick=many)


def _present(found: Found) -> list[str]:
    """The yardsticks that ran."""
    return [who for who in (BARE, LIBRARY) if (who, "cold") in found.steps]


def _reference(found: Found) -> str:
    """The yardstick for figures that are shown beside one only."""
    return next(iter(_present(found)), "")


def _totals(found: Found, who: str, step: str) -> list[float]:
    return [s.total for s in found.steps.get((who, step), [])]


def _mb(found: Found, who: str) -> list[float]:
    return [peak / 1e6 for peak in found.peaks.get(who, [])]


def _ms(seconds: Sequence[float]) -> list[float]:
    return [1000 * s for s in seconds]


def _goal(step: str, feeds: int) -> str:
    return f"target {TARGET_S[step]:g}" if feeds == TARGET_FEEDS else ""


def _line(
    what: str,
    unit: str,
    values: Sequence[float],
    beside: Sequence[float] = (),
    *,
    who: str = "",
    goal: str = "",
) -> Line:
    note = ", ".join(word for word in (who if beside else "", goal) if word)
    return Line(part=PART, what=what, unit=unit, values=values, yardstick=beside, note=note)
