"""Ending tasks of an event loop so that they have ended."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 0.5


async def end(tasks: Iterable["asyncio.Future[Any] | None"]) -> None:
    """Cancel tasks and return when all have ended, whatever they ended with.

    They are asked again until they do: asyncio before 3.12 loses a cancellation that meets the very end of what a task waits for
    (`wait_for`, https://bugs.python.org/issue37658), and who waited for that task would wait for ever.
    """
    known = [task for task in tasks if task is not None]
    waiting = {task for task in known if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=AGAIN_S)
    for task in known:
        if not task.cancelled():
            task.exception()  # read, so that nobody complains that it never was
