"""Much made at once and all of it kept: the collector of garbage would look through it again and again for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_kept() -> Iterator[None]:
    """No search for garbage meanwhile: reading fifty thousand terms then takes half the time.

    Threads that overlap here do no harm: whoever switched it off switches it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
