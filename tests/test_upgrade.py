"""The code of before on the schema of now, under load: what an update does to those who still run and to those who follow.

The code of before comes from the repository's own history: the newest release, else the newest commit whose schema is older. Where there is no
history (an archive of the sources) these tests say so and are left out.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from newswire.press import RunningPress
from services.core import schema
from tests.before import ON_THE_SCHEMA, before_this, give_our_schema, run_tests, take
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import Roles, eventually
from tests.test_life_of_an_article import missing, originals


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the code of before."""
    try:
        commit = before_this()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("There is no history here to take the code of before from.")
    if commit is None:
        pytest.skip("The history that is here has no code with an older schema.")
    folder = tmp_path_factory.mktemp("before")
    take(commit, folder)
    return folder


@dataclass
class Follower(threading.Thread):
    """Polls without a pause, and comes back after a 503; what it was answered, and what it was told of."""

    roles: Roles
    since: str
    statuses: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.stopped.is_set():
            address = f"http://127.0.0.1:{self.roles.port}/v1/changes?wait=1&limit=200&since={self.since}"
            try:
                with urllib.request.urlopen(address, timeout=30) as answer:
                    page = json.load(answer)
            except urllib.error.HTTPError as error:
                self.statuses.append(error.code)
                error.close()
                if error.code != 503:  # that is said to try again, by a machine on which others start
                    return
                self.stopped.wait(0.2)
                continue
            self.statuses.append(200)
            self.added += [c["article"]["id"] for c in page["items"] if c["change"] == "added"]
            self.since = page["cursor"]

    def end(self) -> None:
        self.stopped.set()
        self.join(timeout=60)
        assert not self.is_alive()


@pytest.fixture
def old_roles(old_code, service, empty_database_url, newswire: RunningPress, tmp_path):
    """The roles of before on the schema of before, with the press's feeds; nothing runs yet."""
    (tmp_path / "press.opml").write_text(newswire.opml())
    for name, value in {
        "DATABASE_URL": empty_database_url, "FEEDS": str(tmp_path / "press.opml"), "FETCH_INTERVAL_MIN": "1",
        "FETCH_INTERVAL_MAX": "2", "FETCH_HOST_PAUSE": "0.1", "WORKER_PROCESSES": "1",
    }.items():  # fmt: skip
        service.setenv(f"DATELINE_{name}", value)
    forget_connections()
    subprocess.run(
        [sys.executable, "-m", "services", "migrate"],
        cwd=old_code,
        check=True,
        env=os.environ,
        capture_output=True,
    )
    (tmp_path / "old").mkdir()
    started = Roles(tmp_path / "old", code=old_code)
    yield started
    started.stop()


def test_what_runs_goes_on_while_the_schema_gets_newer_and_nobody_misses_anything(
    old_roles, roles, newswire, empty_database_url
):
    old_roles.start_all()
    follower = Follower(old_roles, old_roles.get("/v1/changes")["cursor"])
    eventually(lambda: old_roles.get("/v1/latest")["items"], seconds=300, what="a first article in Latest")
    follower.start()
    before = schema.versions(empty_database_url)
    assert before[0] != before[1]
    subprocess.run(
        [sys.executable, "-m", "services", "migrate"], check=True, env=os.environ, capture_output=True
    )
    assert schema.versions(empty_database_url)[0] == before[1]
    newswire.publish(n=12)
    eventually(
        lambda: not missing(old_roles, originals(newswire)),
        seconds=300,
        what="every article, by the code of before",
    )
    follower.end()
    assert set(follower.statuses) <= {200, 503}
    assert follower.statuses.count(200) > follower.statuses.count(503)

    old_roles.stop()
    roles.start_all()
    follower = Follower(roles, follower.since, added=follower.added)
    roles.get("/health/live")
    follower.start()
    newswire.publish(n=12)
    eventually(
        lambda: not missing(roles, originals(newswire)), seconds=300, what="every article, by the code of now"
    )
    listed = {item["id"] for item in roles.get("/v1/latest?limit=200")["items"]}
    eventually(lambda: listed - set(follower.added) <= set(), what="the follower at the head")
    follower.end()
    assert set(follower.statuses) <= {200, 503}
    assert follower.statuses.count(200) > follower.statuses.count(503)
    assert len(follower.added) == len(set(follower.added))


def test_new_code_on_the_schema_of_before_says_what_to_do_and_goes_on_when_it_was_done(
    old_roles, roles, empty_database_url
):
    roles.start("api")
    roles.start("scheduler")
    assert roles.get("/health/live")
    address = f"http://127.0.0.1:{roles.port}/health/ready"

    def refused() -> bool:
        with pytest.raises(urllib.error.HTTPError) as answer, urllib.request.urlopen(address, timeout=30):
            """Nobody is told that it is ready."""
        with answer.value:
            assert answer.value.code == 503
            return b"dateline migrate" in answer.value.read()

    eventually(refused, what="the way on")
    subprocess.run(
        [sys.executable, "-m", "services", "migrate"], check=True, env=os.environ, capture_output=True
    )
    assert eventually(lambda: roles.get("/v1/latest")["items"] == [], what="an answer")
    assert all(process.poll() is None for process in roles.running.values())


def test_the_tests_of_before_pass_on_the_schema_of_now(old_code, tmp_path):
    """What they write and read is what it was, column by column; `python -m tests.before` runs all that is wished."""
    folder = shutil.copytree(old_code, tmp_path / "before")
    give_our_schema(folder)
    found = [name for name in ON_THE_SCHEMA if (folder / name).exists()]
    assert found
    done = run_tests(folder, found)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
