"""Asking hubs over real HTTP: what is asked, once each, and what becomes of it however a hub behaves."""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newswire.press import running_press
from services.core import settings
from services.core.db import transaction
from services.core.websub import is_token
from services.ingest import websub
from services.ingest.store import catalogue, leases, subscriptions
from tests.fixtures.api_site import Site
from tests.fixtures.database import records, sql
from tests.fixtures.hub import FakeHub, running_hub
from tests.fixtures.roles import eventually

PUBLIC = "https://news.example"


@pytest.fixture(autouse=True)
def _public(service: pytest.MonkeyPatch) -> None:
    """The world reaches us; every test has a database of its own."""
    service.setenv("DATELINE_PUBLIC_URL", PUBLIC)
    settings.settings.cache_clear()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running_hub() as running:
        yield running


def add(*names: str, hub: str | None = None, topic: str | None = None) -> None:
    for name in names:
        host = f"{name}.example"
        sql("INSERT INTO hosts (host) VALUES (:host)", host=host)
        sql("INSERT INTO sources (key, name) VALUES (:host, :host)", host=host)
        sql(
            "INSERT INTO feeds (source_id, url, host, title, hub_url, topic_url)"
            " SELECT id, :url, key, key, :hub, :topic FROM sources WHERE key = :host",
            url=f"https://{host}/feed",
            host=host,
            hub=hub,
            topic=topic,
        )


def rows() -> list[Any]:
    return records(
        "SELECT *, extract(epoch FROM renew_at - now())::float AS renew_s FROM subscriptions ORDER BY feed_id"
    )


def row() -> Any:
    (only,) = rows()
    return only


def later(**values: str) -> None:
    """Time passes until everything is due; and whatever else happened."""
    more = "".join(f", {name} = {value}" for name, value in values.items())
    sql(f"UPDATE subscriptions SET renew_at = now() - interval '1 second'{more}")


def waiting() -> int:
    with transaction() as session:
        return websub.waiting(session)


# --- asking ------------------------------------------------------------------------------------------------------


def test_a_feed_that_names_a_hub_is_asked_for_and_one_that_names_none_is_not(hub):
    add("a", hub=hub.url)
    add("b")
    assert waiting() == 1
    assert websub.renew_due() == 1
    found = row()
    assert hub.asked == [
        {
            "hub.callback": f"{PUBLIC}/websub/{found['token']}",
            "hub.mode": "subscribe",
            "hub.topic": "https://a.example/feed",
            "hub.lease_seconds": "864000",
        }
    ]
    assert is_token(found["token"])
    assert found["token"] != found["secret"]
    assert (found["state"], found["reason"], waiting()) == ("asked", None, 0)
    assert 3500 < found["renew_s"] < 3960
    assert websub.renew_due() == 0
    assert len(hub.asked) == 1


def test_the_topic_is_the_address_that_the_feed_gives_itself(hub):
    add("a", hub=hub.url, topic="https://a.example/self")
    websub.renew_due()
    assert hub.asked[0]["hub.topic"] == "https://a.example/self"


def test_nothing_is_asked_where_the_world_cannot_reach_us(hub, service):
    add("a", hub=hub.url)
    service.delenv("DATELINE_PUBLIC_URL")
    settings.settings.cache_clear()
    assert (waiting(), websub.renew_due(), hub.asked, rows()) == (0, 0, [], [])


def test_two_workers_at_once_ask_once_each(hub):
    add(*(f"f{n}" for n in range(12)), hub=hub.url)
    with ThreadPoolExecutor(4) as pool:
        taken = sum(future.result() for future in [pool.submit(websub.renew_due) for _ in range(4)])
    topics = [form["hub.topic"] for form in hub.asked]
    assert (taken, len(topics), len(set(topics))) == (12, 12, 12)


def test_a_worker_that_dies_between_claiming_and_asking_costs_ten_minutes(hub):
    add("a", hub=hub.url)
    (claimed,) = websub._claim()
    assert (hub.asked, waiting()) == ([], 0)
    assert 590 < row()["renew_s"] <= 600
    later()
    assert websub.renew_due() == 1
    assert [form["hub.callback"] for form in hub.asked] == [f"{PUBLIC}/websub/{claimed.token}"]


def test_what_a_hub_did_not_confirm_is_asked_again_with_the_reason(hub):
    add("a", hub=hub.url)
    websub.renew_due()
    later()
    websub.renew_due()
    assert (len(hub.asked), row()["state"], row()["failures"]) == (2, "asked", 2)
    assert "DATELINE_PUBLIC_URL" in row()["reason"]
    assert row()["renew_s"] > 7000


# --- hubs that behave badly --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "least_s"), [(500, "wanted", 890), (429, "wanted", 890), (404, "denied", 604_000)]
)
def test_a_hub_that_answers_with_an_error_is_asked_later_and_the_reason_kept(hub, status, state, least_s):
    add("a", hub=hub.url)
    hub.status, hub.text = status, "No\nsuch topic"
    assert websub.renew_due() == 0
    assert row()["state"] == state
    assert row()["reason"].endswith(f"answers the request with {status}: “No such topic”.")
    assert row()["renew_s"] > least_s


def test_what_a_hub_asks_for_is_waited_for(hub):
    add("a", hub=hub.url)
    hub.status, hub.headers = 503, {"Retry-After": "7200"}
    websub.renew_due()
    assert row()["renew_s"] > 7100


def test_an_answer_without_end_is_read_no_further_than_its_beginning(hub):
    add("a", hub=hub.url)
    hub.status, hub.text = 400, "x" * 5_000_000
    websub.renew_due()
    assert len(row()["reason"]) < 250


def test_a_hub_that_keeps_silent_is_given_up_and_not_asked_for_the_next_feed(hub, service):
    service.setattr("services.ingest.websub.TIMEOUT_S", 3.0)
    add("a", "b", "c", hub=hub.url)
    hub.silent = True
    assert websub.renew_due() == 0
    assert len(hub.asked) == 1
    assert {found["state"] for found in rows()} == {"wanted"}
    assert all("did not answer within 3 s" in found["reason"] for found in rows())


def test_a_dead_hub_holds_up_no_other(hub):
    add("a", hub="http://127.0.0.1:9/hub")
    add("b", hub=hub.url)
    assert websub.renew_due() == 1
    assert [found["state"] for found in rows()] == ["wanted", "asked"]
    assert "refuses the connection" in rows()[0]["reason"]


def test_a_redirect_that_keeps_the_form_is_followed(hub):
    add("a", hub=hub.url.replace("/hub", "/old"))
    hub.redirects = {"/old": (307, "/older"), "/older": (308, "/hub?x=1")}
    assert websub.renew_due() == 1
    assert hub.visits == ["/old", "/older", "/hub"]
    assert hub.asked[0]["hub.mode"] == "subscribe"


@pytest.mark.parametrize(
    ("redirect", "words"),
    [
        ((302, "/hub"), "redirects with 302"),
        ((308, "/old"), "redirects more than 3 times"),
        ((308, "file:///etc/passwd"), "is not followed"),
        ((308, "http://user:pass@127.0.0.1/"), "is not followed"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_told(hub, redirect, words):
    add("a", hub=hub.url.replace("/hub", "/old"))
    hub.redirects = {"/old": redirect}
    assert websub.renew_due() == 0
    assert words in row()["reason"]
    assert hub.asked == []


@pytest.mark.parametrize("allowed", ["", "127.0.0.1/32"])
def test_a_hub_on_a_private_address_is_never_spoken_to(hub, service, allowed):
    """Neither where the feed names it nor where another hub sends us."""
    service.setenv("DATELINE_FETCH_ALLOW", allowed)
    settings.settings.cache_clear()
    with running_hub(host="127.0.0.2") as inner:
        hub.redirects = {"/hub": (308, inner.url)}
        add("a", hub=hub.url)
        assert websub.renew_due() == 0
        assert (len(hub.visits), inner.visits) == (1 if allowed else 0, [])
    assert "DATELINE_FETCH_ALLOW" in row()["reason"]
    assert row()["state"] == "denied"


@pytest.mark.parametrize("address", ["ftp://hub.example/", "hub", "https://u:p@hub.example/", "http://"])
def test_an_address_that_is_none_is_refused_in_words(address):
    add("a", hub=address)
    assert websub.renew_due() == 0
    assert row()["state"] == "denied"
    assert len(row()["reason"]) > 20


# --- the whole way round, with the callback ----------------------------------------------------------------------


@pytest.fixture
def reached(site: Site, service: pytest.MonkeyPatch) -> Site:
    """The API runs, and it is where hubs are told to call."""
    service.setenv("DATELINE_PUBLIC_URL", site.url + "/")
    settings.settings.cache_clear()
    return site


def test_a_hub_that_confirms_before_it_answers_has_confirmed(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    assert (row()["state"], row()["failures"], row()["asked_at"]) == ("active", 0, None)
    assert 600_000 < row()["renew_s"] <= 691_200


def test_a_lease_is_renewed_before_it_ends_and_holds_meanwhile(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    hub.confirms = False
    later(lease_until="now() + interval '1 day'")
    assert (waiting(), websub.renew_due(), row()["state"]) == (1, 1, "active")
    assert hub.confirm(hub.asked[-1]).status == 200
    assert row()["lease_until"] > datetime.now(UTC) + timedelta(days=9)


def test_a_lease_that_ran_out_is_wanted_again(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    hub.confirms, hub.status = False, 500
    later(lease_until="now() - interval '1 second'")
    websub.renew_due()
    assert row()["state"] == "wanted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("hub_url = NULL", "names no hub any more"),
        ("paused_reason = 'By hand.'", "is paused"),
        ("topic_url = 'https://a.example/other'", "another hub or topic"),
    ],
)
def test_what_is_no_longer_wanted_is_unsubscribed_and_then_gone(reached, hub, change, words):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    callback = hub.asked[0]["hub.callback"]
    sql(f"UPDATE feeds SET {change}")
    hub.confirms = False
    assert (waiting(), websub.renew_due()) == (1, 1)
    assert hub.asked[-1] == {
        "hub.callback": callback,
        "hub.mode": "unsubscribe",
        "hub.topic": "https://a.example/feed",
    }
    assert row()["state"] == "ended"
    assert hub.push(callback).status == 410
    assert (hub.confirm(hub.asked[-1]).status, row()["lease_until"]) == (200, None)


def test_a_feed_that_moved_to_another_hub_is_subscribed_there_under_another_token(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    before = row()
    with running_hub() as other:
        other.confirms = True
        sql("UPDATE feeds SET hub_url = :hub", hub=other.url)
        assert websub.renew_due() == 1  # the farewell
        assert websub.renew_due() == 1
        assert [form["hub.mode"] for form in other.asked] == ["subscribe"]
    assert [form["hub.mode"] for form in hub.asked] == ["subscribe", "unsubscribe"]
    assert (row()["state"], row()["hub"]) == ("active", other.url)
    assert {row()["token"], row()["secret"]}.isdisjoint({before["token"], before["secret"]})
    assert hub.push(hub.asked[0]["hub.callback"]).status == 404


def test_a_hub_that_does_not_confirm_the_end_is_told_three_times(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    hub.confirms = False
    sql("UPDATE feeds SET hub_url = NULL")
    for _ in range(5):
        websub.renew_due()
        later()
    assert [form["hub.mode"] for form in hub.asked].count("unsubscribe") == 3


def test_a_removed_feed_takes_its_subscription_along(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    sql("DELETE FROM feeds")
    assert hub.push(hub.asked[0]["hub.callback"]).status == 404
    assert waiting() == 0


def test_a_push_makes_a_feed_due_that_was_not(reached, hub):
    add("a", hub=hub.url)
    hub.confirms = True
    websub.renew_due()
    sql("UPDATE feeds SET next_check_at = now() + interval '1 day'")
    with transaction() as session:
        assert leases.due(session) == 0
    assert hub.push(hub.asked[0]["hub.callback"]).status == 202
    with transaction() as session:
        assert leases.due(session) == 1


# --- over TLS ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate of the hub")
def test_over_https_the_secret_is_told_and_pushes_must_be_signed_with_it(reached, tmp_path):
    """In a process of its own, which trusts the hub's certificate from its start on."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with running_hub(tls=tls) as hub:
        add("a", hub=hub.url)
        hub.confirms = True
        asking = [sys.executable, "-c", "from services.ingest.websub import renew_due; print(renew_due())"]
        environment = os.environ | {"SSL_CERT_FILE": str(certificate)}
        done = subprocess.run(
            asking, env=environment, capture_output=True, text=True, timeout=120, check=True
        )
        assert (done.stdout, row()["state"]) == ("1\n", "active"), row()["reason"]
        secret, callback = hub.asked[0]["hub.secret"], hub.asked[0]["hub.callback"]
        assert secret == row()["secret"]
        hub.push(callback)
        assert row()["pushed_at"] is None
        hub.push(callback, secret=secret, method="sha512")
        assert row()["pushed_at"] is not None


# --- looks of our own --------------------------------------------------------------------------------------------

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def activate(hub: str = "https://hub.example/") -> int:
    add("a", hub=hub)
    websub._claim()
    sql(
        "UPDATE subscriptions SET state = 'active', lease_until = now() + interval '9 days', asked_at = NULL,"
        " pushed_at = now() - interval '1 day'"
    )
    return int(row()["feed_id"])


def note(feed_id: int, *, new: bool = True, previous: datetime | None = NOW - HOUR) -> None:
    with transaction() as session:
        subscriptions.note_look(session, feed_id, new, previous, NOW)


def push_until() -> datetime | None:
    (found,) = records(f"SELECT {subscriptions.PUSH_UNTIL} AS until FROM feeds f")
    return found["until"]


def test_two_looks_that_find_what_no_push_had_told_end_our_trust():
    feed = activate()
    note(feed)
    assert (row()["missed"], row()["state"]) == (1, "active")
    assert push_until() is not None
    note(feed)
    assert (row()["missed"], row()["state"], push_until()) == (2, "wanted", None)
    assert "news 2 times" in row()["reason"]
    assert row()["renew_s"] > 600_000
    note(feed)
    assert row()["missed"] == 2


def test_looks_that_find_nothing_or_come_after_a_push_say_nothing_against_a_hub():
    feed = activate()
    note(feed, new=False)
    note(feed, previous=None)
    note(feed, previous=NOW - 48 * HOUR)
    assert row()["missed"] == 0


def test_a_push_of_which_nothing_is_to_be_seen_yet_brings_one_more_look():
    """The publisher's caches may be slower than its hub."""
    feed = activate()
    sql("UPDATE feeds SET next_check_at = now() + interval '1 day'")
    sql("UPDATE subscriptions SET pushed_at = :at", at=NOW - HOUR / 2)
    note(feed, new=False)
    (found,) = records("SELECT next_check_at, pace_reason FROM feeds")
    assert found["next_check_at"] == NOW + timedelta(minutes=2)
    assert "hub" in found["pace_reason"]
    sql("UPDATE feeds SET next_check_at = now() + interval '1 day'")
    note(feed, new=False, previous=NOW)
    assert sql("SELECT 1 FROM feeds WHERE next_check_at > now() + interval '1 hour'")


def test_a_feed_without_a_subscription_can_be_noted_too():
    add("a")
    note(1)
    assert rows() == []


def test_until_when_a_hub_tells_us_is_the_end_of_an_active_lease():
    activate()
    assert push_until() == row()["lease_until"]
    sql("UPDATE subscriptions SET lease_until = now() - interval '1 second'")
    assert push_until() is None
    sql("UPDATE subscriptions SET lease_until = now() + interval '1 day', state = 'asked'")
    assert push_until() is None


def test_a_claimed_feed_knows_until_when_it_is_pushed():
    activate()
    with transaction() as session:
        (feed,) = leases.claim(session, limit=1)
    assert feed.push_until == row()["lease_until"]


# --- with the fictional press ------------------------------------------------------------------------------------


def test_the_press_pushes_and_its_feed_is_due_at_once(reached):
    with running_press(seed=5, outlets=3, broken=False) as press:
        add("a", hub=f"{press.url}/hub", topic=press.feed_url("turan-wire"))
        assert websub.renew_due() == 1
        eventually(lambda: row()["state"] == "active", what="the confirmation")
        sql("UPDATE feeds SET next_check_at = now() + interval '1 day'")
        press.publish("turan-wire")
        eventually(lambda: press.stats()["turan-wire"]["pushes"], what="the push")
        assert sql("SELECT 1 FROM feeds WHERE next_check_at <= now()")
        sql("UPDATE feeds SET hub_url = NULL")
        assert websub.renew_due() == 1
        eventually(lambda: not press.stats()["turan-wire"]["subscribers"], what="the farewell")
        eventually(lambda: row()["lease_until"] is None, what="its confirmation")


def test_news_are_stored_through_every_role_long_before_the_feed_would_be_asked(roles, service):
    service.setenv("DATELINE_PUBLIC_URL", f"http://127.0.0.1:{roles.port}")
    service.setenv("DATELINE_FETCH_INTERVAL_MIN", "1h")
    service.setenv("DATELINE_SCHEDULER_TICK", "0.1")
    with running_press(seed=5, outlets=3, broken=False) as press:
        with transaction() as session:
            catalogue.add(session, [catalogue.FeedToAdd(press.feed_url("turan-wire"))])
        roles.start("api")
        roles.get("/v1/regions")  # a hub that reaches nobody is asked again only after an hour
        for words in (("worker", "ingest"), ("scheduler",)):
            roles.start(*words)
        eventually(lambda: sql("SELECT 1 FROM subscriptions WHERE state = 'active'"), what="the subscription")
        sql("UPDATE feeds SET checked_at = now() - interval '1 minute'")
        assert sql("SELECT 1 FROM feeds WHERE next_check_at > now() + interval '50 minutes'")
        (told, *_) = press.publish("turan-wire")
        eventually(
            lambda: sql("SELECT 1 FROM articles WHERE title = :title", title=told["title"]),
            what="the article",
        )
