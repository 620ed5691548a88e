"""The roles of Dateline as children: what each is called, started with and asked before it counts as up."""

import http.client
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from services.core.settings import Settings
from services.embedded.ports import split_bind
from services.embedded.process import Child

ROLES: Mapping[str, tuple[str, ...]] = {
    "scheduler": ("scheduler",),
    "ingest": ("worker", "ingest"),
    "classify": ("worker", "classify"),
    "stories": ("worker", "stories"),
    "api": ("api",),
}
"""Name on the screen and in the logs: the words after `python -m services`."""

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not where to listen


class RoleMaker(Protocol):
    """What makes the children that stand on the servers."""

    def __call__(
        self,
        settings: Settings,
        *,
        database_url: str,
        redis_url: str,
        terminal: bool,
        admin_token: Path | None,
    ) -> Sequence[Child]:
        """The children in the order of their start."""


def role_children(
    settings: Settings,
    *,
    database_url: str,
    redis_url: str,
    terminal: bool,
    admin_token: Path | None = None,
) -> list[Child]:
    """The roles, started one after the other and stopped in reverse. `admin_token`: the file of the administrator's
    token where none is configured; the API alone is told of it.
    """
    told = {} if admin_token is None else {"DATELINE_ADMIN_TOKEN_FILE": str(admin_token)}
    env = role_environment(settings, database_url=database_url, redis_url=redis_url, terminal=terminal)
    return [
        Child(
            name=name,
            argv=(sys.executable, "-m", "services", *words),
            env=env | told if name == "api" else env,
            ready=partial(answers, settings.bind) if name == "api" else _at_once,
            stop_signal=signal.SIGTERM,
            stop_seconds=6.5,
            watched=True,
        )
        for name, words in ROLES.items()
    ]


def role_environment(
    settings: Settings, *, database_url: str, redis_url: str, terminal: bool
) -> dict[str, str]:
    """Our own environment with what `up` has decided. On a terminal the roles log for people.

    REMAP_SIGTERM makes Celery's answer to SIGTERM the quick one: running batches get a few seconds, the rest
    goes back to the queue, and leases bring back what was cut short.
    """
    decided = {
        "DATELINE_HOME": str(settings.home),
        "DATELINE_BIND": settings.bind,
        "DATELINE_DATABASE_URL": database_url,
        "DATELINE_REDIS_URL": redis_url,
        "DATELINE_LOG_FORMAT": "pretty"
        if terminal and settings.log_format == "auto"
        else settings.log_format,
        # The terminal belongs to the start and to trouble; whoever wants every step asks for it.
        "DATELINE_LOG_LEVEL": _log_level(settings),
        "PYTHONUNBUFFERED": "1",
        "REMAP_SIGTERM": "SIGQUIT",
    }
    return {**os.environ, **decided}


def _log_level(settings: Settings) -> str:
    asked = "DATELINE_LOG_LEVEL" in os.environ or settings.log_level != "info"
    return settings.log_level if asked else "warning"


def visible_address(bind: str) -> str:
    """Where a browser on this machine finds what listens at `bind`: `127.0.0.1:8000`, `[::1]:8000`."""
    host, port = split_bind(bind)
    host = _ANY_ADDRESS.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def answers(bind: str) -> bool:
    """Whether the API at `bind` answers HTTP."""
    host, port = split_bind(visible_address(bind))
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _at_once() -> bool:
    return True
