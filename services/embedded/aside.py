"""One call in a thread of its own, while the supervisor's loop goes on in the main thread."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def call_aside(function: Callable[[], T]) -> Future[T]:
    """Call `function` in a daemon thread: if it hangs, it does not keep the program from ending.

    Nothing may be forked in it (`deathsig`).
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
