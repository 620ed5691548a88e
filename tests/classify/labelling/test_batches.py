"""How many articles are published together: more where much waits, and never so many that the first of them is late."""

import pytest

from services.classify.labelling import batches
from services.classify.labelling.batches import AIM_S, LEAST, MOST, next_size


def test_a_claim_that_was_not_filled_goes_back_to_the_beginning():
    assert next_size(MOST, got=MOST - 1, took_s=0.01) == LEAST
    assert next_size(MOST, got=0, took_s=0.0) == LEAST


@pytest.mark.parametrize("took_s", [0.0, 0.001, AIM_S / 2])
def test_quick_batches_grow_to_the_most_and_no_further(took_s: float):
    size, seen = LEAST, []
    for _ in range(4):
        size = next_size(size, got=size, took_s=took_s)
        seen.append(size)
    assert seen == [min(2 * LEAST, MOST), *[MOST] * 3]


@pytest.mark.parametrize("an_article_s", [0.001, 0.002, 0.0035, 0.005, 0.02, 1.0])
def test_at_a_steady_pace_the_first_of_a_batch_waits_no_longer_than_it_may(an_article_s: float):
    """Unless the least of a batch takes as long by itself, which it did before batches could grow."""
    size = LEAST
    for _ in range(5):
        size = next_size(size, got=size, took_s=size * an_article_s)
        assert LEAST <= size <= MOST
        assert size == LEAST or size * an_article_s <= AIM_S


def test_one_slow_batch_makes_the_next_one_smaller():
    assert next_size(MOST, got=MOST, took_s=2 * AIM_S) == max(LEAST, MOST // 2)
    assert batches.next_size(80, got=80, took_s=AIM_S * 80 / 60) == 60
