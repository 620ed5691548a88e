"""Is a rulebook right, why does a text get its labels, and what do two rulebooks say differently?"""

from sqlalchemy.orm import Session

from services.classify.errands.common import (
    Answer,
    Given,
    compiled_of,
    document_json,
    findings_json,
    read_of,
    results_json,
)
from services.classify.labelling import stored
from services.classify.rules import RulebookError, diff, explain, lint, run_tests
from services.classify.rules.judging.evaluate import read_document
from services.core import corrections


def check(session: Session, given: Given, _author: str) -> Answer:
    """Errors and warnings, and how much the rulebook holds. Wrong rules are an answer here."""
    try:
        read = read_of(session, given.get("rulebook"))
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


def test(session: Session, given: Given, _author: str) -> Answer:
    """The examples beside the rules, failed ones first."""
    return results_json(run_tests(compiled_of(session, given.get("rulebook"))))


def explain_text(session: Session, given: Given, _author: str) -> Answer:
    """Which labels a stored article or a text gets, why, what did not count and what came near."""
    compiled = compiled_of(session, given.get("rulebook"))
    number = given.get("article_id")
    document = (
        read_document(given.get("document") or {}) if number is None else stored.document(session, number)
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
    before, after = (read_of(session, given.get(side)) for side in ("before", "after"))
    return diff(before, after).to_json()
