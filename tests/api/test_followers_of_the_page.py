"""The followers that the documentation shows, run from its page: killed, cut off and refused, their copies end as Latest."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import text

from services.core.db import transaction
from tests.fixtures.roles import eventually

PAGE = (Path(__file__).parents[2] / "docs/how-to/follow-the-stream.md").read_text()
KINDS = {"python": "With Python", "sh": "With a shell"}


def program(kind: str) -> str:
    section = PAGE.split(f"## {KINDS[kind]}\n", 1)[1].split("\n## ", 1)[0]
    (code,) = re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)
    return code


@pytest.mark.parametrize("kind", KINDS)
def test_a_follower_has_forty_lines_at_most(kind):
    assert len(program(kind).splitlines()) <= 40


class Follower:
    """The program of the page, in a process of its own."""

    def __init__(self, kind: str, base: str, folder: Path) -> None:
        code = program(kind).replace("http://127.0.0.1:8000", base)
        code = code.replace("time.sleep(5)", "time.sleep(0.1)").replace("sleep 5", "sleep 0.1")
        shell = [sys.executable, "-c"] if kind == "python" else ["sh", "-c"]
        self.command = [*shell, code, *(["follower"] if kind == "sh" else []), str(folder)]
        self.folder, self.log = folder, folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """Without a word, and its children with it."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def copy(self) -> dict[int, object]:
        found = []
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # it takes an article out while we look
                found.append(json.loads(path.read_text()))
        return {article["id"]: shown(article) for article in found}


def shown(item):
    return {name: value for name, value in item.items() if name != "story"}


def latest(base: str) -> dict[int, object]:
    with urlopen(f"{base}/v1/latest?region=central-asia&limit=200", timeout=60) as answer:
        return {item["id"]: shown(item) for item in json.load(answer)["items"]}


def happens(desk, dice: random.Random, articles: list[int]) -> None:
    """A few things that a copy must follow, hard words among them."""
    for _ in range(4):
        articles.append(desk.article(f"Rain \\n '$x' \"{dice.random()}\" в Оше", regions=["central-asia"]))
        chosen = dice.choice(articles)
        what = dice.randrange(4)
        if what == 0:
            desk.edit(chosen, title=f"  Corrected {dice.random()}  ")
        elif what == 1:
            desk.relabel(chosen, regions=[dice.choice(["russia", "central-asia"])])
        elif what == 2:
            articles.remove(chosen)
            desk.take_out(chosen)


@pytest.mark.parametrize("kind", KINDS)
def test_its_copy_ends_as_latest_whatever_is_killed(kind, desk, roles, tmp_path):
    for tool in ("curl", "jq") if kind == "sh" else ():
        if shutil.which(tool) is None:
            pytest.skip(f"the follower in shell needs {tool}")
    base, dice, articles = f"http://127.0.0.1:{roles.port}", random.Random(7), [desk.article()]
    follower = Follower(kind, base, tmp_path / "news")

    def same() -> bool:
        with contextlib.suppress(OSError):  # a 503 while it comes back
            return (follower.folder / "cursor").exists() and follower.copy() == latest(base)
        return False

    def again() -> None:
        roles.start("api")
        roles.get("/health/live")

    again()
    happens(desk, dice, articles)
    follower.start()
    try:
        for turn in range(4):
            happens(desk, dice, articles)
            if turn % 2:
                follower.kill()
            else:
                roles.running["api"].kill()
                roles.running["api"].wait()
            happens(desk, dice, articles)
            if turn % 2:
                follower.start()
            else:
                again()
            eventually(same, what=f"the copy of Latest ({follower.log.read_text()})")
        # Away for so long that the log was cut behind it.
        follower.kill()
        happens(desk, dice, articles)
        with transaction() as session:
            session.execute(text("UPDATE stream_state SET floor = (SELECT max(seq) FROM changes)"))
            session.execute(text("DELETE FROM changes"))
        happens(desk, dice, articles)
        follower.start()
        eventually(same, what="the copy of Latest after the log was cut")
        assert len(follower.copy()) > 5
    finally:
        follower.kill()
