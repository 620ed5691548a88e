"""A server that stands still amid a statement: whoever asked it is told, and his connection is closed."""

import asyncio

import psycopg
import pytest

from services.core.patience import PatientAsyncConnection, PatientConnection
from tests.fixtures.freezing import frozen, postgres_pid


@pytest.fixture
def address(database_url) -> str:
    return database_url.replace("+psycopg", "", 1)


def test_a_thread_waits_so_long_and_no_longer(address, servers_folder):
    with PatientConnection.connect(address) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        connection.patience = 0.3
        with (
            frozen(postgres_pid(servers_folder)),
            pytest.raises(psycopg.OperationalError, match="no answer within"),
        ):
            connection.execute("SELECT 2")
        assert connection.broken


def test_an_event_loop_waits_so_long_and_no_longer(address, servers_folder):
    async def ask() -> None:
        async with await PatientAsyncConnection.connect(address) as connection:
            cursor = await connection.execute("SELECT 1")
            assert await cursor.fetchone() == (1,)
            connection.patience = 0.3
            with (
                frozen(postgres_pid(servers_folder)),
                pytest.raises(psycopg.OperationalError, match="no answer within"),
            ):
                await connection.execute("SELECT 2")
            assert connection.broken

    asyncio.run(ask())


def test_a_slow_statement_is_waited_for(address):
    with PatientConnection.connect(address) as connection:
        connection.patience = 30.0
        assert connection.execute("SELECT pg_sleep(0.2), 7").fetchone() == ("", 7)


def test_who_is_called_off_does_not_wait_for_the_server_to_agree(address, servers_folder):
    async def ask() -> None:
        connection = await PatientAsyncConnection.connect(address)
        with frozen(postgres_pid(servers_folder)):
            asking = asyncio.create_task(connection.execute("SELECT 1"))
            await asyncio.sleep(0)  # it begins, and has sent the statement when it waits first
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        assert connection.broken
        await connection.close()

    asyncio.run(ask())
