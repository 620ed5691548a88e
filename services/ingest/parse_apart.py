"""Documents read in processes of their own: what a hostile one can cost is bounded, and a death is a refusal.

The parent's side of `parse_child`. Celery's workers are daemonic and may not use `multiprocessing`; hence
`subprocess` and a socket. Safe in threads; over a fork by `forget`.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import orjson

from services.core.clock import monotonic
from services.core.errors import UnavailableError
from services.ingest import parse_child
from services.ingest.entry import ParsedFeed
from services.ingest.parsers import NotAFeedError
from services.ingest.parsers.errors import Kind

_ROOT = Path(__file__).parents[2]
_START_S = 30
_MAX_SENTENCE = 1000
_PATIENCE_S = 0.5
"""Documents wait this long for one child before a second is started: memory is dearer than half a second."""

_VERDICT = "a feed is read in a fraction of that. It is broken beyond repair, or an attack."


@dataclass(frozen=True, slots=True)
class Bounds:
    """What documents may cost: seconds of computing and bytes of memory for one; seconds on the wall, for a machine so
    busy that computing time stands still; bytes of the feed read; documents for one child; children at a time.
    """

    cpu_s: float = 10.0
    memory_bytes: int = 512 << 20
    wall_s: float = 60.0
    answer_bytes: int = 32 << 20
    bodies: int = 200
    children: int = 2


class TooCostlyError(NotAFeedError):
    """Reading the document took more than it may: computing, memory, or the life of the process that read it."""

    def __init__(self, message: str) -> None:
        super().__init__("xml", message)
        self.kind = "too-costly"  # type: ignore[assignment]  # the parsers themselves know no cost


class _DiedError(Exception):
    """The child is no more, or talks nonsense; the message says which."""


class _Child:
    """One process that reads documents, one at a time."""

    def __init__(self, command: tuple[str, ...], bounds: Bounds) -> None:
        """Start it and wait until it is ready. Raises UnavailableError."""
        self._bounds = bounds
        self._last = False
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=theirs.fileno(), env=_environment(), cwd="/"
                )
            except OSError as error:
                self._channel.close()
                raise UnavailableError(f"No process could be started to read documents: {error}.") from error
        try:
            self._hear(monotonic() + _START_S)
        except (_DiedError, TooCostlyError, TimeoutError) as error:
            self.stop()
            raise UnavailableError(f"The process that reads documents does not start ({error}).") from error

    @property
    def spent(self) -> bool:
        """Whether it is to be replaced: it has read enough, or it is no more."""
        return self._last or self._process.poll() is not None

    def ask(self, body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
        """Have one document read. Raises NotAFeedError; after _DiedError or TooCostlyError it is spent."""
        names = orjson.dumps({"content_type": content_type, "url": url})
        head = parse_child.REQUEST.pack(self._bounds.cpu_s, len(names), len(body))
        deadline = monotonic() + self._bounds.wall_s
        try:
            self._channel.settimeout(self._bounds.wall_s)
            self._channel.sendall(head + names + body)
            what, data = self._hear(deadline)
            return self._understood(what, data)
        except TimeoutError:
            self.stop()
            raise TooCostlyError(
                f"The document was not read within {self._bounds.wall_s:g} s; {_VERDICT}"
            ) from None
        except OSError as error:
            self.stop()
            raise _DiedError(str(error)) from error

    def _hear(self, deadline: float) -> tuple[bytes, bytes]:
        head = self._exactly(parse_child.ANSWER.size, deadline)
        what, last, size = parse_child.ANSWER.unpack(head)
        self._last = last
        if size > self._bounds.answer_bytes:
            self.stop()
            raise TooCostlyError(
                f"The document expands to more than {self._bounds.answer_bytes >> 20} MiB; no feed does. It is an attack."
            )
        return what, self._exactly(size, deadline)

    def _exactly(self, size: int, deadline: float) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            self._channel.settimeout(max(deadline - monotonic(), 0.001))
            try:
                piece = self._channel.recv(size - len(pieces))
            except ConnectionError:
                piece = b""
            if not piece:
                raise self._death()
            pieces += piece
        return bytes(pieces)

    def _death(self) -> Exception:
        """Why the child hung up: the bound on computing, or something that says nothing about the document yet."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self.stop()
        number = -self._process.returncode
        if number == signal.SIGPROF:
            return TooCostlyError(
                f"The document cannot be read within {self._bounds.cpu_s:g} s of computing; {_VERDICT}"
            )
        return _DiedError(
            signal.Signals(number).name if number > 0 else f"exit status {self._process.returncode}"
        )

    def _understood(self, what: bytes, data: bytes) -> ParsedFeed:
        try:
            if what == parse_child.FEED:
                return parse_child.decode(data)
            if what == parse_child.REFUSED:
                raise _refusal(*orjson.loads(data))
        except (ValueError, TypeError) as error:
            self.stop()
            raise _DiedError(f"it answered nonsense: {error!s:.120}") from error
        self.stop()
        if what == parse_child.MEMORY:
            mebibytes = self._bounds.memory_bytes >> 20
            raise TooCostlyError(f"The document cannot be read within {mebibytes} MiB of memory; {_VERDICT}")
        raise _DiedError(f"it answered {what!r}")

    def kill(self) -> None:
        """End it while another thread waits for its answer; that thread clears up."""
        self._process.kill()

    def stop(self) -> None:
        """End it, whatever it is doing; no trace is left."""
        self._channel.close()
        if self._process.stdin:
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """After a fork: it belongs to the process that started it; only our copies of its ends are closed."""
        self._channel.close()
        if self._process.stdin:
            self._process.stdin.close()
        self._process.returncode = 0  # not ours to wait for


def _refusal(kind: Kind, sentence: str) -> NotAFeedError:
    """The refusal that a child tells of, whose word is not taken for what it is. Raises ValueError."""
    if kind not in get_args(Kind) or type(sentence) is not str or len(sentence) > _MAX_SENTENCE:
        raise ValueError("this is no refusal")
    return NotAFeedError(kind, sentence)


def _environment() -> dict[str, str]:
    """What Python needs to find this package, and nothing of what we were told: no secret is in reach of a document."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


class Readers:
    """Up to `bounds.children` processes that read documents; one is kept while there is nothing to do."""

    def __init__(self, bounds: Bounds | None = None, command: tuple[str, ...] | None = None) -> None:
        self._bounds = bounds or Bounds()
        own = (sys.executable, "-P", "-s", "-m", parse_child.__name__)
        self._command = command or (*own, str(self._bounds.memory_bytes), str(self._bounds.bodies))
        self._turn = threading.Condition()
        self._places = self._bounds.children
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._closed = False
        self._used_at = monotonic()

    def read(self, body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
        """Read one document by the reference parser. Raises NotAFeedError, TooCostlyError; UnavailableError for trouble
        of our own: no process can be had.

        A death that the child's bounds do not explain (somebody killed it) says nothing about the document, which is
        tried once more.
        """
        death = ""
        for _ in range(2):
            with self._child() as child:
                try:
                    return child.ask(body, content_type=content_type, url=url)
                except _DiedError as error:
                    death = str(error)
        raise TooCostlyError(
            f"Reading the document ended its reader twice ({death}). It is broken beyond repair, or an attack."
        )

    def rest(self, idle_s: float) -> None:
        """End the children that had nothing to do for so many seconds; the next document starts one again."""
        with self._turn:
            if monotonic() - self._used_at < idle_s:
                return
            idle, self._idle = self._idle, []
            self._children.difference_update(idle)
        for child in idle:
            child.stop()

    def close(self) -> None:
        """End all children, for good; whoever waits for one gets UnavailableError."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
            children = set(self._children)
            idle, self._idle = self._idle, []
        for child in children:
            child.stop() if child in idle else child.kill()

    def forget(self) -> None:
        """After a fork, in the new process: the children belong to the old one."""
        for child in self._children:
            child.forget()

    @contextmanager
    def _child(self) -> Iterator[_Child]:
        child = self._take()
        try:
            if child is None:
                child = _Child(self._command, self._bounds)
                self._children.add(child)
            yield child
        finally:
            self._give(child)

    def _take(self) -> _Child | None:
        """An idle child, or None with the right to start one."""
        with self._turn:
            alone = self._places == self._bounds.children
            if not alone and not self._turn.wait_for(lambda: self._idle or self._closed, timeout=_PATIENCE_S):
                self._turn.wait_for(lambda: self._idle or self._places or self._closed)
            if self._closed:
                raise UnavailableError("No document is read any more: this process is stopping.")
            self._places -= 1
            return self._idle.pop() if self._idle else None

    def _give(self, child: _Child | None) -> None:
        """Keep the child for the next document, or end it where it is spent or another one is idle already."""
        with self._turn:
            self._used_at = monotonic()
            keep = child is not None and not (child.spent or self._idle or self._closed)
            if child is not None and keep:
                self._idle.append(child)
            elif child is not None:
                self._children.discard(child)
            self._places += 1
            self._turn.notify()
        if child is not None and not keep:
            child.stop()
