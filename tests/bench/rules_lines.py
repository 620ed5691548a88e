"""The figures of the rules as lines of the table, and which of them tell that something went wrong."""

from collections.abc import Iterable
from statistics import median

from services.classify.rules import compile_rulebook, load_texts
from services.classify.starter import starter_texts
from tests.bench import rules, rules_quality
from tests.bench.figures import Line
from tests.bench.rules import REASONS_AT_MOST, SIZES, SLOPE_AT_MOST, Found
from tests.bench.rules_quality import Score

SPEED = (
    "Rules: labels with reasons, as they are stored, of 1.5 kB (yardstick: every word looked up in a table)"
)
REASONS = "Rules: with reasons, as JSON (yardstick: without)"
SLOPE = "Rules: what an article costs by number of rules (yardstick: the same with 10)"
READING = "Rules: the starter rulebook"
QUALITY = "Rules: how good the starter rulebook is on the development sets"
TARGET = 3000
TARGET_RATIO = 1.15


def measure(*, rounds: int, articles: int) -> tuple[list[Line], list[str], dict[str, str]]:
    """The part: its lines, its faults, and what could not be measured."""
    reuters = [d for d in rules_quality.texts("geo/reuters21578") if 1200 < len(d.body) < 1900][:articles]
    found = rules.measure(
        rounds=rounds, articles=articles, more={"English (Reuters)": reuters} if reuters else {}
    )
    scores = rules_quality.measure(compile_rulebook(load_texts(starter_texts())))
    missing = f"quality of the rules: there is no labelled news in {rules_quality.WHERE}"
    return lines(found, scores), faults(found), {} if scores else {"not measured": missing}


def lines(found: Found, scores: Iterable[Score]) -> list[Line]:
    """All of them, in the order of the page."""
    sets = [which for what, which in found.spent if what == "explained as JSON"]
    return [
        *(_speed(found, name) for name in sets),
        *(_reasons(found, name) for name in sets),
        *(_slope(found, size) for size in SIZES),
        *(
            Line(part=READING, what=which, unit="s", values=found.spent["starter", which])
            for which in ("read", "compiled", "linted")
        ),
        *(_quality(score) for score in scores),
    ]


def faults(found: Found) -> list[str]:
    """A sentence for each figure that only a mistake can explain."""
    told = list(found.faults)
    for what, which in found.spent:
        if what == "explained as JSON":
            ratio = median(found.spent[what, which]) / median(found.spent["labels as JSON", which])
            if ratio > REASONS_AT_MOST:
                told.append(f"rules: reasons cost {ratio:.2f} times the labels in {which}")
    steepest = median(found.spent["rules", str(SIZES[-1])]) / median(found.spent["rules", str(SIZES[0])])
    if steepest > SLOPE_AT_MOST:
        told.append(f"rules: an article costs {steepest:.1f} times as much among {SIZES[-1]} rules")
    return told


def _speed(found: Found, name: str) -> Line:
    return Line(
        part=SPEED,
        what=name,
        unit="a CPU second",
        values=[1 / seconds for seconds in found.spent["explained as JSON", name]],
        yardstick=[1 / seconds for seconds in found.spent["look-up", name]],
        note=f"target {TARGET}",
    )


def _reasons(found: Found, name: str) -> Line:
    without = median(found.spent["labels", name])
    asked = median(found.spent["explained", name]) / without
    return Line(
        part=REASONS,
        what=name,
        unit="µs an article",
        values=_micro(found.spent["explained as JSON", name]),
        yardstick=_micro(found.spent["labels as JSON", name]),
        note=f"target {TARGET_RATIO}; {asked:.2f} where nobody reads them",
    )


def _slope(found: Found, size: int) -> Line:
    return Line(
        part=SLOPE,
        what=f"{size} rules",
        unit="µs an article",
        values=_micro(found.spent["rules", str(size)]),
        yardstick=_micro(found.spent["rules", str(SIZES[0])]),
    )


def _quality(score: Score) -> Line:
    target = f", target {score.target:g}" if score.target else ""
    return Line(
        part=QUALITY,
        what=score.what,
        unit=score.measure,
        values=[score.value],
        note=f"{score.more}, {score.rows} texts{target}",
    )


def _micro(seconds: Iterable[float]) -> list[float]:
    return [1e6 * second for second in seconds]
