"""A role with a fault inside it, at a place that no signal from outside can hit: `python -m tests.faults.hooked HOOK WORDS…`.

What a hook needs to know lies in the folder that HOOK_FOLDER names.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kombu.transport.redis import QoS

from services.classify.labelling import label, store
from services.cli import main
from services.core import latest

FOLDER = Path(os.environ["HOOK_FOLDER"])


def once(name: str) -> bool:
    """True the first time that anybody asks."""
    try:
        (FOLDER / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def die_between_pop_and_note() -> None:
    """A hint was popped from Redis, and is not noted as unacknowledged yet: no setting of Celery brings it back."""
    original = QoS.append

    def append(self: Any, *args: Any) -> Any:
        if once("popped"):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *args)

    QoS.append = append


def die_of_an_article() -> None:
    """Labelling the article at an address of `poison` kills the process that does it."""
    original = label.label_one

    def label_one(waiting: Any, compiled: Any) -> Any:
        if waiting.document.section in (FOLDER / "poison").read_text().split():
            os.kill(os.getpid(), signal.SIGKILL)
        return original(waiting, compiled)

    label.label_one = label_one


def eat_all_memory() -> None:
    """The first labelling of all takes memory until the kernel ends its process."""
    original = label.label_one

    def label_one(waiting: Any, compiled: Any) -> Any:
        if once("eaten"):
            eaten = []
            while True:
                eaten.append(b"x" * (1 << 24))
        return original(waiting, compiled)

    label.label_one = label_one


def freeze_with_the_lock() -> None:
    """The process that publishes stops for good while it holds the lock of the stream."""
    original = latest.publish

    def publish(session: Any, drafts: Any) -> Any:
        last = original(session, drafts)
        if drafts and once("frozen"):
            (FOLDER / "frozen").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return last

    latest.publish = publish


def label_slowly() -> None:
    """Labelling takes a fifth of a second each, and a lease three seconds; `slow` says that it has begun."""
    original, store.LEASE_S = label.label_one, 3

    def label_one(waiting: Any, compiled: Any) -> Any:
        (FOLDER / "slow").write_text(str(os.getpid()))
        time.sleep(0.2)
        return original(waiting, compiled)

    label.label_one = label_one


HOOKS: dict[str, Callable[[], None]] = {
    hook.__name__: hook
    for hook in (
        die_between_pop_and_note,
        die_of_an_article,
        eat_all_memory,
        freeze_with_the_lock,
        label_slowly,
    )
}

if __name__ == "__main__":
    HOOKS[sys.argv[1]]()
    sys.argv = ["dateline", *sys.argv[2:]]
    main()
