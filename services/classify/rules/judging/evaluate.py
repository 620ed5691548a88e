"""How good a rulebook is on labelled texts: precision, recall and F1 for every label, and the primary's share.

A row's gold counts only for the kinds it carries; an empty list is gold too (nothing should be assigned). Gold
places count as gold regions where a row has no gold regions of its own. How labels are
compared stands in `gold`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.score import classify
from services.classify.rules.judging.gold import ancestors, compare, scores
from services.classify.rules.model import Document, Rulebook, Verdict
from services.core.errors import InvalidInputError

KINDS = ("regions", "topics", "places")


@dataclass(slots=True)
class Counts:
    """Of one kind: right, wrong and missed by slug, and the primaries."""

    hit: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    primary: int = 0


class Evaluation:
    """Add rows one by one, then read `result()`."""

    def __init__(self, compiled: CompiledRulebook) -> None:
        self.compiled = compiled
        self.rows = 0
        self.counts: dict[str, Counts] = {}
        self.placed = _regions_with_places(compiled.rulebook)
        self.above = {
            "regions": ancestors(compiled.rulebook, "region"),
            "topics": ancestors(compiled.rulebook, "topic"),
        }

    def add(self, row: Mapping[str, Any]) -> Verdict:
        """Classify one row and compare. Raises InvalidInputError where the row is not as it must be."""
        verdict = classify(read_document(row), self.compiled, explain=False)
        self.rows += 1
        for kind, gold in _gold(row, self.compiled.rulebook).items():
            derived = kind == "regions" and "regions" not in row
            self._compare(self.counts.setdefault(kind, Counts()), kind, gold, verdict, derived=derived)
        return verdict

    def _compare(self, counts: Counts, kind: str, gold: set[str], verdict: Verdict, *, derived: bool) -> None:
        labels = getattr(verdict, kind)
        if derived:  # gold places say nothing of the European Union, nor of the United Nations
            labels = tuple(label for label in labels if label.slug in self.placed)
        given = [label.slug for label in labels]
        above = self.above.get(kind, {})
        found = compare(given, gold, above)
        counts.hit.update(found.hit)
        counts.wrong.update(found.wrong)
        counts.missed.update(found.missed)
        if gold:
            counts.rows += 1
            first = labels[0].slug if labels else None
            counts.primary += first is not None and bool({first, *above.get(first, ())} & gold)

    def result(self) -> dict[str, Any]:
        """The figures: rows, and for each kind micro, macro, by slug, and the primary's accuracy."""
        return {
            "rows": self.rows,
            "sets": {kind: _figures(self.counts[kind]) for kind in KINDS if kind in self.counts},
        }


def evaluate(rows: Iterable[Mapping[str, Any]], compiled: CompiledRulebook) -> dict[str, Any]:
    """Classify labelled rows and compare. Raises InvalidInputError where a row is not as it must be."""
    evaluation = Evaluation(compiled)
    for row in rows:
        evaluation.add(row)
    return evaluation.result()


def read_document(row: Mapping[str, Any]) -> Document:
    """The text of a labelled row."""
    texts: dict[str, str] = {}
    for key in ("title", "body", "lang", "dateline", "source_country", "prior_region", "section"):
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            raise InvalidInputError(f"{key} is a text.")
        texts[key] = value or ""
    if not texts["title"] and not texts["body"]:
        raise InvalidInputError("A row needs a title or a body.")
    tags = row.get("tags") or ()
    return Document(
        title=texts["title"],
        body=texts["body"],
        dateline=texts["dateline"] or None,
        language=texts["lang"] or None,
        source_country=texts["source_country"] or None,
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        section=texts["section"],
        prior_region=texts["prior_region"] or None,
    )


def _gold(row: Mapping[str, Any], rulebook: Rulebook) -> dict[str, set[str]]:
    gold: dict[str, set[str]] = {}
    for kind in KINDS:
        value = row.get(kind)
        if value is None:
            continue
        if not isinstance(value, list) or not all(isinstance(slug, str) for slug in value):
            raise InvalidInputError(f"{kind} is a list of texts.")
        gold[kind] = set(value)
    if "places" in gold and "regions" not in row:
        gold["regions"] = {slug for code in gold["places"] for slug in _main_regions(rulebook, code)}
    return gold


def _regions_with_places(rulebook: Rulebook) -> frozenset[str]:
    """Regions that hold places, themselves or below them."""
    holders = {rule.slug for rule in rulebook.rules if rule.places}
    return frozenset(holders | {slug for child in holders for slug in rulebook.ancestors("region", child)})


def _main_regions(rulebook: Rulebook, code: str) -> tuple[str, ...]:
    """The region where a place weighs most: secondary memberships are no demand."""
    return rulebook.regions_of(code)[:1]


def _figures(counts: Counts) -> dict[str, Any]:
    slugs = sorted(set(counts.hit) | set(counts.wrong) | set(counts.missed))
    by = {
        slug: scores(counts.hit[slug], counts.wrong[slug], counts.missed[slug])
        | {"support": counts.hit[slug] + counts.missed[slug]}
        for slug in slugs
    }
    asked = [figures for figures in by.values() if figures["support"]]
    macro = {
        key: round(sum(figures[key] for figures in asked) / len(asked), 4) if asked else 0.0
        for key in ("precision", "recall", "f1")
    }
    return {
        "micro": scores(counts.hit.total(), counts.wrong.total(), counts.missed.total()),
        "macro": macro,
        "by": by,
        "primary_accuracy": round(counts.primary / counts.rows, 4) if counts.rows else None,
    }
