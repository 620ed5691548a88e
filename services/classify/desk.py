"""Do what editors asked for at the desk, one request after the other; decides nothing.

claim -> do -> answer. What is done and its answer are one transaction, so that a worker that dies in between has done nothing.
"""

import logging
from typing import Any

from services.classify.errands import ERRANDS
from services.classify.errands.common import findings_json
from services.classify.rules import RulebookError
from services.classify.work import OvertakenError, TestsFailError
from services.core import desk, logs, traces
from services.core.clock import monotonic
from services.core.db import long_transaction, transaction
from services.core.desk import Errand
from services.core.errors import ConfigurationError, DatelineError, NotFoundError, UnavailableError

log = logging.getLogger(__name__)

BUDGET_S = 5
"""After this long a job claims nothing more."""


def serve_waiting() -> int:
    """Do requests until none waits or the budget is spent; how many were done."""
    started, served = monotonic(), 0
    while monotonic() - started < BUDGET_S:
        with transaction() as session:
            errand = desk.claim(session)
        if errand is None:
            break
        serve(errand)
        served += 1
    return served


def serve(errand: Errand) -> None:
    """One request. A database that is away ends the job; the lease runs out, and the request is done again."""
    ids: dict[str, logs.Id] = dict(errand.origin)
    parent = ids.pop(traces.PARENT, None)
    with (
        logs.bound(**ids | {"desk_request": errand.id}),
        traces.span(
            "desk.request",
            parent=str(parent) if parent else None,
            dateline__desk_request=errand.id,
            dateline__kind=errand.kind,
        ),
    ):
        _serve(errand, monotonic())


def _serve(errand: Errand, began: float) -> None:
    try:
        with long_transaction() as session:
            desk.done(session, errand, ERRANDS[errand.kind](session, errand.input, errand.author))
        took = {"ms": int((monotonic() - began) * 1000)}
        log.info("request %d of %s (%s) done", errand.id, errand.author, errand.kind, extra=took)
    except UnavailableError:
        raise
    except DatelineError as error:
        log.info("request %d of %s (%s) refused: %s", errand.id, errand.author, errand.kind, error)
        with transaction() as session:
            desk.refused(session, errand, told(error))
    except Exception as error:
        log.exception("request %d of %s (%s) failed", errand.id, errand.author, errand.kind)
        sentence = f"Something went wrong here ({type(error).__name__}); the log of classify says what."
        with transaction() as session:
            desk.failed(session, errand, {"kind": "internal", "sentence": sentence})


def told(error: DatelineError) -> dict[str, Any]:
    """A refusal as data: its kind, the sentence, and what belongs to that kind."""
    found: dict[str, Any] = {"kind": "invalid-input", "sentence": str(error)}
    match error:
        case RulebookError():
            found |= {"kind": "invalid-rules", "findings": findings_json(error.findings)}
        case TestsFailError():
            found |= {"kind": "tests-fail", **error.results}
        case OvertakenError():
            found |= {
                "kind": "conflict",
                "base": error.base,
                "in_force": error.in_force,
                "author": error.author,
                "message": error.message,
                "at": error.at.isoformat(),
            }
        case NotFoundError():
            found["kind"] = "not-found"
        case ConfigurationError():
            found["kind"] = "not-ready"
    return found
