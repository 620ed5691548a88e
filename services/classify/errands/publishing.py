"""Put a rulebook in force, or go back to one."""

from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.errands import addressed, archive
from services.classify.errands.common import Answer, Given, compiled_of, results_json, texts_of
from services.classify.errands.measuring import IMPACT_ARTICLES, corrected_rows
from services.classify.rules import CompiledRulebook, ImpactPlan, Rulebook, load_texts, run_tests
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
    } | _addresses(session, compiled.rulebook)
    base = None if given.get("force") else given.get("base")
    done = rulebook.publish(session, texts, message=message, author=author, base=base, figures=figures)
    return published_json(done) | {"figures": figures}


def roll_back(session: Session, given: Given, author: str) -> Answer:
    """Put an earlier version in force again."""
    message = str(given.get("message") or "").strip()
    version = rulebook.find_version(session, str(given["version"]))
    figures = _addresses(session, load_texts(rulebook.texts_of(session, version), version=version))
    done = rulebook.put_in_force(session, version, author=author, message=message, figures=figures)
    return published_json(done) | {"figures": figures}


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


def _addresses(session: Session, after: Rulebook) -> Answer:
    """What becomes of articles by their addresses, for the history; nothing where rules of addresses are the same."""
    in_force = rulebook.active_version(session)
    if in_force is None:
        return {}
    before = load_texts(rulebook.texts_of(session, in_force), version=in_force)
    sides = before.addresses, after.addresses
    found = addressed.foresee(session, *sides, limit=IMPACT_ARTICLES, examples=1)
    if found is None:
        return {}
    kept = ("articles", "joined", "joined_to", "parted", "parted_from", "rules", "sentences")
    return {"addresses": {name: found[name] for name in kept}}


def published_json(done: Published) -> Answer:
    """What a publication came to."""
    return {"version": done.version, "before": done.before, "relabelling": done.walk}
