"""Permanent redirects are believed when they have been the same for days, and forgotten at the first doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.moves import BELIEVED_AFTER, BELIEVED_TIMES, follow
from services.ingest.plan import FeedState, Move, Reading
from tests.fixtures.entries import NOW, feed_state

DAY = timedelta(days=1)
TO = "https://b.example/feed"


def moving(*, times: int = 2, days: float = 3, to: str = TO, **values) -> FeedState:
    return feed_state(moved_to=to, moved_since=NOW - days * DAY, moved_times=times, **values)


def led(outcome: str = "new-body", to: str | None = TO, **values) -> Reading:
    return Reading(outcome, permanent_url=to, **values)


def test_the_first_redirect_is_remembered():
    assert follow(feed_state(), led(), now=NOW) == Move(TO, NOW, 1)


@pytest.mark.parametrize("outcome", ["new-body", "unchanged"])
def test_the_third_over_three_days_is_believed(outcome):
    assert follow(moving(), led(outcome), now=NOW) == Move(TO, NOW - 3 * DAY, 3, adopt=True)


@pytest.mark.parametrize("feed", [moving(times=1, days=9), moving(times=99, days=2.9)])
def test_neither_often_nor_long_is_enough_by_itself(feed):
    move = follow(feed, led(), now=NOW)
    assert (move.adopt, move.times) == (False, feed.moved_times + 1)
    assert move.since == feed.moved_since


@pytest.mark.parametrize(
    "reading",
    [
        Reading("new-body"),
        Reading("unchanged"),
        Reading("failed", error_kind="http-404"),
        Reading("failed", error_kind="not-a-feed"),
        Reading("gone", error_kind="gone"),
    ],
)
def test_another_answer_in_between_starts_from_nothing(reading):
    assert follow(moving(), reading, now=NOW) == Move()


def test_another_address_starts_anew():
    assert follow(moving(), led(to="https://c.example/feed"), now=NOW) == Move(
        "https://c.example/feed", NOW, 1
    )


@pytest.mark.parametrize("kind", ["dns", "connect", "tls", "timeout", "protocol"])
def test_no_answer_changes_nothing(kind):
    feed = moving()
    move = follow(feed, Reading("failed", error_kind=kind), now=NOW)
    assert move == Move(TO, feed.moved_since, 2)


def test_a_redirect_to_what_is_no_feed_is_never_believed():
    """The front page, a page for robots, a page that says 404."""
    for kind in ("not-a-feed", "bot-wall", "http-404"):
        move = follow(moving(times=99, days=99), led("failed", error_kind=kind), now=NOW)
        assert (move.adopt, move.times) == (False, 99)
        assert follow(feed_state(), led("failed", error_kind=kind), now=NOW) == Move()


@pytest.mark.parametrize(
    ("old", "new", "believed"),
    [
        ("http://a.example/feed", "https://a.example/feed", True),
        ("http://a.example/feed", "http://b.example/feed", True),
        ("https://a.example/feed", "http://a.example/feed", False),
        ("https://a.example/feed", "https://a.example/feed", False),
    ],
)
def test_a_feed_never_moves_to_a_less_safe_address(old, new, believed):
    move = follow(moving(times=9, days=9, url=old, to=new), led(to=new), now=NOW)
    assert move.adopt is believed
    assert move.to == (new if believed else None)


ANSWERS = st.sampled_from(
    [
        led(),
        led("unchanged"),
        led("failed", error_kind="not-a-feed"),
        led(to="https://c.example/feed"),
        Reading("unchanged"),
        Reading("failed", error_kind="timeout"),
        Reading("failed", error_kind="http-500"),
    ]
)


@given(st.lists(st.tuples(ANSWERS, st.integers(60, 2 * 86_400)), max_size=40))
def test_belief_rests_on_three_feeds_at_one_address_over_three_days_with_nothing_else_said(history):
    """By a second account of the rule: look back from each belief over everything that was answered."""
    feed, now, told = feed_state(), NOW, []
    for reading, pause in history:
        now += timedelta(seconds=pause)
        told.append((now, reading))
        move = follow(feed, reading, now=now)
        if move.adopt:
            run = []
            for at, earlier in reversed(told):
                if earlier.permanent_url == move.to:
                    run.append((at, earlier))
                elif earlier.error_kind != "timeout":
                    break
            led_to_feed = [at for at, earlier in run if earlier.outcome != "failed"]
            assert len(led_to_feed) >= BELIEVED_TIMES
            assert led_to_feed[0] - led_to_feed[-1] >= BELIEVED_AFTER
        feed = replace(feed, moved_to=move.to, moved_since=move.since, moved_times=move.times)
