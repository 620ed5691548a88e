"""Processes that label as workers do, and die: `python -m tests.classify.copies.copy_workers SEED WORKERS [naive]`.

Each takes a few articles at a time and dawdles between the steps; some kill themselves at the worst moments, one is killed from
outside for each line of standard input, and whoever dies is replaced. All of them look for work at once, as if every hint had come several
times. When standard input ends, they go on until nothing waits; then this prints how many died. `naive`: keys are not committed before
others are looked for.
"""

import json
import os
import random
import select
import signal
import sys
import time
from functools import partial

import psycopg

from services.classify.copies import groups, looking
from services.classify.labelling import label, store
from services.core import cache
from services.core.db import transaction
from services.core.settings import settings
from tests.fixtures import crews

LEASE_S = 1
TOGETHER_S = 0.1
"""So long whoever is naive knows of nobody else: the others come to the same step meanwhile, however slow the machine is."""


def look_at_once(batch):
    """What must not be done: keys and comparisons in one transaction."""
    articles = [label.filed(waiting) for waiting in batch]
    with transaction() as session:
        looking.publish(session, articles)
        time.sleep(TOGETHER_S)
        return looking.scan(session, articles)


def work(seed, *, naive):
    """Label until killed."""
    dice = random.Random(seed)
    store.LEASE_S, store.MAX_ATTEMPTS = LEASE_S, 10_000
    store.claim.__kwdefaults__["limit"] = dice.randint(1, 4)
    steps = (looking, "publish"), (looking, "scan"), (groups, "_near"), (groups, "hold"), (groups, "write")
    for module, name in steps:
        setattr(module, name, crews.dawdling(getattr(module, name), dice, at_most_s=0.03))
    if naive:
        label.look_for_copies = look_at_once
    label.warm_up()
    while True:
        if not label.label_waiting():
            time.sleep(0.005)


def waiting():
    """How many articles wait, in anybody's hand or not."""
    with psycopg.connect(settings().database_url.replace("+psycopg", "", 1)) as connection:
        return connection.execute(
            "SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL"
        ).fetchone()[0]


def main():
    """Start, kill and replace until everything is done; 1 where somebody ended otherwise than by being killed."""
    cache.WAIT_S = (
        90.0  # a Redis that is slow for a moment is said on standard error, and no fault of what is tested
    )
    seed, number, *naive = sys.argv[1:]
    dice, died, failed = random.Random(f"{seed} outside"), 0, 0
    seeds = iter(range(int(seed) * 10_000, sys.maxsize))
    running = [crews.start(partial(work, next(seeds), naive=bool(naive))) for _ in range(int(number))]
    open_, to_kill = True, 0
    while failed < 3 and (open_ or to_kill or waiting()):
        if open_ and select.select([sys.stdin], [], [], 0.05)[0]:
            lines = os.read(sys.stdin.fileno(), 4096)
            open_, to_kill = bool(lines), to_kill + lines.count(b"\n")
        elif not open_:
            time.sleep(0.05)
        if to_kill:
            os.kill(running[0], signal.SIGKILL)
            os.waitid(os.P_PID, running[0], os.WEXITED | os.WNOWAIT)  # it is counted below
            to_kill -= 1
        dice.shuffle(running)
        for place, child in enumerate(running):
            gone, status = os.waitpid(child, os.WNOHANG)
            if gone:
                died, failed = died + 1, failed + (os.WTERMSIG(status) != signal.SIGKILL)
                running[place] = crews.start(partial(work, next(seeds), naive=bool(naive)))
    for child in running:
        crews.end(child)
    print(json.dumps({"died": died}))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
