"""What an editor's correction does to a verdict: it stands above the rules, whatever version they have.

    verdict = corrected(classify(document, compiled), Correction(regions=("central-asia",), author="ada"), rulebook)

A kind that the correction does not judge (None) stays as the rules gave it. A kind that it judges is replaced as a
whole, by an empty list too: "no region" is an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from services.classify.rules.engine.explain import from_json
from services.classify.rules.model import Editor, Kind, Label, Rulebook, Verdict


@dataclass(frozen=True, slots=True)
class Correction:
    """What an editor says of one article: slugs by kind, the first of each is primary. None: not judged."""

    regions: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    places: tuple[str, ...] | None = None
    author: str = ""
    note: str = ""


def corrected(verdict: Verdict | Mapping[str, Any], correction: Correction, rulebook: Rulebook) -> Verdict:
    """The verdict of the rules (or its JSON) with an editor's labels in place of theirs.

    Parents follow as they do for rules. Labels that the rulebook does not have are left out and told in `unknown`.
    Correcting twice is the same as once.
    """
    given = verdict if isinstance(verdict, Verdict) else from_json(verdict)
    editor = Editor(correction.author, correction.note)
    unknown: list[str] = []
    changes: dict[str, Any] = {}
    if correction.regions is not None:
        changes["regions"] = _labels("region", correction.regions, rulebook, editor, unknown)
        changes["region"] = changes["regions"][0].slug if changes["regions"] else None
    if correction.topics is not None:
        changes["topics"] = _labels("topic", correction.topics, rulebook, editor, unknown)
    if correction.places is not None:
        changes["places"] = _labels("place", correction.places, rulebook, editor, unknown)
    return replace(given, **changes, unknown=tuple(unknown))


def _labels(
    kind: str, slugs: tuple[str, ...], rulebook: Rulebook, editor: Editor, unknown: list[str]
) -> tuple[Label, ...]:
    known = _known(kind, rulebook)
    chosen = [slug for slug in dict.fromkeys(slugs) if slug in known]
    unknown += [f"{kind}/{slug}" for slug in dict.fromkeys(slugs) if slug not in known]
    above = dict.fromkeys(
        parent
        for slug in chosen
        if kind != "place"
        for parent in rulebook.ancestors(cast("Kind", kind), slug)
        if parent not in chosen
    )
    return (
        *(Label(slug, 0.0, rank == 0, "editor", editor=editor) for rank, slug in enumerate(chosen)),
        *(Label(slug, 0.0, primary=False, origin="parent") for slug in above),
    )


def _known(kind: str, rulebook: Rulebook) -> frozenset[str]:
    if kind == "place":
        return frozenset(place.code for place in rulebook.places)
    return frozenset(rule.slug for rule in rulebook.rules if rule.kind == kind)
