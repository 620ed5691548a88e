"""Webhooks end to end: a real API process's courier, a real receiver, a real database."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.api.delivery import outcome
from services.api.queries import webhooks as hooks
from services.core import clock, db, webhooks
from services.core.db import transaction
from services.core.settings import settings
from services.embedded.roles import answers
from tests.fixtures.api_site import Site
from tests.fixtures.database import sql
from tests.fixtures.editors import Client, token
from tests.fixtures.ports import free_port
from tests.fixtures.receiver import Receiver, receiving
from tests.fixtures.roles import Roles, eventually


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def operator(site: Site) -> Client:
    return Client(site, token("olzhas", "operator"))


def add(operator: Client, receiver: Receiver, **more: Any) -> dict[str, Any]:
    answer = operator.post("/v1/webhooks", {"name": "newsroom", "url": receiver.url, **more})
    assert answer.status == 201, answer.text
    return answer.json


def at_once() -> None:
    """Time passes until everything is due."""
    sql("UPDATE webhooks SET due_at = now()")


@pytest.mark.parametrize("kept_out", [("away", True), ("_most", 0)])
def test_a_webhook_waits_for_a_way_to_the_database_and_no_longer(
    desk, operator, receiver, monkeypatch, kept_out
):
    """The database is away, or too many ask it, before or after the webhook was claimed: its lease is not waited for."""
    monkeypatch.setattr(hooks, "LEASE_S", 3600)
    add(operator, receiver)
    turnstile = db.turnstile()
    with pytest.MonkeyPatch.context() as during:
        during.setattr(turnstile, *kept_out)
        before = turnstile.refused

        def kept() -> bool:
            desk.article()  # the one before may have been taken just before
            at_once()
            return turnstile.refused > before

        eventually(kept, what="a webhook kept from the database")
    at_once()
    articles = len(sql("SELECT 1 FROM articles"))
    eventually(lambda: len(receiver.changes()) >= articles, what="every change")
    told = [change["article"]["id"] for change in receiver.changes()]
    assert told == sorted(set(told))
    assert len(told) == articles


def test_changes_arrive_signed_in_order_and_only_those_of_the_stream(desk, operator, receiver):
    began = time.time()
    desk.article("Before", regions=["europe"])
    made = add(operator, receiver, filters={"region": ["europe"]})
    first = desk.article("First", regions=["europe"])
    desk.article("Elsewhere", regions=["africa"])
    second = desk.article("Second", regions=["europe"])
    desk.edit(first, title="First, corrected")
    desk.relabel(second, regions=["africa"])
    eventually(lambda: len(receiver.changes()) == 4, what="four changes")
    told = [(change["change"], change["article"]["id"]) for change in receiver.changes()]
    assert told == [("added", first), ("added", second), ("updated", first), ("left", second)]
    for request in receiver.came:
        assert request.signed_by(made["secret"])
        assert int(began) <= int(request.timestamp) <= time.time()
        assert request.body["type"] == "changes"
        assert request.headers["content-type"] == "application/json"
    assert operator.json(f"/v1/webhooks/{made['id']}")["state"] == "active"
    cursor = receiver.taken[-1].body["data"]["cursor"]
    page = operator.json(f"/v1/changes?region=europe&since={cursor}")
    assert page["items"] == [], "the cursor of a message goes on where it ends"


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed comes again when the test says so."""
    monkeypatch.setattr(outcome, "RETRIES", (timedelta(hours=2),))


def test_a_message_that_is_not_taken_comes_again_the_same(desk, operator, receiver, no_retries):
    receiver.statuses += [500, 503]
    made = add(operator, receiver)
    desk.article("One")
    eventually(lambda: len(receiver.came) == 1, what="the first attempt")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE failures = 1"), what="the failure")
    failing = operator.json(f"/v1/webhooks/{made['id']}")
    assert failing["state"] == "failing"
    assert "answers with 500" in failing["sentence"]
    desk.article("Two")
    for number in (2, 3):
        at_once()
        eventually(lambda wanted=number: len(receiver.came) >= wanted, what="another attempt")
        eventually(
            lambda wanted=number: sql(
                "SELECT 1 FROM webhooks WHERE failures = :n OR failures = 0 AND :n = 3", n=wanted
            ),
            what="what came of it",
        )
    assert len({request.id for request in receiver.came[:3]}) == 1
    assert len({request.raw for request in receiver.came[:3]}) == 1
    eventually(lambda: len(receiver.changes()) == 2, what="both articles")
    tried = operator.json(f"/v1/webhooks/{made['id']}")["attempts"]
    assert [attempt["status"] for attempt in reversed(tried)] == [500, 503, 200, 200]


def test_a_machine_whose_clock_is_wrong_tries_again_by_the_databases(desk, operator, receiver, monkeypatch):
    monkeypatch.setattr(clock, "_told", [])
    monkeypatch.setattr(clock, "machine_now", lambda: datetime.now(UTC) + timedelta(hours=1))
    receiver.statuses += [500]
    add(operator, receiver)
    desk.article("One")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE failures = 1"), what="the failure")
    assert sql(
        "SELECT 1 FROM webhooks WHERE due_at < now() + interval '30 minutes' AND failing_since <= now()"
    )


def test_days_of_failure_pause_it_and_resuming_loses_nothing(desk, operator, receiver, no_retries):
    receiver.statuses += [500, 500]
    made = add(operator, receiver)
    desk.article("One")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE failures = 1"), what="the failure")
    sql("UPDATE webhooks SET failing_since = now() - interval '6 days', due_at = now()")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE paused_reason IS NOT NULL"), what="the pause")
    paused = operator.json(f"/v1/webhooks/{made['id']}")
    assert paused["state"] == "paused"
    assert "for 5 days" in paused["sentence"]
    desk.article("Two")
    assert operator.post(f"/v1/webhooks/{made['id']}/resume").status == 200
    eventually(lambda: len(receiver.changes()) == 2, what="both articles")


def test_gone_pauses_at_once(desk, operator, receiver):
    receiver.statuses.append(410)
    made = add(operator, receiver)
    desk.article("One")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE paused_reason IS NOT NULL"), what="the pause")
    paused = operator.json(f"/v1/webhooks/{made['id']}")
    assert (paused["state"], paused["failures"]) == ("paused", 1)
    assert "410" in paused["sentence"]


def test_a_replay_sends_everything_after_a_cursor_again(desk, operator, receiver):
    start = operator.json("/v1/latest")["changes"]
    for number in range(3):
        desk.article(f"Article {number}")
    made = add(operator, receiver, since=start)
    eventually(lambda: len(receiver.changes()) == 3, what="three articles from the cursor")
    receiver.taken.clear()
    answer = operator.post(f"/v1/webhooks/{made['id']}/replay", {"since": start})
    assert answer.status == 200
    eventually(lambda: len(receiver.changes()) == 3, what="the same again")
    receiver.taken.clear()
    assert operator.post(f"/v1/webhooks/{made['id']}/replay").status == 200
    eventually(lambda: len(receiver.changes()) == 3, what="all there is")


def test_a_replay_while_a_message_is_under_way_is_not_undone_by_it(desk, operator, receiver):
    start = operator.json("/v1/latest")["changes"]
    made = add(operator, receiver)
    receiver.hold.clear()
    desk.article("One")
    eventually(lambda: receiver.came, what="a message under way")
    assert operator.post(f"/v1/webhooks/{made['id']}/replay", {"since": start}).status == 200
    receiver.hold.set()
    eventually(lambda: len(receiver.taken) == 2, what="it and its replay")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE pending_id IS NULL AND failures = 0"), what="rest")


def test_a_slow_address_holds_up_nobody_else(desk, operator, receiver, service):
    """It is waited for until this test is over: whoever waited behind it would wait as long."""
    service.setattr("services.api.delivery.send.TOTAL_S", 600.0)
    with receiving() as slow:
        slow.hold.clear()
        answer = operator.post("/v1/webhooks", {"name": "slow", "url": slow.url})
        assert answer.status == 201
        add(operator, receiver)
        desk.article("One")
        eventually(receiver.changes, what="the quick one")
        assert not slow.taken


def test_private_addresses_are_refused_where_the_connection_is_made(desk, service, operator, receiver):
    made = add(operator, receiver)
    service.setenv("DATELINE_FETCH_ALLOW", "")
    settings.cache_clear()
    answer = operator.post(f"/v1/webhooks/{made['id']}/ping").json
    assert not answer["taken"]
    assert "this machine" in answer["sentence"]
    assert not receiver.came


def test_a_number_that_ping_would_refuse_is_refused_when_it_is_named(desk, service, operator, receiver):
    made = add(operator, receiver)
    service.setenv("DATELINE_FETCH_ALLOW", "")
    settings.cache_clear()
    said = operator.post(f"/v1/webhooks/{made['id']}/ping").json["sentence"]
    again = operator.post("/v1/webhooks", {"name": "other", "url": receiver.url})
    assert (again.status, again.json["detail"]) == (400, said)
    moved = operator.send("PUT", f"/v1/webhooks/{made['id']}", {"url": receiver.url})
    assert (moved.status, moved.json["detail"]) == (400, said)
    here = operator.post("/v1/webhooks", {"name": "here", "url": "http://LOCALHOST./"})
    assert here.status == 400
    assert "127.0.0.1 is an address for this machine" in here.json["detail"]
    named = operator.post("/v1/webhooks", {"name": "named", "url": "http://here.example/"})
    assert named.status == 201, "what a name leads to shows when a connection is made"


def test_ping_says_how_an_address_takes_it(operator, receiver):
    made = add(operator, receiver)
    receiver.statuses += [204, 302]
    assert operator.post(f"/v1/webhooks/{made['id']}/ping").json["taken"]
    assert receiver.came[0].body["type"] == "ping"
    assert receiver.came[0].signed_by(made["secret"])
    assert "redirect" in operator.post(f"/v1/webhooks/{made['id']}/ping").json["sentence"]


def test_a_new_secret_signs_beside_the_old_one(desk, operator, receiver):
    made = add(operator, receiver)
    new = operator.post(f"/v1/webhooks/{made['id']}/rotate").json["secret"]
    desk.article("One")
    eventually(lambda: receiver.taken, what="a message")
    assert receiver.taken[0].signed_by(made["secret"])
    assert receiver.taken[0].signed_by(new)
    sql("UPDATE webhooks SET old_until = now()")
    desk.article("Two")
    eventually(lambda: len(receiver.taken) == 2, what="another")
    assert not receiver.taken[1].signed_by(made["secret"])
    assert receiver.taken[1].signed_by(new)


def test_a_second_rotation_is_refused_while_the_secret_before_signs(desk, run, operator, receiver):
    made = add(operator, receiver)
    rotate = f"/v1/webhooks/{made['id']}/rotate"
    second = operator.post(rotate).json["secret"]
    again = operator.post(rotate)
    assert (again.status, again.json["type"]) == (409, "/docs#secret-signs")
    ((until,),) = sql("SELECT old_until FROM webhooks")
    assert f"until {until:%Y-%m-%d %H:%M:%S} UTC" in again.json["detail"]
    assert again.json["until"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    by_hand = run("webhooks", "rotate", "newsroom")
    assert (by_hand.code, by_hand.out, "--force" in by_hand.err) == (1, "", True)
    desk.article("One")
    eventually(lambda: len(receiver.taken) == 1, what="a message")
    assert receiver.taken[0].signed_by(made["secret"])
    assert receiver.taken[0].signed_by(second)
    third = run("webhooks", "rotate", "newsroom", "--force").out.strip()
    desk.article("Two")
    eventually(lambda: len(receiver.taken) == 2, what="another")
    assert [receiver.taken[1].signed_by(secret) for secret in (made["secret"], second, third)] == [
        False,
        True,
        True,
    ]
    sql("UPDATE webhooks SET old_until = now()")
    assert operator.post(rotate).status == 200, "once only one signs it needs no insisting"
    assert operator.post(rotate, {"force": True}).status == 200


def test_a_restored_stream_pauses_with_what_to_do(desk, operator, receiver):
    made = add(operator, receiver)
    sql("UPDATE stream_state SET epoch = 'another'")
    eventually(lambda: sql("SELECT 1 FROM webhooks WHERE paused_reason IS NOT NULL"), what="the pause")
    assert "replay" in operator.json(f"/v1/webhooks/{made['id']}")["sentence"]


def test_two_processes_killed_again_and_again_send_each_change_once_by_id(
    desk, roles: Roles, service, receiver
):
    """A message may come twice, under one id and with the same bytes; none is missing, and their order holds."""
    with transaction() as session:
        webhooks.add(session, webhooks.New("newsroom", receiver.url, {}, "olzhas"))

    def start(number: int) -> subprocess.Popen[bytes]:
        port = free_port()
        started = roles.start("api", name=f"api-{number}", DATELINE_BIND=f"127.0.0.1:{port}")
        eventually(lambda: answers(f"127.0.0.1:{port}"), what="an API")
        return started

    running = [start(0), start(1)]
    ids = []
    for number in range(24):
        ids.append(desk.article(f"Article {number}"))
        time.sleep(0.15)
        if number % 8 == 7:
            victim = running.pop(0)
            os.killpg(victim.pid, signal.SIGKILL)
            victim.wait()
            sql("UPDATE webhooks SET lease_until = 'epoch'")  # the lease of a dead process, run out at once
            running.append(start(number))
    eventually(lambda: len(receiver.changes()) >= len(ids), what="every article")
    assert [change["article"]["id"] for change in receiver.changes()] == ids
    by_id: dict[str, set[bytes]] = {}
    for request in receiver.came:
        by_id.setdefault(request.id, set()).add(request.raw)
    assert all(len(bodies) == 1 for bodies in by_id.values())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "name"),
        ({"name": "x", "url": "ftp://a.example/"}, "only http and https"),
        ({"name": "x", "url": "https://u:p@a.example/"}, "password"),
        ({"name": " ", "url": "https://a.example/"}, "name"),
        ({"name": "x", "url": "https://a.example/", "secret": "sesame"}, "whsec_"),
        ({"name": "x", "url": "https://a.example/", "filters": {"region": ["atlantis"]}}, "atlantis"),
        ({"name": "x", "url": "https://a.example/", "filters": {"regions": ["asia"]}}, "filters.regions"),
        (
            {"name": "x", "url": "https://a.example/", "filters": {"regions": ["asia"]}},
            "filters has region, topic, language, source, q. Did you mean region?",
        ),
        ({"name": "x", "url": "https://a.example/", "filters": {"language": ["english!"]}}, "BCP 47"),
        ({"name": "x", "url": "http://10.1.2.3/"}, "10.1.2.3 is an address for a private network"),
        ({"name": "x", "url": "http://[::ffff:10.1.2.3]/"}, "a private network"),
        ({"name": "x", "url": "http://0xa000001/"}, "a private network"),
        ({"name": "x", "url": "https://8.8.8.8:25/"}, "port 25"),
        ({"name": "x", "url": "https://a.example/", "since": "zzz"}, "cursor"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(desk, operator, body, says):
    answer = operator.post("/v1/webhooks", body)
    assert answer.status == 400
    assert says in answer.json["detail"]
    assert operator.json("/v1/webhooks")["items"] == []


def test_a_name_belongs_to_one(desk, operator, receiver):
    add(operator, receiver)
    again = operator.post("/v1/webhooks", {"name": "newsroom", "url": receiver.url})
    assert (again.status, "already" in again.json["detail"]) == (400, True)


def test_secrets_are_told_once(desk, operator, receiver):
    made = add(operator, receiver)
    for path in ("/v1/webhooks", f"/v1/webhooks/{made['id']}"):
        assert made["secret"] not in operator.get(path).text


def test_what_is_removed_is_gone_and_what_is_paused_is_silent(desk, operator, receiver):
    made = add(operator, receiver)
    paused = operator.post(f"/v1/webhooks/{made['id']}/pause", {"reason": "Their server moves."}).json
    assert (paused["state"], paused["sentence"]) == (
        "paused",
        "Paused: Their server moves. Nothing is sent until it is resumed.",
    )
    desk.article("One")
    time.sleep(timedelta(seconds=2).total_seconds())
    assert not receiver.came
    assert operator.send("DELETE", f"/v1/webhooks/{made['id']}").status == 204
    assert operator.get(f"/v1/webhooks/{made['id']}").status == 404


def test_another_address_is_used_from_the_next_message_on(desk, operator, receiver):
    with receiving() as other:
        made = add(operator, receiver)
        answer = operator.send("PUT", f"/v1/webhooks/{made['id']}", {"url": other.url})
        assert answer.json["url"] == other.url
        desk.article("One")
        eventually(other.changes, what="the change")
        assert not receiver.came


def test_only_operators(desk, site, editor):
    assert site.get("/v1/webhooks").status == 401
    answer = editor.get("/v1/webhooks")
    assert (answer.status, answer.json["scope"]) == (403, "operator")


def test_the_receiver_of_the_documentation_takes_each_message_once(desk, operator, tmp_path):
    page = (Path(__file__).parents[3] / "docs/how-to/webhooks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    port = free_port()
    made = operator.post("/v1/webhooks", {"name": "newsroom", "url": f"http://127.0.0.1:{port}/"}).json
    code = code.replace("whsec_…", made["secret"], 1).replace("9000", str(port))
    with (tmp_path / "told").open("wb") as told:
        program = subprocess.Popen([sys.executable, "-c", code], stdout=told, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: operator.post(f"/v1/webhooks/{made['id']}/ping").json["taken"], what="a receiver")
        desk.article("Wind farm opens")
        lines = eventually((tmp_path / "told").read_text, what="the change").splitlines()
        assert lines == [lines[0]]
        assert lines[0].startswith("added ")
        assert lines[0].endswith(" Wind farm opens")
        operator.post(f"/v1/webhooks/{made['id']}/rotate")
        sql("UPDATE webhooks SET old_until = now()")
        refused = operator.post(f"/v1/webhooks/{made['id']}/ping").json
        assert (refused["taken"], refused["status"]) == (False, 401)
    finally:
        program.terminate()
        program.wait()
