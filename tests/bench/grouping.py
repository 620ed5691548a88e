"""The part `stories`: how well copies are found and stories grouped, how fast, beside rivals on the same texts."""

import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

from services.classify.duplicates import Text, prepare
from services.classify.duplicates.grouping import copies
from services.classify.grouping import PairEvaluation, StreamEvaluation, read_row
from services.classify.stories import Document, Frequencies, Stories, across, bcubed, binary
from services.core.urls import canonical_url
from tests.bench import back
from tests.bench.figures import Line
from tests.bench.planted import DATA, by_kind, planted, real_texts, truth
from tests.bench.rivals import COPY_RIVALS, STORY_RIVALS, Item
from tests.fixtures.addresses import kept_apart, merged, vector_errors
from tests.fixtures.translations import EVENTS

PART = "Stories"
SETS = {
    "AllSides, dated": ("allsides-2021", 0.85),
    "ECB+, look-alike events": ("ecbplus", 0.86),
    "NeuS, undated": ("allsides-neus", 0.75),
    "UCI, headlines of a stream": ("uci-news", None),
    "BASIL": ("basil", None),
    "Emergent, headlines": ("emergent", None),
}
PAIRS = {"tgcontest en": "tgcontest-en", "tgcontest ru": "tgcontest-ru"}
SEED = 20261128
"""Of the planted set: not the one on which anything was chosen."""
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(slots=True)
class Grouping:
    """What was measured, as lines."""

    lines: list[Line] = field(default_factory=list)

    def add(
        self, what: str, value: float, *, beside: float | None = None, note: str = "", unit: str = ""
    ) -> None:
        """One figure, perhaps beside the best of the rivals."""
        yardstick = () if beside is None else (beside,)
        self.lines.append(
            Line(part=PART, what=what, unit=unit, values=[value], yardstick=yardstick, note=note)
        )


def there(folder: Path = DATA) -> bool:
    """Whether the labelled texts are on this machine: they are no part of the project."""
    return (folder / "stories").exists()


def measure(*, quick: bool) -> list[Line]:
    """Everything, in some two minutes; quick: parts of the sets, in some twenty seconds."""
    found = Grouping()
    _copies(found, limit=3000 if quick else None, copied=300 if quick else 1500)
    for what, (name, wanted) in SETS.items():
        _stories(found, what, _rows(name), wanted, rivals=None if quick else 800)
    for what, name in PAIRS.items():
        _pairs(found, what, name)
    if not quick:
        _across(found)
    _jitter(found, seeds=1 if quick else 4)
    _speed(found, count=8_000 if quick else 50_000)
    found.lines += back.lines(PART, list(stream(8_000 if quick else 46_000, days=6.5)), since=2_000)
    _addresses(found)
    return found.lines


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "stories" / f"{name}.jsonl").read_text().splitlines()]


def _copies(found: Grouping, *, limit: int | None, copied: int) -> None:
    rows = planted(real_texts(limit=limit), seed=SEED, copied=copied)
    started = time.process_time()
    ours = set(copies((prepare(Text(row.title, row.body)), row.at) for row in rows))
    spent = time.process_time() - started
    items = [Item(row.title, row.body, row.at) for row in rows]
    others = {name: rival(items) for name, rival in COPY_RIVALS.items()}
    right = truth(rows, [ours, *others.values()])
    scores = {name: _score(pairs, right) for name, pairs in others.items()}
    told = "; ".join(f"{name} {score.precision:.2f}/{score.recall:.2f}" for name, score in scores.items())
    score = _score(ours, right)
    best = max(scores.values(), key=lambda other: other.f1)
    found.add(
        f"copies among {len(rows):,} texts, precision",
        score.precision,
        beside=best.precision,
        note=f"target .98; {told}",
    )
    found.add(
        "copies, recall",
        score.recall,
        beside=best.recall,
        note="target .93; " + ", ".join(f"{kind} {share:.2f}" for kind, share in by_kind(rows, ours)),
    )
    found.add("copies, texts", len(rows) / spent, unit="a second of CPU")


def _score(found: set[tuple[int, int]], right: set[tuple[int, int]]) -> Any:
    return binary(len(found & right), len(found - right), len(right - found))


def _stories(
    found: Grouping, what: str, rows: Sequence[dict[str, Any]], wanted: float | None, *, rivals: int | None
) -> None:
    evaluation = StreamEvaluation()
    for row in rows:
        evaluation.add(row)
    ours = evaluation.result()["bcubed"]
    items = [Item(row["title"], row["body"] or "", read_row(row).at) for row in rows]
    part, gold = items[:rivals], [row["story"] for row in rows]
    scores = {}
    if rivals:
        scores = {name: bcubed(gold[:rivals], group(part)) for name, group in STORY_RIVALS.items()}
        if len(items) > rivals:
            begun = StreamEvaluation()
            for row in rows[:rivals]:
                begun.add(row)
            note = f"of the first {rivals} rows ours {begun.result()['bcubed']['f1']:.2f}, "
        else:
            note = ""
        note += ", ".join(f"{name} {score.f1:.2f}" for name, score in scores.items())
    else:
        note = ""
    target = f"target {wanted}; " if wanted else ""
    told = f"{target}P {ours['precision']:.2f} R {ours['recall']:.2f}; {note}"
    found.add(
        f"{what}, B-cubed F1",
        ours["f1"],
        beside=max((s.f1 for s in scores.values()), default=None),
        note=told,
    )


def _pairs(found: Grouping, what: str, name: str) -> None:
    evaluation = PairEvaluation()
    for row in _rows(f"{name}.pairs"):
        evaluation.add(row)
    score = evaluation.result()["levels"]["story"]
    found.add(
        f"{what}, pairs of one story, F1",
        score["f1"],
        note=f"P {score['precision']:.2f} R {score['recall']:.2f}; pairs that were chosen for being alike",
    )


def _across(found: Grouping) -> None:
    """Written events in three languages among real reports of other events in two of them."""
    reports = [
        (number, Document(f"{number}{language}", *text, language=language))
        for number, event in enumerate(EVENTS)
        for language, text in event.items()
    ]
    rows = [row["a"] | {"lang": "ru"} for row in _rows("tgcontest-ru.pairs")] + _rows("allsides-2021")
    reports += [
        (None, Document(-n, row["title"], row["body"] or "", language=row["lang"]))
        for n, row in enumerate(rows, start=1)
    ]
    frequencies = Frequencies()
    for _, document in reports:
        across.learn(document, frequencies)
    marked = [(number, document.language, across.marks(document)) for number, document in reports]
    hit = wrong = missed = 0
    for one, other in itertools.combinations(range(len(reports)), 2):
        (event, language, marks), (event_too, language_too, marks_too) = marked[one], marked[other]
        if language == language_too:
            continue
        right = event is not None and event == event_too
        said = len(marks & marks_too) >= across.SHARED
        said = said and across.resemblance(reports[one][1], reports[other][1], frequencies).same
        hit, wrong, missed = (
            hit + (right and said),
            wrong + (said and not right),
            missed + (right and not said),
        )
    score = binary(hit, wrong, missed)
    found.add(
        "one event in two languages by names and numbers, precision",
        score.precision,
        note=f"recall {score.recall:.2f} of {hit + missed} written pairs among {len(rows)} real texts; without dates and places; not in use",
    )


def _jitter(found: Grouping, *, seeds: int) -> None:
    rows = sorted(_rows("allsides-2021"), key=lambda row: read_row(row).at or _NOON)
    gold, plain = [row["story"] for row in rows], _decided(rows, range(len(rows)))
    for days in (0.25, 1.0):
        scores, agreed = [], []
        for seed in range(seeds):
            dice = random.Random(seed)
            late = [(read_row(row).at or _NOON) + timedelta(days=dice.uniform(-days, days)) for row in rows]
            given = _decided(rows, sorted(range(len(rows)), key=late.__getitem__))
            scores.append(bcubed(gold, given).f1)
            agreed.append(bcubed(plain, given).f1)
        found.add(
            f"AllSides arriving up to {days} days early or late, F1",
            mean(scores),
            beside=bcubed(gold, plain).f1,
            note=f"beside: in order; agreement of the two {mean(agreed):.3f}",
        )


def _decided(rows: Sequence[dict[str, Any]], order: Sequence[int]) -> list[int]:
    """The story of each row, decided in an order of arrival."""
    stories, given, kept = Stories(), [0] * len(rows), dict[int, int]()
    latest = _NOON - timedelta(days=4000)
    for number in order:
        row = read_row(rows[number])
        latest = max(latest, row.at or latest)
        decision = stories.decide(
            Document(number, row.text.title, row.text.body, row.at, language="en"), latest
        )
        given[number] = decision.story
        kept |= {merge.lost: merge.kept for merge in decision.merges}

    def final(story: int) -> int:
        return final(kept[story]) if story in kept else story

    return [final(story) for story in given]


def stream(count: int, *, days: float = 16.0, seed: int = SEED) -> Iterator[tuple[Document, datetime]]:
    """A stream of 16 days, so that stories end while others begin, made of real texts in which one word of four is another text's."""
    dice, texts = random.Random(seed), real_texts()
    for number in range(count):
        one, other = dice.choice(texts), dice.choice(texts)
        words, foreign = one.body.split(), other.body.split() or ["none"]
        body = " ".join(dice.choice(foreign) if dice.random() < 0.25 else word for word in words)
        at = _NOON + timedelta(days=days * number / count)
        yield Document(number, one.title, body, at, f"paper{number % 500}.example", "en"), at


def _speed(found: Grouping, *, count: int) -> None:
    documents, stories = list(stream(count)), Stories()
    rates, touches, chunk = [], [], max(count // 10, 1)
    for start in range(0, count, chunk):
        before, started = stories.cost.touches, time.process_time()
        for document, now in documents[start : start + chunk]:
            stories.decide(document, now)
        rates.append(chunk / (time.process_time() - started))
        touches.append((stories.cost.touches - before) / chunk)
    settled = touches[len(touches) // 2 :]
    half = len(settled) // 2
    found.lines.append(
        Line(
            part=PART,
            what=f"decided, stream of {count:,}",
            unit="a second and core",
            values=rates,
            note="target 1,500; one value a tenth of the stream",
        )
    )
    found.add(
        "entries of the index touched for an article, last quarter",
        median(settled[half:]),
        beside=median(settled[:half]),
        note=f"beside: the quarter before; {len(stories.open):,} stories open at the end, {max(touches):.0f} at most in a tenth",
    )


def _addresses(found: Grouping) -> None:
    apart, pairs = kept_apart(canonical_url)
    wrong, both = merged(canonical_url)
    off, fallen, cases = vector_errors(canonical_url)
    found.add(
        "addresses of one article kept apart",
        apart / pairs,
        note=f"{apart} of {pairs} pairs; published cases that disagree: {off} of {cases}",
    )
    found.add(
        "addresses of two articles merged",
        wrong / both,
        note=f"{wrong} of {both} pairs; of the published cases {fallen}",
    )
