from datetime import UTC, datetime, timedelta

import pytest

from services.api import words
from services.api.health import completeness, source_health
from services.api.shapes import FeedState, SourceRef

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=58, seconds=59), "58 mins ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=8), "15 November"),
        (timedelta(days=400), "19 October 2025"),
    ],
)
def test_ages_are_what_people_say(passed, said):
    assert words.age(NOON - passed, NOON) == said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 0, 0, 0), "No feeds are behind this stream yet."),
        ((30, 0, 0, 0, 12), "12 of 30 sources have been asked so far."),
        ((1, 0, 0, 0, 1), "The source is up to date."),
        ((41, 0, 0, 0, 41), "All 41 sources are up to date."),
        ((41, 3, 0, 0, 41), "Of 41 sources, 3 are late."),
        (
            (41, 3, 1, 1, 41),
            "Of 41 sources, 3 are late, 1 is failing and 1 may have missed articles in the last 24 hours.",
        ),
    ],
)
def test_completeness_is_one_sentence(counts, said):
    sources, late, failing, gaps, asked = counts
    assert words.completeness(sources=sources, late=late, failing=failing, gaps=gaps, asked=asked) == said


def feeds(**counts) -> FeedState:
    defaults = {"feeds": 1, "paused": 0, "never": 0, "late": 0, "failing": 0, "gaps": 0}
    others = {"due_at": None, "ok_at": NOON - timedelta(minutes=5), "error": None, "paused_reason": None}
    return FeedState(source=SourceRef("a.example", "A", None, None), **(defaults | others | counts))


@pytest.mark.parametrize(
    ("state", "name", "said"),
    [
        (feeds(), "healthy", "Last answer 5 mins ago."),
        (feeds(never=1, ok_at=None), "new", "Not asked yet."),
        (feeds(paused=1, paused_reason="asked to stop"), "paused", "Paused: asked to stop"),
        (
            feeds(failing=1, error="HTTP 503."),
            "failing",
            "The feed is not answering: HTTP 503. Last answer 5 mins ago.",
        ),
        (
            feeds(late=1, due_at=NOON - timedelta(hours=3)),
            "late",
            "Overdue for 3 hours. Last answer 5 mins ago.",
        ),
        (
            feeds(gaps=1),
            "gap",
            "Answers, but articles were probably missed in the last 24 hours. Last answer 5 mins ago.",
        ),
    ],
)
def test_health_is_said_in_words(state, name, said):
    found = source_health(state, recent=0, now=NOON)
    assert (found.state, found.sentence) == (name, said)


def test_completeness_counts_sources_and_names_those_in_trouble():
    states = [feeds(), feeds(failing=1, error="HTTP 500"), feeds(late=1, gaps=2), feeds(paused=1)]
    found = completeness(states)
    assert (found.sources, found.late, found.failing, found.gaps, found.asked) == (3, 1, 1, 1, 3)
    assert [trouble.states for trouble in found.troubles] == [["failing"], ["late", "gap"]]


def test_an_address_is_shown_without_its_password():
    assert words.public_url("https://me:pw@a.example/x@y") == "https://a.example/x@y"
    assert words.public_url("https://a.example/?mail=x@y") == "https://a.example/?mail=x@y"


@pytest.mark.parametrize(
    ("count", "where", "said"),
    [
        (
            0,
            "",
            "Nothing is rising: no story has 3 publishers or more, and more than is usual at the moment.",
        ),
        (
            0,
            "Asia",
            "Nothing is rising in Asia: no story has 3 publishers or more, and more than is usual there.",
        ),
        (1, "", "1 story is rising: more publishers, and sooner, than is usual."),
        (4, "Asia", "4 stories are rising in Asia: more publishers, and sooner, than is usual."),
    ],
)
def test_what_rises_is_one_sentence(count, where, said):
    assert words.rising(count, where, voices=3) == said
