"""`dateline worker stories` as an operator runs it: hinted, doubled, stopped, killed, succeeded by another."""

import os
import signal
from pathlib import Path

import pytest

from services.core import broker
from services.core.queues import Job
from tests.classify.stories.test_stories import EVENTS
from tests.fixtures.database import sql
from tests.fixtures.roles import Roles, eventually

REPORTS = [report for pair in EVENTS.values() for report in pair]


def decided() -> bool:
    return sql("SELECT (SELECT seq FROM story_state) = (SELECT max(seq) FROM changes)") == [(True,)]


def publish(desk, reports) -> None:
    """The change log hints; a hint too many makes no difference."""
    for n, (title, body) in enumerate(reports):
        desk.article(title, text=body, source=f"s{n % 3}.example")
        broker.send(Job.GROUP_STORIES)


def below(leader: int) -> list[int]:
    """The processes that work, below the one that listens."""
    return [int(number) for number in Path(f"/proc/{leader}/task/{leader}/children").read_text().split()]


def test_it_decides_what_is_published_and_stores_its_memory_when_it_is_stopped(desk, roles: Roles):
    worker = roles.start("worker", "stories", DATELINE_WORKER_PROCESSES="3")
    publish(desk, REPORTS[:6])
    eventually(decided, what="the last decision")
    assert len(sql("SELECT 1 FROM story_articles")) == 6
    assert len(below(worker.pid)) == 1, "one process, whatever the setting says"
    assert sql("SELECT count(*) > 0 FROM story_steps") == [(True,)]
    worker.terminate()
    worker.wait(timeout=60)
    assert sql("SELECT count(*) FROM story_steps") == [(0,)], roles.log("worker-stories")
    assert sql("SELECT snapshot_step = step FROM story_state") == [(True,)]


@pytest.mark.parametrize("whom", ["the process that works", "all of the worker"])
def test_one_that_is_killed_is_succeeded(desk, roles: Roles, whom):
    worker = roles.start("worker", "stories", name="first")
    publish(desk, REPORTS[:4])
    eventually(decided, what="the first decisions")
    (working,) = below(worker.pid)
    if whom == "the process that works":
        os.kill(working, signal.SIGKILL)
    else:
        roles.start("worker", "stories", name="second")
        os.killpg(worker.pid, signal.SIGKILL)
    publish(desk, REPORTS[4:12])
    eventually(decided, what="the decisions of the one that came after")
    assert len(sql("SELECT 1 FROM story_articles")) == 12
    assert sql("SELECT count(*), max(id) FROM stories") == [(6, 6)]
