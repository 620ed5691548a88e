"""What publishers see of us, whatever number of workers and schedulers runs: one request at a time, and a pause between."""

from itertools import pairwise

import pytest
from sqlalchemy import text

from newswire.press import RunningPress, running_press
from services.core.db import transaction
from services.ingest.store import adding
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import Roles, eventually
from tests.fixtures.silence import silent_server

PAUSE = 0.3


def add(*urls: str) -> None:
    with transaction() as session:
        adding.add(session, [adding.FeedToAdd(url) for url in urls])


def unread() -> list[str]:
    """Feeds that were never read."""
    with transaction() as session:
        return list(session.scalars(text("SELECT url FROM feeds WHERE ok_at IS NULL")))


def beating() -> set[str]:
    """Roles that have given a sign of life."""
    with transaction() as session:
        return set(session.scalars(text("SELECT role FROM beats")))


def starts(press: RunningPress) -> list[float]:
    """When the press was asked for a feed, over all outlets."""
    return sorted(at for row in press.stats().values() for at in row["starts"])


def test_one_host_is_asked_one_at_a_time_with_a_pause_whoever_asks(service: pytest.MonkeyPatch, roles: Roles):
    """Thirty feeds on one address, due at once, for two workers of two processes and two schedulers."""
    service.setenv("DATELINE_FETCH_HOST_PAUSE", str(PAUSE))
    service.setenv("DATELINE_WORKER_PROCESSES", "2")
    service.setenv("DATELINE_SCHEDULER_TICK", "0.05")
    forget_connections()
    with running_press(seed=3, feeds=30, entries=3, shared=True) as press:
        add(*(press.feed_url(outlet.slug) for outlet in press.outlets))
        for number in (1, 2):
            roles.start("worker", "ingest", name=f"ingest-{number}")
            roles.start("scheduler", name=f"scheduler-{number}")
        eventually(lambda: not unread(), what="a look at all thirty feeds")
        asked = starts(press)
        assert len(asked) == 30, "each of them once"
        assert min(later - earlier for earlier, later in pairwise(asked)) >= PAUSE
        assert all("+http" in agent for row in press.stats().values() for agent in row["agents"])


def test_hosts_that_do_not_answer_hold_up_nobody_else(service: pytest.MonkeyPatch, roles: Roles):
    """One process that has four feeds in hand at most; three hosts are silent for as long as they are let: a minute, in which a busy machine
    looks at three others, each through the one place that is left.
    """
    service.setenv("DATELINE_FETCH_BATCH", "4")
    service.setenv("DATELINE_FETCH_TIMEOUT", "60")
    service.setenv("DATELINE_WORKER_PROCESSES", "1")
    forget_connections()
    with (
        silent_server() as one, silent_server() as two, silent_server() as three,
        running_press(seed=3, feeds=8, entries=3) as press,
    ):  # fmt: skip
        roles.start("worker", "ingest")
        roles.start("scheduler")
        eventually(lambda: beating() == {"ingest", "scheduler"}, what="both at work")
        add(one, two, three)
        add(*(press.feed_url(outlet.slug) for outlet in press.outlets))
        eventually(
            lambda: read_while_waiting(one, two, three) >= 3, what="others, while three are waited for"
        )
        eventually(lambda: len(unread()) == 3, what="a look at everybody else")
        assert set(unread()) == {one, two, three}


def read_while_waiting(*silent: str) -> int:
    """How many feeds were read so far; 0 once one of these was given up."""
    with transaction() as session:
        found = session.execute(
            text(
                "SELECT count(*) FILTER (WHERE url = ANY(:silent) AND checked_at IS NULL), count(ok_at) FROM feeds"
            ),
            {"silent": list(silent)},
        ).one()
    return found[1] if found[0] == len(silent) else 0
