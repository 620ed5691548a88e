"""Memory of processes that fork and of jobs that are many times larger than their result, kept small.

Three things cost a worker more than all that it does: the collector writes to every object that it looks at, so that
forked processes share nothing any more; the C library keeps a heap for each thread; and what a job gave back stays
with the process. Elsewhere than with glibc the last two do nothing.

And where memory runs out all the same, the right process has to end: one that works, not the one that leads it and starts another.
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

_M_ARENA_MAX = -8
_FIRST = "500"
"""Half of all the memory there is, on the kernel's scale from -1000 to 1000."""


def one_heap() -> None:
    """Let all threads of this process take memory from one heap; the interpreter lets only one of them run anyway."""
    library = _library()
    if library is not None:
        library.mallopt(_M_ARENA_MAX, 1)


def keep_shared() -> None:
    """Before a fork: what is there now is never looked at by the collector again."""
    gc.collect()
    gc.freeze()


@contextmanager
def read_to_share() -> Iterator[None]:
    """What is read meanwhile stays, for processes forked later: looked at once at its end, in place of again and again."""
    with uncollected():
        try:
            yield
        finally:
            keep_shared()


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made meanwhile, by the hundred thousand and without circles, is not looked at again and again: reading fifty thousand terms
    then takes half the time.

    Threads that overlap here do no harm: whoever switched it off switches it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def read_to_keep() -> Iterator[None]:
    """As `uncollected`, of what stays for long: it is not looked at later either. It goes as soon as nobody holds it, as all that is
    without circles does.
    """
    gc.collect()  # what is over by now must not stay
    with uncollected():
        yield
        gc.freeze()


def give_back() -> None:
    """Return to the system what is free, in a millisecond or two: for when a job is done."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


def go_first() -> None:
    """Let the kernel end this process before the one that leads it, and before servers beside it, when memory runs out. Elsewhere than on
    Linux nothing happens.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST)


@cache
def _library() -> Any:
    """The C library of this process, where it is glibc."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
