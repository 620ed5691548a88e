"""What hubs' calls come to, decided without a server: who may confirm what, signatures, leases, and when to look."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from services.core import websub
from services.core.websub import Call, Held, Judgement, Pushed, Signature, due_at, judge, missed_after_push

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOPIC = "https://a.example/feed"
SECRET = "a secret of the feed"
BODY = b"<feed>" + bytes(range(256)) * 40


def held(**values):
    return Held(
        **{
            "feed_id": 1,
            "hub": "https://hub.example/",
            "topic": TOPIC,
            "secret": SECRET,
            "state": "asked",
            "pending": True,
        }
        | values
    )


def call(mode="subscribe", **values):
    return Call(**{"mode": mode, "topic": TOPIC, "challenge": "c", "lease_seconds": "60"} | values)


@pytest.mark.parametrize("state", ["wanted", "asked", "active"])
def test_a_subscription_is_confirmed_while_a_request_is_open_whatever_it_was_before(state):
    assert judge(call(), held(state=state)) is Judgement.SUBSCRIBED
    assert judge(call(), held(state=state, pending=False)) is Judgement.NOT_OURS


def test_nobody_else_can_end_a_subscription_and_ours_ends_when_we_asked():
    assert judge(call("unsubscribe"), held(state="active")) is Judgement.NOT_OURS
    assert judge(call("unsubscribe"), held(state="ended")) is Judgement.UNSUBSCRIBED
    assert judge(call("subscribe"), held(state="ended")) is Judgement.NOT_OURS


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": TOPIC + "/"},
        {"topic": ""},
        {"challenge": ""},
        {"challenge": "c" * 1025},
        {"mode": "publish"},
        {"mode": ""},
    ],
)
def test_a_call_with_another_topic_mode_or_no_fit_challenge_is_not_ours(wrong):
    assert judge(call(**wrong), held()) is Judgement.NOT_OURS


def test_a_denial_needs_the_topic_and_no_open_request():
    assert judge(call("denied", challenge=""), held(state="active", pending=False)) is Judgement.DENIED
    assert judge(call("denied", topic="x"), held()) is Judgement.NOT_OURS


@pytest.mark.parametrize(
    ("said", "lease"),
    [
        ("864000", 864_000),
        ("60", 60),
        ("0", 0),
        ("99999999999", 30 * 86_400),
        ("", 864_000),
        ("ten", 864_000),
        ("-5", 864_000),
        ("٣٠", 864_000),
        ("9" * 4000, 864_000),
    ],
)
def test_a_lease_is_what_the_hub_grants_a_month_at_most_and_what_we_asked_where_it_says_nothing(said, lease):
    assert websub.granted(said) == lease


def test_a_lease_is_renewed_before_four_fifths_of_it_and_never_in_a_hurry():
    assert websub.renewal(100_000, dice=0) == 80_000
    assert 70_000 < websub.renewal(100_000, dice=0.99) < 80_000
    assert websub.renewal(60, dice=0.5) == websub.SOONEST_RENEWAL_S


def test_the_words_of_a_hub_become_one_short_line():
    assert websub.words_of("no\x00 such\r\n\x1b[31mtopic \u202e" + "x" * 10_000) == websub.words_of(
        "no such [31mtopic " + "x" * 500
    )
    assert len(websub.words_of("y" * 10_000)) == websub.LONGEST_REASON


def signed(method, *, secret=SECRET, body=BODY):
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def holds(header, *, secret=SECRET, body=BODY):
    signature = Signature(header, secret)
    for start in range(0, len(body), 1000):
        signature.feed(body[start : start + 1000])
    return signature.holds()


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_holds_in_every_method_of_the_recommendation_in_whatever_case(method):
    assert holds(signed(method))
    assert holds(signed(method).upper())
    assert not holds(signed(method, secret="another"))
    assert not holds(signed(method, body=BODY + b"x"))
    assert not holds(signed(method)[:-2])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256",
        "sha256=",
        "=",
        "md5=" + hashlib.md5(BODY).hexdigest(),
        "shake_256=00",
        "sha256=ключ\ud800",
        "sha256=" + "0" * 64,
        hashlib.sha256(BODY).hexdigest(),
    ],
)
def test_a_signature_that_is_missing_foreign_or_nonsense_does_not_hold(header):
    assert not holds(header)


def test_a_signature_is_asked_for_exactly_where_the_secret_was_given():
    assert held(hub="https://hub.example/").must_be_signed
    assert held(hub="HTTPS://hub.example/").must_be_signed
    assert not held(hub="http://hub.example/").must_be_signed


def pushed(**values):
    return Pushed(
        **{
            "next_check_at": NOW + timedelta(hours=6),
            "checked_at": NOW - timedelta(hours=1),
            "failures": 0,
            "in_hand": False,
            "paused": False,
            "pushed_at": None,
            "missed": 0,
        }
        | values
    )


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def ahead(seconds):
    return NOW + timedelta(seconds=seconds)


def test_a_push_makes_a_feed_due_at_once_and_never_later_than_it_was():
    assert due_at(pushed(), now=NOW) == NOW
    assert due_at(pushed(checked_at=None), now=NOW) == NOW
    assert due_at(pushed(next_check_at=ago(5)), now=NOW) == ago(5)


def test_pushes_cannot_press_a_publisher():
    assert due_at(pushed(checked_at=ago(3)), now=NOW) == ahead(7)
    assert due_at(pushed(checked_at=ago(3), failures=3), now=NOW) == ahead(77)
    assert due_at(pushed(checked_at=ago(3), failures=500), now=NOW) == ahead(2557)


def test_a_feed_in_hand_is_looked_at_once_more_and_a_paused_one_stays_as_it_is():
    assert due_at(pushed(in_hand=True, next_check_at=ago(5)), now=NOW) == ahead(10)
    assert due_at(pushed(paused=True), now=NOW) == ahead(6 * 3600)


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ({"pushed_at": None, "missed": 1}, 0),
        ({"pushed_at": ago(4000), "missed": 1, "checked_at": ago(20)}, 0),
        ({"pushed_at": ago(4000), "missed": 0, "checked_at": ago(20)}, 0),
        ({"pushed_at": ago(4000), "missed": 1, "checked_at": ago(400)}, 1),
        ({"pushed_at": ago(10), "missed": 1, "checked_at": ago(20)}, 1),
        ({"pushed_at": ago(4000), "missed": 1, "checked_at": None}, 1),
    ],
)
def test_the_first_push_and_one_that_was_only_late_take_back_misses(before, left):
    assert missed_after_push(pushed(**before), now=NOW) == left
