"""Engines and sessions. A process talks to the database through these and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Any, TypeVar

from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

from services.core.errors import ConfigurationError, UnavailableError
from services.core.settings import running_below, settings

_Found = TypeVar("_Found")
SERVER_LIMITS = {
    # A statement or a forgotten transaction must not hold the stream's lock for longer than a follower waits.
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
}


CLIENT: dict[str, Any] = {"connect_timeout": 5, "client_encoding": "utf8"}
"""What every connection says, whoever makes it."""


def _connect_args(role: str) -> dict[str, Any]:
    limits = " ".join(f"-c {name}={value}" for name, value in SERVER_LIMITS.items())
    return CLIENT | {"options": limits, "application_name": f"dateline-{role}"}


def _near() -> str:
    """Where something runs below the home: the demo has its own."""
    found = running_below(settings().home)
    return f"One runs in {found}: set DATELINE_HOME={found} for it. " if found else ""


def database_url() -> str:
    """The address in force. Raises ConfigurationError when there is none."""
    url = settings().database_url
    if url is None:
        raise ConfigurationError(
            f"No database: nothing runs in {settings().home} and DATELINE_DATABASE_URL is not set. "
            f"{_near()}Start everything with `dateline up`, or name a PostgreSQL."
        )
    return url


@cache
def engine() -> Engine:
    """This process's pool. A forked child must dispose of the one it inherited (`broker` does)."""
    return create_engine(
        database_url(), pool_size=4, max_overflow=4, pool_pre_ping=True, connect_args=_connect_args("worker")
    )


@cache
def async_engine() -> AsyncEngine:
    """The pool of a process that serves many at once."""
    return create_async_engine(
        database_url(), pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=_connect_args("api")
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits at the end of the block and rolls back on any error.

    Raises UnavailableError when the database does not answer, ConfigurationError when it was not migrated.
    """
    try:
        with Session(engine(), expire_on_commit=False) as session, session.begin():
            yield session
    except OperationalError as error:
        raise UnavailableError(f"The database does not answer: {error.orig}") from error
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise
        raise ConfigurationError(
            "The schema of the database is not the one this code expects: run `dateline migrate`."
        ) from error


async def in_transaction(work: Callable[[Session], _Found]) -> _Found:
    """`work` in a `transaction` of its own, in a thread: what goes out after commit is sent by a client that blocks."""

    def done() -> _Found:
        with transaction() as session:
            return work(session)

    return await asyncio.to_thread(done)


@asynccontextmanager
async def snapshot() -> AsyncIterator[AsyncConnection]:
    """One read-only view of the database: every statement in the block sees the same moment."""
    async with async_engine().connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with connection.begin():
            yield connection
