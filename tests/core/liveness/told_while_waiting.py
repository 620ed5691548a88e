"""Processes that wait for a request to stop, and get it at a random moment: `python -m tests.core.liveness.told_while_waiting TIMES [naive]`.

Prints how many ended, and how many had to be killed. `naive`: they wait for a `threading.Event`.
"""

import json
import os
import random
import signal
import sys
import threading
import time

from services.core.liveness import stopping

DEADLINE_S = 30
AT_ONCE = 20


def wait(asked: stopping.Asked | threading.Event, says: int) -> None:
    """Wait, again and again, until somebody asks to stop."""
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    os.write(says, b"!")
    while not asked.wait(0):
        pass
    os._exit(0)


def start(*, naive: bool) -> int:
    """A process that waits; its number."""
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        wait(threading.Event() if naive else stopping.Asked(), says)
    os.read(hears, 1)
    os.close(hears)
    os.close(says)
    return child


def ended(child: int) -> bool:
    """Whether it ends within the deadline; else it is killed."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


if __name__ == "__main__":
    times, naive = int(sys.argv[1]), sys.argv[2:] == ["naive"]
    dice, told = random.Random(1), []
    for first in range(0, times, AT_ONCE):
        children = [start(naive=naive) for _ in range(first, min(times, first + AT_ONCE))]
        for child in children:
            time.sleep(dice.random() * 0.002)
            os.kill(child, signal.SIGTERM)
        told += [ended(child) for child in children]
    print(json.dumps({"ended": sum(told), "hung": len(told) - sum(told)}))
