"""A load generator: so many connections, each asking again as soon as it is answered (closed loop, keep-alive)."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

from tests.bench.figures import BenchError

CONNECTIONS = 16
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_NO_BODY = {204, 304}
_LAST_S = 15.0
"""Seconds that the last answers may take."""


@dataclass(slots=True)
class Load:
    """What came back, the last answers included, in `seconds`: time of each in seconds, how many of each status."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


def request(path: str, *, host: str, **headers: str) -> bytes:
    """A GET as it goes over the wire; underscores in names of headers become hyphens."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def run(address: str, asked: bytes, *, seconds: float) -> Load:
    """Ask `host:port` for `seconds`. Raises BenchError when a connection breaks or an answer cannot be read."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(address, asked, seconds))


async def _run(address: str, asked: bytes, seconds: float) -> Load:
    host, _, port = address.rpartition(":")
    load, loop = Load(), asyncio.get_running_loop()
    broken: asyncio.Future[None] = loop.create_future()
    clients = [_Client(load, asked, broken) for _ in range(CONNECTIONS)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, host, int(port))  # type: ignore[misc]
    started = time.perf_counter()
    for client in clients:
        client.ask()
    await asyncio.wait([broken], timeout=seconds)
    # What is under way is waited for: its CPU time is spent, and would otherwise be put on the others.
    answered = asyncio.gather(*(client.finish() for client in clients))
    await _first(broken, answered, timeout=_LAST_S)
    load.seconds = time.perf_counter() - started
    for client in clients:
        client.stop()
    if broken.done():
        broken.result()
    return load


async def _first(*futures: asyncio.Future[Any], timeout: float) -> None:  # noqa: ASYNC109 - a bound, not an error
    await asyncio.wait(futures, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load, asked: bytes, broken: asyncio.Future[None]) -> None:
        self._load, self._asked, self._broken = load, asked, broken
        self._head, self._left, self._since, self._status = b"", 0, 0.0, 0
        self._transport: asyncio.Transport | None = None
        self._stopped = False
        self._last: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            "asyncio.Transport", transport
        )  # uvloop's own class inherits from none of asyncio's

    def ask(self) -> None:
        assert self._transport is not None
        self._since = time.perf_counter()
        self._transport.write(self._asked)

    def finish(self) -> asyncio.Future[None]:
        """Ask no more; done when the last answer is there."""
        self._last = asyncio.get_running_loop().create_future()
        return self._last

    def stop(self) -> None:
        self._stopped = True
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the server closed a connection under load ({error or 'without a word'})")

    def data_received(self, data: bytes) -> None:
        if self._stopped:
            return
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._left = self._body_length(self._head[:end]) - (len(self._head) - end - 4)
            self._head = b""
        if self._left <= 0:
            self._left = 0
            self._load.times.append(time.perf_counter() - self._since)
            self._load.statuses[self._status] += 1
            if self._last is None:
                self.ask()
            elif not self._last.done():
                self._last.set_result(None)

    def _body_length(self, head: bytes) -> int:
        self._status = int(head[9:12])
        length = _LENGTH.search(head)
        if self._status in _NO_BODY:
            return 0
        if length is None:
            self._fail("an answer without Content-Length, which the load generator cannot read")
            return 0
        return int(length[1])

    def _fail(self, why: str) -> None:
        if not self._stopped and not self._broken.done():
            self._broken.set_exception(BenchError(f"Reads were cut short: {why}."))
