"""What silence is usual for a feed: nights, weekends and holidays alarm nobody, a stopped feed does."""

from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.habit import LONGEST_USUAL_S, in_words, learn
from services.ingest.plan import Again, FeedState, Habit, New, Plan, Seen
from tests.fixtures.entries import NOW, entry, feed_state

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEEN = Seen("g", entry(), b"")
NEWS = Plan(new=(New(SEEN, NOW),))
UNMET = feed_state(ok_at=None)


def every(distance: timedelta, many: int):
    return [entry(n, published_at=NOW - n * distance) for n in range(many)]


def test_a_feed_met_first_is_known_by_its_dates():
    habit = learn(UNMET, NEWS, every(7 * DAY, 10), now=NOW)
    assert habit == Habit(NOW, 7 * 86_400, NOW + 28 * DAY)


def test_dates_of_the_whole_body_count_where_not_all_entries_were_read():
    dates = [e.published_at for e in every(7 * DAY, 10)]
    assert learn(UNMET, NEWS, every(HOUR, 2), now=NOW, dates=dates).usual_s == 7 * 86_400


def test_a_feed_that_was_dead_when_it_was_added_is_quiet_at_once():
    old = [entry(n, published_at=NOW - 700 * DAY - n * DAY) for n in range(20)]
    habit = learn(UNMET, NEWS, old, now=NOW)
    assert habit.new_at == NOW - 700 * DAY
    assert habit.quiet_at < NOW


def test_less_than_a_week_of_dates_has_shown_no_weekend():
    habit = learn(UNMET, NEWS, every(HOUR, 20), now=NOW)
    assert (habit.usual_s, habit.quiet_at) == (16 * 3600, NOW + 5 * DAY)


def test_an_agency_is_missed_after_two_days():
    assert learn(UNMET, NEWS, every(HOUR, 300), now=NOW) == Habit(NOW, 3600, NOW + 2 * DAY)


def test_the_longest_ordinary_silence_is_the_usual_one():
    """A night between the articles of each day; eight hours are a night."""
    dates = [NOW - day * DAY - hour * HOUR for day in range(10) for hour in (0, 4, 8)]
    found = learn(UNMET, NEWS, (), now=NOW, dates=sorted(dates, reverse=True))
    assert found.usual_s == 16 * 3600
    night = feed_state(new_at=NOW, usual_s=8 * 3600)
    assert learn(night, Plan(), (), now=NOW).quiet_at == NOW + 5 * DAY


def test_a_silence_not_twice_any_other_is_ordinary():
    dates = [NOW - (n * 40 + (30 if n > 4 else 0)) * HOUR for n in range(12)]
    assert learn(UNMET, NEWS, (), now=NOW, dates=dates).usual_s == 70 * 3600


def test_a_week_of_dates_has_shown_a_weekend():
    week = [NOW - n * 4 * HOUR for n in range(47)]
    assert week[0] - week[-5] == 7 * DAY  # without the oldest tenth
    assert learn(UNMET, NEWS, (), now=NOW, dates=week).usual_s == 4 * 3600


def test_one_pause_of_its_own_does_not_make_a_habit():
    dates = [NOW - n * DAY for n in range(10)] + [NOW - 200 * DAY - n * DAY for n in range(10)]
    found = learn(UNMET, NEWS, [entry(n, published_at=d) for n, d in enumerate(dates)], now=NOW)
    assert found.usual_s == 86_400


@pytest.mark.parametrize("many", [0, 1, 3])
def test_too_few_dates_are_no_habit(many):
    dated = every(DAY, many)
    habit = learn(UNMET, NEWS, dated, now=NOW)
    assert habit == Habit(NOW, None, None)
    assert learn(UNMET, Plan(), [entry(1, published_at=None)], now=NOW) == Habit(None, None, None)


def test_nothing_new_and_no_answer_change_nothing():
    feed = feed_state(new_at=NOW - DAY, usual_s=3600, ok_at=NOW - HOUR)
    habit = learn(feed, Plan(unchanged=("g",)), [entry()], now=NOW)
    assert habit == Habit(NOW - DAY, 3600, NOW + DAY)
    assert learn(replace(feed, failures=9), Plan(), (), now=NOW) == habit


def test_what_another_feed_brought_first_is_news_of_this_feed_too():
    feed = feed_state(new_at=NOW - DAY, usual_s=3600)
    first, changed = (
        Again(1, SEEN, first_here=True, changed=False),
        Again(1, SEEN, first_here=False, changed=True),
    )
    assert learn(feed, Plan(again=(first,)), (), now=NOW).new_at == NOW
    assert learn(feed, Plan(again=(changed,)), (), now=NOW).new_at == NOW - DAY


def test_silence_that_ended_is_usual_from_then_on_and_fades():
    feed = feed_state(new_at=NOW - 62 * HOUR, ok_at=NOW - HOUR, usual_s=12 * 3600)
    assert learn(feed, NEWS, (), now=NOW).usual_s == 61 * 3600
    later = feed_state(new_at=NOW - 28 * DAY, ok_at=NOW - 28 * DAY, usual_s=61 * 3600)
    assert learn(later, NEWS, (), now=NOW).usual_s == 61 * 1800


def test_an_outage_of_ours_is_not_the_silence_of_the_feed():
    feed = feed_state(new_at=NOW - 20 * DAY, ok_at=NOW - 20 * DAY, usual_s=4 * 3600)
    assert learn(feed, NEWS, (), now=NOW).usual_s < 4 * 3600


def test_a_long_silence_is_not_made_usual_at_once():
    feed = feed_state(new_at=NOW - 40 * DAY, ok_at=NOW - HOUR, usual_s=12 * 3600)
    assert learn(feed, NEWS, (), now=NOW).usual_s == 66 * 3600
    weekly = feed_state(new_at=NOW - 40 * DAY, ok_at=NOW - HOUR, usual_s=7 * 86_400)
    assert learn(weekly, NEWS, (), now=NOW).usual_s == 14 * 86_400


def test_a_feed_without_dates_learns_by_what_it_brings():
    feed = feed_state(new_at=NOW - 20 * HOUR, ok_at=NOW - HOUR, usual_s=None)
    assert learn(feed, NEWS, (), now=NOW).usual_s == 19 * 3600
    assert learn(replace(feed, ok_at=None), NEWS, (), now=NOW).usual_s == 16 * 3600


def published(start: datetime, days: int, works):
    hours = (start + n * HOUR for n in range(days * 24))
    return [hour for hour in hours if works(hour)]


def alarms(dates: list[datetime], *, met: datetime, until: datetime, window: int = 20) -> list[datetime]:
    """Looks, one an hour, at which the feed is called quiet."""
    feed: FeedState = UNMET
    quiet: list[datetime] = []
    now, shown = met, 0
    while now < until:
        known = bisect_right(dates, now)
        body = dates[max(0, known - window) : known][::-1]
        habit = learn(feed, NEWS if known > shown else Plan(), (), now=now, dates=body)
        if habit.quiet_at is not None and now >= habit.quiet_at:
            quiet.append(now)
        feed = replace(feed, ok_at=now, new_at=habit.new_at, usual_s=habit.usual_s)
        now, shown = now + HOUR, known
    return quiet


def working_day(hour: datetime) -> bool:
    return 9 <= hour.hour < 18 and hour.weekday() < 5


SPRING = datetime(2026, 3, 1, tzinfo=UTC)
EASTER = (datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 4, 7, tzinfo=UTC))


@pytest.mark.parametrize("weekday", range(7))
def test_nights_weekends_and_easter_alarm_nobody_whenever_the_feed_was_met(weekday):
    """Good Friday to Easter Monday, also where it is the first weekend that we see."""
    dates = published(SPRING, 60, lambda h: working_day(h) and not EASTER[0] <= h < EASTER[1])
    met = datetime(2026, 3, 27, 15, tzinfo=UTC) + weekday * DAY
    assert alarms(dates, met=met, until=SPRING + 60 * DAY) == []


def test_a_working_day_site_that_stops_is_reported_within_a_fortnight():
    dates = published(SPRING, 40, working_day)
    quiet = alarms(dates, met=SPRING + 10 * DAY, until=SPRING + 70 * DAY)
    assert dates[-1] + 4 * DAY < quiet[0] < dates[-1] + 14 * DAY


def test_an_agency_that_stops_is_reported_after_two_days():
    dates = published(SPRING, 40, lambda _: True)
    quiet = alarms(dates, met=SPRING + 2 * DAY, until=SPRING + 50 * DAY, window=200)
    assert quiet[0] == dates[-1] + 2 * DAY


@pytest.mark.parametrize(
    ("habit", "words"),
    [
        (Habit(None, None, None), "It has brought nothing so far."),
        (Habit(NOW - HOUR, None, None), "It last brought something 60 min ago; its habit is not known yet."),
        (
            Habit(NOW - HOUR, 32_400, NOW + DAY),
            "It last brought something 60 min ago; up to 9 hours of silence are usual.",
        ),
        (
            Habit(NOW - 6 * DAY, 32_400, NOW - DAY),
            (
                "It answers and has brought nothing new for 6 days, where up to 9 hours of silence are usual: "
                "it may have stopped or moved."
            ),
        ),
    ],
)
def test_a_habit_in_words(habit, words):
    assert in_words(habit, now=NOW) == words


@given(
    ages=st.lists(st.integers(0, 10**10), max_size=40),
    new_ago=st.one_of(st.none(), st.integers(0, 10**9)),
    ok_ago=st.one_of(st.none(), st.integers(0, 10**9)),
    usual=st.one_of(st.none(), st.integers(0, 10**8)),
    brought=st.booleans(),
)
def test_a_habit_is_sane_whatever_the_dates(*, ages, new_ago, ok_ago, usual, brought):
    def ago(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW - timedelta(seconds=seconds)

    feed = feed_state(new_at=ago(new_ago), ok_at=ago(ok_ago), usual_s=usual)
    entries = [entry(n, published_at=ago(age)) for n, age in enumerate(ages)]
    habit = learn(feed, NEWS if brought else Plan(), entries, now=NOW)
    assert (habit.usual_s is None) == (habit.quiet_at is None)
    if habit.quiet_at is not None:
        assert habit.new_at <= NOW
        assert 1 <= habit.usual_s <= LONGEST_USUAL_S
        assert habit.quiet_at - habit.new_at >= max(2 * DAY, 4 * timedelta(seconds=habit.usual_s))
