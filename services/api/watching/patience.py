"""Asking what may never answer, for whoever must answer all the same: /metrics, /operator and readiness while a server is frozen."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from services.core.errors import UnavailableError

WAIT_S, WAIT_BOTH_S = 2.5, 5.0
"""Seconds after which a server that says nothing counts as away; after which both do."""
_Found = TypeVar("_Found")


class Patience:
    """One per application and server. A question that hangs is left behind, and while it hangs no other is asked: a frozen server must
    not collect the connections of all who watch it.
    """

    def __init__(self, server: str, seconds: float | None = None, *, cancels: bool = True) -> None:
        """`seconds`: how long, WAIT_S where nothing else is said. `cancels`: what hangs is told to end. A thread cannot be."""
        self._server, self._seconds, self._cancels = server, seconds or WAIT_S, cancels
        self._asked: dict[str, asyncio.Task[Any]] = {}
        self._hung: set[asyncio.Task[Any]] = set()

    async def ask(self, key: str, question: Callable[[], Coroutine[Any, Any, _Found]]) -> _Found:
        """The answer; those who ask the same at the same time share one. Raises UnavailableError after `seconds`, and whatever
        the question raises.
        """
        if self._hung:
            raise self._silent()
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(question(), name=f"ask {key}")
            task.add_done_callback(lambda done: self._answered(key, done))
        await asyncio.wait({task}, timeout=self._seconds)
        if not task.done():
            self._hung.add(task)
            if self._cancels:
                task.cancel()
            raise self._silent()
        if task.cancelled():
            raise self._silent()
        return task.result()  # type: ignore[no-any-return]  # a task under this key answers this question

    def _answered(self, key: str, task: asyncio.Task[Any]) -> None:
        self._asked.pop(key, None)
        self._hung.discard(task)
        if not task.cancelled():
            task.exception()  # read, so that nobody complains that it never was

    def _silent(self) -> UnavailableError:
        return UnavailableError(f"{self._server} did not answer within {self._seconds:g} s")

    async def end(self) -> None:
        """Leave every question behind."""
        tasks = [*self._asked.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)


async def in_thread(work: Callable[[], _Found]) -> _Found:
    """`work` in a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[_Found] = loop.create_future()

    def tell(setter: Callable[[Any], None], value: object) -> None:
        if not found.done():
            setter(value)

    def run() -> None:
        try:
            told = (found.set_result, work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            told = (found.set_exception, error)  # type: ignore[assignment]  # one of two ways to tell
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, *told)

    threading.Thread(target=run, name="patience", daemon=True).start()
    return await found
