"""One who dies again and again, and comes back from a snapshot and the steps since, decides as one who lives on: word for word."""

import json
import random
from datetime import timedelta

import pytest

from services.classify.stories import frequencies, snapshot
from services.classify.stories.effects import Effects
from services.classify.stories.memory import Memory
from services.classify.storykeeping.keep import unpack_memory
from tests.classify.stories.test_steps import HOUR, Store, image
from tests.classify.stories.test_stories import LOOSE, NOON, WORDS, sums, whole

KINDS = ["heard"] * 14 + ["lost", "together", "apart", "not together", "not apart"]
LABELS = [(), ("region/asia",), ("region/asia", "topic/energy"), ("topic/energy",)]


def rows(dice, count):
    """Articles that come, are rewritten and go over eleven days, some of one event; editors speak; in between it is still for a day."""
    for number in range(count):
        words = dice.sample(WORDS, 4) + dice.choices(
            [f"word{n}" for n in range(300)], k=dice.choice([0, 3, 9])
        )
        hours = dice.choice([0, 0.1, 0.3, 1]) if dice.random() < 0.99 else 25
        yield (
            dice.choice(KINDS), *(max(1, number - dice.randint(0, 40)) for _ in range(2)), " ".join(words), dice.choice("abcdef"), dice.choice(LABELS), hours,
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_one_who_dies_again_and_again_decides_as_one_who_lives_on(monkeypatch, seed):
    monkeypatch.setattr(snapshot, "SHEAF", 16)
    monkeypatch.setattr(frequencies, "_ROOM", 120)
    dice, lived, mortal, store = random.Random(seed), Memory(LOOSE), Memory(LOOSE), Store(dated=True)
    taken, since, deaths, now = image(mortal), [], 0, NOON - timedelta(days=1)
    merged = done = 0
    for row in rows(dice, 500):
        now += row[-1] * HOUR
        step, seen, told = store.step(row, now), Effects(), Effects()
        lived.do(step, seen)
        since.append(json.loads(json.dumps(mortal.do(json.loads(json.dumps(step)), told))))
        assert told == seen
        store.take(seen)
        merged, done = merged + len(seen.merged), done + (since[-1][0] == "entered")
        if dice.random() < 0.05:
            taken, since = image(mortal), []
        if dice.random() < 0.08:
            mortal, deaths = Memory.load(unpack_memory(taken), LOOSE), deaths + 1
            for one in since:
                mortal.do(one, Effects())
    assert min(deaths, merged, done) > 5, "it would test less than it says"
    assert image(mortal) == image(lived)
    assert whole(mortal.stories) == whole(lived.stories)
    assert sums(mortal.stories) == sums(lived.stories)
    for scope in lived.trends.scopes():
        assert mortal.trends.row(scope) == lived.trends.row(scope)
