"""What people say an article is about, compared with what rules say.

Regions and topics are compared with their parents: gold `americas` is met by `north-america`, and says nothing about
which of its children is right.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.classify.rules.model import Kind, Rulebook

Above = Mapping[str, tuple[str, ...]]


class Comparison(NamedTuple):
    """Slugs of one kind in one article."""

    hit: frozenset[str]
    wrong: frozenset[str]
    missed: frozenset[str]


def ancestors(rulebook: Rulebook, kind: Kind) -> dict[str, tuple[str, ...]]:
    """Of every slug that has a parent, those above it, the nearest first."""
    return {
        rule.slug: rulebook.ancestors(kind, rule.slug)
        for rule in rulebook.rules
        if rule.kind == kind and rule.parent
    }


def compare(given: Iterable[str], gold: set[str], above: Above) -> Comparison:
    """Labels given and labels wanted; one that is neither right nor wrong stands nowhere."""
    wanted = frozenset(gold | {slug for child in gold for slug in above.get(child, ())})
    # Below a gold label that is asked for as a whole, any child is neither right nor wrong.
    whole = {slug for slug in gold if not any(slug in above.get(other, ()) for other in gold)}
    judged = frozenset(slug for slug in given if slug in wanted or not whole & set(above.get(slug, ())))
    return Comparison(judged & wanted, judged - wanted, wanted - judged)


def scores(hit: int, wrong: int, missed: int) -> dict[str, float]:
    """Precision, recall and F1; 0 where nothing was given or wanted."""
    precision = hit / (hit + wrong) if hit + wrong else 0.0
    recall = hit / (hit + missed) if hit + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}
