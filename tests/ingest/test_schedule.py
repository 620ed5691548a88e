"""When to look again: never sooner than the publisher wishes, never outside the settings, never never."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.plan import Again, New, Plan, Reading, Seen
from services.ingest.schedule import JITTER, LONGEST_RETRY_S, Limits, back_off, first_interval, next_check
from tests.fixtures.entries import NOW, entry, feed_state

LIMITS = Limits(900, 86_400)


def plan(*, new: int = 0, again: int = 0, unchanged: int = 0, gap: bool = False) -> Plan:
    seen = Seen("g", entry(), b"")
    return Plan(
        new=(New(seen, None, NOW),) * new,
        again=(Again(1, seen, first_here=True, changed=False),) * again,
        unchanged=("g",) * unchanged,
        gap=gap,
    )


@pytest.mark.parametrize(
    ("brought", "interval_s"),
    [
        ({"unchanged": 20}, 4500),
        ({}, 4500),
        ({"new": 1, "unchanged": 19}, 3240),
        ({"new": 1, "unchanged": 2}, 3240),
        ({"new": 7, "unchanged": 13}, 1800),
        ({"new": 7, "again": 13}, 1800),
        ({"new": 20, "gap": True}, 900),
    ],
)
def test_the_more_was_new_the_sooner_we_come_again(brought, interval_s):
    pace = next_check(feed_state(), Reading("new-body"), plan(**brought), now=NOW, limits=LIMITS, dice=0)
    assert (pace.interval_s, pace.next_check_at) == (interval_s, NOW + timedelta(seconds=interval_s))
    assert pace.paused_reason is None


def test_a_feed_met_first_is_asked_as_often_as_it_publishes():
    entries = [entry(n, published_at=NOW - timedelta(hours=2 * n)) for n in range(5)]
    assert first_interval(entries, LIMITS) == 7200
    assert first_interval(entries[:2], LIMITS) == 3600
    guessed = [entry(n, published_at=NOW, date_guessed=True) for n in range(5)]
    assert first_interval(guessed, LIMITS) == 3600
    assert first_interval([entry(n) for n in range(5)], LIMITS) == 900
    pace = next_check(
        feed_state(ok_at=None), Reading("new-body", entries=tuple(entries)), plan(new=5), now=NOW, limits=LIMITS, dice=0
    )  # fmt: skip
    assert pace.interval_s == 7200


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 120), (2, 240), (3, 480), (10, 61_440), (11, 86_400), (10_000, 86_400)]
)
def test_failures_double_the_pause_up_to_a_day(failures, seconds):
    assert back_off(failures, LIMITS) == seconds


def test_back_off_stays_within_settings_for_hasty_tests():
    assert back_off(1, Limits(1, 2)) == 1
    assert back_off(50, Limits(1, 2)) == 2


def test_a_failure_keeps_what_was_learned_and_gone_pauses_with_the_reason():
    failed = next_check(
        feed_state(failures=2), Reading("failed", error="x"), Plan(), now=NOW, limits=LIMITS, dice=0
    )
    assert (failed.interval_s, failed.next_check_at) == (3600, NOW + timedelta(seconds=480))
    gone = next_check(feed_state(), Reading("gone", error="Gone."), Plan(), now=NOW, limits=LIMITS, dice=0)
    assert gone.paused_reason == "Gone."


outcomes = st.sampled_from(["new-body", "unchanged", "failed"])
counts = st.integers(0, 30)


@given(
    outcome=outcomes,
    asks_s=st.integers(0, 7 * 86_400),
    failures=st.integers(0, 10**6),
    interval_s=st.integers(1, 10**7),
    bounds=st.tuples(st.integers(1, 10**5), st.integers(1, 10**5)).map(sorted),
    brought=st.tuples(counts, counts, counts, st.booleans()),
    dice=st.floats(0, 1, exclude_max=True),
    first=st.booleans(),
)
def test_never_sooner_than_asked_and_never_outside_the_settings(
    *, outcome, asks_s, failures, interval_s, bounds, brought, dice, first
):
    limits = Limits(*bounds)
    new, again, unchanged, gap = brought
    pace = next_check(
        feed_state(failures=failures, interval_s=interval_s, ok_at=None if first else NOW),
        Reading(outcome, asks_s=asks_s, entries=(entry(),) * new),
        plan(new=new, again=again, unchanged=unchanged, gap=gap),
        now=NOW,
        limits=limits,
        dice=dice,
    )
    wait = (pace.next_check_at - NOW).total_seconds()
    assert wait >= asks_s
    assert wait >= min(limits.min_s, 120)
    assert wait <= max(limits.max_s, asks_s, LONGEST_RETRY_S) * (1 + JITTER)
    if outcome != "failed":
        assert limits.min_s <= pace.interval_s <= limits.max_s
        assert wait >= limits.min_s
    assert pace.paused_reason is None
