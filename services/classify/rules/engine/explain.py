"""Verdicts told to people: as JSON, and the whole reckoning with what did not count and what came near."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import find_hits
from services.classify.rules.engine.reasons import Why
from services.classify.rules.engine.score import REASONS, Scorer
from services.classify.rules.engine.tally import as_part
from services.classify.rules.model import Document, Editor, Label, Reason, Verdict
from services.classify.rules.text.prepare import prepare

ALL = 1000  # reasons


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain JSON data: `version`, `region`, `regions`, `topics`, `places`.

    `unknown` stands in it only where a correction names labels that this version does not have.
    """
    told: dict[str, Any] = {
        "version": verdict.version,
        "region": verdict.region,
        "regions": [_label(label) for label in verdict.regions],
        "topics": [_label(label) for label in verdict.topics],
        "places": [_label(label) for label in verdict.places],
    }
    return told | {"unknown": list(verdict.unknown)} if verdict.unknown else told


def _label(label: Label) -> dict[str, Any]:
    slug, score, primary, origin, why, editor = label
    reasons = why.told() if isinstance(why, Why) else [asdict(reason) for reason in why]
    told = {"slug": slug, "score": score, "primary": primary, "origin": origin, "why": reasons}
    return told if editor is None else told | {"editor": asdict(editor)}


def from_json(told: Mapping[str, Any]) -> Verdict:
    """The verdict that `to_json` told. Raises KeyError or TypeError for anything else."""
    return Verdict(
        version=told["version"],
        region=told["region"],
        regions=_labels(told["regions"]),
        topics=_labels(told["topics"]),
        places=_labels(told["places"]),
        unknown=tuple(told.get("unknown", ())),
    )


def _labels(told: Iterable[Mapping[str, Any]]) -> tuple[Label, ...]:
    return tuple(
        Label(
            slug=label["slug"],
            score=label["score"],
            primary=label["primary"],
            origin=label["origin"],
            why=tuple(Reason(**reason) for reason in label["why"]),
            editor=Editor(**label["editor"]) if "editor" in label else None,
        )
        for label in told
    )


def explain(document: Document, compiled: CompiledRulebook) -> dict[str, Any]:
    """The verdict with every reason, and `ignored` (hits that did not count, with the reason) and `near_misses`.

    A near miss is a label that terms spoke for and that did not fire, with the points it lacks.
    """
    prepared = prepare(document, compiled.defaults.lead_words)
    match = find_hits(prepared, compiled, document.language, trace=True)
    scorer = Scorer(document, compiled, prepared, match, reasons=ALL)
    verdict = scorer.verdict()
    told = to_json(verdict)
    told["ignored"] = [
        told_hit | {"reason": ignored.reason}
        for told_hit, ignored in zip(
            scorer.teller.told([as_part(i.hit) for i in match.ignored]), match.ignored, strict=True
        )
    ]
    told["near_misses"] = _near_misses(scorer, verdict)
    return told


def _near_misses(scorer: Scorer, verdict: Verdict) -> list[dict[str, Any]]:
    fired = {
        (kind, label.slug)
        for kind, labels in (
            ("region", verdict.regions),
            ("topic", verdict.topics),
            ("place", verdict.places),
        )
        for label in labels
    }
    misses: list[dict[str, Any]] = []
    for number, tally in scorer.tallies().items():
        rules = scorer.compiled.rulebook.rules
        kind = rules[number].kind if number < scorer.compiled.rule_count else "place"
        slug = scorer.compiled.slugs[number]
        if (kind, slug) in fired or tally.score <= 0:
            continue
        threshold = scorer.compiled.thresholds[number]
        misses.append(
            {
                "kind": kind,
                "slug": slug,
                "score": round(tally.score, 4),
                "threshold": threshold,
                "missing": round(max(0.0, threshold - tally.score), 4),
                "reason": _miss(tally.score, threshold, firm=tally.firm),
                "why": Why(scorer.teller, tally.parts, REASONS).told(),
            }
        )
    return sorted(misses, key=lambda miss: (-miss["score"], miss["slug"]))


def _miss(score: float, threshold: float, *, firm: bool) -> str:
    if score < threshold:
        return "below the threshold"
    if not firm:
        return "only weak terms spoke for it"
    return "too far behind the first"
