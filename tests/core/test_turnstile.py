"""The way to the database, on real connections: whoever found it silent looks until it answers, whatever meets him meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.core.errors import UnavailableError
from services.core.turnstile import Turnstile

SILENCE = OperationalError("SELECT 1", None, psycopg.OperationalError("no answer within 5 s"))


def probing(
    made: AsyncEngine, failed: asyncio.Event, answered: asyncio.Event
) -> Callable[[], Awaitable[None]]:
    async def probe() -> None:
        try:
            async with made.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except PoolTimeoutError:
            failed.set()
            raise
        answered.set()

    return probe


def test_a_database_is_asked_again_although_every_connection_was_out(postgres_url):
    """Whoever waits for an answer holds his connection for longer than others wait for one."""

    async def scene() -> bool:
        made = create_async_engine(postgres_url, pool_size=1, max_overflow=0, pool_timeout=0.2)
        failed, answered = asyncio.Event(), asyncio.Event()
        turnstile = Turnstile(probing(made, failed, answered), most=5)
        async with made.connect():
            turnstile.heard(SILENCE)
            with pytest.raises(UnavailableError):
                turnstile.check()
            await failed.wait()
        async with asyncio.timeout(60):
            await answered.wait()
        await asyncio.sleep(0)  # until whoever looked has heard it
        async with turnstile.entered():
            let_in = not turnstile.away
        await turnstile.close()
        await made.dispose()
        return let_in

    assert asyncio.run(scene())
