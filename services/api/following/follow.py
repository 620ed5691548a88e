"""A bell that rings when the stream moves: Redis tells it, and who waits looks by himself every few seconds anyway."""

import asyncio
import logging

from services.core.cache import stream_moves
from services.core.ending import end
from services.core.errors import DatelineError

LOOK_EVERY = 5.0
"""Seconds after which a follower looks at the database although nobody told it to."""
log = logging.getLogger(__name__)


class Bell:
    """One per process, whatever the number of followers."""

    def __init__(self) -> None:
        self.rings = 0
        self.stopping = False
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen to Redis; called inside the event loop."""
        self._loop = asyncio.get_running_loop()
        self._listener = asyncio.create_task(self._listen(), name="stream bell")

    async def stop(self) -> None:
        """Send every follower home and stop listening."""
        self.close()
        await end([self._listener])

    def close(self) -> None:
        """Send every follower home: the process is about to end."""
        self.stopping = True
        self.ring()

    def ring(self) -> None:
        """Wake everybody who waits. May be called from any thread: events of a loop may be set inside it alone."""
        self.rings += 1
        rung, self._rung = self._rung, asyncio.Event()
        if self._loop is None or self._loop is _running_loop():
            rung.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(rung.set)

    async def wait(self, *, since: int, seconds: float) -> None:
        """Return once the bell has rung after `since` rings were counted, or after `seconds`.

        Read `rings` before looking at the database, and pass it here: a ring between the two is not missed.
        """
        if self.rings == since and not self.stopping:
            try:
                await asyncio.wait_for(self._rung.wait(), seconds)
            except TimeoutError:
                return

    async def _listen(self) -> None:
        try:
            async for _ in stream_moves():
                self.ring()
        except DatelineError as error:
            log.warning("followers look every %s s: %s", LOOK_EVERY, error)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that this thread runs; None where it runs none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
