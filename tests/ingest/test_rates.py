"""How fast a feed publishes, how long its window lasts, and what a gap has cost."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decide import decide
from services.ingest.entry import RawEntry
from services.ingest.plan import Known
from services.ingest.rates import dates, missed, ordinary, window_lasts_s
from tests.fixtures.entries import NOW, entry, feed_state

HOUR = timedelta(hours=1)


def every(distance: timedelta, many: int):
    return [entry(n, published_at=NOW - n * distance) for n in range(many)]


def test_dates_are_those_that_the_feed_gave_newest_first():
    given_ = [
        entry(1, published_at=NOW - 2 * HOUR),
        entry(2, published_at=NOW - HOUR),
        entry(3, published_at=NOW, date_guessed=True),
        entry(4, published_at=None),
        RawEntry("g", None, "t", published_at=NOW + HOUR),
        RawEntry("h", None, "t", published_at=NOW - 3 * HOUR),
    ]
    assert dates(given_, now=NOW) == (NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR)


def test_ten_entries_an_hour_apart_last_ten_hours_with_or_without_an_old_one_on_top():
    window = every(HOUR, 10)
    assert window_lasts_s(dates(window, now=NOW)) == 36_000
    pinned = [*window[:9], entry("pinned", published_at=NOW - timedelta(days=900))]
    assert window_lasts_s(dates(pinned, now=NOW)) == 36_000


@pytest.mark.parametrize("many", [0, 1, 3])
def test_few_dates_say_nothing(many):
    assert window_lasts_s(dates(every(HOUR, many), now=NOW)) is None


def test_four_dates_are_enough():
    assert window_lasts_s(dates(every(HOUR, 4), now=NOW)) == 4 * 3600


def test_dates_that_are_all_the_same_say_nothing():
    assert window_lasts_s(dates([entry(n) for n in range(20)], now=NOW)) is None
    assert ordinary([]) == []


def cost(
    entries, *, hours: float, before: int = 10, interval_s: int = 3600, usual_s: int | None = 3600
) -> int:
    since = NOW - hours * HOUR
    return missed(entries, before=before, since=since, interval_s=interval_s, usual_s=usual_s, now=NOW)


def test_what_came_in_the_meantime_less_what_is_shown_was_missed():
    assert cost(every(HOUR, 10), hours=25) == 15
    assert cost(every(HOUR, 10), hours=9.5) == 0


def test_without_dates_one_entry_an_interval_is_assumed():
    undated = [entry(n, published_at=None) for n in range(10)]
    assert cost(undated, hours=25) == 15
    assert cost(undated, hours=25, interval_s=7200) == 2


def test_a_window_that_reaches_back_to_the_last_look_has_lost_nothing():
    """All its addresses are new, but so would they be if the site had moved all its articles."""
    assert cost(every(HOUR, 10), hours=5) == 0


def test_a_feed_that_sleeps_at_night_is_not_taken_to_publish_all_the_time():
    window = every(HOUR, 10)
    assert cost(window, hours=48, usual_s=12 * 3600) == 10
    assert cost(window, hours=48, usual_s=None) == 10
    assert cost(window, hours=48, usual_s=3600) == 38


def test_a_burst_is_not_taken_for_the_usual_rate():
    burst = every(timedelta(seconds=1), 20)
    assert cost(burst, hours=10, before=20) == 180


@given(
    st.lists(st.integers(0, 10**7), max_size=40),
    st.integers(0, 10**7),
    st.integers(-5, 10**7),
    st.integers(0, 500),
    st.one_of(st.none(), st.integers(0, 10**8)),
)
def test_the_cost_is_a_number_whatever_the_dates(ages, since_s, interval_s, before, usual_s):
    shown = [entry(n, published_at=NOW - timedelta(seconds=age)) for n, age in enumerate(ages)]
    since = NOW - timedelta(seconds=since_s)
    assert missed(shown, before=before, since=since, interval_s=interval_s, usual_s=usual_s, now=NOW) >= 0


def test_deciding_tells_what_a_gap_has_cost():
    feed = feed_state(window=10, ok_at=NOW - 25 * HOUR, usual_s=3600)
    plan = decide(every(HOUR, 10), Known(), feed=feed, now=NOW)
    assert (plan.gap, plan.missed) == (True, 15)
    first = decide(every(HOUR, 10), Known(), feed=feed_state(window=0, ok_at=None), now=NOW)
    assert (first.gap, first.missed) == (False, 0)
