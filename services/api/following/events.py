"""Server-sent events on the wire: as long as the reader stays, and no longer than he reads."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.core.ending import end

ABORT = "dateline.abort"
"""In the scope of a request: ends its connection at once, whatever was not taken yet."""
TAKEN_WITHIN_S = 20.0
"""Seconds within which a follower must take what he is sent; beyond some 64 KB that lie between us nothing is kept for him."""
log = logging.getLogger(__name__)


class EventStream(Response):
    """`text/event-stream`. `lines` is closed when the reader has gone."""

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncGenerator[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers, media_type=self.media_type)
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until there are no more or nobody takes them."""
        sending = asyncio.ensure_future(self._send(scope, send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end((sending, gone))
        if not sending.cancelled():
            sending.result()

    async def _send(self, scope: Scope, send: Send) -> None:
        async with contextlib.aclosing(self._lines):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                async for lines in self._lines:
                    async with asyncio.timeout(TAKEN_WITHIN_S):
                        await send({"type": "http.response.body", "body": lines, "more_body": True})
            except TimeoutError:
                log.info("a follower took nothing for %s s; his connection is closed", TAKEN_WITHIN_S)
                scope.get(ABORT, _nothing)()
            else:
                await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        """What else he says is of no matter."""


def _nothing() -> None:
    """A server that does not say how to end a connection ends it by itself, when it has sent what it holds."""
