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
"""Articles in one step at most."""

CHANGES = 1000
"""Changes in one step at most."""

AIM_S = 0.05
"""What a step should take: so long may somebody wait who needs the stream's lock, or the disk, in the same moment. A step of 200 takes
some 20 ms on an idle machine, and half a second where memory is short and the disk is shared.
"""

LEAST = 10
"""Rows in one step at least: below that the commit is all that it costs."""

BUDGET_S = 5
"""After this long a job takes no other step: a fetch may wait for this process, and the next hint goes on."""

Step = Callable[[Session, int], int]
"""Let go of so many rows at most; how many it were."""


def waiting(session: Session) -> int:
    """How much is to be let go this moment, roughly; 0 for nothing."""
    return expiring.waiting(session, days=settings().retention_days)


def let_go() -> int:
    """Let go of what is due; how many rows were dealt with."""
    days, until = settings().retention_days, monotonic() + BUDGET_S
    steps: tuple[tuple[Step, int], ...] = (
        (lambda session, size: expiring.expire(session, days=days, limit=size), BATCH),
        (lambda session, size: expiring.cut(session, days=days, limit=size), CHANGES),
        (lambda session, size: expiring.bury(session, days=days, limit=size), BATCH),
    )
    done = [_repeat(step, most, until) for step, most in steps]
    if any(done):
        log.info("%d articles expired, %d changes cut, %d tombstones looked at", *done)
    return sum(done)


def first_size(most: int) -> int:
    """With how many rows to begin: nothing is known of the machine yet."""
    return min(max(LEAST, most // 4), most)


def next_size(size: int, took_s: float, *, most: int) -> int:
    """How many rows the next step takes, when one of `size` took so long: as many as fit into `AIM_S`, and twice as many at most, since
    one quick step may be luck.

    >>> [next_size(100, took, most=200) for took in (0.01, 0.05, 0.1, 9.0)]
    [200, 100, 50, 10]
    """
    fits = int(size * AIM_S / took_s) if took_s > 0 else most
    return min(max(LEAST, min(fits, 2 * size)), most)


def take(step: Step, size: int) -> tuple[int, float]:
    """One step in a transaction of its own: how many rows, 0 where somebody else lets go; and how many seconds it took."""
    begun = monotonic()
    with transaction() as session:
        count = step(session, size) if expiring.alone(session) else 0
    return count, monotonic() - begun


def _repeat(step: Step, most: int, until: float) -> int:
    total, size = 0, first_size(most)
    while monotonic() < until:
        count, took = take(step, size)
        if not count:
            break
        total += count
        size = next_size(size, took, most=most)
    return total
