"""A text that rules were tried on, ready to be shown: labels with reasons, what came near, what did not count. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.pages import reasons
from services.api.pages.reasons import LabelView, Piece
from services.api.tree import LabelTree

SHOWN = 12
"""Near misses and ignored hits that are shown."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A label that terms spoke for and that was not given."""

    kind: str
    name: str
    score: float
    threshold: float
    reason: str
    terms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A term that stands in the text and did not count."""

    term: str
    field: str
    rule: str
    reason: str
    shown: str


@dataclass(frozen=True, slots=True)
class Try:
    """What one rulebook makes of the text."""

    version: str
    labels: Sequence[LabelView]
    places: Sequence[str]
    misses: Sequence[Miss]
    ignored: Sequence[Ignored]
    headline: Sequence[Piece]
    text: Sequence[Piece]


def of(answer: Mapping[str, Any], document: Mapping[str, Any], tree: LabelTree) -> Try:
    """An explanation, as `dateline rules explain --json` prints it."""
    title, body = str(document.get("title") or ""), str(document.get("body") or "")
    return Try(
        version=str(answer.get("version") or ""),
        labels=reasons.labels(
            answer,
            tree,
            reasons.Whole(title, body, document.get("tags") or (), str(document.get("section") or "")),
        ),
        places=[str(place["slug"]) for place in answer.get("places") or ()],
        misses=[_miss(miss, tree) for miss in (answer.get("near_misses") or ())[:SHOWN]],
        ignored=[_ignored(hit, title, body) for hit in (answer.get("ignored") or ())[:SHOWN]],
        headline=reasons.marked(title, reasons.hits(answer, tree, in_title=True)),
        text=reasons.marked(body, reasons.hits(answer, tree, in_title=False)),
    )


def _miss(miss: Mapping[str, Any], tree: LabelTree) -> Miss:
    kind, slug = str(miss["kind"]), str(miss["slug"])
    name = slug if kind == "place" else tree.name("topic" if kind == "topic" else "region", slug)
    terms = list(dict.fromkeys(str(why["term"]) for why in miss.get("why") or ()))
    return Miss(kind, name, float(miss["score"]), float(miss["threshold"]), str(miss["reason"]), terms)


def _ignored(hit: Mapping[str, Any], title: str, body: str) -> Ignored:
    field = str(hit.get("field") or "")
    whole = title if field == "title" else body
    return Ignored(
        term=str(hit.get("term") or ""),
        field=reasons.FIELDS.get(field, field),
        rule=str(hit.get("rule") or ""),
        reason=str(hit.get("reason") or ""),
        shown=whole[int(hit.get("start") or 0) : int(hit.get("end") or 0)],
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """Labels that the draft gives and the rules in force do not, and the other way round; a first region that differs."""

    gained: Sequence[str]
    lost: Sequence[str]
    primary: tuple[str, str] | None

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.primary)


def difference(
    in_force: Mapping[str, Any] | None, draft: Mapping[str, Any] | None, tree: LabelTree
) -> Difference | None:
    """What a draft changes for this text; None where both were not asked."""
    if not in_force or not draft:
        return None
    old, new = (_names(answer, tree) for answer in (in_force, draft))
    before, after = (answer.get("region") for answer in (in_force, draft))
    primary = None
    if before != after:
        primary = (_region(before, tree), _region(after, tree))
    return Difference(
        [name for name in new if name not in old], [name for name in old if name not in new], primary
    )


def _names(answer: Mapping[str, Any], tree: LabelTree) -> list[str]:
    regions = [tree.name("region", str(given["slug"])) for given in answer.get("regions") or ()]
    return regions + [tree.name("topic", str(given["slug"])) for given in answer.get("topics") or ()]


def _region(slug: Any, tree: LabelTree) -> str:
    return tree.name("region", str(slug)) if slug else "none"
