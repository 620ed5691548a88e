"""The yardstick of reads: an ASGI application that answers the same bytes to everybody.

python -m tests.bench.constant FILE   serves the bytes of FILE on DATELINE_BIND
It is served by the API's own `serve`, so that both run under the same uvicorn settings whatever these become.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from services.api import app as api

ETAG = b'"constant"'


class Constant:
    """200 with the body; 304 without it to whoever sends any validator."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"etag", ETAG),
        ]
        self.state = SimpleNamespace(
            bell=SimpleNamespace(close=lambda: None)
        )  # what `serve` rings at the end

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif any(name == b"if-none-match" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", ETAG)]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await send({"type": "http.response.body", "body": self._body})


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


if __name__ == "__main__":
    constant = Constant(Path(sys.argv[1]).read_bytes())
    api.create_app = lambda: constant  # type: ignore[assignment,return-value]
    api.serve()
