"""The four passes over all feeds that ingest is measured by, and what the press does before each."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.bench.stage import Stage

STEPS = ("cold", "warm", "changed", "same")
HEAD = {
    "cold": "all new",
    "warm": "nothing changed (304)",
    "changed": "5 % changed",
    "same": "same bytes again (200)",
}
CHANGED_SHARE = 0.05
MOST_NEW = 5


@contextmanager
def arranged(stage: Stage, step: str, feeds: Sequence[str], *, seed: int = 1) -> Iterator[int]:
    """The press as the step needs it, for everybody who takes it; gives the number of entries that are new in it.

    `feeds`: addresses of the feeds that are measured. Each of the twentieth of them that changes has 1 to 5 new entries. In `same`
    servers ignore validators, and do so no more afterwards.
    """
    fresh = 0
    if step == "changed":
        fresh = _publish(stage, feeds, seed)
    if step == "same":
        stage.ask_press("/validators?honour=no", post=True)
    try:
        yield fresh
    finally:
        if step == "same":
            stage.ask_press("/validators?honour=yes", post=True)


def _publish(stage: Stage, feeds: Sequence[str], seed: int) -> int:
    dice = random.Random(seed)
    slugs = stage.slugs()
    chosen = dice.sample(list(feeds), max(1, round(len(feeds) * CHANGED_SHARE)))
    published = [
        stage.ask_press(f"/publish?outlet={slugs[url]}&n={1 + number % MOST_NEW}", post=True)
        for number, url in enumerate(chosen)
    ]
    return sum(map(len, published))
