"""What hubs are asked for and what their answers mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.subscribing import (
    DENIED_S,
    LONGEST_RETRY_S,
    SECOND_LOOK_S,
    UNTRUSTED_S,
    Answer,
    Ask,
    after,
    back_off,
    distrust,
    form,
    missed,
    second_look,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASK = Ask(
    feed_id=1,
    hub="https://hub.example/",
    topic="https://a.example/feed",
    token="t",
    secret="s",
    state="wanted",
    before="wanted",
    asks=1,
    asked_at=NOW,
)
HOUR = timedelta(hours=1)


def told(answer, *, dice=0.0, **values):
    return after(replace(ASK, **values), answer, host="hub.example", now=NOW, dice=dice)


def wait(told):
    return (told.renew_at - NOW).total_seconds()


def test_a_request_names_callback_mode_topic_lease_and_over_https_the_secret():
    assert form(ASK, public_url="https://news.example") == {
        "hub.callback": "https://news.example/websub/t",
        "hub.mode": "subscribe",
        "hub.topic": "https://a.example/feed",
        "hub.secret": "s",
        "hub.lease_seconds": "864000",
    }


def test_no_secret_goes_where_somebody_may_listen():
    assert "hub.secret" not in form(replace(ASK, hub="http://hub.example/"), public_url="https://n.example")


def test_the_end_of_a_subscription_is_asked_for_without_secret_and_lease():
    asked = form(replace(ASK, state="ended"), public_url="https://news.example/")
    assert asked == {
        "hub.callback": "https://news.example/websub/t",
        "hub.mode": "unsubscribe",
        "hub.topic": "https://a.example/feed",
    }


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_request_that_was_taken_waits_for_the_hubs_call(status):
    assert (told(Answer(status)).state, wait(told(Answer(status)))) == ("asked", 3600)
    assert told(Answer(status), state="active").state == "active"
    assert told(Answer(status), state="ended").state == "ended"


def test_a_hub_that_takes_requests_and_never_confirms_is_asked_ever_less_and_the_reason_names_the_setting():
    waits = [wait(told(Answer(202), asks=n)) for n in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_RETRY_S
    assert told(Answer(202), asks=1).reason is None
    assert "DATELINE_PUBLIC_URL" in (told(Answer(202), asks=2).reason or "")


@pytest.mark.parametrize("status", [500, 503, 429, 408, 302])
def test_trouble_that_passes_is_tried_again(status):
    assert told(Answer(status)).state == "wanted"
    assert wait(told(Answer(status), asks=2)) == 1800
    assert f"{status}" in (told(Answer(status)).reason or "")


def test_what_the_hub_asks_for_holds():
    assert wait(told(Answer(503, retry_after_s=7200))) == 7200
    assert wait(told(Answer(503, retry_after_s=1))) == 900


def test_an_error_without_an_answer_is_told_in_its_own_words():
    found = told(Answer(error_kind="timeout", error="It did not answer."))
    assert (found.state, found.reason) == ("wanted", "It did not answer.")


@pytest.mark.parametrize(
    "answer",
    [Answer(400, text="Unknown\r\n topic"), Answer(404), Answer(error_kind="forbidden", error="Not public.")],
)
def test_a_refusal_ends_it_for_a_week(answer):
    assert (told(answer).state, wait(told(answer))) == ("denied", DENIED_S)


def test_a_hubs_own_words_are_part_of_the_reason():
    assert told(Answer(400, text="Unknown\r\n topic")).reason == (
        "hub.example answers the request with 400: “Unknown topic”."
    )
    assert len(told(Answer(400, text="x" * 9999)).reason or "") < 200


def test_a_refused_renewal_leaves_what_still_runs():
    assert told(Answer(403), state="active").state == "active"


def test_a_hub_that_knows_nothing_of_what_we_end_has_nothing_to_end():
    assert told(Answer(404), state="ended").over
    assert not told(Answer(500), state="ended").over


def test_dice_only_ever_lengthen_a_pause_and_by_a_tenth():
    assert 3600 < wait(told(Answer(202), dice=0.99)) < 3960


def test_a_pause_doubles_to_a_day():
    assert [back_off(n, first_s=900) for n in (0, 1, 2, 3, 8, 10**6)] == [
        900,
        900,
        1800,
        3600,
        LONGEST_RETRY_S,
        LONGEST_RETRY_S,
    ]


def miss(**values):
    return missed(
        **{
            "new": 1,
            "pushed_at": NOW - 5 * HOUR,
            "previous_look": NOW - 3 * HOUR,
            "push_until": NOW + HOUR,
            "now": NOW,
        }
        | values
    )


def test_news_without_a_word_since_the_last_look_is_a_miss():
    assert miss()
    assert miss(pushed_at=None)


@pytest.mark.parametrize(
    "values",
    [
        {"new": 0},
        {"pushed_at": NOW - HOUR},
        {"pushed_at": NOW - 3 * HOUR},
        {"previous_look": None},
        {"push_until": NOW},
    ],
)
def test_no_news_a_word_a_first_look_or_a_lease_that_ran_out_is_no_miss(values):
    assert not miss(**values)


def again(**values):
    return second_look(
        **{"new": 0, "pushed_at": NOW - HOUR, "previous_look": NOW - 3 * HOUR, "now": NOW} | values
    )


def test_news_that_were_told_and_not_found_are_looked_for_once_more():
    assert again() == NOW + timedelta(seconds=SECOND_LOOK_S)


@pytest.mark.parametrize(
    "values",
    [
        {"new": 1},
        {"pushed_at": None},
        {"previous_look": None},
        {"pushed_at": NOW - 4 * HOUR},
        {"pushed_at": NOW - 3 * HOUR},
    ],
)
def test_found_not_told_or_told_before_the_look_before_is_no_reason_to_look_again(values):
    assert again(**values) is None


def test_the_second_miss_ends_our_trust_for_a_week():
    assert distrust(1, now=NOW) is None
    found = distrust(2, now=NOW)
    assert found is not None
    assert (found.state, wait(found)) == ("wanted", UNTRUSTED_S)
