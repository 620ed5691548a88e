"""When to look again: never sooner than the publisher wishes, never outside the settings, never never."""

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.entry import Entry
from services.ingest.plan import Again, New, Pace, Plan, Reading, Seen
from services.ingest.schedule import (
    JITTER,
    LONGEST_RETRY_S,
    Limits,
    back_off,
    first_interval,
    next_check,
    request,
)
from tests.fixtures.entries import NOW, entry, feed_state

LIMITS = Limits(900, 86_400)


def plan(*, new: int = 0, again: int = 0, unchanged: int = 0, gap: bool = False) -> Plan:
    seen = Seen("g", entry(), b"")
    return Plan(
        new=(New(seen, NOW),) * new,
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


# --- what each reason says ----------------------------------------------------------------------------------------


HALF_HOUR = {
    "interval_s": 1800,
    "ok_at": NOW - timedelta(minutes=30),
    "checked_at": NOW - timedelta(minutes=30),
}


def every(distance: timedelta, many: int) -> tuple[Entry, ...]:
    return tuple(entry(n, published_at=NOW - n * distance) for n in range(many))


def pace_of(
    plan_: Plan | None = None,
    reading: Reading | None = None,
    *,
    limits: Limits = LIMITS,
    dice: float = 0,
    **state,
) -> Pace:
    feed = feed_state(**HALF_HOUR | state)
    return next_check(
        feed, reading or Reading("new-body"), plan_ or plan(), now=NOW, limits=limits, dice=dice
    )


HOUR = timedelta(hours=1)
FAILED = Reading("failed", error="x", error_kind="http-500")
LASTING = Reading("failed", error="x", error_kind="http-404", lasting=True)
BURST = Reading("new-body", entries=every(timedelta(minutes=6), 20))


@pytest.mark.parametrize(
    ("pace", "interval_s", "reason"),
    [
        (pace_of(plan(new=3, unchanged=17)), 1620, "3 of 20 entries were new after 30 min, so it is asked every 27 min."),
        (pace_of(plan(new=1, unchanged=19)), 1620, "1 of 20 entries was new after 30 min, so it is asked every 27 min."),
        (pace_of(), 2250, "Nothing was new after 30 min, so it is asked every 38 min."),
        (
            pace_of(plan(new=9, unchanged=11)),
            900,
            "9 of 20 entries were new after 30 min, so it is asked every 15 min, the shortest that the settings allow.",
        ),
        (
            pace_of(interval_s=86_400, ok_at=NOW - 24 * HOUR),
            86_400,
            "Nothing was new after 24 hours, so it is still asked every 24 hours, the longest that the settings allow.",
        ),
        (
            pace_of(plan(new=9, unchanged=11), ok_at=NOW - 9 * HOUR),
            1800,
            "9 of 20 entries were new after 9 hours, longer than planned, so it is still asked every 30 min.",
        ),
        (
            pace_of(ok_at=NOW - timedelta(minutes=5)),
            1800,
            "Nothing was new after 5 min, sooner than planned, so it is still asked every 30 min.",
        ),
        (
            pace_of(plan(new=20, gap=True)),
            900,
            "Nothing of what it showed was known, so entries were missed: it is asked as often as the settings allow, every 15 min.",
        ),
        (
            pace_of(plan(new=5), Reading("new-body", entries=every(2 * HOUR, 5)), ok_at=None),
            7200,
            "This was the first look; its newest entries came about every 2 hours, so it is asked every 2 hours.",
        ),
        (
            pace_of(plan(new=2), ok_at=None),
            3600,
            "This was the first look, and too few dates tell how often it publishes, so it is asked every 60 min.",
        ),
        (
            pace_of(plan(new=1, unchanged=19), BURST, interval_s=7200, ok_at=NOW - 2 * HOUR),
            2400,
            "What it shows lasts about 2 hours, so that it is asked every 40 min.",
        ),
        (
            pace_of(interval_s=7200, ok_at=NOW - 2 * HOUR, window_s=7200, reading=Reading("unchanged")),
            2400,
            "What it shows lasts about 2 hours, so that it is asked every 40 min.",
        ),
    ],
)  # fmt: skip
def test_the_learned_pace_says_why(pace, interval_s, reason):
    assert (pace.interval_s, pace.reason) == (interval_s, reason)
    assert pace.next_check_at == NOW + timedelta(seconds=interval_s)


@pytest.mark.parametrize(
    ("pace", "wait_s", "reason"),
    [
        (pace_of(reading=Reading("unchanged", asks_s=3600, wish_s=3600)), 3600, "Its publisher asks for 60 min (ttl or updatePeriod in the feed)."),
        (pace_of(reading=Reading("unchanged", asks_s=7200, wish_s=3600)), 7200, "Its publisher asks for 2 hours (max-age or Expires)."),
        (
            pace_of(reading=Reading("unchanged", asks_s=86_400, wish_s=86_400), window_s=7200),
            86_400,
            (
                "Its publisher asks for 24 hours (ttl or updatePeriod in the feed), although what it shows lasts only "
                "about 2 hours: entries will be missed."
            ),
        ),
        (pace_of(push_until=NOW + HOUR), 27_000, "A hub tells us of its news, so we look ourselves only every 7.5 hours."),
        (pace_of(push_until=NOW + HOUR, interval_s=36_000, ok_at=NOW - 10 * HOUR), 86_400, "A hub tells us of its news, so we look ourselves only every 24 hours."),
        (pace_of(push_until=NOW + HOUR, window_s=9000, reading=Reading("unchanged")), 6000, "A hub tells us of its news, so we look ourselves only every 100 min."),
        (pace_of(push_until=NOW), 2250, "Nothing was new after 30 min, so it is asked every 38 min."),
        (
            pace_of(validators_lie=True),
            3600,
            "Its server calls bodies unchanged that are not, so each look takes the whole: every 60 min.",
        ),
        (
            pace_of(
                validators_lie=True, window_s=8400, interval_s=1000, ok_at=NOW - timedelta(seconds=1000),
                reading=Reading("unchanged"),
            ),
            2800,
            "Its server calls bodies unchanged that are not, so each look takes the whole: every 47 min.",
        ),
        (
            pace_of(reading=FAILED),
            120,
            "It failed once, and such trouble usually passes: it is asked again after 2 min.",
        ),
        (
            pace_of(reading=FAILED, failures=4),
            1920,
            "It failed 5 times in a row, and such trouble usually passes: it is asked again after 32 min.",
        ),
        (
            pace_of(reading=LASTING, failures=2),
            14_400,
            "It failed 3 times in a row, and such trouble does not pass by itself: it is asked again after 4 hours.",
        ),
        (
            pace_of(reading=LASTING, failures=30),
            7 * 86_400,
            (
                "It failed 31 times in a row, and such trouble does not pass by itself: it is asked again after 7 days, "
                "and as often from now on."
            ),
        ),
        (
            pace_of(reading=Reading("failed", asks_s=7200, error_kind="http-429")),
            7200,
            "Its server asks for 2 hours of rest (Retry-After).",
        ),
        (
            pace_of(reading=Reading("failed", error_kind="http-429")),
            3600,
            "It failed once, and such trouble usually passes: it is asked again after 60 min.",
        ),
    ],
)  # fmt: skip
def test_what_keeps_us_from_the_learned_pace_says_why(pace, wait_s, reason):
    assert (pace.next_check_at - NOW, pace.reason) == (timedelta(seconds=wait_s), reason)


def test_gone_says_why():
    pace = pace_of(reading=Reading("gone", error="Gone."))
    assert pace.paused_reason == "Gone."
    assert pace.reason == "Its server says that it is gone for good (410): it is not asked any more."


def test_what_a_hub_spares_us_does_not_change_what_was_learned():
    assert pace_of(push_until=NOW + HOUR).interval_s == 2250


# --- how long a window lasts --------------------------------------------------------------------------------------


def test_the_life_of_a_window_is_remembered_for_answers_without_a_body():
    assert pace_of(plan(new=1, unchanged=19), BURST).window_s == 7200
    assert pace_of(reading=Reading("unchanged"), window_s=7200).window_s == 7200
    assert pace_of(reading=FAILED, window_s=7200).window_s == 7200
    assert pace_of(plan(new=1, unchanged=3), window_s=7200).window_s == 7200
    assert pace_of(plan(new=1, unchanged=3)).window_s is None


def test_what_came_since_the_last_look_tells_the_life_of_a_window_without_dates():
    assert pace_of(plan(new=5, unchanged=15)).window_s == 7200
    assert pace_of(plan(new=2, unchanged=18)).window_s is None
    assert pace_of(plan(new=2, unchanged=18), window_s=7200).window_s == 12_000


def test_dates_of_the_whole_body_count_also_where_known_entries_are_not_among_those_read():
    dates = tuple(NOW - n * timedelta(minutes=6) for n in range(20))
    reading = Reading("new-body", dates=dates)
    assert pace_of(plan(new=1, unchanged=19), reading).window_s == 7200


def test_a_long_silence_lets_a_feed_alone_for_longer():
    """One that publishes all it has at one time of the day is not asked all day as if it were that time."""
    state = {"interval_s": 86_400, "ok_at": NOW - HOUR, "window_s": 600}
    same = Reading("unchanged")
    assert pace_of(reading=same, new_at=NOW - HOUR, **state).interval_s == 900
    assert pace_of(reading=same, new_at=NOW - 24 * HOUR, **state).interval_s == 1800
    assert pace_of(reading=same, new_at=NOW - 9000 * HOUR, **state).interval_s == 14_400


# --- hours and days that a publisher rules out ---------------------------------------------------------------------


def skipping(*, hours=(), days=(), dice: float = 0, **values) -> Pace:
    return pace_of(reading=Reading("unchanged", skip_hours=hours, skip_days=days, **values), dice=dice)


def test_nothing_is_asked_in_the_hours_that_are_ruled_out():
    """It is Monday noon, and the next look would be at 12:37."""
    pace = skipping(hours=(12, 13, 14))
    assert pace.next_check_at == NOW.replace(hour=15)
    assert pace.reason == "Nothing is published there at that hour (skipHours): next look at 15:00 UTC."
    assert skipping(hours=(13, 14)).next_check_at == NOW + timedelta(seconds=2250)


def test_nothing_is_asked_on_the_days_that_are_ruled_out():
    pace = skipping(days=(0, 1))
    assert pace.next_check_at == NOW.replace(day=25, hour=0)
    assert (
        pace.reason
        == "Nothing is published there on that day (skipDays): next look on Wednesday at 00:00 UTC."
    )


def test_hours_and_days_hold_together():
    assert skipping(hours=range(8), days=(0,)).next_check_at == NOW.replace(day=24, hour=8)


def test_feeds_that_wait_for_the_same_hour_do_not_all_come_at_once():
    assert skipping(hours=(12,), dice=0.5).next_check_at == NOW.replace(hour=13, minute=3)


@pytest.mark.parametrize(
    ("hours", "days"), [(range(24), ()), ((), range(7)), (range(24), range(7)), ((24, -1, 99), (7, -1))]
)
def test_a_publisher_who_rules_out_everything_has_made_a_mistake(hours, days):
    assert skipping(hours=tuple(hours), days=tuple(days)).next_check_at == NOW + timedelta(seconds=2250)


# --- how to ask ----------------------------------------------------------------------------------------------------


VALIDATORS = {"etag": 'W/"a"', "last_modified": "Mon, 23 Nov 2026 11:00:00 GMT"}
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "conditional"),
    [
        ({"full_at": NOW - HOUR}, True),
        ({"full_at": NOW - HOUR, "validators_lie": True}, False),
        ({"full_at": None}, False),
        ({"full_at": NOW - 7 * DAY + HOUR}, True),
        ({"full_at": NOW - 7 * DAY}, False),
        ({"full_at": NOW - 2 * DAY, "new_at": NOW - 3 * DAY, "usual_s": 2 * 86_400}, False),
        ({"full_at": NOW - 2 * DAY, "new_at": NOW - 3 * DAY, "usual_s": 4 * 86_400}, True),
        ({"full_at": NOW - DAY, "new_at": NOW - 3 * DAY, "usual_s": 2 * 86_400}, False),
        ({"full_at": NOW - 23 * HOUR, "new_at": NOW - 3 * DAY, "usual_s": 3600}, True),
        ({"full_at": NOW - 24 * HOUR, "new_at": NOW - 23 * HOUR, "usual_s": 3600}, True),
    ],
)
def test_a_whole_body_is_asked_for_only_with_a_reason(state, conditional):
    asked = request(feed_state(**VALIDATORS, **state), now=NOW)
    assert (asked.feed_id, asked.url) == (1, "https://a.example/feed")
    told = (asked.etag, asked.last_modified)
    assert told == ((VALIDATORS["etag"], VALIDATORS["last_modified"]) if conditional else (None, None))


@given(st.lists(st.integers(900, 86_400), min_size=1, max_size=60), st.integers(0, 10**6), st.booleans())
def test_a_server_that_only_ever_says_not_modified_is_asked_for_a_body_at_most_once_a_day(
    waits, usual_s, silent
):
    """And at least once a week: the body that comes is taken for the last one."""
    feed, now, bodies = (
        feed_state(**VALIDATORS, full_at=NOW, new_at=NOW if silent else None, usual_s=usual_s),
        NOW,
        [NOW],
    )
    for wait in waits:
        now += timedelta(seconds=wait)
        if request(feed, now=now).etag is None:
            assert now - bodies[-1] >= DAY
            bodies.append(now)
            feed = replace(feed, full_at=now)
        assert now - bodies[-1] < 7 * DAY


# --- whatever happens ----------------------------------------------------------------------------------------------


SECONDS = st.integers(0, 10**7)
FEEDS = st.builds(
    feed_state,
    failures=st.integers(0, 10**6),
    interval_s=st.integers(1, 10**7),
    ok_at=st.one_of(st.none(), SECONDS.map(lambda s: NOW - timedelta(seconds=s))),
    checked_at=st.one_of(st.none(), SECONDS.map(lambda s: NOW - timedelta(seconds=s))),
    new_at=st.one_of(st.none(), SECONDS.map(lambda s: NOW - timedelta(seconds=s))),
    window_s=st.one_of(st.none(), SECONDS),
    validators_lie=st.booleans(),
    push_until=st.one_of(st.none(), st.just(NOW + HOUR)),
)
SKIPPED = st.tuples(st.lists(st.integers(-2, 26), max_size=26), st.lists(st.integers(-2, 9), max_size=9))
READINGS = st.builds(
    lambda outcome, asks_s, wish_s, lasting, skipped, kind, ages: Reading(
        outcome,
        asks_s=asks_s,
        wish_s=wish_s,
        lasting=lasting,
        skip_hours=tuple(skipped[0]),
        skip_days=tuple(skipped[1]),
        error_kind=kind,
        dates=tuple(sorted((NOW - timedelta(seconds=age) for age in ages), reverse=True)),
    ),
    outcomes,
    st.integers(0, 7 * 86_400),
    st.integers(0, 86_400),
    st.booleans(),
    SKIPPED,
    st.sampled_from(["http-500", "http-429", "http-404", "dns", None]),
    st.lists(SECONDS, max_size=30),
)
PLANS = st.builds(
    lambda new, again, unchanged, gap: plan(new=new, again=again, unchanged=unchanged, gap=gap), counts, counts, counts, st.booleans()
)  # fmt: skip
LIMITS_OF_ANY_KIND = st.tuples(st.integers(1, 10**5), st.integers(1, 10**5)).map(
    lambda pair: Limits(*sorted(pair))
)


@given(FEEDS, READINGS, PLANS, LIMITS_OF_ANY_KIND, st.floats(0, 1, exclude_max=True))
def test_whatever_happens_a_feed_is_asked_again_in_time_and_never_against_its_publishers_wish(
    feed, reading, plan_, limits, dice
):
    pace = next_check(feed, reading, plan_, now=NOW, limits=limits, dice=dice)
    at, wait = pace.next_check_at, (pace.next_check_at - NOW).total_seconds()
    assert wait >= reading.asks_s
    assert wait > 0
    assert pace.reason.endswith(".")
    assert pace.paused_reason is None
    hours, days = set(reading.skip_hours) & set(range(24)), set(reading.skip_days) & set(range(7))
    assert at.hour not in hours or len(hours) == 24
    assert at.weekday() not in days or len(days) == 7
    longest = max(limits.max_s, reading.asks_s, 86_400)
    if reading.outcome == "failed" and reading.lasting:
        longest = max(longest, 7 * min(limits.max_s, LONGEST_RETRY_S))
    skip_s = 86_400 * (7 if days else 1 if hours else 0)
    assert wait <= longest * (1 + JITTER) + skip_s + 3600 * JITTER
    if reading.outcome == "failed":
        assert pace.interval_s == feed.interval_s
    else:
        assert limits.min_s <= pace.interval_s <= limits.max_s
        assert wait >= limits.min_s


@given(FEEDS, READINGS, PLANS, LIMITS_OF_ANY_KIND, st.floats(0, 1, exclude_max=True))
def test_chance_never_shortens_a_pause(feed, reading, plan_, limits, dice):
    sooner = next_check(feed, reading, plan_, now=NOW, limits=limits, dice=0)
    later = next_check(feed, reading, plan_, now=NOW, limits=limits, dice=dice)
    assert later.next_check_at >= sooner.next_check_at
    assert later.interval_s == sooner.interval_s


# --- a publisher's weeks -------------------------------------------------------------------------------------------


def weeks(dates: list[datetime], *, window: int, days: int) -> tuple[int, int, list[datetime]]:
    """A feed that is asked as `next_check` says: entries that nobody saw, bodies that came, and all looks."""
    feed, now, seen, lost, bodies = feed_state(ok_at=None), NOW, 0, 0, 0
    looks: list[datetime] = []
    while now < NOW + timedelta(days=days):
        looks.append(now)
        until = bisect_right(dates, now)
        shown = range(max(0, until - window), until)
        fresh = [n for n in shown if n >= seen]
        if seen and fresh:
            lost += fresh[0] - seen
        changed = bool(fresh)
        bodies += changed
        gap = len(fresh) == len(shown) and bool(seen)
        entries = tuple(entry(n, published_at=dates[n]) for n in shown)
        reading = Reading("new-body", entries=entries) if changed else Reading("unchanged")
        brought = plan(new=len(fresh), unchanged=len(shown) - len(fresh), gap=gap) if changed else plan()
        pace = next_check(feed, reading, brought, now=now, limits=LIMITS, dice=0.5)
        new_at = now if changed else feed.new_at
        feed = replace(
            feed, ok_at=now, checked_at=now, interval_s=pace.interval_s, window_s=pace.window_s, new_at=new_at
        )
        now, seen = pace.next_check_at, until
    return lost, bodies, looks


def test_a_working_day_site_with_a_short_window_loses_next_to_nothing_over_two_months():
    """Five articles an hour by day, none at night and on weekends, of which ten are shown: two hours' worth."""
    steps = (NOW - timedelta(days=10) + n * timedelta(minutes=12) for n in range(120 * 70))
    dates = [step for step in steps if 8 <= step.hour < 18 and step.weekday() < 5]
    lost, _, looks = weeks(dates, window=10, days=60)
    assert lost <= 5
    assert len(looks) < 60 * 60


def test_an_agency_is_followed_all_day_and_a_weekly_letter_once_a_day():
    agency = [NOW - timedelta(days=5) + n * timedelta(minutes=10) for n in range(144 * 25)]
    lost, bodies, looks = weeks(agency, window=30, days=20)
    assert lost == 0
    assert 60 * 20 < bodies <= len(looks) <= 97 * 20
    letter = [NOW - timedelta(days=70) + n * timedelta(days=7) for n in range(30)]
    lost, _, looks = weeks(letter, window=20, days=60)
    assert lost == 0
    assert len(looks) <= 65
