"""What the doctor says of the servers and the machine: database, schema, Redis, clocks, disks."""

import shutil
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import func, select, text

from services.core import cache, schema
from services.core.clock import machine_now
from services.core.db import database_url, watching
from services.core.errors import UnavailableError
from services.core.health.finding import Finding
from services.core.settings import settings

CLOCK_SKEW_S = 5
FULL, NEARLY_FULL = 0.02, 0.1
"""Shares of a disk that are still free."""
ROOMY = 20 * 2**30
"""Bytes free with which no disk counts as nearly full, whatever share of it they are."""
CROWDED = 0.9
"""Share of the connections that a server allows, of the memory that Redis may take."""

_STATE = text(
    """
    SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery() AS read_only,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS allowed
    """
)


def database() -> Iterator[Finding]:
    """Whether the database answers and can be written to, and how many connections are left."""
    with watching() as session:
        found = session.execute(_STATE).one()
    if found.read_only:
        yield Finding(
            "database",
            ok=False,
            says="takes no writes (a standby, or set read-only): name the primary in DATELINE_DATABASE_URL.",
        )
        return
    yield Finding("database", ok=True, says="answers")
    if found.used >= CROWDED * found.allowed:
        yield Finding(
            "connections",
            ok=False,
            says=f"{found.used} of {found.allowed} connections to the database are taken: raise max_connections, or run fewer workers.",
        )


def commits() -> Iterator[Finding]:
    """Whether what was committed, and told to followers, outlives the end of the server. Nothing where it does."""
    with watching() as session:
        setting = session.scalars(text("SELECT current_setting('synchronous_commit')")).one()
    if setting == "off":
        yield Finding(
            "commits",
            ok=False,
            says="the database answers commits before they are written (synchronous_commit = off): if it ends, articles that followers were "
            "told of are taken back, and their places in the stream are given to others. Set it to on.",
        )


def schema_() -> Iterator[Finding]:
    """Whether the schema is the one that this code knows."""
    has, newest = schema.versions(database_url())
    if has == newest:
        yield Finding("schema", ok=True, says=f"is at {has}")
    elif has and not schema.knows(has):
        yield Finding(
            "schema",
            ok=True,
            note=True,
            says=f"is at {has}, which this code does not know: a newer version has migrated it; update this one too.",
        )
    else:
        yield Finding(
            "schema",
            ok=False,
            says=f"is at {has or 'nothing'}, the code expects {newest}: run `dateline migrate`.",
        )


def queue() -> Iterator[Finding]:
    """Whether Redis answers, can keep what it is given, and evicts nothing."""
    try:
        told = cache.about()
    except UnavailableError:
        yield Finding("queue", ok=False, says="Redis does not answer: start it, or see DATELINE_REDIS_URL.")
        return
    yield Finding("queue", ok=True, says="answers")
    if told.write_error:
        yield Finding(
            "queue-disk",
            ok=False,
            says="Redis cannot write to its disk, and refuses hints: make room where it keeps its data.",
        )
    if told.evicts:
        yield Finding(
            "queue-memory",
            ok=False,
            says=f"Redis throws away what it likes when its memory is full (maxmemory-policy {told.policy}): set noeviction.",
        )
    elif told.limit and told.used > CROWDED * told.limit:
        yield Finding(
            "queue-memory",
            ok=False,
            says=f"Redis uses {told.used / told.limit:.0%} of its memory, and refuses hints when it is full: raise maxmemory, "
            "or see who else uses it.",
        )


def clock() -> Iterator[Finding]:
    """Whether this machine's clock, the database's and that of Redis agree; which one is off where two of them do."""
    with watching() as session:
        theirs = session.scalars(select(func.clock_timestamp())).one()
    offsets = {"the database's clock": (theirs - machine_now()).total_seconds()}
    with suppress(UnavailableError):  # told already
        offsets["the clock of Redis"] = (cache.about().time - machine_now()).total_seconds()
    yield judge_clocks(offsets)


def judge_clocks(offsets: dict[str, float]) -> Finding:
    """`offsets`: how many seconds other clocks are ahead of this machine's.

    >>> judge_clocks({"the database's clock": 3600.0, "the clock of Redis": 3599.9}).says
    "this machine's clock is 3600.0 s behind the database's clock and the clock of Redis: set it by NTP (`timedatectl` tells of it)."
    """
    off = {name: s for name, s in offsets.items() if abs(s) >= CLOCK_SKEW_S}
    if not off:
        return Finding(
            "clock", ok=True, says=f"is {abs(next(iter(offsets.values()))):.1f} s off the database's clock"
        )
    seconds = next(iter(off.values()))
    if len(off) == len(offsets) and max(offsets.values()) - min(offsets.values()) < CLOCK_SKEW_S:
        way = "behind" if seconds > 0 else "ahead of"
        whose = f"this machine's clock is {abs(seconds):.1f} s {way} {' and '.join(off)}"
    else:
        told = [
            f"{name} is {abs(s):.1f} s {'ahead of' if s > 0 else 'behind'} this machine's"
            for name, s in off.items()
        ]
        whose = ", ".join(told)
    return Finding("clock", ok=False, says=f"{whose}: set it by NTP (`timedatectl` tells of it).")


def disk() -> Iterator[Finding]:
    """How much room is left where DATELINE_HOME is: the embedded database, the queue and the logs grow there."""
    home = settings().home
    if not home.is_dir():
        return
    room = shutil.disk_usage(home)
    share = room.free / room.total if room.total else 0
    left = f"{_size(room.free)} of {_size(room.total)} are free where {home} is"
    if share < FULL and room.free < ROOMY:
        yield Finding(
            "disk",
            ok=False,
            says=f"{left}: make room, or set a shorter DATELINE_RETENTION_DAYS; a full disk stops the database and the queue.",
        )
    elif share < NEARLY_FULL and room.free < ROOMY:
        yield Finding("disk", ok=True, note=True, says=f"{left}: it is nearly full; make room before it is.")


def _size(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count // 1024} KB"
