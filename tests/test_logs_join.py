"""Logs of several processes join: one article is followed from its fetch to its delivery, by real roles; nothing secret stands there."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from newswire.press import RunningPress
from services.core import webhooks
from services.core.db import transaction
from services.ingest.listing import import_opml
from tests.fixtures.receiver import receiving
from tests.fixtures.roles import Roles, eventually
from tests.fixtures.rulebooks import ECONOMY, publish

PAGE = Path(__file__).parents[1] / "docs/reference/logs.md"
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
            return [line for line in lines(roles) if "delivery" in line]

        eventually(delivered, what="the line of the delivery")
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
    assert any(line["seqs"][0] <= position <= line["seqs"][1] for line in delivered())
    assert [line["raw"] for line in found if ADMIN in line["raw"] or "whsec_" in line["raw"]] == []
    known = fields_on_the_page()
    odd = {name for line in found if line["logger"].startswith(("services.", "dateline.")) for name in line}
    assert odd - {"raw"} <= known, "every field is on the page"


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
