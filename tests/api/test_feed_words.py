"""The words for one feed, each for a case that the pages' tests do not have."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from services.api.pages import feed_words
from services.api.pages.feed_shapes import FeedRow, FetchRow, Push, WholeFeed
from services.ingest import moves

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = FeedRow(
    id=12, url="https://a.example/feed", title="A", state="healthy", source="a.example", source_name="A", country=None,
    host="a.example", host_free_at=NOW - DAY, site_url=None, language=None, region_hint=None, topic_hint=None, folders=[],
    format=None, added_at=NOW - DAY, paused_reason=None, next_check_at=NOW + HOUR, interval_s=3600, pace_reason=None,
    checked_at=NOW, ok_at=NOW, failures=0, error_kind=None, error=None, new_at=None, usual_s=None, quiet_at=None, wish_s=0,
    skip_hours=[], skip_days=[], etag=None, last_modified=None, validators_lie=False, full_at=None, window=0, window_s=None, moved_to=None,
    moved_since=None, moved_times=0, replacement_url=None, sought_at=None, hub_url=None,
)  # fmt: skip


def told(push: Push | None = None, **values) -> dict[str, str]:
    feed = dataclasses.replace(FEED, **values)
    groups = feed_words.facts(WholeFeed(feed, 0, 0, [], push, [], []), NOW)
    return {fact.name: fact.says for group in groups for fact in group.facts}


def test_a_feed_of_which_little_is_known_says_so():
    assert told(ok_at=None) == {
        "When": "In 60 mins (13:00 UTC).",
        "Learned pace": "Every 60 mins.",
        "Publisher's wish": "The feed states none.",
        "Last good answer": "Never.",
        "Last news": "Never.",
        "Usual silence": "Not known yet.",
        "Articles": "0 articles of it are kept.",
        "Publisher": "A (a.example)",
        "Reads as": "format not known yet, language not named",
        "Added": "24 hours ago (22 November, 12:00 UTC).",
        "Validators": "Not known yet.",
        "Push": "It names no hub: it is polled.",
    }


def test_a_paused_feed_has_no_next_look():
    assert told(paused_reason="gone", state="paused")["When"] == "Never, while it is paused."


def test_how_long_a_window_lasts_is_told_where_it_is_known():
    assert told(window=30)["Window"] == "Its last body held 30 entries."
    assert told(window=1, window_s=6 * 3600)["Window"] == (
        "Its last body held 1 entry, which is what it publishes in 6 hours."
    )


def test_a_host_that_is_left_alone_is_told():
    assert "Host" not in told(host_free_at=NOW + timedelta(seconds=75))
    assert told(host_free_at=NOW + 2 * HOUR)["Host"] == "a.example is left alone until 14:00 UTC."


def test_a_redirect_is_said_to_be_believed_when_it_is():
    assert feed_words.MOVE_TIMES == moves.BELIEVED_TIMES
    assert timedelta(days=feed_words.MOVE_DAYS) == moves.BELIEVED_AFTER


def test_a_search_for_a_replacement_that_found_none_is_told():
    assert told(sought_at=NOW - 2 * HOUR)["Replacement"] == (
        "Its site offers none; last looked for: 2 hours ago (10:00 UTC)."
    )


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("wanted", "To be subscribed at https://hub.example/."),
        ("asked", "https://hub.example/ was asked and has not confirmed yet."),
        ("active", "Subscribed at https://hub.example/; no push came yet."),
        ("denied", "https://hub.example/ refuses: not today. It is polled."),
        ("ended", "The subscription at https://hub.example/ ended: it is polled."),
    ],
)
def test_every_state_of_a_subscription_has_its_sentence(state, says):
    push = Push("https://hub.example/", state, None, None, 0, "not today")
    assert told(push)["Push"] == says


def test_a_hub_without_subscription_is_told():
    assert (
        told(hub_url="https://hub.example/")["Push"]
        == "It names the hub https://hub.example/; not subscribed."
    )


@pytest.mark.parametrize(
    ("skipped", "says"),
    [
        ([5], "from 05:00 to 06:00"),
        ([23, 0], "from 00:00 to 01:00 and from 23:00 to 24:00"),
        (list(range(24)), "from 00:00 to 24:00"),
        ([1, 1, 2], "from 01:00 to 03:00"),
    ],
)
def test_hours_are_told_as_ranges(skipped, says):
    assert feed_words.hours(skipped) == says


def test_days_that_are_none_are_left_out():
    assert told(skip_days=[9])["Publisher's wish"] == "The feed states none."
    assert told(skip_days=[0, 9])["Publisher's wish"] == "Not on Monday (skipDays)."


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        (NOW - HOUR, "11:00 UTC"),
        (NOW - DAY, "22 November, 12:00 UTC"),
        (NOW - 400 * DAY, "19 October 2025, 12:00 UTC"),
    ],
)
def test_a_moment_is_as_short_as_it_stays_clear(moment, says):
    assert feed_words.at(moment, NOW) == says


@pytest.mark.parametrize(
    ("outcome", "brought", "says"),
    [
        ("unchanged", {}, "nothing new"),
        ("new-body", {}, "no entries"),
        ("new-body", {"new": 0, "again": 0, "unchanged": 30, "skipped": []}, "30 unchanged"),
        ("new-body", {"new": 2, "skipped": ["a", "b"]}, "2 new, 2 skipped"),
        ("new-body", {"new": 2, "skipped": None}, "2 new"),
    ],
)
def test_what_a_fetch_brought_is_a_line(outcome, brought, says):
    assert feed_words.brought(FetchRow(NOW, 200, outcome, None, 1, 1, brought)) == says
