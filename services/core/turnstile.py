"""The way to the database for those who are answered by it: so many at a time, none while it does not answer.

Without it everybody who asks a database that stands still waits until his patience ends, and meanwhile all the others behind him.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.core.ending import end
from services.core.errors import UnavailableError

log = logging.getLogger(__name__)
LOOK_EVERY = 0.5
"""Seconds between two looks whether it answers again."""


class Turnstile:
    """One per process and database. `probe` asks the database for anything; `most`: how many may be inside, waiting included."""

    def __init__(self, probe: Callable[[], Awaitable[None]], *, most: int) -> None:
        self._probe, self._most = probe, most
        self._looking: asyncio.Task[None] | None = None
        self.away = False
        self.inside = 0
        self.refused = 0

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Be inside for the length of a block. Raises UnavailableError at once where that is of no use."""
        self.check()
        if self.inside >= self._most:
            self.refused += 1
            raise UnavailableError(
                f"More than {self._most} requests wait for the database; try again in a few seconds."
            )
        self.inside += 1
        try:
            yield
        except DBAPIError as error:
            self.heard(error)
            raise
        finally:
            self.inside -= 1

    def check(self) -> None:
        """Raises UnavailableError while the database does not answer."""
        if self.away:
            self.refused += 1
            raise UnavailableError("The database does not answer at the moment; try again in a few seconds.")

    def heard(self, error: DBAPIError) -> None:
        """Take notice of an error; from one that means that nobody answers until the database does, nobody is let in."""
        if not self.away and _nobody_answered(error):
            self.away = True
            log.error("the database does not answer: %s", error.orig)
            self._looking = asyncio.get_running_loop().create_task(self._look(), name="database away")

    async def _look(self) -> None:
        while self.away:
            try:
                await self._probe()
            except (DBAPIError, PoolTimeoutError, OSError):
                # Every connection may still be out: those who wait for this server's answers give up later than we do.
                await asyncio.sleep(LOOK_EVERY)
            else:
                self.away = False
        log.warning("the database answers again; %s requests were refused meanwhile", self.refused)
        self.refused = 0

    async def close(self) -> None:
        """Look no more."""
        self.away = False
        await end([self._looking])


def _nobody_answered(error: DBAPIError) -> bool:
    """The server itself has a code for everything that it says."""
    return getattr(error.orig, "sqlstate", None) is None and (
        error.connection_invalidated or "no answer" in str(error.orig) or "connection" in str(error.orig)
    )
