"""Prepared answers: the bytes of a stream are made once a moment, not once a reader.

An answer lies on the shelf until the stream moves (Redis rings the process's bell) and for a second at most, so that a
lost ring, a failing feed or a growing age is seen a second later. Then the application is asked whether it still holds: the
bytes of one version are made, and compressed, once. While that goes on, readers of an address that is asked for all the time get what
lies there, never older than half a second when the stream has moved; of any other they wait for the one who makes it. While the database does not answer, what lies here is given as it is, with its age.
Bounded in bytes; the answer that nobody asked for longest goes first.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.conditional import matching, seconds_of
from services.api.following.follow import Bell
from services.api.limits import CLOSED, FOR_NOBODY, LIMITS
from services.core.clock import monotonic, utc_now

log = logging.getLogger(__name__)

LONGEST_S = 1.0
"""Seconds that an answer is given for without being made anew."""
MOVED_S = 0.5
"""Seconds after it was begun for which an answer may be given although the stream has moved, while the next one is being made."""
LATE_S = 0.5
"""The same for one that only grew too old, after `LONGEST_S`."""
STALE_S = 600.0
"""Seconds that an answer is given for although nobody can say whether it still holds (stale-if-error promises as many)."""
WAIT_S = 1.0
"""Seconds after which whoever waits for an answer to be made anew takes the one before it."""
ROOM = 32 * 2**20
"""Bytes of bodies that the shelf of one process holds."""
STREAMS = ("/v1/latest", "/v1/stories/", "/v1/trending", "/feeds/", "/latest", "/r/", "/t/", "/story/")
"""What is read by many at once and says the same to all; `/` is too. Never `/v1/changes`: its readers wait for news."""
LEFT_OUT_OF_304 = {b"content-length", b"content-type", b"content-encoding"}
PERSONAL = frozenset({b"authorization", b"cookie"})
_CONDITIONS = frozenset({b"if-none-match", b"if-modified-since"})

Key = tuple[str, bytes, str, bytes, bool]
"""Scheme, host, path, query as it was asked, and whether it may be compressed."""
Limits = tuple[tuple[bytes, bytes], ...]
NOTHING: Message = {"type": "http.response.body", "body": b""}


@dataclass(frozen=True, slots=True)
class Prepared:
    """One answer, whole and as a 304, and at how many rings and when it was begun."""

    start: Message
    unchanged: Message
    body: Message
    etag: str
    tag: bytes
    rings: int
    since: float
    route: str
    heads: tuple[bytes, bytes]
    """Of `start` and of `unchanged`, as they go over the wire; the empty line is left out, so that more can follow."""
    changed: int
    """The second in which it was first made here."""
    dated: bool = False
    """Whether it tells that second (Last-Modified): only once it is over, so that no later answer can bear it too."""

    def has(self, known: bytes, day: bytes = b"") -> bool:
        """Whether a reader with the tags in `known` (If-None-Match), or else with what was here on `day` (If-Modified-Since), has it."""
        if known:
            return known == self.tag or bool(matching(known.decode("latin-1"), self.etag))
        at = seconds_of(day) if day and self.dated else None
        return at is not None and at >= self.changed

    def answer(self, known: bytes, day: bytes, limits: Limits, *, private: bool) -> tuple[Message, Message]:
        """What to send to a reader who asks with these conditions."""
        has = self.has(known, day)
        start = self.unchanged if has else self.start
        if limits or private:
            start = {**start, "headers": _for_one(start["headers"], limits, private=private)}
        return start, NOTHING if has else self.body

    def aged(self, now: float) -> "Prepared":
        """The same with a word on how old it is (Age, and RFC 9211 Cache-Status)."""
        age = int(now - self.since)
        word = f"Dateline; hit; ttl={int(LONGEST_S) - age}; detail=database-away"
        return _saying(self, (b"age", str(age).encode()), (b"cache-status", word.encode()))

    def looked_at(self, *, rings: int, since: float, second: int) -> "Prepared":
        """The same, which was found to hold still."""
        again = replace(self, rings=rings, since=since)
        if self.dated or second <= self.changed:
            return again
        day = formatdate(self.changed, usegmt=True).encode()
        return _saying(replace(again, dated=True), (b"last-modified", day))


def _saying(answer: Prepared, *more: tuple[bytes, bytes]) -> Prepared:
    start = {**answer.start, "headers": [*answer.start["headers"], *more]}
    unchanged = {**answer.unchanged, "headers": [*answer.unchanged["headers"], *more]}
    return replace(answer, start=start, unchanged=unchanged, heads=(_head(start), _head(unchanged)))


def _head(start: Message) -> bytes:
    status = HTTPStatus(start["status"])
    lines = [b"%b: %b\r\n" % (name, value) for name, value in start["headers"]]
    return b"".join((f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode(), *lines))


def _for_one(
    headers: list[tuple[bytes, bytes]], limits: Limits, *, private: bool
) -> list[tuple[bytes, bytes]]:
    if private:
        headers = [
            (name, value.replace(b"public", b"private", 1) if name == b"cache-control" else value)
            for name, value in headers
        ]
    return [*headers, *limits]


def is_kept(scope: Scope) -> bool:
    """Whether the answer to a request may lie on the shelf: a stream, asked for by nobody in particular."""
    path = scope["path"]
    return (
        scope["method"] in {"GET", "HEAD"}
        and (path == "/" or path.startswith(STREAMS))
        and not any(name in PERSONAL for name, _ in scope["headers"])
    )


@dataclass(slots=True)
class Shelf:
    """One per process."""

    bell: Callable[[], Bell]
    away: Callable[[], bool] = lambda: False
    """Whether the database is known not to answer."""
    prepared: OrderedDict[Key, Prepared] = field(default_factory=OrderedDict)
    held: int = 0
    _making: dict[Key, asyncio.Lock] = field(default_factory=dict)
    _renewals: set[asyncio.Task[None]] = field(default_factory=set)

    def find(self, key: Key) -> Prepared | None:
        """What lies ready under a key and still holds."""
        found = self.prepared.get(key)
        if found is None or found.rings != self.bell().rings or monotonic() - found.since > LONGEST_S:
            return None
        self.prepared.move_to_end(key)
        return found

    def passing(self, key: Key) -> Prepared | None:
        """What lies there and no longer holds, but may still be given while it is made anew (`renew`)."""
        found = self.prepared.get(key)
        if found is None:
            return None
        moved = found.rings != self.bell().rings
        bound = min(MOVED_S, LONGEST_S) if moved else LONGEST_S + LATE_S
        return found if monotonic() - found.since <= bound else None

    def renew(self, key: Key, app: ASGIApp, scope: Scope) -> None:
        """Have an answer made anew beside whatever goes on, unless somebody is at it."""
        if key not in self._making:
            task = asyncio.create_task(self._renewed(key, app, {**scope, FOR_NOBODY: True}), name="renewal")
            self._renewals.add(task)
            task.add_done_callback(self._renewals.discard)

    async def _renewed(self, key: Key, app: ASGIApp, scope: Scope) -> None:
        try:
            async with self.making(key) as ready:
                if ready is None:
                    await self.make(key, app, scope, _nothing_more, _to_nobody)
        except Exception:  # whoever asks next makes it, and is told
            log.exception("an answer was not made anew")

    def stale(self, key: Key) -> Prepared | None:
        """What lies there although it may not hold any more, with its age: while the database does not answer."""
        return self._held(key) if self.away() else None

    def _held(self, key: Key) -> Prepared | None:
        found, now = self.prepared.get(key), monotonic()
        if found is None or now - found.since > STALE_S:
            return None
        self.prepared.move_to_end(key)
        return found.aged(now)

    @asynccontextmanager
    async def making(self, key: Key) -> AsyncIterator[Prepared | None]:
        """One at a time makes the answer to a key; the others wait, and find what has been made. Who waits for long gets what was
        there before.
        """
        lock = self._making.setdefault(key, asyncio.Lock())
        if lock.locked() and (held := self._held(key)):
            try:
                await asyncio.wait_for(lock.acquire(), WAIT_S)
            except TimeoutError:
                yield held
                return
        else:
            await lock.acquire()
        try:
            yield self.find(key) or self.stale(key)
        finally:
            lock.release()
            if not lock.locked():
                self._making.pop(key, None)

    async def make(
        self, key: Key, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> Prepared | None:
        """Let the application make the whole answer, whatever part of it this reader has; None when it is not kept,
        and then the reader has been told what the application said.
        """
        rings, since, messages = self.bell().rings, monotonic(), list[Message]()

        async def listen(message: Message) -> None:
            messages.append(message)

        before = self.prepared.get(key)
        await app(whole := _whole(scope, before), receive, listen)
        start, *parts = messages
        if before is not None and start["status"] == 304:
            made = before.looked_at(rings=rings, since=since, second=int(utc_now().timestamp()))
        elif start["status"] == 503 and (held := self._held(key)):
            return held
        else:
            route = getattr(whole.get("route"), "path", None) or "(none)"
            body = b"".join(part.get("body", b"") for part in parts)
            found = _prepared(start, body, rings=rings, since=since, route=route)
            if found is None:
                await _pass_on(start, parts, scope, send)
                return None
            made = found
        self._put(key, made)
        return made

    def _put(self, key: Key, made: Prepared) -> None:
        old = self.prepared.pop(key, None)
        self.held += len(made.body["body"]) - (len(old.body["body"]) if old else 0)
        self.prepared[key] = made
        while self.held > ROOM:
            _, oldest = self.prepared.popitem(last=False)
            self.held -= len(oldest.body["body"])


def _whole(scope: Scope, before: Prepared | None) -> Scope:
    """A request for all there is, unless that is what lay there before."""
    whole = {name: value for name, value in scope.items() if name not in {LIMITS, CLOSED}}
    headers = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
    if before is not None:
        headers.append((b"if-none-match", before.tag))
    return {**whole, "method": "GET", "headers": headers}


def _prepared(start: Message, body: bytes, *, rings: int, since: float, route: str) -> Prepared | None:
    """An answer that may be kept; None for one that may not."""
    headers = Headers(raw=start["headers"])
    public = headers.get("cache-control", "").startswith("public")
    if start["status"] != 200 or "etag" not in headers or not public:
        return None
    kept = [(name, value) for name, value in start["headers"] if name not in LEFT_OUT_OF_304]
    unchanged = {**start, "status": 304, "headers": kept}
    return Prepared(
        start=start,
        unchanged=unchanged,
        heads=(_head(start), _head(unchanged)),
        body={"type": "http.response.body", "body": body},
        etag=headers["etag"],
        tag=headers["etag"].encode("latin-1"),
        rings=rings,
        since=since,
        route=route,
        changed=int(utc_now().timestamp()),
    )


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _to_nobody(_message: Message) -> None:
    return


async def _pass_on(start: Message, parts: list[Message], scope: Scope, send: Send) -> None:
    """Tell a reader what the application said, without keeping it."""
    limits = tuple(scope.get(LIMITS, ()))
    await send({**start, "headers": _for_one(start["headers"], limits, private=CLOSED in scope)})
    for message in parts:
        await send({**message, "body": b""} if scope["method"] == "HEAD" else message)
