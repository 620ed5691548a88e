"""Several workers at once on one stock: what each more of them brings, and what they wait for.

A member is a process that does what a worker does until nothing is left: `classify` labels and publishes articles that are stored,
`ingest` reads and stores bodies that were fetched. Meanwhile the server is asked fifty times a second what their connections wait for.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import text

from services.core.db import transaction
from services.core.settings import PREFIX
from services.ingest.store import catalogue
from tests.bench import cpu, volume
from tests.bench.figures import BenchError, Line
from tests.bench.member import Told, addresses
from tests.bench.side import Side
from tests.bench.stage import Stage, plain_environment

ROLES = ("classify", "ingest")
MEMBERS = (1, 2, 4, 8)
SETTINGS = {"FETCH_INTERVAL_MIN": "15m"}
"""Nothing that was fetched is due again in the same turn."""
_LOOK_S = 0.02
_WAITS = """
SELECT CASE WHEN state = 'active' AND wait_event = 'advisory' THEN 'stream'
            WHEN state = 'active' AND wait_event_type = 'Lock' THEN 'rows'
            WHEN state = 'active' AND (wait_event_type = 'IO' OR wait_event LIKE 'WAL%%') THEN 'disk'
            WHEN state = 'active' THEN 'server' ELSE 'itself' END
FROM pg_stat_activity WHERE application_name = 'dateline-worker' AND NOT pid = ANY(%s) AND state <> 'idle'
"""
_BEFORE = "SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity"


@dataclass(frozen=True, slots=True)
class Turn:
    """One stock done by `members` processes: seconds of wall, of CPU (theirs, PostgreSQL's), from asking for the stream's lock to the end
    of the commit. `seen`: how often a member was met waiting for what; `looks`: how often all of them were looked at.
    """

    role: str
    members: int
    articles: int
    wall_s: float
    cpu_s: float
    server_s: float
    publishing_s: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)
    looks: int = 1

    def share(self, what: str) -> float:
        """The share of the time of one member."""
        return self.seen[what] / self.looks / self.members

    @property
    def held(self) -> float:
        """The share of the time of one in which it had the stream's lock."""
        return max(self.publishing_s / self.members / self.wall_s - self.share("stream"), 0.0)

    @property
    def cost_ms(self) -> float:
        """CPU of one article, the server's included."""
        return (self.cpu_s + self.server_s) / self.articles * 1000


def measure(stage: Stage, *, batches: int, tell: Callable[[str], None]) -> list[Turn]:
    """The same amount of work for one, two, four and eight members of each kind, twice."""
    turns: list[Turn] = []
    volume.prepare(Side(os.environ[PREFIX + "DATABASE_URL"]))
    for members in MEMBERS * 2:
        for role in reversed(ROLES):  # what ingest has stored is what classify labels
            tell(f"scale: {members} of {role} at once")
            turns.append(_turn(stage, role, members, name=f"crew-{len(turns)}", batches=batches))
    return turns


def _turn(stage: Stage, role: str, members: int, *, name: str, batches: int) -> Turn:
    if role == "ingest":
        _make_due(name, batches)
    here = plain_environment() | {key: value for key, value in os.environ.items() if key.startswith(PREFIX)}
    argv = [sys.executable, "-m", "tests.bench.member", role, name, str(batches)]
    with psycopg.connect(Side(here[PREFIX + "DATABASE_URL"]).plain, autocommit=True) as watch:
        row = watch.execute(_BEFORE).fetchone()
        crew = [
            subprocess.Popen(argv, env=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(members)
        ]
        for member in crew:
            _line(member)  # it is warm
        with _watched(watch, row[0] if row else []) as seen:
            before, begun = _server(stage, watch), time.perf_counter()
            for member in crew:
                assert member.stdin is not None
                member.stdin.write("\n")
                member.stdin.flush()
            told = [Told.read(_line(member)) for member in crew]
            wall = time.perf_counter() - begun
        server = _server(stage, watch) - before
    for member in crew:
        member.communicate()
    articles = sum(one.articles for one in told)
    if articles != batches * volume.FEEDS * volume.ENTRIES:
        raise BenchError(f"{role}: {articles} articles were done, which are not all.")
    looks = seen.pop("looks")
    return Turn(
        role, members, articles, wall, sum(one.cpu_s for one in told), server, sum(one.publishing_s for one in told),
        seen, max(looks, 1),
    )  # fmt: skip


def _make_due(name: str, batches: int) -> None:
    """Feeds whose bodies the members have: each on a host of its own, so that nobody waits for politeness."""
    with transaction() as session:
        session.execute(text("UPDATE feeds SET next_check_at = now() + interval '9 days'"))
        catalogue.add(session, [catalogue.FeedToAdd(url) for url in addresses(name, batches)])


def _server(stage: Stage, watch: "psycopg.Connection[tuple[object, ...]]") -> float:
    """CPU seconds of PostgreSQL without what it spends on our looking."""
    return cpu.seconds(stage.leaders["postgres"]) - cpu.alone(watch.info.backend_pid)


@contextmanager
def _watched(watch: "psycopg.Connection[tuple[object, ...]]", others: object) -> Iterator[Counter[str]]:
    """What connections that are not among `others` wait for, counted in the block; `looks`: how often it was looked."""
    seen: Counter[str] = Counter()
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            seen.update(str(what) for (what,) in watch.execute(_WAITS, (others,)))
            seen["looks"] += 1

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def _line(member: "subprocess.Popen[str]") -> str:
    assert member.stdout is not None
    found = member.stdout.readline()
    if not found:
        raise BenchError(f"a worker of the crew ended with exit code {member.wait()}.")
    return found


def lines(turns: list[Turn]) -> list[Line]:
    """Of each kind, each number of members beside one alone."""
    told = []
    for role in ROLES:
        part = f"{role}: several processes on one stock"
        alone = [turn for turn in turns if (turn.role, turn.members) == (role, 1)]
        for members in MEMBERS:
            mine = [turn for turn in turns if (turn.role, turn.members) == (role, members)]
            if mine:
                told += _of(part, members, mine, alone)
    return told


def _of(part: str, members: int, mine: list[Turn], alone: list[Turn]) -> list[Line]:
    server = sum(turn.server_s for turn in mine) / sum(turn.cpu_s + turn.server_s for turn in mine)
    who = f"{members} at once"
    found = [
        Line(part=part, what=who, unit="articles a second", values=[t.articles / t.wall_s for t in mine],
             yardstick=[t.articles / t.wall_s for t in alone], note="yardstick: one alone"),
        Line(part=part, what=f"{who}, CPU of one article", unit="ms", values=[t.cost_ms for t in mine],
             yardstick=[t.cost_ms for t in alone], note=f"of it PostgreSQL {server:.0%}"),
    ]  # fmt: skip
    waits = [
        ("waiting for rows", "rows", "share of the time of one"),
        ("waiting for the disk", "disk", "share of the time of one"),
    ]
    if mine[0].role == "classify":
        waits.insert(0, ("waiting for the stream's lock", "stream", "share of the time of one"))
        found.append(
            Line(part=part, what=f"{who}, with the stream's lock", unit="share of the time of one", values=[t.held for t in mine],
                 note="the one step that only one can be in: this share times their number is how full it is")
        )  # fmt: skip
    found += [
        Line(part=part, what=f"{who}, {what}", unit=unit, values=[turn.share(key) for turn in mine])
        for what, key, unit in waits
    ]
    return found
