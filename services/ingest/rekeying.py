"""Keys anew where other rules of addresses are in force: step by step over what is stored, newest first.

own sources -> look at some articles -> keep the place, until all have the keys of the rules in force or the budget is
spent. Another publication in between begins a walk anew; a crash loses one step.
"""

import logging

from sqlalchemy.orm import Session

from services.core.clock import monotonic
from services.core.db import transaction
from services.ingest.store import rekeying

log = logging.getLogger(__name__)

BATCH = 200
"""Articles in one step."""

BUDGET_S = 5
"""After this long a job takes no other step: a fetch may wait for this process, and the next hint goes on."""


def waiting(session: Session) -> int:
    """1 where something is to be done."""
    return rekeying.waiting(session)


def make_anew() -> int:
    """Go on with the walk; how many articles were looked at."""
    until, looked, merged, parted = monotonic() + BUDGET_S, 0, 0, 0
    with transaction() as session:
        rekeying.own(session)
    while monotonic() < until:
        with transaction() as session:
            done = rekeying.step(session, limit=BATCH)
        if not done.looked:
            break
        looked, merged, parted = looked + done.looked, merged + done.merged, parted + done.parted
    if looked:
        log.info(
            "%d articles got the keys of the rules in force, %d pairs are one, %d no more",
            looked,
            merged,
            parted,
        )
    return looked
