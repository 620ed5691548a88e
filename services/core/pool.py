"""The pool processes of a worker: what each does when it begins and when it ends, by Celery's signals."""

import logging
import signal
import time
from collections.abc import Callable
from typing import Any

from billiard.process import current_process
from celery.concurrency import asynpool
from celery.signals import (
    setup_logging,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
)

from services.core import clock, db, memory
from services.core.errors import DatelineError, UnavailableError
from services.core.liveness.rounds import Rounds

log = logging.getLogger(__name__)

PATIENCE_S, LOOK_EVERY_S = 60, 0.5
"""So long a worker that begins waits for the database, looking so often."""


@setup_logging.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _keep_our_logging(**_: Any) -> None:
    """Celery configures no logging when somebody answers this signal."""


@worker_before_create_process.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _keep_shared(**_: Any) -> None:
    """What this process holds before it forks is shared with the new one."""
    memory.keep_shared()


_rounds: list[Rounds] = []
"""Of the worker that this process leads, or belongs to; none elsewhere."""
_warm_ups: list[Callable[[], object]] = []
_farewells: list[Callable[[], object]] = []
_beginnings: list[Callable[[], object]] = []
_ends: list[Callable[[], object]] = []


def mark(rounds: Rounds) -> None:
    """Let each process to come mark in `rounds` that it goes on."""
    _rounds[:] = [rounds]


def at_start_of_process(warm_up: Callable[[], object]) -> None:
    """Call `warm_up` in every pool process before its first job, and once before they are forked: what it reads is shared."""
    _warm_ups.append(warm_up)


def at_end_of_process(farewell: Callable[[], object]) -> None:
    """Call `farewell` in every pool process that ends in order, or is asked to (SIGTERM), and has a few seconds for it."""
    _farewells.append(farewell)


def in_each_process(begin: Callable[[], object], end: Callable[[], object]) -> None:
    """Call `begin` in every pool process after its fork, never in the parent, and `end` in those that end in order."""
    _beginnings.append(begin)
    _ends.append(end)


@worker_process_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _begin_process(**_: Any) -> None:
    """A forked process must not share its parent's sockets; then it gets ready."""
    memory.go_first()
    if db.engine.cache_info().currsize:
        db.engine().dispose(close=False)
    signal.signal(signal.SIGTERM, _leave)
    ready = [rounds.keep_marking(current_process().index) for rounds in _rounds]
    _call_each(_beginnings, "%s")
    _call_each(_warm_ups, "not ready yet: %s")
    for event in ready:
        event.set()


def guard_beginning() -> None:
    """Let a process whose worker ends while it begins end as well, without a story in the log: there is nobody to tell that it is there."""
    original: Any = asynpool.Worker.on_loop_start

    def on_loop_start(self: Any, pid: int) -> None:
        try:
            original(self, pid)
        except BrokenPipeError:
            raise SystemExit(0) from None

    setattr(asynpool.Worker, "on_loop_start", on_loop_start)  # noqa: B010 - a plain assignment is what mypy forbids


def _leave(_number: int, _frame: object) -> None:
    """A stop ends pool processes by SIGTERM, which is deadly to them: in order, leases go back and what they hold is stored."""
    raise SystemExit(0)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # celery ships no types
def _end_process(**_: Any) -> None:
    _call_each(_ends, "%s")
    _call_each(_farewells, "ended without all it wanted to do: %s")


def _call_each(functions: list[Callable[[], object]], trouble: str) -> None:
    for function in functions:
        try:
            function()
        except DatelineError as error:
            log.warning(trouble, error)


def get_ready() -> None:
    """Warm up before the processes are forked, so that they share what was read; a database that is away is waited for.

    Without it there is nothing to do anyway, and each process would read for itself what takes seconds and a hundred megabytes.
    """
    until = clock.monotonic() + PATIENCE_S
    with memory.read_to_share():
        for warm_up in _warm_ups:
            _warm(warm_up, until)


def _warm(warm_up: Callable[[], object], until: float) -> None:
    while True:
        try:
            warm_up()
        except UnavailableError as error:
            log.warning("not ready yet: %s", error)
            if clock.monotonic() > until:
                return
            time.sleep(LOOK_EVERY_S)
        except DatelineError as error:
            log.warning("not ready yet: %s", error)
            return
        else:
            return
