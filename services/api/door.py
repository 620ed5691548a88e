"""The door: what every request comes through first. What is asked for often is answered here, before any layer of the framework.

Quick is a GET without token or cookie whose answer lies on the shelf, from somebody who may ask: its headers are looked through once, and
what is sent was put together when the answer was made. Everything else goes the long way: gate, shelf, application.
"""

from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.conditional import accepts_gzip
from services.api.gate import Gate
from services.api.limits import CLOSED, LIMITS, is_trusted
from services.api.metrics import Metrics
from services.api.shelf import Key, Prepared, Shelf, is_kept
from services.core.clock import monotonic
from services.core.settings import settings


class Door:
    """One per process, around the whole application."""

    def __init__(self, app: ASGIApp, *, gate: Gate, shelf: Shelf, metrics: Metrics) -> None:
        self.app, self.gate, self.shelf, self.metrics = app, gate, shelf, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = monotonic()
        if scope["method"] == "GET" and (found := self._at_once(scope)):
            prepared, known, limits = found
            await self._say(prepared, known, limits, send, began=began)
            return
        believe_proxy(scope)
        if not await self.gate.admit(scope) or not is_kept(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = _key(
            scope,
            headers.get("host", "").encode("latin-1"),
            headers.get("accept-encoding", "").encode("latin-1"),
        )
        async with self.shelf.making(key):
            ready = self.shelf.find(key)
            made = ready or await self.shelf.make(key, self.app, scope, receive, send)
        if made is not None:
            known = headers.get("if-none-match", "").encode("latin-1")
            limits = tuple(scope.get(LIMITS, ()))
            await self._say(
                made, known, limits, send, began=began if ready else None, private=CLOSED in scope
            )

    def _at_once(self, scope: Scope) -> tuple[Prepared, bytes, tuple[tuple[bytes, bytes], ...]] | None:
        """What lies ready for this request, the tags that it has, and the headers about limits; None for the long way."""
        host = encoding = known = b""
        forwarded = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                encoding = value
            elif name == b"if-none-match":
                known = value
            elif name == b"x-forwarded-for":
                forwarded = value.decode("latin-1")
            elif name == b"x-forwarded-proto":
                believe_proxy(scope)
            elif name in {b"authorization", b"cookie"}:
                return None
        prepared = self.shelf.find(_key(scope, host, encoding))
        if prepared is None:
            return None
        limits = self.gate.quick(scope, forwarded)
        return None if limits is None else (prepared, known, limits)

    async def _say(
        self,
        prepared: Prepared,
        known: bytes,
        limits: tuple[tuple[bytes, bytes], ...],
        send: Send,
        *,
        began: float | None,
        private: bool = False,
    ) -> None:
        """Send what lies ready. `began`: None where whoever made it was counted already."""
        start, body = prepared.answer(known, limits, private=private)
        await send(start)
        await send(body)
        if began is not None:
            self.metrics.answered(route=prepared.route, status=start["status"], seconds=monotonic() - began)


def believe_proxy(scope: Scope) -> None:
    """Take the scheme that a trusted proxy says it was asked by."""
    peer = scope["client"][0] if scope.get("client") else ""
    proto = next((value for name, value in scope["headers"] if name == b"x-forwarded-proto"), b"")
    if proto in {b"http", b"https"} and is_trusted(peer, settings().trusted_proxies):
        scope["scheme"] = proto.decode()


def _key(scope: Scope, host: bytes, encoding: bytes) -> Key:
    """Host and scheme are part of it: answers hold absolute addresses."""
    return (scope["scheme"], host, scope["path"], scope["query_string"], _gzip(encoding))


@lru_cache(maxsize=256)
def _gzip(accept_encoding: bytes) -> bool:
    return accepts_gzip(accept_encoding.decode("latin-1"))
