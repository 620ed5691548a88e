"""Logging: one JSON line an event, or a readable one on a terminal. Called once by each role.

What a process is at (`request`, `task`, `job`) is bound to the context and stands in every line written there; what a line is about
(`article`, `articles`, `feed`, `webhook`, `seqs`, …) is its `extra`. docs/reference/logs.md lists all of them.
"""

import logging
import re
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import MappingProxyType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

PRETTY = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
Id = str | int
HIDDEN = "***"
_SECRET = re.compile(
    r"(?<=://)[^\s/@]*:[^\s/]*(?=@)|\b(?:dl|whsec)_[\w+/=-]{8,}|(?i:(?<=bearer )[\w.+/=-]{8,})"
)
"""User and password of an address, tokens and secrets of ours, whatever a client sends as Bearer."""
_NOTHING: Mapping[str, Id] = MappingProxyType({})
_at: ContextVar[Mapping[str, Id]] = ContextVar("dateline.log", default=_NOTHING)


def at() -> Mapping[str, Id]:
    """What this context is at."""
    return _at.get()


def bind(**ids: Id) -> Token[Mapping[str, Id]]:
    """Say what this context is at from now on, beside what it was; undo it with `unbind`."""
    return _at.set({**_at.get(), **ids})


def unbind(token: Token[Mapping[str, Id]]) -> None:
    """Take back what `bind` said."""
    _at.reset(token)


@contextmanager
def bound(**ids: Id) -> Iterator[None]:
    """`bind` for a block."""
    token = bind(**ids)
    try:
        yield
    finally:
        unbind(token)


def without_secrets(line: str, known: tuple[str, ...] = ()) -> str:
    """A line without passwords in addresses, tokens, and the secrets `known`.

    >>> without_secrets("redis://:hush@queue:6379/0 with dl_abcdefgh12345")
    'redis://***@queue:6379/0 with ***'
    """
    for secret in known:
        line = line.replace(secret, HIDDEN)
    return _SECRET.sub(HIDDEN, line)


class _Bound(logging.Filter):
    """Gives each record what its context is at."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _at.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


class _Discreet(logging.Formatter):
    """Another formatter's lines, without secrets."""

    def __init__(self, inner: logging.Formatter, known: tuple[str, ...]) -> None:
        super().__init__()
        self._inner, self._known = inner, known

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(self._inner.format(record), self._known)


def _moment(record: logging.LogRecord) -> str:
    """When, in UTC, with milliseconds (ISO 8601, RFC 3339). The library's own has no place for them in front of the `Z`."""
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


class _Json(JsonFormatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - the library's names
        return _moment(record)


class _Pretty(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - the library's names
        return _moment(record)


def _json_lines() -> logging.Formatter:
    """Time, level, logger and message, and whatever a call adds as `extra`."""
    return _Json(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        json_ensure_ascii=False,
    )


def formatter(log_format: str, *, terminal: bool, secrets: tuple[str | None, ...] = ()) -> logging.Formatter:
    """Of the lines that are asked for: `auto`, `json` or `pretty`. `secrets`: texts that never stand there."""
    pretty = log_format == "pretty" or (log_format == "auto" and terminal)
    inner = _Pretty(PRETTY) if pretty else _json_lines()
    return _Discreet(inner, tuple(secret for secret in secrets if secret))


def configure(*, level: str, log_format: str, secrets: tuple[str | None, ...] = ()) -> None:
    """Send every logger to standard error in the format asked for. `secrets`: texts that never stand there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format, terminal=sys.stderr.isatty(), secrets=secrets))
    handler.addFilter(_Bound())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    warnings.filterwarnings(
        "ignore", message="You're running the worker with superuser"
    )  # it is about pickle
    for noisy in (
        "celery.worker.consumer",
        "celery.worker.strategy",
        "celery.app.trace",
        "kombu",
        "aiohttp.access",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
