"""Who holds leases. A lease bounds how long a worker that hangs may keep something; one that has died is known at once.

A job that takes leases holds an advisory lock of the database on a connection of its own for as long as it runs, and its tokens
begin with the number of that lock. The server takes the lock away when the process ends, however it ends: what it had in
hand belongs to nobody from then on, and the scheduler frees it at its next tick (`ORPHANED`). Where no such lock is held, leases
run out as before.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from services.core import clock
from services.core.db import engine
from services.core.errors import UnavailableError

HOLDERS = 0x44_4C_48_44
"""Class of the advisory locks ("DLHD"); the other half of their key is the number of the holder."""
SERVER_GRACE_S = 1
"""After a start of the server everybody has lost his lock; those who live get so long to end what they do."""

_LOCK = text(f"SELECT clock_timestamp(), pg_advisory_lock({HOLDERS}, :number)")
_IS_HELD = text(
    f"""
    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {HOLDERS} AND objid = :number AND objsubid = 2
                   AND granted AND pid = pg_backend_pid())
    """  # noqa: S608 - a constant of ours
)
_UNLOCK = text(f"SELECT pg_advisory_unlock({HOLDERS}, :number)")

ORPHANED = f"""
    lease_until > now() AND lease_token LIKE '%.%'
    AND pg_postmaster_start_time() < now() - interval '{SERVER_GRACE_S} seconds'
    AND split_part(lease_token, '.', 1)::bigint NOT IN (
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND classid = {HOLDERS} AND objsubid = 2 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608 - constants of ours
"""SQL: of a row with a lease, whether its holder has died."""

BLAMELESS = "(lease_until - make_interval(secs => :lease) < pg_postmaster_start_time())::int"
"""SQL: 1 for a lease that the server's own end has orphaned, which is nothing against what was in hand."""

REST_S = 5
"""Seconds that a row rests for each death that it was in hand for, from the second on."""

FREE_AT = f"""
    CASE WHEN attempts - {BLAMELESS} > 1 THEN now() + make_interval(secs => {REST_S} * (attempts - {BLAMELESS})) ELSE 'epoch' END
"""
"""SQL: from when on a row whose holder has died may be taken again. Deaths in a row are blamed on what was in hand each time; spread over
time they are less likely to have one other reason, such as a machine where everything is killed just now.
"""

LOOKED_AT = 2000
"""Claims take what has waited longest, so that what is in hand stands at the front: more need not be looked at."""

_held: list[tuple[int, Connection]] = []


def prefix() -> str:
    """What the tokens of this process's leases begin with; empty where no holder is known.

    Raises UnavailableError when the lock is lost, as after a failover: what is taken from then on would count as a dead worker's, would
    be taken away at the next tick, and would be blamed for a death. The next job takes another lock.
    """
    if not _held:
        return ""
    number, connection = _held[-1]
    try:
        held = connection.execute(_IS_HELD, {"number": number}).scalar_one()
    except SQLAlchemyError as error:
        raise UnavailableError("The database ended the connection of a job.") from error
    if not held:
        raise UnavailableError("The database ended the connection of a job.")
    return f"{number}."


@contextmanager
def holding() -> Iterator[None]:
    """Leases that are taken in the block are free as soon as it is over, or the process dead; its clock is the database's.

    Raises UnavailableError when the database does not answer.
    """
    number = secrets.randbelow(2**31)
    try:
        connection = engine().connect().execution_options(isolation_level="AUTOCOMMIT")
        asked = clock.asking()
        clock.set_by(connection.execute(_LOCK, {"number": number}).one()[0], asked)
    except OperationalError as error:
        raise UnavailableError(f"The database does not answer: {error.orig}") from error
    held = (number, connection)
    _held.append(held)
    try:
        yield
    finally:
        _held.remove(held)
        try:
            connection.execute(_UNLOCK, {"number": number})
        except SQLAlchemyError:
            connection.invalidate()  # the lock went with the connection, or goes with it now
        connection.close()
