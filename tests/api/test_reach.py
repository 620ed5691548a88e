"""How far to look for words: decided by what was met, whatever that was."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from services.api.reach import Way, further, later, moved

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("found", [0, 3, 200])
def test_the_more_is_stored_the_less_it_pays_to_look_at_all_that_have_the_words(found):
    ways = [further(found=found, looked=1_000, missing=50, stored=10**n)[0] for n in range(4, 10)]
    first = ways.index(Way.ALL) if Way.ALL in ways else 0
    assert Way.ALL not in ways[ways.index(next(w for w in ways[first:] if w is not Way.ALL)) :]


def test_after_the_last_stretch_a_search_comes_to_its_end():
    ways = {
        further(found=found, looked=10**n, missing=50, stored=10**7, stretches=0)[0]
        for found, n in product((0, 40), range(2, 7))
    }
    assert Way.STRETCH not in ways
    assert further(found=0, looked=10**6, missing=50, stored=10**7, stretches=0)[0] is Way.ALL


def test_every_step_of_a_walk_is_longer_than_half_of_all_before_it():
    """A search that met much in the beginning and nothing since comes to its end in few steps."""
    for found, looked in product((0, 1, 40), (200, 5_000, 10**6)):
        assert further(found=found, looked=looked, missing=3, stored=10**7)[1] >= looked


def test_share_by_share_one_gets_everywhere_and_back():
    """Times of which one is as short as nothing: all its articles came at one moment."""
    bounds = [MONDAY, MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=9), MONDAY + timedelta(days=9)]
    whole = [moved(MONDAY, n / 30, bounds=bounds) for n in range(30)]
    assert whole == sorted(whole)
    assert whole[0] == MONDAY
    for n in (1, 5, 25, 29):
        assert abs(moved(whole[n], -n / 30, bounds=bounds) - MONDAY) < timedelta(seconds=1)
    after = MONDAY + timedelta(days=99)
    assert moved(after, -1 / 3, bounds=bounds) == bounds[2]
    assert moved(after, 0.1, bounds=bounds).year == 9999
    assert moved(MONDAY - timedelta(days=99), -0.1, bounds=bounds).year == 1


def test_no_date_is_too_far():
    assert later(MONDAY, timedelta.max).year == 9999
    assert later(MONDAY, timedelta.min).year == 1
    assert later(MONDAY, timedelta(hours=-1)) == MONDAY - timedelta(hours=1)
