"""A process that writes to the stream with several threads, as workers do: `python -m tests.core.stream_writers ...`.

Every transaction holds a few changes; some take their time before and after publishing, some are rolled back.
"""

import random
import sys
import threading
import time

from services.core import cache, latest
from services.core.db import transaction

LABELS = ("region/asia", "region/central-asia", "region/europe", "topic/economy", "topic/energy")


class ChangedItsMindError(Exception):
    """Rolls a transaction back."""


def drafts(dice: random.Random, articles: list[int]) -> list[latest.Draft]:
    """One to four changes with labels before and after."""

    def labels() -> list[str]:
        return sorted(dice.sample(LABELS, dice.randint(0, 2)))

    return [
        latest.Draft(dice.choice(articles), dice.choice(("updated", "moved")), 1, labels(), labels())
        for _ in range(dice.randint(1, 4))
    ]


def waver(dice: random.Random) -> None:
    """Rolls every fourth transaction back."""
    if dice.random() < 0.25:
        raise ChangedItsMindError


def write(dice: random.Random, articles: list[int], transactions: int) -> None:
    """So many transactions, one after the other."""
    for _ in range(transactions):
        try:
            with transaction() as session:
                time.sleep(dice.random() * 0.003)
                latest.publish(session, drafts(dice, articles))
                time.sleep(dice.random() * 0.003)
                waver(dice)
        except ChangedItsMindError:
            continue


def main() -> None:
    """Arguments: seed, threads, transactions of each thread, ids of articles."""
    seed, threads, transactions, *articles = map(int, sys.argv[1:])
    cache.WAIT_S = (
        90.0  # a Redis that is slow for a moment is said on standard error, and no fault of the stream
    )
    writers = [
        threading.Thread(target=write, args=(random.Random(seed * 1000 + n), articles, transactions))
        for n in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    main()
