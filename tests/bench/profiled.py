"""Where the CPU of ingest goes: one pass over new feeds in this very process, under cProfile.

Timed by the wall (a clock of CPU seconds costs more than most functions do), so waiting stands in the table too, as what it is:
`poll`, `recv`, `wait`, `acquire`, `get` of a queue. What the event loop gives to threads is done in its own instead, one after the other, so that
no function is charged for another thread's turn. The profiler itself makes small functions look dearer than they are: read
the ranks, and measure the gain with the bench.
"""

import asyncio
import cProfile
import io
import os
import pstats
import threading
import time
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from services.ingest.refresh import refresh_due
from tests.bench import cpu
from tests.bench.stage import Stage
from tests.bench.steps import HEAD, arranged

TOP = 25
_STATEMENTS_TOP = 12


def _at_once(loop: asyncio.AbstractEventLoop, _executor: Any, work: Callable[..., Any], *given: Any) -> Any:
    """In place of `run_in_executor`."""
    done = loop.create_future()
    try:
        done.set_result(work(*given))
    except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits it
        done.set_exception(error)
    return done


class _Profile(cProfile.Profile):
    def create_stats(self) -> None:
        """Without closing what is open: it is another thread's, and begun by another clock."""
        self.snapshot_stats()  # type: ignore[attr-defined]


class Threads:
    """One profiler for each thread, since cProfile follows only the thread that started it."""

    def __init__(self) -> None:
        self._profiles: list[_Profile] = []

    def __enter__(self) -> Self:
        threading.setprofile(self._begin)
        self._usual = BaseEventLoop.run_in_executor
        BaseEventLoop.run_in_executor = _at_once  # type: ignore[method-assign,assignment]
        self._here = self._new()
        self._here.enable()
        return self

    def __exit__(self, *_: object) -> None:
        self._here.disable()
        BaseEventLoop.run_in_executor = self._usual  # type: ignore[method-assign]
        threading.setprofile(None)  # type: ignore[arg-type]

    def _new(self) -> _Profile:
        self._profiles.append(_Profile())
        return self._profiles[-1]

    def _begin(self, _frame: FrameType, _event: str, _argument: Any) -> None:
        """The first event of a new thread puts a profiler in the place of this hook."""
        self._new().enable()

    def table(self, order: str, top: int) -> str:
        """The `top` functions of all threads together by `tottime` or `cumtime`."""
        text = io.StringIO()
        stats = pstats.Stats(self._profiles[0], stream=text)
        for other in self._profiles[1:]:
            stats.add(other)
        stats.strip_dirs().sort_stats(order).print_stats(top)
        return text.getvalue().strip()


def run(stage: Stage, step: str) -> str:
    """One pass over all feeds, what it cost and where, as text. For a step other than `cold` a cold pass goes before it, untimed."""
    stage.database.start_afresh()
    if step != "cold":
        stage.database.make_due()
        _all_due()
    with arranged(stage, step, stage.feeds):
        stage.database.count_statements()
        before = _spent(stage)
        stage.database.make_due()
        with Threads() as threads:
            done = _all_due()
        spent = cpu.spent(before, _spent(stage))
    shares = ", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.items() if seconds > 0.005)
    rows = [
        f"{calls:>7} {ms:>8.0f} {rows:>8}  {said}"
        for calls, ms, rows, said in stage.database.statements(_STATEMENTS_TOP)
    ]
    return "\n".join(
        [
            *_headed("by own time", threads.table("tottime", TOP)),
            *_headed("by time with all that they called", threads.table("cumtime", TOP)),
            "Statements by time (milliseconds of wall; waiting for locks and the disk included)",
            "  calls       ms     rows  statement",
            *rows,
            "",
            f"{HEAD[step]}: {done} feeds fetched; CPU seconds, the profiler's own included: {shares}",
        ]
    )


def _spent(stage: Stage) -> dict[str, float]:
    """CPU seconds so far of this process, of the children it started while it fetched, and of each server."""
    servers = stage.cpu()
    press = cpu.seconds(stage.running["press"][1].pid)
    own = time.process_time()
    others = cpu.seconds(os.getpid()) - own - press - sum(servers.values())
    return {"this process": own, "its children": others, **servers}


def _headed(how: str, table: str) -> list[str]:
    return [f"Functions of all threads, {how}", table, ""]


def _all_due() -> int:
    """As often as a worker would be told of more."""
    done = 0
    while count := refresh_due():
        done += count
    return done
