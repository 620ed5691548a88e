"""Connections to PostgreSQL that do not wait for ever. A server that is frozen, or behind a network that swallows, answers nothing and
closes nothing: without these whoever asks it would wait as long as it stands still.
"""

import asyncio
from typing import Any, TypeVar

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

_Value = TypeVar("_Value")
_INTERVAL = 0.1


def _sentence(seconds: float) -> str:
    return f"no answer within {seconds:g} s"


class PatientConnection(psycopg.Connection[Any]):
    """Raises OperationalError, and is closed, when one statement is not answered within `patience` seconds."""

    patience = 40.0

    def wait(self, gen: PQGen[_Value], interval: float = _INTERVAL, timeout: float | None = None) -> _Value:
        """As psycopg's, with an end; a shorter `timeout` of the caller's is the caller's own business."""
        if timeout is not None and timeout < self.patience:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_sentence(self.patience)) from None


class PatientAsyncConnection(psycopg.AsyncConnection[Any]):
    """The same beside an event loop. One that is cancelled amid a statement is closed, too, where psycopg would ask the server to
    cancel the statement and wait for its answer.
    """

    patience = 5.0

    async def wait(
        self,
        gen: PQGen[_Value],
        interval: float = _INTERVAL,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is psycopg's
    ) -> _Value:
        """As psycopg's, with an end."""
        if timeout is not None and timeout < self.patience:
            return await super().wait(gen, interval, timeout)
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=self.patience)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_sentence(self.patience)) from None
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise
