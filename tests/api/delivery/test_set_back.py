"""A webhook after the stream was set back: whoever does what he is told has it again, and nothing else pretends to work."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.core import health
from tests.fixtures.api_site import Site
from tests.fixtures.command import Done, Run
from tests.fixtures.database import sql
from tests.fixtures.editors import Client, token
from tests.fixtures.receiver import Receiver, receiving
from tests.fixtures.roles import eventually

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def operator(site: Site) -> Client:
    return Client(site, token("olzhas", "operator"))


@pytest.fixture
def number(desk, operator, receiver) -> int:
    """A webhook that has had the article "Before"."""
    made = operator.post("/v1/webhooks", {"name": "newsroom", "url": receiver.url})
    assert made.status == 201, made.text
    desk.article("Before")
    eventually(lambda: delivered(operator, made.json["id"]), what="the first article")
    receiver.taken.clear()
    return int(made.json["id"])


def delivered(operator: Client, number: int) -> bool:
    told = operator.json(f"/v1/webhooks/{number}")
    return bool(told["delivered_at"]) and told["behind"] == 0


def set_back(run: Run, operator: Client, number: int) -> str:
    """Restore, as the manual says where nothing tells of it; how the webhook is then."""
    assert run("restore", "--epoch-only", "--force").code == 0
    eventually(lambda: told(operator, number)["state"] == "paused", what="the pause")
    return str(told(operator, number)["sentence"])


def told(operator: Client, number: int) -> dict[str, Any]:
    found: dict[str, Any] = operator.json(f"/v1/webhooks/{number}")
    return found


def titles(receiver: Receiver) -> list[str]:
    return [change["article"]["title"] for change in receiver.changes()]


def commands(sentence: str) -> list[str]:
    return re.findall(r"`dateline ([^`]+)`", sentence)


def do(run: Run, command: str, *more: str) -> Done:
    done = run(*command.split(), *more)
    assert done.code == 0, done.err
    return done


def doctor() -> str:
    (said,) = [found.says for found in health.examine() if found.about == "webhooks"]
    return said


def test_one_that_rests_after_failures_is_paused_too_and_is_not_asked_before(
    desk, run, operator, receiver, number
):
    """Its next attempt would be minutes away, and until then it would tell of a failing receiver."""
    receiver.statuses = [500] * 50
    desk.article("Refused")
    eventually(lambda: told(operator, number)["state"] == "failing", what="a failure")
    rests = "UPDATE webhooks SET due_at = now() + interval '1 hour' WHERE lease_token IS NULL RETURNING id"
    eventually(lambda: sql(rests), what="nobody having it in hand")
    asked = len(receiver.came)
    sentence = set_back(run, operator, number)
    assert "restored or cut" in sentence
    assert len(receiver.came) == asked
    receiver.statuses.clear()
    (command,) = commands(sentence)
    do(run, command)
    eventually(lambda: titles(receiver) == ["Before", "Refused"], what="everything that is kept")


def test_what_its_reason_says_brings_it_back(desk, run, operator, receiver, number):
    sentence = set_back(run, operator, number)
    (command,) = commands(sentence)
    assert command == f"webhooks replay {number}"
    assert commands(doctor()) == [command], "the doctor names the same and nothing else"
    do(run, command)
    desk.article("After")
    eventually(lambda: titles(receiver) == ["Before", "After"], what="everything, and what came then")
    assert told(operator, number)["state"] == "active"


def test_a_cursor_of_latest_brings_only_what_comes_after(desk, run, operator, receiver, number):
    (command,) = commands(set_back(run, operator, number))
    since = operator.json("/v1/latest")["changes"]
    do(run, command, "--since", since)
    desk.article("After")
    eventually(lambda: titles(receiver) == ["After"], what="what came then")
    assert told(operator, number)["state"] == "active"


def test_so_does_a_replay_over_http(desk, run, operator, receiver, number):
    set_back(run, operator, number)
    since = operator.json("/v1/latest")["changes"]
    answer = operator.post(f"/v1/webhooks/{number}/replay", {"since": since})
    assert (answer.status, answer.json["state"]) == (200, "active")
    desk.article("After")
    eventually(lambda: titles(receiver) == ["After"], what="what came then")


def test_resuming_where_no_place_is_left_is_refused_with_the_command_that_works(
    run, operator, receiver, number
):
    sentence = set_back(run, operator, number)
    refused = run("webhooks", "resume", "newsroom")
    assert (refused.code, refused.out) == (1, "")
    assert commands(refused.err) == commands(sentence)
    answer = operator.post(f"/v1/webhooks/{number}/resume")
    assert (answer.status, answer.json["type"]) == (409, "/docs#place-gone")
    assert commands(answer.json["detail"]) == commands(sentence)
    assert told(operator, number)["sentence"] == sentence
    assert not receiver.taken


def test_the_place_of_before_is_no_cursor_of_now(run, operator, number):
    set_back(run, operator, number)
    assert operator.get(f"/v1/changes?since={told(operator, number)['cursor']}").status == 410


def test_what_a_person_paused_stays_so_and_says_it(desk, run, operator, receiver, number):
    do(run, "webhooks pause newsroom")
    assert run("restore", "--epoch-only", "--force").code == 0
    replay, resume = commands(doctor())
    said = do(run, replay).out
    assert "stays paused" in said
    answer = operator.post(f"/v1/webhooks/{number}/replay").json
    assert answer["paused_by"]
    assert answer["state"] == "paused"
    assert "until it is resumed" in answer["sentence"]
    assert not receiver.taken
    assert commands(said) == [f"webhooks resume {number}"]
    do(run, resume)
    desk.article("After")
    eventually(lambda: titles(receiver) == ["Before", "After"], what="everything")
    assert told(operator, number)["paused_by"] is None


def test_a_replay_begins_at_a_position_or_a_cursor_of_its_stream(desk, run, operator, receiver, number):
    old = operator.json("/v1/latest")["changes"]
    assert "position 1 again" in do(run, "webhooks replay newsroom", "--since", "1").out
    elsewhere = operator.json("/v1/latest?language=kk")["changes"]
    for since, says in (
        ("999999999", "from 0 to 1"),
        ("99999999999999999999", "no cursor"),
        ("zzz", "no cursor"),
        (elsewhere, "other filters"),
    ):
        refused = run("webhooks", "replay", "newsroom", "--since", since)
        assert (refused.code, refused.out) == (1, "")
        assert says in refused.err
    set_back(run, operator, number)
    refused = run("webhooks", "replay", "newsroom", "--since", old)
    assert (refused.code, "restored" in refused.err, "leave it out" in refused.err) == (1, True, True)


@pytest.mark.parametrize("page", ["how-to/back-up.md", "how-to/webhooks.md", "how-to/something-is-wrong.md"])
def test_the_manual_names_the_same_command(page):
    assert re.search(r"`dateline webhooks replay( \w+)?`", (DOCS / page).read_text())
