"""The door: what every request comes through first. What is asked for often is answered here, before any layer of the framework.

Quick is a GET without token or cookie whose answer lies on the shelf, from somebody who may ask: its headers are looked through once, and
what is sent was put together when the answer was made (`wire` asks for it before the server makes a task of the request). Everything else
goes the long way: gate, shelf, application.
"""

from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.conditional import accepts_gzip
from services.api.front import access
from services.api.front.gate import Gate
from services.api.front.shelf import NOTHING, PERSONAL, Key, Limits, Shelf, is_kept
from services.api.limits import CLOSED, LIMITS, is_trusted
from services.api.watching.metrics import Metrics
from services.core import logs, traces
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
        exchange = access.Exchange(scope, send, began)
        parent = exchange.came() if traces.on() else None
        with (
            logs.bound(request=exchange.id.decode()),
            traces.span(scope["method"], "server", parent=parent) as mark,
        ):
            try:
                await self._long_way(scope, receive, exchange, began)
            finally:
                if traces.on():
                    exchange.mark(mark)
                if settings().log_access != "none":
                    exchange.end()

    async def _long_way(
        self, scope: Scope, receive: Receive, exchange: access.Exchange, began: float
    ) -> None:
        send = exchange.send
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
        async with self.shelf.making(key) as ready:
            made = ready or await self.shelf.make(key, self.app, scope, receive, send)
        if made is None:
            return
        exchange.route = made.route
        known, day = (
            headers.get(name, "").encode("latin-1") for name in ("if-none-match", "if-modified-since")
        )
        start, body = made.answer(known, day, tuple(scope.get(LIMITS, ())), private=CLOSED in scope)
        await send(start)
        await send(NOTHING if scope["method"] == "HEAD" else body)
        if ready:  # what was made for this request has been counted
            self.metrics.answered(route=made.route, status=start["status"], seconds=monotonic() - began)

    def at_once(self, scope: Scope) -> tuple[bytes, Limits, bytes] | None:
        """The answer to a GET from what lies ready: its head without an end, headers for this reader, its body. None for the long way,
        which an answer that is to be logged or traced goes too.
        """
        if settings().log_access == "all" or traces.on():
            return None
        began = monotonic()
        host = encoding = known = day = b""
        forwarded = named = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                encoding = value
            elif name == b"if-none-match":
                known = value
            elif name == b"if-modified-since":
                day = value
            elif name == b"x-forwarded-for":
                forwarded = value.decode("latin-1")
            elif name == b"x-forwarded-proto":
                believe_proxy(scope)
            elif name in PERSONAL:
                return None
            elif name in {access.HEADER, b"traceparent"}:
                named = access.given_id(scope["headers"])
        key = _key(scope, host, encoding)
        ready = self.shelf.find(key)
        passing = None if ready else self.shelf.passing(key)
        prepared = ready or passing or self.shelf.stale(key)
        if prepared is None:
            return None
        limits = self.gate.quick(scope, forwarded)
        if limits is None:
            return None
        if passing is not None:
            self.shelf.renew(key, self.app, scope)
        if named is not None:
            limits = (*limits, (access.HEADER, named))
        has = prepared.has(known, day)
        self.metrics.answered(route=prepared.route, status=304 if has else 200, seconds=monotonic() - began)
        if has:
            return prepared.heads[1], limits, b""
        return prepared.heads[0], limits, prepared.body["body"]


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
