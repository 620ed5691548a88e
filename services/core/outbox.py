"""Send after commit, never before and never after a rollback.

`publish` notes an event on the session; when its transaction commits, the jobs that the event starts are hinted and
followers told. A process that dies between commit and sending loses only the hint: the scheduler looks for
waiting rows anyway, so the row itself is the outbox.
"""

import logging

from sqlalchemy import event
from sqlalchemy.orm import Session

from services.core import broker, cache
from services.core.events import Event, StreamAdvanced
from services.core.queues import HINTS_AT_MOST, JOBS_FOR, QUEUE_OF, Job

_PENDING = "dateline.outbox"
log = logging.getLogger(__name__)


def publish(session: Session, fact: Event) -> None:
    """Note `fact`; it goes out if and when the session's transaction commits."""
    session.info.setdefault(_PENDING, []).append(fact)


def hint(job: Job) -> bool:
    """Say that there may be work for `job`, unless enough hints say so already. False when it was not sent."""
    queued = cache.queue_length(QUEUE_OF[job])
    if queued is None or queued >= HINTS_AT_MOST:
        return False
    return broker.send(job)


def _send(facts: list[Event]) -> None:
    positions = [fact.seq for fact in facts if isinstance(fact, StreamAdvanced)]
    if positions:
        cache.tell_followers(max(positions))
    for job in dict.fromkeys(job for fact in facts for job in JOBS_FOR[type(fact)]):
        hint(job)


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint was released: whether the transaction commits is still open
    facts = session.info.pop(_PENDING, [])
    if facts:
        _send(facts)


@event.listens_for(Session, "after_rollback")
def _after_rollback(session: Session) -> None:
    if session.in_nested_transaction():
        return  # of a savepoint: what was noted before it still counts, and a hint too many does no harm
    session.info.pop(_PENDING, None)
