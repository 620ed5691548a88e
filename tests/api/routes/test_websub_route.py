"""The callback of WebSub hubs over real HTTP: what is confirmed, what is believed, and what a push brings about."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.core import broker, cache, settings
from services.core.cache import queue_length
from services.core.clock import utc_now
from services.core.metrics import fleet
from services.core.queues import Queue
from tests.fixtures.api_site import Site
from tests.fixtures.database import records, sql
from tests.fixtures.hub import FakeHub, Said, call, running_hub

TOKEN = "t" * 43
SECRET = "of this feed"
TOPIC = "https://a.example/feed"


@dataclass(frozen=True)
class Desk:
    """A site with one feed that was looked at an hour ago and has a subscription."""

    site: Site
    hub: FakeHub

    @property
    def callback(self) -> str:
        return f"{self.site.url}/websub/{TOKEN}"

    def verify(self, mode: str = "subscribe", topic: str = TOPIC, **more: Any) -> Said:
        return self.hub.verify(self.callback, mode, topic, **more)

    def push(self, body: bytes = b"<feed/>", **more: Any) -> Said:
        return self.hub.push(self.callback, body, **more)

    def change(self, values: str) -> None:
        sql(f"UPDATE subscriptions SET {values}")

    @property
    def row(self) -> Any:
        (row,) = records(
            "SELECT *, extract(epoch FROM lease_until - now())::float AS lease_s,"
            " extract(epoch FROM renew_at - now())::float AS renew_s FROM subscriptions"
        )
        return row

    @property
    def due_in(self) -> float:
        """Seconds until the feed is looked at; 0 for at once."""
        (row,) = records(
            "SELECT greatest(extract(epoch FROM next_check_at - now()), 0)::float AS s FROM feeds"
        )
        return float(row["s"])

    @property
    def hinted(self) -> int | None:
        return queue_length(Queue.FETCH)


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    sql("INSERT INTO hosts (host) VALUES ('a.example')")
    sql("INSERT INTO sources (key, name) VALUES ('a.example', 'A')")
    sql(
        "INSERT INTO feeds (source_id, url, host, title, hub_url, next_check_at, checked_at, ok_at)"
        " SELECT id, :topic, 'a.example', 'A', 'https://hub.example/', now() + interval '6 hours',"
        " now() - interval '1 hour', now() - interval '1 hour' FROM sources",
        topic=TOPIC,
    )
    sql(
        "INSERT INTO subscriptions (feed_id, hub, topic, token, secret, state, asked_at, failures)"
        " SELECT id, hub_url, url, :token, :secret, 'asked', now(), 2 FROM feeds",
        token=TOKEN,
        secret=SECRET,
    )
    with running_hub() as hub:
        yield Desk(site, hub)


def test_a_subscription_that_we_asked_for_is_confirmed_with_the_challenge_and_nothing_else(desk):
    said = desk.verify(challenge="<b>&é", lease_s=100_000)
    assert (said.status, said.body.decode()) == (200, "<b>&é")
    assert said.headers["content-type"] == "text/plain; charset=utf-8"
    assert said.headers["x-content-type-options"] == "nosniff"
    row = desk.row
    assert (row["state"], row["failures"], row["asked_at"], row["reason"]) == ("active", 0, None, None)
    assert 99_900 < row["lease_s"] <= 100_000
    assert 69_900 < row["renew_s"] <= 80_000


def test_a_confirmation_is_given_once_for_each_request(desk):
    assert [desk.verify().status for _ in range(2)] == [200, 404]
    desk.change("asked_at = now()")  # a renewal
    assert (desk.verify(lease_s=500_000).status, round(desk.row["lease_s"], -3)) == (200, 500_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": TOPIC + "?"},
        {"mode": "unsubscribe"},
        {"mode": "x"},
        {"challenge": ""},
        {"challenge": "c" * 5000},
    ],
    ids=str,
)
def test_what_we_did_not_ask_for_is_not_confirmed(desk, wrong):
    assert desk.verify(**wrong).status == 404
    assert desk.row["state"] == "asked"


@pytest.mark.parametrize(
    "token", ["x" * 43, "t" * 42, "t" * 44, "%00" * 43, "%C3%A9", "..%2f..", "t" * 9000], ids=lambda t: t[:9]
)
def test_an_unknown_callback_is_nothing_to_nobody(desk, token):
    address = f"{desk.site.url}/websub/{token}"
    assert desk.hub.verify(address, "subscribe", TOPIC).status == 404
    assert desk.hub.push(address, secret=SECRET).status == 404


def test_a_look_at_the_callback_confirms_nothing(desk):
    address = f"{desk.callback}?hub.mode=subscribe&hub.topic={TOPIC}&hub.challenge=c"
    assert call(address, method="HEAD").status == 404
    assert call(desk.callback).status == 404
    assert call(desk.callback, method="PUT").status == 405
    assert desk.row["state"] == "asked"


def test_a_denial_is_kept_with_its_reason_and_asked_again_in_a_week(desk):
    desk.change("state = 'active', lease_until = now() + interval '1 day'")
    said = desk.verify("denied", reason="Not\x00 for\r\nyou " + "x" * 900)
    assert (said.status, said.body) == (200, b"")
    row = desk.row
    assert (row["state"], row["lease_until"]) == ("denied", None)
    assert row["reason"].startswith("Not for you xxx")
    assert len(row["reason"]) == 200
    assert 604_700 < row["renew_s"] <= 604_800


def test_an_end_is_confirmed_only_where_we_want_it(desk):
    desk.change("state = 'active', lease_until = now() + interval '1 day'")
    assert (desk.verify("unsubscribe").status, desk.row["state"]) == (404, "active")
    desk.change("state = 'ended'")
    assert (desk.verify("unsubscribe", challenge="bye").body, desk.row["lease_until"]) == (b"bye", None)


def activate(desk: Desk, hub: str = "https://hub.example/") -> None:
    desk.change(
        f"state = 'active', asked_at = NULL, failures = 0, lease_until = now() + interval '1 day', hub = '{hub}'"
    )


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_push_makes_the_feed_due_at_once_and_says_so_to_the_workers(desk, method):
    activate(desk)
    desk.change("missed = 1")
    assert desk.push(secret=SECRET, method=method).status == 202
    assert (desk.due_in, desk.hinted, desk.row["missed"]) == (0, 1, 0)
    assert desk.row["pushed_at"] is not None
    fleet.add_up()
    assert 'dateline_pushes_total{outcome="taken"} 1.0' in desk.site.get("/metrics").text


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"secret": "another"},
        {"signature": "sha256=" + "0" * 64},
        {"signature": "sha256"},
        {"signature": "md5=0cc175b9c0f1b6a831c399e269772661"},
    ],
    ids=str,
)
def test_a_push_that_is_not_signed_as_it_must_be_is_answered_ignored_and_counted(desk, more):
    activate(desk)
    assert desk.push(**more).status == 202
    assert desk.due_in > 3600
    assert (desk.hinted, desk.row["pushed_at"]) == (0, None)
    fleet.add_up()
    assert 'dateline_pushes_total{outcome="unsigned"} 1.0' in desk.site.get("/metrics").text


def test_a_hub_that_was_told_no_secret_need_not_sign(desk):
    activate(desk, hub="http://hub.example/")
    assert (desk.push().status, desk.due_in) == (202, 0)


def test_a_push_sent_again_brings_at_most_one_look_in_ten_seconds(desk):
    """A replay, or a hub that has lost its mind: bounded, and the last one is not lost either."""
    activate(desk)
    desk.push(secret=SECRET)
    # A moment that no machine is too slow to reach: what counts is the time from the last look.
    sql(
        "UPDATE feeds SET checked_at = now() + interval '5 minutes', next_check_at = now() + interval '6 hours'"
    )
    for _ in range(5):
        assert desk.push(secret=SECRET).status == 202
    assert records("SELECT next_check_at - checked_at AS rest FROM feeds") == [
        {"rest": timedelta(seconds=10)}
    ]
    assert desk.hinted == 1


def test_a_feed_in_hand_is_looked_at_once_more(desk):
    activate(desk)
    sql("UPDATE feeds SET lease_until = now() + interval '1 hour', next_check_at = now()")
    before = utc_now()
    desk.push(secret=SECRET)
    (feed,) = records("SELECT next_check_at FROM feeds")
    assert before <= feed["next_check_at"] - timedelta(seconds=10) <= utc_now()


def test_a_paused_feed_stays_paused(desk):
    activate(desk)
    sql("UPDATE feeds SET paused_reason = 'By hand.'")
    assert (desk.push(secret=SECRET).status, desk.hinted) == (202, 0)
    assert desk.due_in > 3600


def test_an_ended_subscription_is_gone(desk):
    desk.change("state = 'ended'")
    assert desk.push(secret=SECRET).status == 410
    assert desk.due_in > 3600


def test_pushes_still_count_while_a_hub_is_not_relied_on(desk):
    activate(desk)
    desk.change("state = 'wanted', missed = 2, pushed_at = now() - interval '1 day'")
    assert (desk.push(secret=SECRET).status, desk.due_in) == (202, 0)
    assert (desk.row["state"], desk.row["missed"]) == ("wanted", 2)


def test_after_a_time_without_trust_one_more_miss_is_enough_until_a_renewal(desk):
    desk.change("state = 'wanted', missed = 2")
    desk.verify()
    assert desk.row["missed"] == 1
    desk.change("asked_at = now()")
    desk.verify()
    assert desk.row["missed"] == 0


def test_a_push_may_have_a_mebibyte_and_no_more(desk):
    activate(desk)
    body = bytes(2**20)
    assert (desk.push(body, secret=SECRET).status, desk.due_in) == (202, 0)
    sql("UPDATE feeds SET next_check_at = now() + interval '6 hours'")
    assert desk.push(body + b"x", secret=SECRET).status == 413
    assert desk.due_in > 3600


def test_a_push_that_does_not_arrive_or_breaks_off_is_let_go(desk, service):
    activate(desk)
    service.setattr("services.api.routes.websub.PATIENCE_S", 0.2)
    head = f"POST /websub/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc".encode()
    with socket.create_connection(("127.0.0.1", desk.site.port), timeout=30) as slow:
        slow.sendall(head)
        assert slow.recv(64).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", desk.site.port), timeout=30) as broken:
        broken.sendall(head)
    assert desk.push(secret=SECRET).status == 202


def test_what_is_pushed_is_never_read(desk):
    """Whatever a hub sends, articles come from the publisher."""
    activate(desk)
    body = b"<rss version='2.0'><channel><item><title>Forged</title><link>https://a.example/1</link></item></channel></rss>"
    desk.push(body, secret=SECRET)
    assert sql("SELECT 1 FROM articles") == []


def test_redis_away_costs_the_hint_and_nothing_else(desk, service):
    activate(desk)
    service.setenv("DATELINE_REDIS_URL", "unix:///nowhere/redis.sock")
    for cached in (settings.settings, cache.client, broker.app):
        cached.cache_clear()
    assert (desk.push(secret=SECRET).status, desk.due_in) == (202, 0)
