"""Let what is stored be found by the words of its language where an earlier version stored other words, newest first; decides nothing.

A step at a time, each in one transaction: a worker that dies loses the step it was in. New articles do not wait for it.
"""

import logging

from services.classify.labelling import indexing
from services.core.clock import monotonic
from services.core.db import transaction

log = logging.getLogger(__name__)

STEP = 100
"""Articles of one step: their rows are locked for as long as indexing them takes."""

BUDGET_S = 5
"""After this long a job ends: the next hint finds a fresh one."""


def reindex_stored() -> int:
    """Go on with the walk until it is over or the budget is spent; how many articles were passed."""
    until, passed = monotonic() + BUDGET_S, 0
    while monotonic() < until:
        with transaction() as session:
            done = indexing.step(session, limit=STEP)
        if not done:
            break
        passed += done
    if passed:
        log.info("%d articles are found by the words of their language", passed)
    return passed
