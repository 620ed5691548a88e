"""Letting go of what is older than articles are kept, in steps so small that nothing new waits for them.

expire articles -> cut the log -> bury tombstones, each until nothing is left of it or the budget is spent. A crash
anywhere loses one step, which is rolled back.
"""

import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from services.core.clock import monotonic
from services.core.db import transaction
from services.core.settings import settings
from services.ingest.store import expiring

log = logging.getLogger(__name__)

BATCH = 200
"""Articles in one step: some ten milliseconds under the stream's lock, if all of them were listed."""

CHANGES = 1000
"""Changes in one step."""

BUDGET_S = 5
"""After this long a job takes no other step: a fetch may wait for this process, and the next hint goes on."""


def waiting(session: Session) -> int:
    """How much is to be let go this moment, roughly; 0 for nothing."""
    return expiring.waiting(session, days=settings().retention_days)


def let_go() -> int:
    """Let go of what is due; how many rows were dealt with."""
    days, until = settings().retention_days, monotonic() + BUDGET_S
    steps: tuple[Callable[[Session], int], ...] = (
        lambda session: expiring.expire(session, days=days, limit=BATCH),
        lambda session: expiring.cut(session, days=days, limit=CHANGES),
        lambda session: expiring.bury(session, days=days, limit=BATCH),
    )
    done = [_repeat(step, until) for step in steps]
    if any(done):
        log.info("%d articles expired, %d changes cut, %d tombstones looked at", *done)
    return sum(done)


def _repeat(step: Callable[[Session], int], until: float) -> int:
    total = 0
    while monotonic() < until:
        with transaction() as session:
            count = step(session) if expiring.alone(session) else 0
        if not count:
            break
        total += count
    return total
