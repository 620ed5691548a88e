"""What editors ask for, done: each kind takes its input and gives its answer as plain JSON data.

Both the desk (HTTP) and the command line call these. A rulebook is referred to as {"texts": {file: YAML}}, {"version":
prefix}, or not at all: the one in force. Wrong rules, unknown versions and articles raise; nothing is changed by them.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.classify import archive, rulebook, store
from services.classify.rules import (
    CompiledRulebook,
    Document,
    ExampleResult,
    Finding,
    ImpactPlan,
    Rulebook,
    RulebookError,
    compile_rulebook,
    diff,
    explain,
    lint,
    load_texts,
    run_tests,
)
from services.classify.rules.evaluate import evaluate, read_document
from services.classify.work import Published, TestsFailError
from services.core import corrections
from services.core.errors import InvalidInputError

Given = Mapping[str, Any]
Answer = dict[str, Any]
IMPACT_ARTICLES = 10_000
"""How many of the newest articles an impact is measured on when nobody says."""

FORESEEN_ARTICLES = 2_000
"""Of how many the history says what was to be expected of a publication."""

MOST_CORRECTIONS = 20_000
"""Newest corrections that figures are taken from."""


def compiled_of(session: Session, reference: Given | None) -> CompiledRulebook:
    """The rulebook that is referred to, compiled. Raises RulebookError, NotFoundError, InvalidInputError."""
    if not reference:
        return rulebook.current(session)
    if "version" in reference:
        return rulebook.compiled(session, rulebook.find_version(session, str(reference["version"])))
    texts = texts_of(reference)
    name = "texts:" + hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
    known = rulebook.kept(name)
    return known or rulebook.keep(compile_rulebook(load_texts(texts)), as_version=name)


def texts_of(given: Given) -> dict[str, str]:
    """File name to YAML. Raises InvalidInputError when it is anything else."""
    texts = given.get("texts")
    if not isinstance(texts, Mapping) or not all(isinstance(t, str) for pair in texts.items() for t in pair):
        raise InvalidInputError(
            'A rulebook is {"texts": {file name: YAML}} or {"version": its first letters}.'
        )
    return dict(texts)


def check(session: Session, given: Given, _author: str) -> Answer:
    """Errors and warnings, and how much the rulebook holds. Wrong rules are an answer here."""
    try:
        read = _read(session, given.get("rulebook"))
    except RulebookError as error:
        return {"accepted": False, "findings": findings_json(error.findings)}
    return {
        "accepted": True,
        "findings": findings_json(lint(read)),
        "version": read.version,
        "labels": len(read.rules),
        "places": len(read.places),
        "terms": sum(len(place.terms) for place in read.places) + sum(len(rule.terms) for rule in read.rules),
    }


def _read(session: Session, reference: Given | None) -> Rulebook:
    """A rulebook as data: a draft is not compiled for being read."""
    if reference and "texts" in reference:
        return load_texts(texts_of(reference))
    return compiled_of(session, reference).rulebook


def test(session: Session, given: Given, _author: str) -> Answer:
    """The examples beside the rules, failed ones first."""
    return results_json(run_tests(compiled_of(session, given.get("rulebook"))))


def explain_text(session: Session, given: Given, _author: str) -> Answer:
    """Which labels a stored article or a text gets, why, what did not count and what came near."""
    compiled = compiled_of(session, given.get("rulebook"))
    number = given.get("article_id")
    document = (
        read_document(given.get("document") or {}) if number is None else store.document(session, number)
    )
    told = explain(document, compiled) | {"document": document_json(document)}
    stands = (
        next((c for c in corrections.of_article(session, number) if not c.withdrawn_at), None)
        if number
        else None
    )
    if stands is not None:
        told["correction"] = {
            "regions": stands.regions,
            "topics": stands.topics,
            "places": stands.places,
            "author": stands.author,
            "note": stands.note,
        }
    return told


def compare(session: Session, given: Given, _author: str) -> Answer:
    """What two rulebooks say differently."""
    before, after = (_read(session, given.get(side)) for side in ("before", "after"))
    return diff(before, after).to_json()


def publish(session: Session, given: Given, author: str) -> Answer:
    """Put a rulebook in force whose examples all pass. Raises TestsFailError, RulebookError, OvertakenError."""
    texts, message = texts_of(given), str(given.get("message") or "").strip()
    if not message:
        raise InvalidInputError("Say in a message what changed and why; the history shows it.")
    compiled = compiled_of(session, {"texts": texts})
    results = run_tests(compiled)
    if any(not result.passed for result in results):
        raise TestsFailError(results_json(results))
    figures = {
        "tests": len(results),
        "corrections": _figures(session, compiled),
        "impact": _foreseen(session, compiled),
    }
    base = None if given.get("force") else given.get("base")
    done = rulebook.publish(session, texts, message=message, author=author, base=base, figures=figures)
    return published_json(done) | {"figures": figures}


def roll_back(session: Session, given: Given, author: str) -> Answer:
    """Put an earlier version in force again."""
    message = str(given.get("message") or "").strip()
    return published_json(
        rulebook.put_in_force(session, str(given["version"]), author=author, message=message)
    )


def foresee(session: Session, given: Given, _author: str) -> Answer:
    """What a rulebook would do to the newest listed articles, in place of the one in force."""
    limit, samples = _count(given, "limit", IMPACT_ARTICLES, 200_000), _count(given, "examples", 10, 100)
    plan = ImpactPlan(rulebook.current(session), compiled_of(session, given.get("rulebook")), samples=samples)
    return plan.measure(archive.newest(session, limit=limit)).to_json()


def _count(given: Given, name: str, usual: int, most: int) -> int:
    """A number of the input. Raises InvalidInputError when it is none, or too large."""
    value = given.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise InvalidInputError(f"{name} is a whole number from 1 to {most:,}.")
    return value


def measure(session: Session, given: Given, _author: str) -> Answer:
    """Precision, recall and F1 on labelled rows, or on what editors have corrected."""
    rows = given.get("rows")
    if rows is None:
        rows = corrected_rows(session)
        if not rows:
            raise InvalidInputError("No article was corrected yet: correct some, or give labelled rows.")
    return evaluate(rows, compiled_of(session, given.get("rulebook")))


def corrected_rows(session: Session) -> list[dict[str, Any]]:
    """Standing corrections as labelled rows: the text that was judged, with gold for the kinds that were."""
    found = corrections.standing(session, limit=MOST_CORRECTIONS)
    return [
        dict(standing.document)
        | {
            kind: gold
            for kind in ("regions", "topics", "places")
            if (gold := getattr(standing, kind)) is not None
        }
        for standing in found
    ]


def _figures(session: Session, compiled: CompiledRulebook) -> Answer | None:
    """F1 on corrected articles by kind; None without corrections."""
    rows = corrected_rows(session)
    if not rows:
        return None
    sets = evaluate(rows, compiled)["sets"]
    return {"rows": len(rows), **{kind: figures["micro"] for kind, figures in sets.items()}}


def _foreseen(session: Session, compiled: CompiledRulebook) -> Answer | None:
    """How many of the newest articles change, for the history; None when nothing was in force."""
    in_force = rulebook.active_version(session)
    if in_force is None:
        return None
    plan = ImpactPlan(rulebook.compiled(session, in_force), compiled, samples=1)
    impact = plan.measure(archive.newest(session, limit=FORESEEN_ARTICLES))
    return {"articles": impact.articles, "changed": impact.changed}


def published_json(done: Published) -> Answer:
    """What a publication came to."""
    return {"version": done.version, "before": done.before, "relabelling": done.walk}


def results_json(results: Sequence[ExampleResult]) -> Answer:
    """Examples with how they went, failed ones first."""
    told = [
        {
            "label": result.label,
            "at": str(result.example.position),
            "title": result.example.document.title or result.example.document.body[:80],
            "passed": result.passed,
            "todo": result.example.todo,
            "sentence": result.sentence,
        }
        for result in sorted(results, key=lambda result: result.passed)
    ]
    return {
        "tests": len(results),
        "failed": sum(not result.passed for result in results),
        "todo": sum(result.example.todo is not None for result in results),
        "results": told,
    }


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Errors and warnings as data."""
    keys = ("file", "line", "column", "sentence", "level")
    return [{key: getattr(finding, key) for key in keys} for finding in findings]


def document_json(document: Document) -> Answer:
    """The text that was labelled."""
    return {
        "title": document.title,
        "body": document.body,
        "dateline": document.dateline,
        "lang": document.language,
        "source_country": document.source_country,
        "tags": list(document.tags),
        "section": document.section,
        "prior_region": document.prior_region,
    }


ERRANDS: dict[str, Callable[[Session, Given, str], Answer]] = {
    "check": check,
    "test": test,
    "explain": explain_text,
    "diff": compare,
    "impact": foresee,
    "publish": publish,
    "rollback": roll_back,
    "evaluate": measure,
}
"""By kind (`core.models.desk.DESK_KINDS`): session, input and author in, answer out."""
