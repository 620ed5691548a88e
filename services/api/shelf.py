"""Prepared answers: the bytes of a stream are made once a moment, not once a reader.

An answer lies on the shelf until the stream moves (Redis rings the process's bell) and for a second at most, so that a
lost ring, a failing feed or a growing age is seen a second later. Many readers of one address who come while it is
being made wait for the one who makes it. Bounded in bytes; the answer that nobody asked for longest goes first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.conditional import accepts_gzip, matching
from services.api.follow import Bell
from services.core.clock import monotonic

LONGEST_S = 1.0
"""Seconds that an answer is given for without being made anew."""
ROOM = 32 * 2**20
"""Bytes of bodies that the shelf of one process holds."""
STREAMS = ("/v1/latest", "/feeds/", "/latest", "/r/", "/t/")
"""What is read by many at once and says the same to all; `/` is too. Never `/v1/changes`: its readers wait for news."""
LEFT_OUT_OF_304 = {b"content-length", b"content-type", b"content-encoding"}

Key = tuple[str, bytes, bool]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One answer: its start and body, and at how many rings and when it was begun."""

    start: Message
    body: bytes
    etag: str
    rings: int
    since: float
    route: object


@dataclass(slots=True)
class Shelf:
    """An ASGI layer before the routes of the application."""

    app: ASGIApp
    bell: Callable[[], Bell]
    prepared: OrderedDict[Key, Prepared] = field(default_factory=OrderedDict)
    held: int = 0
    _making: dict[Key, asyncio.Lock] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the shelf, or let the application answer and keep what it said."""
        key = _key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        found = self._find(key)
        if found is None:
            async with self._making.setdefault(key, asyncio.Lock()):
                found = self._find(key) or await self._make(key, scope, receive, send)
        if found is not None:
            await _answer(found, scope, send)

    def _find(self, key: Key) -> Prepared | None:
        found = self.prepared.get(key)
        if found is None or found.rings != self.bell().rings or monotonic() - found.since > LONGEST_S:
            return None
        self.prepared.move_to_end(key)
        return found

    async def _make(self, key: Key, scope: Scope, receive: Receive, send: Send) -> Prepared | None:
        """Let the application make the whole answer, whatever part of it this reader has; None when it is not kept,
        and then the reader has been told what the application said.
        """
        rings, since, messages = self.bell().rings, monotonic(), list[Message]()

        async def listen(message: Message) -> None:
            messages.append(message)

        whole = {**scope, "headers": [(n, v) for n, v in scope["headers"] if n != b"if-none-match"]}
        try:
            await self.app(whole, receive, listen)
        finally:
            self._making.pop(key, None)
            scope["route"] = whole.get("route")
        start, *parts = messages
        headers = Headers(raw=start["headers"])
        if (
            start["status"] != 200
            or "etag" not in headers
            or not headers["cache-control"].startswith("public")
        ):
            for message in messages:
                await send(message)
            return None
        body = b"".join(part.get("body", b"") for part in parts)
        made = Prepared(start, body, headers["etag"], rings, since, scope["route"])
        self._put(key, made)
        return made

    def _put(self, key: Key, made: Prepared) -> None:
        old = self.prepared.pop(key, None)
        self.held += len(made.body) - (len(old.body) if old else 0)
        self.prepared[key] = made
        while self.held > ROOM:
            _, oldest = self.prepared.popitem(last=False)
            self.held -= len(oldest.body)


def _key(scope: Scope) -> Key | None:
    """The address as it was asked, and whether it may be compressed; None for what is not kept."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path = scope["path"]
    if path != "/" and not path.startswith(STREAMS):
        return None
    headers = Headers(scope=scope)
    if "authorization" in headers or "cookie" in headers:
        return None
    # The host is part of it: answers hold absolute addresses.
    return (
        headers.get("host", "") + path,
        scope["query_string"],
        accepts_gzip(headers.get("accept-encoding")),
    )


async def _answer(found: Prepared, scope: Scope, send: Send) -> None:
    """Say what lies ready: whole, or that the reader has it."""
    scope["route"] = found.route
    known = matching(Headers(scope=scope).get("if-none-match"), found.etag)
    start, body = found.start, found.body
    if known is not None:
        kept = [(name, value) for name, value in start["headers"] if name not in LEFT_OUT_OF_304]
        start, body = {**start, "status": 304, "headers": kept}, b""
    await send({**start, "headers": list(start["headers"])})  # layers above add to the list
    await send({"type": "http.response.body", "body": body})
