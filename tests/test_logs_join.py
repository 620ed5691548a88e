"""Logs of several processes join: one article is followed from its fetch to its delivery, by real roles; nothing secret stands there."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from newswire.press import RunningPress
from services.core import logs, webhooks
from services.core.clock import utc_now
from services.core.db import transaction
from services.ingest import refresh
from services.ingest.listing import import_opml
from tests.fixtures import editors
from tests.fixtures.articles import Desk
from tests.fixtures.receiver import receiving
from tests.fixtures.roles import Roles, eventually
from tests.fixtures.rulebooks import ECONOMY, publish

PAGE = Path(__file__).parents[1] / "docs/reference/logs.md"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ADMIN = "a-very-long-and-random-admin-token"


def lines(roles: Roles) -> list[dict[str, Any]]:
    """What all roles have written, without what is no line of ours (a warning of the interpreter)."""
    texts = [line for name in roles.running for line in roles.log(name).splitlines()]
    return [json.loads(text) | {"raw": text} for text in texts if text.startswith("{") and text.endswith("}")]


def about(found: list[dict[str, Any]], article: int) -> list[dict[str, Any]]:
    return [line for line in found if article == line.get("article") or article in line.get("articles", ())]


def fields_on_the_page() -> set[str]:
    table = re.findall(r"^\| (`.+?) \|", PAGE.read_text(), re.MULTILINE)
    return {name for cell in table for name in re.findall(r"`(\w+)`", cell)}


def test_an_article_is_followed_from_its_fetch_to_its_delivery(
    roles: Roles, newswire: RunningPress, tmp_path: Path, service: pytest.MonkeyPatch
):
    service.setenv("DATELINE_LOG_FORMAT", "json")
    service.setenv("DATELINE_ADMIN_TOKEN", ADMIN)
    feeds = tmp_path / "press.opml"
    feeds.write_text(newswire.opml())
    publish(ECONOMY)
    with transaction() as session:
        import_opml(session, feeds)
    with receiving() as receiver:
        with transaction() as session:
            webhooks.add(session, webhooks.New("w", receiver.url, {}, "tester", since=0))
        roles.start_all()
        eventually(receiver.changes, seconds=180, what="a delivery")
        article = receiver.changes()[0]["article"]["id"]

        def delivered() -> list[dict[str, Any]]:
            return [line for line in about(lines(roles), article) if "delivery" in line]

        def grouped() -> list[dict[str, Any]]:
            return [
                line
                for line in about(lines(roles), article)
                if line["logger"] == "services.classify.storykeeping.work"
            ]

        eventually(delivered, what="the line of the delivery")
        eventually(grouped, what="the line of stories")
    found = lines(roles)
    fetch = next(line for line in about(found, article) if line["logger"] == "services.ingest.telling")
    labelled = next(
        line for line in about(found, article) if line["logger"] == "services.classify.labelling.label"
    )
    published = next(line for line in about(found, article) if line["logger"] == "services.core.latest")
    assert fetch["feed"] > 0
    assert fetch["job"] == "feeds.fetch"
    assert labelled["job"] == published["job"] == "articles.label"
    assert labelled["task"] == published["task"] != fetch["task"]
    first, last = published["seqs"]
    assert last - first + 1 == len(published["articles"])
    position = first + published["articles"].index(article)
    for told in (delivered(), grouped()):
        assert any(line["seqs"][0] <= position <= line["seqs"][1] for line in told)
    assert grouped()[0]["job"] == "stories.group"
    assert all(re.fullmatch(MOMENT, line["time"]) for line in found)
    for line in found:
        if line["logger"].startswith(("services.ingest", "services.classify")) and "job" in line:
            assert line["task"] != "none", line
    assert [line["raw"] for line in found if ADMIN in line["raw"] or "whsec_" in line["raw"]] == []
    known = fields_on_the_page()
    odd = {name for line in found if line["logger"].startswith(("services.", "dateline.")) for name in line}
    assert odd - {"raw"} <= known, "every field is on the page"


def test_what_an_editor_asks_for_carries_the_request_to_the_worker_and_its_article_to_the_labels(
    roles: Roles, desk: Desk, service: pytest.MonkeyPatch
):
    """By the name that the client gave: the answer, what was asked for, what a worker made of it, and the labels."""
    service.setenv("DATELINE_LOG_FORMAT", "json")
    publish(ECONOMY)
    desk.now = utc_now()
    article = desk.article("Inflation rises", text="Prices.", listed=False)
    other = desk.article("Prices rise", text="Inflation.", listed=False)
    roles.start("api")
    roles.start("worker", "classify")
    roles.get("/health/live")
    secret = editors.token("aigerim")

    def send(name: str, path: str, body: dict[str, Any]) -> int:
        headers = {
            "Authorization": f"Bearer {secret}",
            "X-Request-Id": name,
            "Content-Type": "application/json",
        }
        address = f"http://127.0.0.1:{roles.port}{path}"
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=100) as answer:
            return answer.status

    assert send("req-check", "/v1/rules/check?wait=60", {}) == 200
    assert send("req-correct", "/v1/corrections", {"article_id": article, "topics": ["economy"]}) == 201
    assert send("req-judge", "/v1/judgements", {"articles": [article, other], "says": "no"}) == 201

    def labelled() -> list[dict[str, Any]]:
        return [
            line
            for line in about(lines(roles), article)
            if line["logger"] == "services.classify.labelling.label"
        ]

    eventually(labelled, what="the labels of the corrected article")

    def of(name: str) -> list[tuple[str, Any]]:
        return [
            (line["logger"], line.get("desk_request")) for line in lines(roles) if line.get("request") == name
        ]

    done = eventually(
        lambda: (
            {logger for logger, _ in of("req-check")} >= {"services.classify.desk", "dateline.access"}
            and of("req-check")
        ),
        what="the lines of the check",
    )
    asked = dict(done)
    assert asked["services.core.desk"] == asked["services.classify.desk"] is not None
    (worker,) = [line for line in lines(roles) if line["logger"] == "services.classify.desk"]
    assert (worker["request"], worker["job"]) == ("req-check", "desk.serve")
    assert worker["task"] != "none"
    corrected = [line for line in about(lines(roles), article) if line.get("request") == "req-correct"]
    assert [line["logger"] for line in corrected] == ["services.core.corrections"]
    judged = [line for line in about(lines(roles), other) if line.get("request") == "req-judge"]
    assert [line["logger"] for line in judged] == ["services.core.judgements.saying"]


def test_what_is_said_of_a_feed_in_the_thread_that_reads_has_its_feed_and_its_job(monkeypatch, caplog):
    """A body that raises is given up beside the loop, where no context goes by itself."""
    seen: list[dict[str, Any]] = []

    def given_up(feed: Any, error: Exception) -> None:
        seen.append(dict(logs.at()))

    async def fetched(*_args: Any, **_named: Any) -> Any:
        return SimpleNamespace(body=b"x", status=200, size=1, error_kind=None)

    monkeypatch.setattr(refresh, "fetch", fetched)
    monkeypatch.setattr(refresh.schedule, "request", lambda feed, now: None)
    monkeypatch.setattr(refresh.finishing, "give_up", given_up)
    crew = refresh._Crew(None, SimpleNamespace(fetch_timeout=1))

    async def both() -> None:
        feeds = [SimpleNamespace(id=number, host="a.example") for number in (7, 8)]
        looks = [asyncio.create_task(crew._look(feed)) for feed in feeds]
        assert await asyncio.gather(*looks) == [None, None]

    with logs.bound(job="feeds.fetch", task="t1"):
        asyncio.run(both())
    crew._reader.shutdown()
    assert sorted(at["feed"] for at in seen) == [7, 8]
    assert {(at["job"], at["task"]) for at in seen} == {("feeds.fetch", "t1")}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_commands_of_the_page_work_among_logs_that_are_no_json(tmp_path: Path):
    ours = [
        {"article": 4711},
        {"articles": [7, 4711], "task": "8a60…"},
        {"seqs": [9000, 9050], "articles": [8]},
        {"seqs": None},
    ]
    (tmp_path / "worker.log").write_text("\n".join(["", *map(json.dumps, ours), "Traceback"]))
    (tmp_path / "postgres.log").write_text("2026-11-28 UTC [7] LOG:  database system is ready\n")
    commands = re.findall(r"^jq .+$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 3
    found = []
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        found.append([json.loads(line) for line in done.stdout.splitlines()])
    assert found == [ours[:2], ours[2:3], ours[1:2]]
