"""Engines and sessions. A process talks to the database through these and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cache, lru_cache
from typing import Any, TypeVar

from psycopg.errors import IdleInTransactionSessionTimeout, UndefinedColumn, UndefinedTable
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from services.core.errors import ConfigurationError, UnavailableError, said_by_server
from services.core.patience import PatientAsyncConnection, PatientConnection
from services.core.running import running_below
from services.core.settings import settings
from services.core.turnstile import Turnstile

_Found = TypeVar("_Found")
SERVER_LIMITS = {
    # A statement or a forgotten transaction must not hold the stream's lock for longer than a follower waits.
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
    # The same for the server's end: a session whose worker cannot be reached holds the lock that says he lives (`holder`).
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
}


_SILENCE = "idle_in_transaction_session_timeout"
POOL_SIZE, POOL_MORE = 8, 8
"""Connections that an API process keeps, and how many more it makes while many ask."""
CLIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "client_encoding": "utf8",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""What every connection says, whoever makes it. Over TCP one whose other end cannot be reached is over after 25 s: by the kernel's own
rules, what was sent waits for a quarter of an hour, and an idle connection for two hours.
"""
READER_LIMITS = SERVER_LIMITS | {
    "statement_timeout": "4s",
    "lock_timeout": "3s",
    "max_parallel_workers_per_gather": "0",
}
"""Somebody waits for the answer, and will have gone after such a time. A page is a few milliseconds; starting others for it takes longer."""
LOOK_S, ANSWER_S = 1.5, 5.0
"""Seconds that a process which answers readers waits for a sign of life of a connection, and for the answer to a statement: longer than
the server's own limit, so that this one is met only where nobody is there to keep that.
"""
CONNECT_S, POOL_S = 2, 2.0
"""The same for a new connection, and for one of the pool to become free."""
READERS = 96
"""Requests that may be inside the database or wait to be, in one process; the pool has 16 connections."""


QUIET: dict[str, Any] = {"hide_parameters": True}
"""What every engine is made with. An error of SQLAlchemy otherwise holds what was to be written: texts of articles and words of readers would
stand in logs, and a snapshot of stories, ten megabytes, would take a second to be told.
"""


def _connect_args(role: str, limits: dict[str, str]) -> dict[str, Any]:
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return CLIENT | {"options": options, "application_name": f"dateline-{role}"}


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
    made = create_engine(
        database_url(),
        pool_size=4,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args=_connect_args("worker", SERVER_LIMITS),
        **QUIET,
    )

    @event.listens_for(made, "do_connect")
    def connect(_dialect: Any, _record: Any, args: Any, named: Any) -> PatientConnection:
        return PatientConnection.connect(*args, **named)

    _be_patient(made, look=5.0, answer=PatientConnection.patience)
    return made


def _be_patient(made: Engine, *, look: float, answer: float) -> None:
    """How long a connection may take for a sign of life, which is asked for before it leaves the pool, and for a statement."""

    @event.listens_for(made, "checkout")
    def out(connection: Any, _record: Any, _proxy: Any) -> None:
        _driver(connection).patience = answer

    @event.listens_for(made, "checkin")
    def back(connection: Any, _record: Any) -> None:
        if connection is not None:
            _driver(connection).patience = look


def _driver(connection: Any) -> Any:
    return getattr(connection, "driver_connection", connection)


@cache
def async_engine() -> AsyncEngine:
    """The pool of a process that serves many at once."""
    return _patient_engine("api", POOL_SIZE, POOL_MORE)


def pool_use() -> dict[str, int]:
    """Connections of the pool that serves many: in use, idle, and how many there may be."""
    if not async_engine.cache_info().currsize:
        return {}
    pool = async_engine().pool
    if not isinstance(pool, QueuePool):
        return {}
    return {"used": pool.checkedout(), "idle": pool.checkedin(), "limit": POOL_SIZE + POOL_MORE}


@cache
def watching_engine() -> AsyncEngine:
    """A few connections of their own for whoever watches: they must be had when readers wait for theirs, and give up soon."""
    return _patient_engine("watch", 1, 2)


def _patient_engine(role: str, size: int, more: int) -> AsyncEngine:
    args = _connect_args(role, READER_LIMITS)
    args |= {"connect_timeout": CONNECT_S, "async_creator_fn": PatientAsyncConnection.connect}
    made = create_async_engine(
        database_url(),
        pool_size=size,
        max_overflow=more,
        pool_timeout=POOL_S,
        pool_pre_ping=True,
        connect_args=args,
        **QUIET,
    )
    _be_patient(made.sync_engine, look=LOOK_S, answer=ANSWER_S)
    return made


def turnstile() -> Turnstile:
    """Where this process's readers go through to the database."""
    return _turnstile_of(async_engine())


def is_away() -> bool:
    """Whether the database is known not to answer readers."""
    return bool(async_engine.cache_info().currsize) and turnstile().away


@lru_cache(maxsize=1)
def _turnstile_of(made: AsyncEngine) -> Turnstile:
    async def probe() -> None:
        async with made.connect() as connection:
            await connection.execute(text("SELECT 1"))

    return Turnstile(probe, most=READERS)


async def close_readers() -> None:
    """Give the connections of `async_engine` back."""
    await turnstile().close()
    await async_engine().dispose()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits at the end of the block and rolls back on any error.

    Raises UnavailableError when the database does not answer, ConfigurationError when it was not migrated.
    """
    with _in_words(), Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def computing(session: Session) -> Iterator[None]:
    """Let the transaction be silent for minutes: what happens in this block computes between its statements, on a busy machine for longer
    than the server bears, and holds nothing meanwhile that others wait for. (Whoever takes the stream's lock, or that of publications, is
    given the usual limit again.)
    """
    before = session.scalar(text(f"SELECT current_setting('{_SILENCE}')"))
    session.execute(text(f"SELECT set_config('{_SILENCE}', '5min', true)"))
    yield
    session.execute(text(f"SELECT set_config('{_SILENCE}', :before, true)"), {"before": before})


@contextmanager
def long_transaction() -> Iterator[Session]:
    """A `transaction` that is `computing` from its beginning to its end."""
    with transaction() as session, computing(session):
        yield session


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise UnavailableError(f"The database does not answer: {said_by_server(error.orig)}") from error
    except InternalError as error:
        if not isinstance(error.orig, IdleInTransactionSessionTimeout):
            raise
        raise UnavailableError("The database ended a transaction that said nothing for too long.") from error
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise
        raise ConfigurationError(
            "The schema of the database is not the one this code expects: run `dateline migrate`."
        ) from error


@contextmanager
def watching() -> Iterator[Session]:
    """As `transaction`, on a connection made for it, which gives up after two seconds: whoever looks whether a server answers must not
    wait on a connection that a frozen one still holds.
    """
    made = create_engine(
        database_url(),
        poolclass=NullPool,
        connect_args=_connect_args("watch", READER_LIMITS) | {"connect_timeout": CONNECT_S},
        **QUIET,
    )
    with _in_words(), Session(made, expire_on_commit=False) as session, session.begin():
        yield session


async def in_transaction(work: Callable[[Session], _Found]) -> _Found:
    """`work` in a `transaction` of its own, in a thread: what goes out after commit is sent by a client that blocks.

    Raises UnavailableError when the database does not answer.
    """

    def done() -> _Found:
        with transaction() as session:
            session.connection().connection.driver_connection.patience = ANSWER_S * 2  # type: ignore[union-attr]
            return work(session)

    turnstile().check()

    return await asyncio.to_thread(done)


@asynccontextmanager
async def snapshot(of: AsyncEngine | None = None) -> AsyncIterator[AsyncConnection]:
    """One read-only view of the database: every statement in the block sees the same moment. `of`: by which connections,
    in place of the readers'.

    Raises UnavailableError at once while the database does not answer readers, or too many of them ask it.
    """
    async with AsyncExitStack() as stack:
        if of is None:
            await stack.enter_async_context(turnstile().entered())
        connection = await stack.enter_async_context((of or async_engine()).connect())
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with connection.begin():
            yield connection
