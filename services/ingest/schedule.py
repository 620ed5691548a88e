"""When to look again, and how to ask (pure).

A feed is asked the more often the more of what it showed was new, within the settings, in time before its window runs over, and
never sooner than its publisher wishes. Failures double the pause and never end it for good; only "410 Gone" pauses a
feed, with the reason. The steps of a decision, each of which may replace the reason that the one before it gave:

1. the learned interval: the share of known entries; for a feed met first the distances between its entries;
2. no longer than a third of what its window lasts;
3. twelve times that while a hub tells us of its news;
4. once an hour at most where the server's validators lie, so that every look costs a whole body;
5. at least what the publisher asks for (max-age, Expires, ttl, updatePeriod: a day at most is believed);
6. up to a tenth more by chance, never less;
7. not in the hours and days that the publisher rules out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low

from services.ingest import faults, rates
from services.ingest.entry import Entry, FetchRequest
from services.ingest.plan import FeedState, Pace, Plan, Reading
from services.ingest.spans import DAY_S, HOUR_S, moment, spell

FIRST_RETRY_S = faults.FIRST_RETRY_S
LONGEST_RETRY_S = faults.LONGEST_RETRY_S
JITTER = 0.1
UNKNOWN_RATE_S = 3600
NEWEST = 12
"""Entries from whose dates the pace of a new feed is taken."""
WINDOW_SHARE = 1 / 3
"""The part of its window's life that a feed is left alone for at most ..."""
PUSHED_WINDOW_SHARE = 2 / 3
"""... and while a hub tells us of news, which it may forget to do."""
SILENCE_SHARE = 1 / 48
"""A feed long silent may be left alone for this part of its silence (four hours at most), however fast its window last
filled: one that publishes all of it at one time of the day would else be asked all day as if it were that time.
"""
LONGEST_BY_SILENCE_S = 4 * HOUR_S
PUSHED_FACTOR = 12
LATE, EARLY = 1.5, 0.5
"""A look that came so much later or sooner than the interval does not say that the interval is too long or too short."""
FEWEST_ARRIVALS = 3
BODY_AT_LEAST_EVERY = timedelta(days=7)
BODY_WHEN_NEWS_IS_DUE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Shortest and longest time between two looks, in seconds."""

    min_s: int
    max_s: int

    def bound(self, seconds: float) -> int:
        """`seconds` brought within the limits."""
        return int(min(max(seconds, self.min_s), self.max_s))


@dataclass(frozen=True, slots=True)
class _Wait:
    """So many seconds, for that reason."""

    seconds: float
    reason: str


def next_check(
    feed: FeedState, reading: Reading, plan: Plan, *, now: datetime, limits: Limits, dice: float
) -> Pace:
    """The pace after one fetch. `dice` in [0, 1) spreads feeds apart: it only ever lengthens a pause."""
    if reading.outcome == "gone":
        told = "Its server says that it is gone for good (410): it is not asked any more."
        return Pace(feed.interval_s, now, reading.error, told, feed.window_s)
    if reading.outcome == "failed":
        interval_s, window_s, wait = feed.interval_s, feed.window_s, _after_failure(feed, reading, limits)
    else:
        window_s = _window_lasts_s(feed, reading, plan, now)
        longest_s = _before_overflow_s(feed, plan, window_s, now)
        learned = _in_time(_learned(feed, reading, plan, limits, now), window_s, longest_s, limits)
        interval_s = int(learned.seconds)
        wait = _pushed(feed, learned, longest_s, limits, now)
        wait = _spared(feed, reading, wait, longest_s, limits)
        wait = _wished(reading, wait, window_s)
    at = now + timedelta(seconds=wait.seconds * (1 + JITTER * dice))
    kept, reason = _outside_skipped(at, reading, wait.reason, now=now, dice=dice)
    return Pace(interval_s, kept, None, reason, window_s)


def request(feed: FeedState, *, now: datetime) -> FetchRequest:
    """How to ask: with the validators of the last answer, verbatim; without them only where there is a reason.

    The reasons: the server's validators have lied; it has not given a body for seven days; or it has said "not modified" for a
    day and more while, by its own habit, news was due.
    """
    if feed.validators_lie or _body_is_due(feed, now):
        return FetchRequest(feed.id, feed.url)
    return FetchRequest(feed.id, feed.url, etag=feed.etag, last_modified=feed.last_modified)


def _body_is_due(feed: FeedState, now: datetime) -> bool:
    if feed.full_at is None:
        return True
    age = now - feed.full_at
    if feed.new_at is None or feed.usual_s is None:
        return age >= BODY_AT_LEAST_EVERY
    overdue = now - feed.new_at > max(timedelta(seconds=feed.usual_s), BODY_WHEN_NEWS_IS_DUE)
    return age >= (BODY_WHEN_NEWS_IS_DUE if overdue else BODY_AT_LEAST_EVERY)


def back_off(failures: int, limits: Limits, *, patient: bool = False, lasting: bool = False) -> int:
    """Seconds after the n-th failure in a row: two minutes, doubled each time, a day at most; see `faults.pause_s`."""
    longest = min(LONGEST_RETRY_S, limits.max_s)
    first = min(FIRST_RETRY_S, max(limits.min_s, 1), longest)
    return faults.pause_s(failures, patient=patient, lasting=lasting, first_s=first, longest_s=longest)


def first_interval(entries: Sequence[Entry], limits: Limits) -> int:
    """Seconds between two looks for a feed met for the first time: the usual distance between its newest entries.

    The median of the newest, so that neither a pinned old item nor a burst decides.
    """
    usual = _usual_distance_s(entries)
    return limits.bound(UNKNOWN_RATE_S if usual is None else usual)


def _usual_distance_s(entries: Sequence[Entry]) -> float | None:
    dates = sorted((e.published_at for e in entries if e.published_at and not e.date_guessed), reverse=True)
    newest = dates[:NEWEST]
    return median_low(rates.distances_s(newest)) if len(newest) >= 3 else None


def _after_failure(feed: FeedState, reading: Reading, limits: Limits) -> _Wait:
    failures, lasting = feed.failures + 1, reading.lasting
    patient = faults.fault_of(reading.error_kind).patient
    pause = back_off(failures, limits, patient=patient, lasting=lasting)
    if reading.asks_s > pause:
        return _Wait(reading.asks_s, f"Its server asks for {spell(reading.asks_s)} of rest (Retry-After).")
    times = "once" if failures == 1 else f"{failures} times in a row"
    hope = "such trouble does not pass by itself" if lasting else "such trouble usually passes"
    told = f"It failed {times}, and {hope}: it is asked again after {spell(pause)}"
    return _Wait(
        pause, told + (", and as often from now on." if lasting and failures > faults.RARELY_AFTER else ".")
    )


def _learned(feed: FeedState, reading: Reading, plan: Plan, limits: Limits, now: datetime) -> _Wait:
    """The interval that this look suggests.

    A body in which more than a third was new means that we come too late (half the interval, a gap to the shortest at once);
    nothing new, a quarter more. What a look that came late or early cannot tell, it does not change.
    """
    if plan.gap:
        told = "Nothing of what it showed was known, so entries were missed: it is asked as often as the settings allow"
        return _Wait(limits.min_s, f"{told}, every {spell(limits.min_s)}.")
    if feed.ok_at is None:
        return _first_look(reading, limits)
    after = _elapsed_s(feed, now)
    window, new = _window(plan), len(plan.new)
    share = new / max(window, 1)
    factor = 0.5 if share > 1 / 3 else 0.9 if share > 0 else 1.25
    seen = f"{new} of {window} entries {'was' if new == 1 else 'were'} new" if new else "Nothing was new"
    seen += f" after {spell(after)}"
    if factor == 0.5 and after > LATE * feed.interval_s:
        factor, seen = 1, f"{seen}, longer than planned"
    elif factor > 1 and after < EARLY * feed.interval_s:
        factor, seen = 1, f"{seen}, sooner than planned"
    interval = limits.bound(feed.interval_s * factor)
    still = "it is still asked" if interval == feed.interval_s else "it is asked"
    return _Wait(interval, f"{seen}, so {still} every {spell(interval)}{_at_limit(interval, limits)}.")


def _first_look(reading: Reading, limits: Limits) -> _Wait:
    interval = first_interval(reading.entries, limits)
    usual = _usual_distance_s(reading.entries)
    if usual is None:
        told = "This was the first look, and too few dates tell how often it publishes"
    else:
        told = f"This was the first look; its newest entries came about every {spell(usual)}"
    return _Wait(interval, f"{told}, so it is asked every {spell(interval)}{_at_limit(interval, limits)}.")


def _at_limit(interval: float, limits: Limits) -> str:
    if interval == limits.min_s:
        return ", the shortest that the settings allow"
    return ", the longest that the settings allow" if interval == limits.max_s else ""


def _window(plan: Plan) -> int:
    return len(plan.new) + len(plan.again) + len(plan.unchanged)


def _elapsed_s(feed: FeedState, now: datetime) -> float:
    """Seconds since the last good look; the interval where that is not known."""
    if feed.checked_at is None or feed.ok_at is None:
        return feed.interval_s
    return max(0.0, (now - feed.ok_at).total_seconds())


def _window_lasts_s(feed: FeedState, reading: Reading, plan: Plan, now: datetime) -> int | None:
    """How long the window lasts: by its own dates and by what came since the last look, whichever is shorter.

    An answer without a body leaves what was known. So does one that tells neither, but for a feed that has become slower:
    fewer came than it takes to tell.
    """
    if reading.outcome != "new-body":
        return feed.window_s
    by_dates = rates.window_lasts_s(reading.dates or rates.dates(reading.entries, now=now))
    new, arriving_s = len(plan.new), _window(plan) * _elapsed_s(feed, now)
    if feed.ok_at is not None and new >= FEWEST_ARRIVALS and not plan.gap:
        by_arrivals = max(1, round(arriving_s / new))
        return by_arrivals if by_dates is None else min(by_dates, by_arrivals)
    if by_dates is not None or feed.window_s is None:
        return by_dates
    return max(feed.window_s, round(arriving_s / FEWEST_ARRIVALS))


def _before_overflow_s(feed: FeedState, plan: Plan, window_s: int | None, now: datetime) -> float | None:
    """The longest wait after which the window still overlaps with what is known, with room to spare."""
    if window_s is None:
        return None
    silent_s = 0.0 if plan.new or feed.new_at is None else (now - feed.new_at).total_seconds()
    return max(window_s * WINDOW_SHARE, min(silent_s * SILENCE_SHARE, LONGEST_BY_SILENCE_S))


def _in_time(wait: _Wait, window_s: int | None, longest_s: float | None, limits: Limits) -> _Wait:
    if window_s is None or longest_s is None or wait.seconds <= limits.bound(longest_s):
        return wait
    interval = limits.bound(longest_s)
    told = f"What it shows lasts about {spell(window_s)}, so that it is asked every {spell(interval)}"
    return _Wait(interval, f"{told}{_at_limit(interval, limits)}.")


def _pushed(feed: FeedState, wait: _Wait, longest_s: float | None, limits: Limits, now: datetime) -> _Wait:
    if feed.push_until is None or feed.push_until <= now:
        return wait
    seconds = min(wait.seconds * PUSHED_FACTOR, DAY_S, limits.max_s)
    if longest_s is not None:
        seconds = min(seconds, longest_s * PUSHED_WINDOW_SHARE / WINDOW_SHARE)
    if seconds <= wait.seconds:
        return wait
    return _Wait(seconds, f"A hub tells us of its news, so we look ourselves only every {spell(seconds)}.")


def _spared(feed: FeedState, reading: Reading, wait: _Wait, longest_s: float | None, limits: Limits) -> _Wait:
    """An hour between two whole bodies, unless its window runs over sooner."""
    seconds = min(HOUR_S, limits.max_s, longest_s or HOUR_S)
    if not (feed.validators_lie or reading.lied) or wait.seconds >= seconds:
        return wait
    told = f"Its server calls bodies unchanged that are not, so each look takes the whole: every {spell(seconds)}."
    return _Wait(seconds, told)


def _wished(reading: Reading, wait: _Wait, window_s: int | None) -> _Wait:
    if reading.asks_s <= wait.seconds:
        return wait
    by = "ttl or updatePeriod in the feed" if reading.wish_s >= reading.asks_s else "max-age or Expires"
    told = f"Its publisher asks for {spell(reading.asks_s)} ({by})"
    if window_s is not None and window_s < reading.asks_s:
        told += f", although what it shows lasts only about {spell(window_s)}: entries will be missed"
    return _Wait(reading.asks_s, told + ".")


def _outside_skipped(
    at: datetime, reading: Reading, reason: str, *, now: datetime, dice: float
) -> tuple[datetime, str]:
    """The first moment from `at` on that the publisher does not rule out; all hours or all days ruled out is a mistake."""
    hours, days = set(reading.skip_hours) & set(range(24)), set(reading.skip_days) & set(range(7))
    hours, days = (hours if len(hours) < 24 else set()), (days if len(days) < 7 else set())
    utc = at.astimezone(UTC)
    by_hour, by_day = utc.hour in hours, utc.weekday() in days
    if not (by_hour or by_day):
        return at, reason
    while utc.hour in hours or utc.weekday() in days:
        utc = utc.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    utc += timedelta(seconds=HOUR_S * JITTER * dice)
    what = "on that day (skipDays)" if by_day else "at that hour (skipHours)"
    return utc, f"Nothing is published there {what}: next look {moment(utc, now=now)}."
