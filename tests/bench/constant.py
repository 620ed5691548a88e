"""The yardstick of reads: an ASGI application that answers the same bytes to everybody.

python -m tests.bench.constant FILE   serves what FILE holds on DATELINE_BIND (see `put`)
It is served by the API's own `serve`, so that both run under the same uvicorn settings whatever these become, and sends
the very headers that the API sent.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from services.api import app as api

_SERVERS_OWN = {"date", "server", "connection"}
"""What uvicorn adds to both."""
Pairs = Iterable[tuple[str, str]]


def put(file: Path, body: bytes, *, whole: Pairs, unchanged: Pairs) -> None:
    """Write what is to be served: a body, and the headers of a 200 and of a 304 as the API sent them."""
    kept = [[pair for pair in pairs if pair[0].lower() not in _SERVERS_OWN] for pairs in (whole, unchanged)]
    file.write_text(json.dumps([body.decode(), *kept]))


class Constant:
    """200 with the body; 304 without it to whoever sends any validator."""

    def __init__(self, body: str, whole: Pairs, unchanged: Pairs) -> None:
        self._body = {"type": "http.response.body", "body": body.encode()}
        self._nothing = {"type": "http.response.body", "body": b""}
        self._whole = {"type": "http.response.start", "status": 200, "headers": _encoded(whole)}
        self._unchanged = {"type": "http.response.start", "status": 304, "headers": _encoded(unchanged)}
        self.state = SimpleNamespace(
            bell=SimpleNamespace(close=lambda: None), metrics=SimpleNamespace(followers=0)
        )  # what `serve` rings at the end, and tells of

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif any(name == b"if-none-match" for name, _ in scope["headers"]):
            await send(self._unchanged)
            await send(self._nothing)
        else:
            await send(self._whole)
            await send(self._body)


def _encoded(pairs: Pairs) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in pairs]


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


if __name__ == "__main__":
    constant = Constant(*json.loads(Path(sys.argv[1]).read_text()))
    api.create_app = lambda: constant  # type: ignore[assignment,return-value]
    api.beats.start = api.fleet.start = lambda *_args, **_named: None  # it is no process of Dateline's
    api.serve()
