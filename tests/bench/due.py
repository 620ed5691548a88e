"""A hundred thousand feeds, each due every quarter of an hour: the scheduler, the hints, the claims and the stores as they are, on one
core. Only the fetch itself is made up: every publisher answers at once that nothing has changed.
"""

import os
import sys
import time
from dataclasses import dataclass, field, replace

import psycopg

from services.core.settings import PREFIX
from tests.bench.figures import Line, percentile
from tests.bench.stage import ROOT, Stage, eventually

FEEDS = 100_000
INTERVAL_S = 900
SETTINGS = {"FETCH_INTERVAL_MIN": "15m", "FETCH_HOST_PAUSE": "1", "WORKER_PROCESSES": "1"}
_SPREAD = f"""
UPDATE feeds SET etag = '"x"', interval_s = {INTERVAL_S}, next_check_at = now() + make_interval(secs => 5 + random() * {INTERVAL_S}),
                 checked_at = now() - interval '15 minutes', full_at = now() - interval '15 minutes', ok_at = now() - interval '15 minutes'
WHERE url LIKE 'http://sleeper-%'
"""
_KEEP = (
    "CREATE TABLE bench.due AS SELECT id, next_check_at AS at FROM feeds WHERE url LIKE 'http://sleeper-%'"
)
_DELAYS = """
SELECT extract(epoch FROM f.at - d.at)::float FROM fetches f JOIN bench.due d ON d.id = f.feed_id WHERE d.at BETWEEN %s AND %s
"""
_DUE = "SELECT count(*) FROM bench.due d WHERE d.at BETWEEN %s AND %s"
_STARTED = "SELECT EXISTS (SELECT FROM fetches f JOIN bench.due d ON d.id = f.feed_id)"


@dataclass(slots=True)
class Due:
    """Seconds from due to stored, one a feed; how many were due; CPU seconds by role and how long was looked."""

    delays: list[float] = field(default_factory=list)
    due: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    cores: int = 1

    @property
    def faults(self) -> list[str]:
        """What would make the figures worth nothing."""
        missing = self.due - len(self.delays)
        return [f"{missing} of {self.due} feeds that were due were not fetched once"] if missing else []


def one_core() -> int:
    """From now on this process and all it starts use one core; which."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def measure(stage: Stage, *, seconds: float) -> Due:
    """Fill the catalogue, let feeds become due as the clock goes, and see when each was looked at."""
    stage.database.add_sleepers(FEEDS)
    worker = replace(
        stage.children["ingest"],
        argv=(sys.executable, "-m", "tests.bench.made_up", "ingest"),
        env={**stage.children["ingest"].env, "PYTHONPATH": str(ROOT)},
    )
    stage.start(worker)
    stage.wait_alive({"ingest", "scheduler"})
    url = os.environ[PREFIX + "DATABASE_URL"].replace("+psycopg", "", 1)
    found = Due()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SPREAD)
        connection.execute(_KEEP)
        connection.execute("VACUUM ANALYZE feeds, hosts, bench.due")
        eventually(
            lambda: connection.execute(_STARTED).fetchone() == (True,), seconds=60, what="A first fetch"
        )
        row = connection.execute("SELECT now()").fetchone()
        before, begun = stage.cpu(), time.monotonic()
        time.sleep(seconds)
        last = connection.execute("SELECT now()").fetchone()
        found.cpu = {name: spent - before.get(name, 0.0) for name, spent in stage.cpu().items()}
        found.seconds = time.monotonic() - begun
        assert row is not None
        assert last is not None
        window = (row[0], last[0])
        counted = connection.execute(_DUE, window).fetchone()
        found.due = int(counted[0]) if counted else 0

        def all_fetched() -> bool:
            found.delays = [float(delay) for (delay,) in connection.execute(_DELAYS, window)]
            return len(found.delays) >= found.due

        eventually(all_fetched, seconds=60, what="A look at every feed that was due", every=0.5)
    return found


def lines(found: Due) -> list[Line]:
    """Delays, and what a feed costs."""
    part = f"{FEEDS:,} feeds, each due every {INTERVAL_S // 60} minutes, one core for everything, fetches made up"
    rate = found.due / found.seconds
    busy = sum(found.cpu.values())
    used = ", ".join(f"{name} {spent / found.seconds:.0%}" for name, spent in found.cpu.items() if spent)
    return [
        Line(
            part=part,
            what="from due to stored, half of them",
            unit="s",
            values=[percentile(found.delays, 0.5)],
            note=f"{found.due} feeds",
        ),
        Line(
            part=part,
            what="from due to stored, 99 of 100",
            unit="s",
            values=[percentile(found.delays, 0.99)],
            note="the scheduler ticks every 0.5 s",
        ),
        Line(part=part, what="feeds", unit="a second", values=[rate]),
        Line(part=part, what="of the core", unit="", values=[busy / found.seconds], note=used),
        Line(part=part, what="CPU of one feed", unit="ms", values=[busy / max(found.due, 1) * 1000]),
    ]
