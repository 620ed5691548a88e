"""The broker under fire: restarts under a working worker, killed pool processes, and the guard that makes it live."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection
from kombu.transport.redis import Channel, QoS

from services.core import broker, cache, db, kombu_guards, pool
from services.core.db import transaction
from services.core.errors import ConfigurationError, UnavailableError
from services.core.liveness.notify import Notifier
from services.core.queues import Job, Queue
from services.embedded.home import Home, open_home
from services.embedded.process import Running
from services.embedded.valkey import start_valkey
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import eventually


@dataclass
class Floor:
    """A broker of this test alone, and the worker on it."""

    folder: Path
    home: Home
    server: Running
    worker: subprocess.Popen[bytes] | None = None

    def start_worker(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "tests.core.slow_worker", str(self.folder)],
                env=os.environ | {"REMAP_SIGTERM": "SIGQUIT"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def count(self, name: str) -> int:
        return len(self.pids(name))

    def pids(self, name: str) -> list[int]:
        file = self.folder / name
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def let_go(self, yes: bool) -> None:
        (self.folder / "go").touch() if yes else (self.folder / "go").unlink(missing_ok=True)

    def kill_and_restart_broker(self) -> None:
        self.server.process.send_signal(signal.SIGKILL)
        self.server.stop()
        self.server = start_valkey(self.home)

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            try:
                self.worker.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.worker.kill()
                self.worker.wait()
        self.server.stop()

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()


@pytest.fixture
def floor(service: pytest.MonkeyPatch) -> Iterator[Floor]:
    folder = Path(tempfile.mkdtemp(prefix="dateline-floor-"))  # a socket's path must be short
    home = open_home(folder / "home")
    running = Floor(folder, home, start_valkey(home))
    service.setenv("DATELINE_REDIS_URL", running.server.url)
    forget_connections()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_worker_lives_through_restarts_of_the_broker_with_jobs_in_flight(floor):
    """Twice a kill of the broker under two jobs in hand and more that wait; each time work goes on."""
    floor.start_worker()
    for _ in range(2):
        floor.let_go(False)
        for _ in range(4):
            assert broker.send(Job.FETCH_FEEDS)
        eventually(lambda: floor.count("started") - floor.count("done") >= 2, what="two jobs in hand")
        done = floor.count("done")
        floor.kill_and_restart_broker()
        floor.let_go(True)
        assert eventually(lambda: broker.send(Job.FETCH_FEEDS), what="a hint sent again")
        eventually(lambda: cache.queue_length(Queue.FETCH) == 0, what="the hint taken from the new broker")
        eventually(lambda done=done: floor.count("done") >= done + 2, what="work going on")
        assert floor.worker.poll() is None, floor.log()
    assert "NoneType" not in floor.log()


def test_a_job_whose_process_was_killed_is_done_by_another(floor):
    floor.start_worker()
    assert broker.send(Job.FETCH_FEEDS)
    (first,) = eventually(lambda: floor.pids("started"), what="the job in hand")
    os.kill(first, signal.SIGKILL)
    _, second = eventually(
        lambda: floor.pids("started") if floor.count("started") == 2 else None, what="a second start"
    )
    floor.let_go(True)
    eventually(lambda: floor.count("done") == 1, what="the job done")
    assert floor.pids("done") == [second] != [first]
    assert floor.worker.poll() is None


def test_a_worker_told_to_stop_ends_in_time_and_its_job_is_not_lost(floor):
    """What it could not finish within the grace lies in the queue for the next one."""
    floor.start_worker()
    assert broker.send(Job.FETCH_FEEDS)
    eventually(lambda: floor.pids("started"), what="the job in hand")
    floor.worker.terminate()
    assert floor.worker.wait(timeout=60) is not None
    floor.let_go(True)
    floor.start_worker()
    eventually(lambda: floor.count("done") == 1, what="the job done by the next worker")


def test_nothing_but_lines_of_json_stand_in_the_log_of_a_worker(floor):
    """At the death of a process and at a stop, where Celery and its pool write past all loggers."""
    floor.start_worker()
    assert broker.send(Job.FETCH_FEEDS)
    (first,) = eventually(lambda: floor.pids("started"), what="the job in hand")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: floor.count("started") == 2, what="a second start")
    floor.let_go(True)
    eventually(lambda: floor.count("done") == 1, what="the job done")
    floor.worker.terminate()
    assert floor.worker.wait(timeout=60) is not None
    told = [json.loads(line) for line in floor.log().splitlines()]
    messages = " ".join(line["message"] for line in told)
    assert "exited with 'signal 9 (SIGKILL)'" in messages
    assert "shutdown (MainProcess)" in messages


class GoneConnection:
    """A connection that kombu has just closed."""

    client = None


class OrphanedChannel(Channel):
    """A channel left over from a connection that is gone; kombu's own would insist on a live one."""

    def __init__(self) -> None:
        self.connection = GoneConnection()


class Told(Notifier):
    """Counts how often it was told that the work goes on, and that it is ready."""

    def __init__(self) -> None:
        super().__init__({})
        self.went_on = self.was_ready = 0

    def goes_on(self) -> None:
        self.went_on += 1

    def ready(self) -> None:
        self.was_ready += 1


def guarded(monkeypatch) -> Told:
    """Set the guards for this test alone."""
    told = Told()
    monkeypatch.setattr(Channel, "_connparams", Channel._connparams)
    monkeypatch.setattr(QoS, "ack", QoS.ack)
    monkeypatch.setattr(Connection, "_ensure_connection", Connection._ensure_connection)
    kombu_guards.install(told)
    return told


def test_the_guard_makes_a_lost_connection_an_error_that_kombu_expects(monkeypatch):
    channel = OrphanedChannel()
    with pytest.raises(AttributeError, match="hostname"):
        channel._connparams()  # what the guard is for; when kombu mends it, the guard can go
    guarded(monkeypatch)
    with pytest.raises(redis.exceptions.ConnectionError, match="the broker connection is closed"):
        channel._connparams()


def test_a_broker_that_is_away_is_looked_for_once_a_second_and_not_ever_more_seldom(service, monkeypatch):
    guarded(monkeypatch)
    service.setenv("DATELINE_REDIS_URL", "unix:///nowhere/redis.sock")
    forget_connections()
    waits = []

    def noted(_error, interval):
        waits.append(interval)
        if len(waits) == 9:
            raise KeyboardInterrupt

    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _seconds: None)
    with broker.app().connection_for_read() as connection, pytest.raises(KeyboardInterrupt):
        connection.ensure_connection(noted, None)
    assert max(waits) <= 1
    assert waits[0] < 1


def test_who_waits_for_the_broker_or_looks_for_it_says_so_each_time(floor, monkeypatch):
    """A broker that is frozen is waited for 15 s each time; that is no silence of 90."""
    told = guarded(monkeypatch)
    assert broker.send(Job.FETCH_FEEDS)
    assert told.went_on > 1, "it asked and was answered"
    assert told.was_ready == 0
    floor.server.process.kill()
    floor.server.process.wait()
    before = told.went_on
    assert not broker.send(Job.FETCH_FEEDS), "one sentence in the log, and no error of ours"
    assert told.went_on > before
    assert told.was_ready > 0, "who looks for a broker that is away is as ready as can be"


def test_a_unix_socket_has_another_name_in_celery():
    assert broker.celery_url("unix:///run/r.sock") == "redis+socket:///run/r.sock"
    assert broker.celery_url("redis://h:1/0") == "redis://h:1/0"


def test_a_job_outlives_neither_its_limit_nor_the_time_its_message_may_be_out():
    assert broker.OPTIONS["task_time_limit"] < broker.VISIBILITY_S
    assert broker.OPTIONS["broker_transport_options"]["visibility_timeout"] == broker.VISIBILITY_S


def test_a_forked_process_takes_connections_of_its_own_and_gets_ready(service, monkeypatch):
    with transaction():
        pass
    inherited = db.engine().pool
    calls = []

    def not_yet() -> None:
        calls.append("first")
        raise UnavailableError("The database does not answer.")

    monkeypatch.setattr(pool, "_warm_ups", [not_yet, lambda: calls.append("second")])
    pool._begin_process()
    assert db.engine().pool is not inherited
    assert calls == ["first", "second"]
    inherited.dispose()


def test_a_worker_that_begins_waits_for_the_database_before_it_forks(monkeypatch):
    monkeypatch.setattr(pool, "LOOK_EVERY_S", 0)
    away, calls = [UnavailableError("away"), UnavailableError("away still")], []

    def in_the_end() -> None:
        calls.append("tried")
        if away:
            raise away.pop()

    def never() -> None:
        calls.append("wrong")
        raise ConfigurationError("no rulebook")

    monkeypatch.setattr(pool, "_warm_ups", [in_the_end, never])
    pool.get_ready()
    assert calls == ["tried"] * 3 + ["wrong"]
    away.append(UnavailableError("for good"))
    monkeypatch.setattr(pool, "PATIENCE_S", -1)
    pool.get_ready()
    assert calls == ["tried"] * 3 + ["wrong", "tried", "wrong"]


def test_a_hint_that_cannot_be_acknowledged_takes_no_place_for_ever(service, monkeypatch):
    guarded(monkeypatch)
    with broker.app().connection_for_read() as connection, connection.SimpleQueue("desk") as waiting:
        channel = waiting.consumer.channel
        channel.basic_qos(0, 1, False)
        waiting.put({})
        message = waiting.get(timeout=60)
        assert not channel.qos.can_consume()
        with monkeypatch.context() as frozen:

            def away(*_args, **_values):
                raise redis.TimeoutError("Timeout reading from socket")

            frozen.setattr(channel.qos, "_remove_from_indices", away)
            message.ack()
        assert channel.qos.can_consume()
