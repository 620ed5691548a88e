"""What a dead worker had in hand is free within a tick; what a live one has stays its own; a good stop is nobody's death."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services import scheduler
from services.classify.labelling import orphans, store
from services.core import clock, desk
from services.core.db import transaction
from services.core.errors import UnavailableError
from services.core.liveness import holder
from services.ingest.store import catalogue, leases
from tests.fixtures.articles import Desk
from tests.fixtures.roles import eventually

CLAIM = """
import sys
from services.classify.labelling import store
from services.core import desk
from services.core.db import transaction
from services.core.errors import UnavailableError
from services.core.liveness.holder import holding
from services.ingest.store import leases
with holding():
    with transaction() as session:
        claimed = len(leases.claim(session, limit=5)), len(store.claim(session)), desk.claim(session) is not None
    print(*claimed, flush=True)
    sys.stdin.read()
"""
IN_HAND = (
    "SELECT (SELECT count(*) FROM feeds WHERE lease_until > now()), (SELECT count(*) FROM articles WHERE lease_until > now()),"
    " (SELECT count(*) FROM desk_requests WHERE lease_until > now())"
)
ATTEMPTS = "SELECT (SELECT max(attempts) FROM feeds), (SELECT max(attempts) FROM articles), (SELECT max(attempts) FROM desk_requests)"


def row(statement: str) -> tuple:
    with transaction() as session:
        return tuple(session.execute(text(statement)).one())


@pytest.fixture
def worker(service, desk: Desk):
    """A process that has one of each in hand."""
    desk.article(listed=False)
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd("https://one.example/feed")])
        session.execute(
            text("UPDATE feeds SET next_check_at = now() WHERE url <> 'https://one.example/feed'")
        )
        ask(session)
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIM],
        env=os.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    feeds, articles, request = process.stdout.readline().split()
    assert int(feeds) >= 1
    assert (articles, request) == ("1", "True")
    with transaction() as session:  # no lease runs out by itself, however long a test takes
        for table in ("feeds", "articles", "desk_requests"):
            longer = (
                f"UPDATE {table} SET lease_until = lease_until + interval '1 hour' WHERE lease_until > now()"
            )
            session.execute(text(longer))
    yield process
    process.kill()
    process.communicate()


def ask(session) -> None:
    desk.ask(session, "stats", {}, author="somebody")


def settled_server() -> None:
    """The grace after a start of the server is over."""
    eventually(
        lambda: row(f"SELECT pg_postmaster_start_time() < now() - interval '{holder.SERVER_GRACE_S} s'")[0],
        what="grace",
    )


def test_what_a_live_worker_has_in_hand_stays_its_own(worker):
    settled_server()
    before = row(IN_HAND)
    scheduler.tick()
    assert row(IN_HAND) == before
    assert min(before) >= 1


def test_what_a_killed_worker_had_in_hand_is_free_at_the_next_tick_and_counted(worker):
    settled_server()
    worker.send_signal(signal.SIGKILL)
    worker.wait()

    def freed() -> bool:
        scheduler.tick()
        return row(IN_HAND) == (0, 0, 0)

    eventually(freed, what="leases of the dead freed")
    assert row(ATTEMPTS) == (1, 1, 1)


def test_what_a_job_leaves_behind_is_free_when_it_ends(worker):
    settled_server()
    worker.communicate("")
    scheduler.tick()
    assert row(IN_HAND) == (0, 0, 0)


def test_a_lease_without_a_holder_runs_out_as_ever(service, desk: Desk):
    settled_server()
    desk.article(listed=False)
    with transaction() as session:
        assert len(store.claim(session)) == 1
    scheduler.tick()
    with transaction() as session:
        assert store.claim(session, limit=1, suspects=True) == []
    assert row(IN_HAND)[1] == 1


def test_an_end_of_the_server_is_not_held_against_what_was_in_hand(service, desk: Desk, monkeypatch):
    """Claimed before the server began, as far as the row tells."""
    settled_server()
    desk.article(listed=False)
    monkeypatch.setattr(store, "LEASE_S", 10_000_000)
    with transaction() as session:
        session.execute(
            text(
                "UPDATE articles SET attempts = 1, lease_token = '5.gone', lease_until = now() + interval '9 s'"
            )
        )
        orphans.free_orphans(session)
    assert row(IN_HAND)[1] == 0
    assert row(ATTEMPTS)[1] == 0


def test_what_was_in_hand_at_two_deaths_rests_before_the_next(service, desk: Desk):
    """So that three kills within seconds do not put a healthy article aside."""
    settled_server()
    desk.article(listed=False)
    rests = []
    for attempts in (1, 2):
        with transaction() as session:
            held = "UPDATE articles SET attempts = :n, lease_token = '5.gone', lease_until = now() + interval '29 s'"
            session.execute(text(held), {"n": attempts})
            orphans.free_orphans(session)
            rest = text("SELECT greatest(0, extract(epoch FROM lease_until - now())) FROM articles")
            rests.append(float(session.scalar(rest)))
            assert session.scalar(text("SELECT lease_token FROM articles")) is None
    assert rests[0] == 0
    assert holder.REST_S < rests[1] <= 2 * holder.REST_S


def test_two_holders_in_one_process_keep_apart(service):
    with holder.holding():
        outer = holder.prefix()
        with holder.holding():
            assert holder.prefix() not in {"", outer}
        assert holder.prefix() == outer
    assert holder.prefix() == ""


def test_a_worker_whose_clock_is_wrong_goes_by_the_databases(service, monkeypatch):
    monkeypatch.setattr(clock, "_told", [])
    monkeypatch.setattr(clock, "machine_now", lambda: datetime.now(UTC) + timedelta(hours=1))
    assert clock.utc_now() - datetime.now(UTC) > timedelta(minutes=59)
    with holder.holding():
        assert abs(clock.utc_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_feed_is_claimed_with_the_number_of_its_holder(service):
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd("https://one.example/feed")])
    with holder.holding(), transaction() as session:
        (feed,) = leases.claim(session, limit=1)
        assert feed.lease_token.startswith(holder.prefix())


def test_a_job_whose_connection_was_cut_takes_nothing_more_and_the_next_one_does(service, desk: Desk):
    """As after a failover: what it took would be taken from it at the next tick, as if it had died, again and again."""
    desk.article(listed=False)
    with holder.holding():
        row(
            f"SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND classid = {holder.HOLDERS}"
        )
        for _ in range(2):
            with pytest.raises(UnavailableError, match="ended the connection"), transaction() as session:
                store.claim(session)
    assert row("SELECT max(attempts) FROM articles") == (0,)
    with holder.holding(), transaction() as session:
        assert len(store.claim(session)) == 1
