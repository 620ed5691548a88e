"""What only a great catalogue costs: a hundred thousand feeds stored, of which no more are due than before."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from services.core.db import database_url
from services.core.settings import settings
from services.ingest.store import leases
from tests.bench import ingest, memory
from tests.bench.pipe import Step
from tests.bench.stage import Stage

FEW, MANY = 1_000, 100_000
_CALLS = 20


def _claim(session: Session) -> None:
    leases.claim(session, limit=settings().fetch_batch)


def _look(session: Session) -> None:
    leases.due(session)


ASKED: dict[str, Callable[[Session], None]] = {
    "a worker's claim of a batch": _claim,
    "a worker's look for feeds to put aside": leases.put_aside,
    "the scheduler's look": _look,
}


@dataclass(slots=True)
class Scale:
    """Seconds of wall by question, for few and for many feeds; one pass with nothing changed among many, and bytes of memory."""

    few: dict[str, list[float]] = field(default_factory=dict)
    many: dict[str, list[float]] = field(default_factory=dict)
    passed: Step | None = None
    peak: int = 0


def measure(stage: Stage) -> Scale:
    """Fills the catalogue; the feeds of the press are the ones that are due."""
    scale = Scale()
    stage.stop("scheduler")  # nobody may fetch what is claimed here and given back
    scale.few = _asked_among(stage, FEW)
    scale.many = _asked_among(stage, MANY)
    stage.database.let_rest()  # else fetching would begin before its pass does
    stage.start(stage.children["scheduler"])
    with memory.watched(stage.leaders["ingest"]) as peak:
        scale.passed = ingest.one_pass(stage)
    scale.peak = peak.bytes
    return scale


def _asked_among(stage: Stage, total: int) -> dict[str, list[float]]:
    """Every question 20 times, each in a transaction that is rolled back; the first time of each is not counted."""
    stage.database.add_sleepers(total)
    stage.database.make_due()
    engine = create_engine(database_url(), poolclass=NullPool)
    taken = {}
    with engine.connect() as connection:
        for name, ask in ASKED.items():
            times = []
            for _ in range(_CALLS + 1):
                with Session(connection) as session:
                    begun = time.perf_counter()
                    ask(session)
                    times.append(time.perf_counter() - begun)
                    session.rollback()
            taken[name] = times[1:]
    engine.dispose()
    return taken
