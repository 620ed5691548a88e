"""The process that reads a doubtful document apart, and the language spoken with it.

It has bytes of a stranger in hand and a parser that can be made to compute for a minute, so it has nothing worth taking
and little to spend: no settings or secrets in its environment, no file but Python's own, no network, a bound on
memory for its life and on computing time for every document, and it ends the moment its parent does.

A request is a head, `{"content_type", "url"}` in JSON, and the body; an answer is a head and JSON. Never pickle: whoever
took this process over by a hostile document would be given its parent too.
"""

import fcntl
import gc
import json
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from types import UnionType
from typing import Any, BinaryIO, cast, get_args, get_type_hints

import orjson

from services.ingest import parsers
from services.ingest.entry import ParsedFeed, RawEntry

Read = Callable[..., ParsedFeed]
Fields = dict[str, Any]

REQUEST = struct.Struct(">dII")
"""Seconds of computing allowed, length of the JSON head, length of the body."""

ANSWER = struct.Struct(">c?I")
"""What it is, whether this process has read enough and wants to be replaced, length of the JSON that follows."""

READY, FEED, REFUSED, MEMORY = b"R", b"F", b"N", b"M"

_GROWN = 4
"""A process that has grown by more than this part of its allowance is replaced: the next document needs its own."""

_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.remove", "os.rename",
    "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.listdir", "os.scandir",
    "os.kill", "ctypes.", "shutil.", "urllib.", "ftplib.", "http.client.", "tempfile.", "mmap.", "sqlite3.",
)  # fmt: skip


def encode(feed: ParsedFeed) -> bytes:
    """`feed` as JSON, its fields by name, times as ISO 8601."""
    try:
        return orjson.dumps(feed)
    except TypeError:  # half a character (a lone surrogate): the standard library can write it
        return json.dumps(asdict(feed), default=datetime.isoformat).encode()


def decode(data: bytes) -> ParsedFeed:
    """What `encode` wrote, every type checked. Raises ValueError for anything else: the writer is not trusted."""
    try:
        found = orjson.loads(data)
    except ValueError:
        found = _load_slowly(data)
    return cast("ParsedFeed", _build(ParsedFeed, found))


def _load_slowly(data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _build(kind: type, found: Any) -> ParsedFeed | RawEntry:
    checks = _CHECKS[kind]
    if not isinstance(found, dict) or found.keys() != checks.keys():
        raise ValueError(f"these are not the fields of {kind.__name__}")
    return cast("ParsedFeed | RawEntry", kind(**{name: checks[name](value) for name, value in found.items()}))


def _check(hint: Any) -> Callable[[Any], Any]:
    """What turns a value of JSON into one of the type `hint`, or raises ValueError."""
    if isinstance(hint, UnionType):
        inner = _check(next(arm for arm in get_args(hint) if arm is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_args(hint):
        return _several(_check(get_args(hint)[0]))
    if hint is datetime:
        return _moment
    if hint is RawEntry:
        return lambda value: _build(RawEntry, value)
    return _exactly(hint)


def _several(each: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def check(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise ValueError("a list was expected")
        return tuple([each(one) for one in value])

    return check


def _exactly(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{kind.__name__} was expected")
        return value

    return check


def _moment(value: Any) -> datetime:
    if type(value) is not str:
        raise ValueError("a time was expected")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time with its zone was expected")
    return moment


_CHECKS: dict[type, dict[str, Callable[[Any], Any]]] = {
    kind: {field.name: _check(get_type_hints(kind)[field.name]) for field in fields(kind)}
    for kind in (RawEntry, ParsedFeed)
}


def serve(read: Read, *, memory_bytes: int, bodies: int) -> None:
    """Answer requests on standard output's socket until the parent hangs up or ends.

    `memory_bytes`: what documents may take on top of what this process has when it starts. After `bodies` of them,
    or where memory did not come back, it asks to be replaced.
    """
    requests, answers = os.dup(1), os.dup(1)
    os.dup2(2, 1)  # what anybody prints must not end up among the answers
    _end_with_parent(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the parent decides
    memory = _Memory(memory_bytes)
    gc.freeze()  # what is there now stays: no collection need look at it
    with os.fdopen(requests, "rb") as source, os.fdopen(answers, "wb") as target:
        sys.addaudithook(_no_more_than_reading(tuple({*sys.path, sys.prefix, sys.base_prefix})))
        _say(target, READY, b"", last=False)
        for count in range(1, bodies + 1):
            request = _hear(source)
            if request is None:
                return
            what, data = _answer(read, *request)
            last = count == bodies or what == MEMORY or memory.grown > memory_bytes // _GROWN
            _say(target, what, data, last=last)
            del request, data


def _hear(stream: BinaryIO) -> tuple[float, Fields, bytes] | None:
    """The next request; None where the parent hung up."""
    head = stream.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    cpu_s, names, size = REQUEST.unpack(head)
    return cpu_s, orjson.loads(stream.read(names)), stream.read(size)


def _say(stream: BinaryIO, what: bytes, data: bytes, *, last: bool) -> None:
    stream.write(ANSWER.pack(what, last, len(data)) + data)
    stream.flush()


def _answer(read: Read, cpu_s: float, names: Fields, body: bytes) -> tuple[bytes, bytes]:
    """What is to be said of one document. Too much computing ends this process instead: SIGPROF, unhandled.

    The timer counts the process's own CPU time, so that a busy machine makes nobody's document too costly, and its
    signal needs no cooperation of native code, where parsers spend their time.
    """
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return FEED, encode(read(body, content_type=names["content_type"], url=names["url"]))
    except parsers.NotAFeedError as error:
        if isinstance(error.__cause__, MemoryError):
            return MEMORY, b""
        return REFUSED, json.dumps([error.kind, str(error)]).encode()
    except MemoryError:
        return MEMORY, b""
    except Exception as error:  # noqa: BLE001 - any other trouble is the document's too, and must not end the process
        sentence = f"The document cannot be read as a feed ({type(error).__name__}: {error!s:.120})."
        return REFUSED, json.dumps(["xml", sentence]).encode()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _end_with_parent(lifeline: int) -> None:
    """Have the kernel end this process (SIGIO, unhandled) when the other end of the pipe `lifeline` closes.

    Not PDEATHSIG: that one fires when the parent's *thread* ends, and the threads of a job end with it. Where the kernel
    knows no SIGIO on pipes, the parent's hanging up and the bound on computing end this process within seconds.
    """
    for number in (signal.SIGIO, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO, signal.SIGPROF})
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it had closed already
        os._exit(0)


class _Memory:
    """The address space of this process: bounded from now on, and how far it has grown since."""

    def __init__(self, allowance: int) -> None:
        try:
            self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        except FileNotFoundError:
            self._statm = -1  # elsewhere than on Linux the bound would not hold anyway
        self._base = self._size()
        if self._base:
            resource.setrlimit(resource.RLIMIT_AS, (self._base + allowance, self._base + allowance))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    def _size(self) -> int:
        if self._statm < 0:
            return 0
        return int(os.pread(self._statm, 64, 0).split()[0]) * resource.getpagesize()

    @property
    def grown(self) -> int:
        """Bytes more than at the start."""
        return self._size() - self._base


def _no_more_than_reading(folders: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook (PEP 578): modules may still be read from `folders`; no other file, no network, no process."""

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event == "builtins.id":  # a thousand times a document, by feedparser's strings
            return
        if event == "open":
            path, mode = str(details[0]), str(details[1] or "r")
            if mode in {"r", "rb"} and path.startswith(folders) and path.endswith((".py", ".pyc")):
                return
        elif not event.startswith(_FORBIDDEN):
            return
        raise PermissionError(f"{event} is not for a process that reads documents")

    return hook


if __name__ == "__main__":
    serve(
        parsers.parse_reference,
        memory_bytes=int(sys.argv[1]),
        bodies=int(sys.argv[2]),
    )
