"""What comes of an attempt, and how messages are signed; no network."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from services.api.delivery.message import headers, message_id
from services.api.delivery.outcome import GIVE_UP, RETRIES, Answer, after, retry_after

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def next_of(answer: Answer, *, failures: int = 0, since: datetime | None = None, dice: float = 0.0):
    return after(answer, failures=failures, failing_since=since, now=NOW, dice=dice)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_was_taken_ends_the_failures(status):
    told = next_of(Answer(status), failures=4, since=NOW - timedelta(hours=1))
    assert (told.due_at, told.failures, told.failing_since, told.error, told.paused_reason) == (
        NOW,
        0,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(429), Answer(302), Answer(error="No.")])
def test_waits_grow_and_nothing_is_given_up_for_days(answer):
    waits, failures, now = [], 0, NOW
    since = None
    while True:
        told = after(answer, failures=failures, failing_since=since, now=now, dice=0.0)
        if told.paused_reason:
            break
        waits.append(told.due_at - now)
        failures, since, now = told.failures, told.failing_since, told.due_at
    assert waits[: len(RETRIES)] == list(RETRIES)[: len(waits)]
    assert now - NOW >= GIVE_UP
    assert "nothing is lost" in told.paused_reason


def test_gone_ends_it_at_once():
    assert "410" in (next_of(Answer(410)).paused_reason or "")


def test_a_wish_to_wait_is_heard_within_bounds():
    assert next_of(Answer(503, retry_after=timedelta(minutes=10))).due_at == NOW + timedelta(minutes=10)
    assert next_of(Answer(503, retry_after=timedelta(days=400))).due_at == NOW + timedelta(days=1)
    assert next_of(Answer(503, retry_after=timedelta(seconds=1))).due_at == NOW + RETRIES[0]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, 0),
        ("120", 120),
        (" 7 ", 7),
        ("-5", 0),
        ("soon", 0),
        ("9" * 40, 0),
        ("Sat, 28 Nov 2026 12:01:00 GMT", 60),
        ("Sat, 28 Nov 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after_in_both_forms(header, expected):
    try:
        parsed = parsedate_to_datetime(header) if header and ":" in header else None
    except ValueError:
        parsed = None
    assert retry_after(header, now=NOW, parsed=parsed) == timedelta(seconds=expected)


def test_dice_spread_retries_by_a_fifth_at_most():
    assert next_of(Answer(500), dice=0.999).due_at - NOW <= RETRIES[0] * 1.2


def test_the_signature_of_the_specification():
    """The example that the specification and its libraries publish (standardwebhooks.com)."""
    made = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert made["webhook-timestamp"] == "1614265330"


def test_two_secrets_make_two_signatures():
    one, two = "whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8
    both = headers("m", b"{}", at=NOW, secrets=[one, two])["webhook-signature"].split()
    assert both == [headers("m", b"{}", at=NOW, secrets=[s])["webhook-signature"] for s in (one, two)]


def test_the_id_of_a_message_names_its_range_and_its_stream():
    same = message_id(1, "epoch", 4, 9)
    assert same == message_id(1, "epoch", 4, 9)
    assert (
        len({same, message_id(2, "epoch", 4, 9), message_id(1, "other", 4, 9), message_id(1, "epoch", 4, 8)})
        == 4
    )
