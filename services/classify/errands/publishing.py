"""Put a rulebook in force, or go back to one."""

from sqlalchemy.orm import Session

from services.classify import archive, rulebook
from services.classify.errands.common import Answer, Given, compiled_of, results_json, texts_of
from services.classify.errands.measuring import corrected_rows
from services.classify.rules import CompiledRulebook, ImpactPlan, run_tests
from services.classify.rules.judging.evaluate import evaluate
from services.classify.work import Published, TestsFailError
from services.core.errors import InvalidInputError

FORESEEN_ARTICLES = 2_000
"""Of how many the history says what was to be expected of a publication."""


def publish(session: Session, given: Given, author: str) -> Answer:
    """Put a rulebook in force whose examples all pass. Raises TestsFailError, RulebookError, OvertakenError."""
    texts, message = texts_of(given), str(given.get("message") or "").strip()
    if not message:
        raise InvalidInputError("Say in a message what changed and why; the history shows it.")
    compiled = compiled_of(session, {"texts": texts})
    in_force = rulebook.active_version(session)
    if compiled.version == in_force:
        return published_json(Published(compiled.version, in_force, None)) | {"figures": None}
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
