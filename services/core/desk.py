"""The desk: work that editors ask for and classify workers do. Ask here, claim there, read the answer here.

The engine of the rules lives in classify alone, so an API process stays light and never computes for seconds. A request is a
row: the hint to workers may be lost, the row is looked for again by the scheduler. Requests are done at most
`MAX_ATTEMPTS` times, and forgotten after `KEPT_DAYS`.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core import logs, traces
from services.core.events import DeskAsked
from services.core.liveness import holder
from services.core.metrics.fleet import after_commit
from services.core.outbox import publish

LEASE_S = 60
"""Longer than the longest request takes; each of them stays below by its own limits."""
MAX_ATTEMPTS = 2
KEPT_DAYS = 2
ORIGIN = "_origin"
"""Beside what is asked: the ids under which whoever asked writes his lines of the log, so that the worker's are found with them."""
log = logging.getLogger(__name__)

_ASK = text(
    "INSERT INTO desk_requests (kind, input, author) VALUES (:kind, :input, :author) RETURNING id"
).bindparams(bindparam("input", type_=JSONB))

_CLAIM = text(
    """
    UPDATE desk_requests d SET lease_until = clock_timestamp() + make_interval(secs => :lease), attempts = d.attempts + 1,
                               lease_token = :holder || gen_random_uuid()::text
    FROM (SELECT id FROM desk_requests WHERE state = 'waiting' AND lease_until < now() AND attempts < :most
          ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) w
    WHERE d.id = w.id
    RETURNING d.id, d.kind, d.input - :origin AS input, d.author, d.lease_token, d.input->:origin AS origin
    """
).bindparams(origin=ORIGIN)

_END = text(
    """
    UPDATE desk_requests SET state = :state, answer = :answer, error = :error, finished_at = clock_timestamp(),
                             lease_until = 'epoch', lease_token = NULL
    WHERE id = :id AND lease_token = :token
    """
).bindparams(
    bindparam("answer", type_=JSONB(none_as_null=True)), bindparam("error", type_=JSONB(none_as_null=True))
)

_GIVE_UP = text(
    """
    UPDATE desk_requests SET state = 'failed', finished_at = clock_timestamp(),
        error = jsonb_build_object('sentence', 'A worker died over it ' || attempts || ' times; see the log of classify.')
    WHERE state = 'waiting' AND lease_until < now() AND attempts >= :most
    """
)

_FREE_ORPHANS = text(
    f"""
    UPDATE desk_requests SET lease_until = {holder.FREE_AT}, lease_token = NULL, attempts = attempts - {holder.BLAMELESS}
    WHERE state = 'waiting' AND {holder.ORPHANED}
    """  # noqa: S608 - constants of ours
)

_WAITING = text(
    """
    SELECT count(*) FROM (SELECT 1 FROM desk_requests WHERE state = 'waiting' AND lease_until < now() LIMIT 101) AS counted
    """
)

_FORGET = text("DELETE FROM desk_requests WHERE created_at < now() - make_interval(days => :days)")

FIND = text(
    """
    SELECT id, kind, author, state, answer, error, progress, created_at, finished_at FROM desk_requests WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class Errand:
    """A request in a worker's hand. `origin`: ids of the log that it comes from."""

    id: int
    kind: str
    input: Mapping[str, Any]
    author: str
    token: str
    origin: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a request. `state`: waiting, done (`answer` holds it), refused or failed (`error` says why).

    `error`: {"sentence": …} and, where rules are wrong, "findings": [{file, line, column, sentence, level}].
    """

    id: int
    kind: str
    author: str
    state: str
    answer: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    progress: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


def ask(session: Session, kind: str, given: Mapping[str, Any], *, author: str) -> int:
    """Leave a request for a worker; its number. `kind` is one of `models.desk.DESK_KINDS`."""
    ids = {"request": logs.at().get("request"), traces.PARENT: traces.here()}
    origin = {name: str(value) for name, value in ids.items() if value is not None}
    asked_so = {"kind": kind, "input": {**given, ORIGIN: origin}, "author": author}
    number = int(session.execute(_ASK, asked_so).scalar_one())
    publish(session, DeskAsked())
    said = {"desk_request": number}
    after_commit(session, lambda: log.info("%s asked for %s: request %d", author, kind, number, extra=said))
    return number


def find(session: Session, number: int) -> Asked | None:
    """A request and what became of it; None when there is none of that number, or it was forgotten."""
    return asked(session.execute(FIND, {"id": number}).one_or_none())


def asked(row: Row[Any] | None) -> Asked | None:
    """The row of a request as data."""
    return None if row is None else Asked(**row._mapping)  # noqa: SLF001 - the public name of a row's dictionary


def claim(session: Session) -> Errand | None:
    """Lease the oldest request that waits. Those that workers died over twice are given up, with the reason."""
    session.execute(_GIVE_UP, {"most": MAX_ATTEMPTS})
    row = session.execute(
        _CLAIM, {"lease": LEASE_S, "most": MAX_ATTEMPTS, "holder": holder.prefix()}
    ).one_or_none()
    return (
        None
        if row is None
        else Errand(row.id, row.kind, row.input, row.author, row.lease_token, row.origin or {})
    )


def done(session: Session, errand: Errand, answer: Mapping[str, Any]) -> bool:
    """Store the answer; False when the lease ran out and the request is somebody else's."""
    return _end(session, errand, "done", answer=answer)


def refused(session: Session, errand: Errand, error: Mapping[str, Any]) -> bool:
    """What was asked for is wrong: say why."""
    return _end(session, errand, "refused", error=error)


def failed(session: Session, errand: Errand, error: Mapping[str, Any]) -> bool:
    """We are wrong: say so."""
    return _end(session, errand, "failed", error=error)


def _end(
    session: Session,
    errand: Errand,
    state: str,
    *,
    answer: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> bool:
    told = {"id": errand.id, "token": errand.token, "state": state, "answer": answer, "error": error}
    return bool(session.execute(_END, told).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def waiting(session: Session) -> int:
    """How many requests no worker has in hand, counted up to 101."""
    return session.scalar(_WAITING) or 0


def free_orphans(session: Session) -> None:
    """Free what dead workers had in hand; it counts as an attempt, unless the database itself had ended."""
    session.execute(_FREE_ORPHANS, {"lease": LEASE_S})


def forget(session: Session) -> None:
    """Delete what was asked long ago."""
    session.execute(_FORGET, {"days": KEPT_DAYS})
