"""Give what is listed the labels of the rulebook in force, newest first, at bounded speed; decides nothing.

hold -> label -> write -> keep the place, a step at a time, each in one transaction: a worker that dies loses the step it
was in, and the next one begins where the last had ended. New articles do not wait for it: they have a queue of their own.
"""

import logging
from collections.abc import Sequence

from services.classify import rulebook
from services.classify.labelling import store, walk
from services.classify.labelling.label import label_one
from services.classify.work import Labelled
from services.core.clock import monotonic
from services.core.db import transaction
from services.core.settings import settings

log = logging.getLogger(__name__)

STEP = 100
"""Articles of one step: their rows are locked for as long as labelling them takes, some 50 ms."""

BUDGET_S = 5
"""After this long a job ends: the next hint finds a fresh one."""


def relabel_listed() -> int:
    """Go on with the walk until it is over, has to wait, or the budget is spent; how many articles were looked at."""
    rulebook.prepare()
    started, looked = monotonic(), 0
    while monotonic() - started < BUDGET_S and (passed := _step()):
        looked += passed
    return looked


def _step() -> int:
    """One step; how many articles it passed, 0 when there is nothing to do now."""
    with transaction() as session:
        in_force = store.version_in_force(session)
        held = walk.hold(session)
        if held is None or in_force is None:
            return 0
        if held.version != in_force:
            walk.end(session, held, "overtaken")
            return 0
        found = walk.stretch(session, held, limit=STEP)
        if not found.looked:
            walk.end(session, held, "done")
            log.info("everything listed has the labels of rulebook %s", held.version[:12])
            return 0
        compiled = rulebook.compiled(session, held.version)
        labelled = [label_one(article, compiled) for article in found.articles]
        # The place is kept before the stream is written to: its lock is the last one taken, and held the shortest.
        walk.go_on(session, held, found, moved=_moved(labelled), rate=settings().relabel_rate)
        store.write(session, labelled)
    return found.looked


def _moved(labelled: Sequence[Labelled]) -> int:
    """How many have other labels than before."""
    return sum(frozenset(item.labels) != item.waiting.labels for item in labelled)
