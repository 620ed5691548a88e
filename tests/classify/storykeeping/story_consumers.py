"""Processes that decide stories and are killed at random: `python -m tests.classify.storykeeping.story_consumers SEED PROCESSES [naive]`.

Kills one for each line of its standard input, and when that is closed prints how many were killed. `naive`: as if nobody had thought of the
others: each goes by its own memory, and takes no lock.
"""

import os
import random
import sys
import time

from services.classify.stories import Limits, state
from services.classify.stories.memory import Memory
from services.classify.storykeeping import keep as story_keep
from services.classify.storykeeping import store as story_store
from services.classify.storykeeping import work as story_work
from services.classify.storykeeping.recall import Held
from services.classify.storykeeping.store import State
from tests.fixtures import crews

MERGING = Limits(join=0.35, bridge=0.2, merge=0.12)
"""Bridges are rare in a stream of some hundred articles; with these there are some."""


def forget_the_others() -> None:
    """What a consumer would be without lock and common memory."""
    story_store.lock = story_store.state
    State.mark = property(lambda _self: True)
    State.torn = property(lambda _self: False)
    Held.mark = property(lambda _self: True)
    story_keep.keep_step = lambda *_args: None
    story_work.recalled = lambda held, _until: held or Held(Memory(first_id=os.getpid() * 1000), "", 0)
    story_work.Consumer.save = lambda _self: False


def consume() -> None:
    """As a worker does that gets a hint, and every hint twice. Takes a snapshot far too often."""
    story_work.SAVE_AFTER, story_work.SAVE_SOONEST_S, story_work._SAVE_SHARE = 20, 0, 0
    state.Limits = lambda: MERGING
    while True:
        for _ in range(2):
            story_work.group_articles()
        time.sleep(0.002)


def main() -> None:
    """Keep so many consumers running; kill one of them a few hundredths of a second after each line that is read."""
    dice, processes = random.Random(int(sys.argv[1])), int(sys.argv[2])
    if sys.argv[3:] == ["naive"]:
        forget_the_others()
    running, killed, failed = [crews.start(consume) for _ in range(processes)], 0, 0
    for _ in sys.stdin:
        time.sleep(dice.random() * 0.12)
        victim = dice.choice(running)
        status = crews.end(victim)
        killed += os.WIFSIGNALED(status)
        failed += os.WIFEXITED(status)
        running[running.index(victim)] = crews.start(consume)
    for child in running:
        failed += os.WIFEXITED(crews.end(child))
    print(killed, failed)


if __name__ == "__main__":
    main()
