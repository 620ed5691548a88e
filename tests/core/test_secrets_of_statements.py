"""What was to be written does not stand in the error of a statement that failed, nor in a log of it; why it failed does."""

import asyncio
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from services.core.db import async_engine, transaction, watching, watching_engine

SECRET = "What a reader searched for, and ten megabytes of stories"
FAILING = text("SELECT CAST(:said AS text), 1 / CAST(:nothing AS int)")
ODD = text("SELECT CAST(:said AS bigint[])")
"""The driver cannot send such a value."""


def hides(error: BaseException, caplog: pytest.LogCaptureFixture) -> bool:
    logging.getLogger("any").error("it failed", exc_info=error)
    return SECRET not in f"{error} {error!r} {caplog.text}"


@pytest.mark.parametrize("opened", [transaction, watching])
@pytest.mark.usefixtures("service")
def test_an_error_of_a_statement_tells_why_and_not_what_was_to_be_written(opened, caplog):
    with pytest.raises(DBAPIError) as caught, opened() as session:
        session.execute(FAILING, {"said": SECRET, "nothing": 0})
    assert "division by zero" in str(caught.value)
    assert "1 / CAST" in str(caught.value), "which statement it was"
    assert hides(caught.value, caplog)


@pytest.mark.usefixtures("service")
def test_nor_does_one_of_a_value_that_cannot_be_sent(caplog):
    with pytest.raises(StatementError) as caught, transaction() as session:
        session.execute(ODD, {"said": [SECRET, object()]})
    assert hides(caught.value, caplog)


@pytest.mark.parametrize("engine", [async_engine, watching_engine])
@pytest.mark.usefixtures("service")
def test_nor_does_one_of_those_who_read(engine, caplog):
    async def fail() -> None:
        try:
            async with engine().connect() as connection:
                await connection.execute(FAILING, {"said": SECRET, "nothing": 0})
        finally:
            await engine().dispose()

    with pytest.raises(DBAPIError, match="division by zero") as caught:
        asyncio.run(fail())
    assert hides(caught.value, caplog)
