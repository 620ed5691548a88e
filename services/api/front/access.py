"""One line for each answer, and the id by which its lines are found.

A request is called what its client calls it (`X-Request-Id`, else the trace of `traceparent`), or gets a name; the answer carries it back.
What the door answers at once has a line only where DATELINE_LOG_ACCESS asks for all: writing it would cost as much as the answer.
"""

import logging
import re
import secrets
from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import Message, Scope, Send

from services.core import traces
from services.core.clock import monotonic

log = logging.getLogger("dateline.access")

HEADER = b"x-request-id"
_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
HUSHED = ("/websub/",)
"""Below these an address is a secret: only its route is told."""


def given_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """What the client calls its request; None where it calls it nothing, or something that could be mistaken for more.

    >>> given_id([(b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")])
    b'4bf92f3577b34da6a3ce929d0e0e4736'
    """
    traced = None
    for name, value in headers:
        if name == HEADER and _NAME.fullmatch(value):
            return value
        if name == b"traceparent" and (match := _TRACE.fullmatch(value)):
            traced = match[1]
    return traced


def new_id() -> bytes:
    """A name for a request that has none."""
    return secrets.token_hex(8).encode()


def tell(scope: Scope, *, request: str, route: str, status: int, size: int, began: float) -> None:
    """The line of one answer."""
    if not log.isEnabledFor(logging.INFO):
        return
    path = route if scope["path"].startswith(HUSHED) else scope["path"]
    took = round((monotonic() - began) * 1000, 1)
    about = {
        "request": request,
        "method": scope["method"],
        "path": path,
        "route": route,
        "status": status,
        "bytes": size,
        "ms": took,
    }
    log.info("%s %s %s", scope["method"], path, status, extra=about)


class Exchange:
    """One request and its answer, as it goes out."""

    def __init__(self, scope: Scope, send: Send, began: float) -> None:
        self._scope, self._send, self._began = scope, send, began
        self.id = given_id(scope["headers"]) or new_id()
        self.route: str | None = None
        self._status = self._size = 0

    async def send(self, message: Message) -> None:
        """Pass a message on, the start with the id."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message = {**message, "headers": [*message["headers"], (HEADER, self.id)]}
        elif message["type"] == "http.response.body":
            self._size += len(message.get("body", b""))
        await self._send(message)

    def came(self) -> str | None:
        """The trace that the request is part of, if its client says so."""
        found = (value for name, value in self._scope["headers"] if name == b"traceparent")
        return next(found, b"").decode("latin-1") or None

    def mark(self, span: traces.Mark) -> None:
        """Say what the answer was in the request's span; of the address its route alone."""
        route, method = self._route(), self._scope["method"]
        span.name(f"{method} {route}")
        span.set(
            http__request__method=method,
            http__route=route,
            http__response__status_code=self._status,
            dateline__request=self.id.decode(),
        )
        if self._status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.fail(f"status {self._status}")

    def _route(self) -> str:
        return self.route or getattr(self._scope.get("route"), "path", None) or "(none)"

    def end(self) -> None:
        """Write the line. Status 0: the answer never began, since the client had left."""
        tell(
            self._scope,
            request=self.id.decode(),
            route=self._route(),
            status=self._status,
            size=self._size,
            began=self._began,
        )
