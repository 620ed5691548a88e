"""A process that works shows that it goes on; one that hangs is seen, ended and replaced, and long work is no silence."""

import logging
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from services.core.health import examine_role
from services.core.liveness import beats, rounds
from services.core.liveness.rounds import Rounds
from tests.fixtures.roles import Roles, eventually
from tests.test_stories_role import below


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@contextmanager
def wedged():
    """A fork of ours that does nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads here: the fork needs none
        pid = os.fork()
    if not pid:
        while True:
            signal.pause()
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


@pytest.fixture
def moment(monkeypatch) -> float:
    """Time stands still in this process: how long a test takes is no silence."""
    now = time.monotonic()
    monkeypatch.setattr(rounds, "monotonic", lambda: now)
    return now


def marked(kept: Rounds, pid: int, ago: float, monkeypatch) -> None:
    """As if a process had marked some time ago."""
    at = rounds.monotonic() - ago
    with monkeypatch.context() as there:
        there.setattr(os, "getpid", lambda: pid)
        there.setattr(rounds, "monotonic", lambda: at)
        kept.mark(1)


def test_silence_is_that_of_the_most_silent_process(child, moment, monkeypatch):
    kept = Rounds(2)
    assert kept.look() == 0
    marked(kept, child.pid, 17, monkeypatch)
    assert kept.look() == pytest.approx(17)


def test_a_process_that_is_no_child_of_ours_says_nothing(monkeypatch):
    kept = Rounds(2)
    marked(kept, os.getppid(), 500, monkeypatch)
    assert kept.look() == 0


def test_who_hangs_is_ended_at_the_second_look_and_not_when_we_slept_ourselves(child, moment, monkeypatch):
    kept = Rounds(2)
    marked(kept, child.pid, rounds.HUNG_S + 5, monkeypatch)
    with monkeypatch.context() as later:
        kept.look()
        later.setattr(rounds, "monotonic", lambda: moment + 60)
        kept.look()  # a minute after the last look: everybody was frozen
    assert child.poll() is None
    marked(kept, child.pid, rounds.HUNG_S + 5, monkeypatch)
    for _ in range(3):
        kept.look()
    assert child.wait(timeout=120) == -signal.SIGKILL
    assert kept.look() == 0


def test_who_hangs_before_his_first_mark_is_seen_and_ended(moment, monkeypatch):
    """Forked and wedged at once, as by a lock that another thread held."""
    kept = Rounds(2)
    with wedged() as hung:
        assert kept.look() == 0
        monkeypatch.setattr(rounds, "monotonic", lambda: moment + rounds.HUNG_S + 5)
        kept._looked = rounds.monotonic()  # we have looked meanwhile
        assert min(kept.look() for _ in range(2)) > rounds.HUNG_S
        assert os.waitstatus_to_exitcode(os.waitpid(hung, 0)[1]) == -signal.SIGKILL
    assert kept.look() == 0


def test_a_program_that_we_started_is_none_of_the_processes_that_work(child, moment, monkeypatch):
    kept = Rounds(2)
    eventually(lambda: b"sys.stdin" in Path(f"/proc/{child.pid}/cmdline").read_bytes(), what="its start")
    kept.look()
    monkeypatch.setattr(rounds, "monotonic", lambda: moment + 500)
    assert kept.look() == 0


def test_silence_is_logged_once_when_it_is_first_noticed(child, moment, monkeypatch, caplog):
    kept = Rounds(2)
    kept.look()
    marked(kept, child.pid, rounds.NOTICED_S + 2, monkeypatch)
    with caplog.at_level(logging.WARNING, logger=rounds.__name__):
        for _ in range(3):
            kept.look()
    (told,) = caplog.messages
    assert told == f"process {child.pid} has not gone on for 17 s; after 40 s it is ended"


def test_long_work_is_no_silence():
    kept = Rounds(1)
    kept.keep_marking(0)
    first = kept._marks()
    assert eventually(lambda: kept._marks() != first, what="a mark beside the work")


def test_a_worker_whose_process_is_frozen_turns_red_and_mends_itself(service, roles: Roles):
    worker = roles.start("worker", "stories")
    (frozen,) = eventually(lambda: below(worker.pid), what="a process that works")
    eventually(lambda: examine_role("stories").ok, what="the first sign of life")
    os.kill(frozen, signal.SIGSTOP)
    assert beats.STALE_S < rounds.HUNG_S
    eventually(lambda: not examine_role("stories").ok, seconds=120, what="red")
    eventually(lambda: frozen not in below(worker.pid), seconds=120, what="the end of the frozen one")
    eventually(lambda: below(worker.pid) and examine_role("stories").ok, seconds=120, what="green again")
    assert worker.poll() is None
