"""How good the rules are on labelled news that stands beside the project; where it does not, nothing is measured.

Texts come as feeds give them: title, text, a dateline where the corpus has it as its own field.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.classify.rules import CompiledRulebook, Document, classify
from services.classify.rules.judging.evaluate import Evaluation, read_document
from tests.bench.rules_gold import TOPICS

WHERE = "../shared/data"
DATA = Path(__file__).parents[2] / WHERE
_TEXT = ("title", "body", "lang", "dateline", "source_country")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """One figure: `more` says what stands beside it."""

    what: str
    measure: str
    value: float
    more: str
    rows: int
    target: float | None = None


def available() -> bool:
    """Whether the labelled news is there."""
    return (DATA / "geo" / "reuters21578.jsonl").exists()


def measure(compiled: CompiledRulebook) -> list[Score]:
    """All figures that the data allows."""
    return [*_places(compiled), *_topics(compiled), *_seed(compiled)] if available() else []


def texts(name: str, language: str | None = None) -> list[Document]:
    """The texts of one set, for measuring speed; none where it is not there."""
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        return []
    return [read_document(_plain(row)) for row in _rows(path) if language in (None, row["lang"])]


def _places(compiled: CompiledRulebook) -> Iterator[Score]:
    reuters = [row for row in _set("geo/reuters21578") if row["places"]]
    abroad = [row for row in reuters if row["places"] != ["US"]]
    yield from _regions(compiled, "Reuters, not US-only", abroad, f1=0.93, primary=0.95)
    told = [row | {"source_country": "US"} for row in reuters]
    yield from _regions(compiled, "Reuters, all, publisher in the US", told, f1=0.95)
    for name, target in (("geovirus", 0.93), ("geowebnews", 0.88), ("trnews", 0.85), ("lgl", 0.65)):
        rows = list(_set(f"geo/{name}"))
        figures = _evaluated(compiled, rows)["places"]
        yield _micro(f"{name}: countries", figures, len(rows), target)
    rows = list(_set("geo/cliff"))
    figures = _evaluated(compiled, rows)["regions"]
    yield Score(
        "cliff: primary region", "share right", figures["primary_accuracy"], _exact(figures), len(rows), 0.85
    )


def _regions(
    compiled: CompiledRulebook, name: str, rows: list[Row], *, f1: float, primary: float | None = None
) -> Iterator[Score]:
    figures = _evaluated(compiled, rows)["regions"]
    yield _micro(f"{name}: regions", figures, len(rows), f1)
    yield Score(
        f"{name}: primary region",
        "share right",
        figures["primary_accuracy"],
        _exact(figures),
        len(rows),
        primary,
    )


def _micro(what: str, figures: dict[str, Any], rows: int, target: float | None) -> Score:
    return Score(what, "micro-F1", figures["micro"]["f1"], _exact(figures), rows, target)


def _exact(figures: dict[str, Any]) -> str:
    return f"precision {figures['micro']['precision']:.3f}, recall {figures['micro']['recall']:.3f}"


def _evaluated(compiled: CompiledRulebook, rows: list[Row]) -> dict[str, Any]:
    evaluation = Evaluation(compiled)
    for row in rows:
        evaluation.add(_plain(row) | {"places": row["places"]})
    sets: dict[str, Any] = evaluation.result()["sets"]
    return sets


def _topics(compiled: CompiledRulebook) -> Iterator[Score]:
    yield _led(compiled, "AG News", "agnews-test", _set("topics/agnews-test"), target=0.80)
    yield _led(compiled, "BBC", "bbc", _set("topics/bbc"), target=0.88)
    yield _led(compiled, "10kGNAD (German)", "10kgnad-test", _set("topics/10kgnad-test"))
    for language in ("en", "fr"):
        rows = (row for row in _set("topics/masakhanews") if row["lang"] == language)
        yield _led(compiled, f"MasakhaNEWS ({language})", "masakhanews", rows)
    for language in ("en", "ru"):
        yield _led(
            compiled,
            f"Telegram contest ({language})",
            "tgcontest",
            _set(f"topics/tgcontest-{language}.topics"),
        )


def _led(
    compiled: CompiledRulebook, name: str, gold: str, rows: Iterator[Row], *, target: float | None = None
) -> Score:
    """The share of texts whose first topic is one that their class allows; a text without a topic is wrong."""
    allowed = TOPICS[gold]
    asked = labelled = right = 0
    for row in rows:
        wanted = allowed.get(row["topics"][0]) if row["topics"] else None
        if wanted is None:
            continue
        topics = classify(read_document(_plain(row)), compiled, explain=False).topics
        asked += 1
        labelled += bool(topics)
        right += bool(topics) and topics[0].slug in wanted
    precision = right / labelled if labelled else 0.0
    more = f"precision {precision:.3f}, {asked - labelled} without a topic"
    return Score(f"{name}: first topic", "share right", right / asked if asked else 0.0, more, asked, target)


def _seed(compiled: CompiledRulebook) -> Iterator[Score]:
    names = {info.name: info for info in compiled.rulebook.labels}
    rows = list(_set("seed/seed"))
    right = 0
    for row in rows:
        info = names[row["label"]]
        verdict = classify(read_document(_plain(row)), compiled, explain=False)
        given = verdict.regions if info.kind == "region" else verdict.topics
        right += info.slug in [label.slug for label in given]
    yield Score(
        "seed: labelled as its site did", "share right", right / len(rows), f"{right} right", len(rows), 1.0
    )


def _plain(row: Row) -> Row:
    return {key: row.get(key) for key in _TEXT}


def _set(name: str) -> Iterator[Row]:
    return _rows(DATA / f"{name}.jsonl")


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
