"""A role that says nothing is ended and started again, in a time that counts only while the supervisor is awake."""

import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from services.core.liveness.notify import Notifier
from services.core.liveness.vigil import ABORT_S, Patience, Verdict
from services.core.settings import load
from services.embedded import watch
from services.embedded.roles import ROLES, role_children
from services.embedded.watch import Watch, untold
from tests.embedded.programs import is_alive

STAND_INS = Path(__file__).with_name("stand_ins.py")
PATIENCE = Patience(silent=90, start=600)


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Time that stands still until it is moved."""
    now = [1000.0]
    monkeypatch.setattr(watch, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="dateline-run-"))  # a socket's path must be short
    yield made
    shutil.rmtree(made)


@pytest.fixture
def kept(folder, clock):
    made = Watch("ingest", folder, PATIENCE)
    yield made
    made.close()
    assert list(folder.iterdir()) == []


def say(kept: Watch, *words: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto("\n".join(words).encode(), kept.told({})["NOTIFY_SOCKET"])
    kept.hear()


def passes(kept: Watch, clock: list[float], seconds: int) -> list[Verdict]:
    """What is to be done at the end of each second."""
    found = []
    for _ in range(seconds):
        clock[0] += 1
        found.append(kept.look())
    return found


NOTHING, ABORT, KILL = [Verdict.NOTHING], [Verdict.ABORT], [Verdict.KILL]


def test_who_is_silent_once_he_was_ready_is_told_to_abort_and_then_killed(kept, clock):
    say(kept, "READY=1")
    assert passes(kept, clock, 89) == NOTHING * 89
    assert passes(kept, clock, 1) == ABORT
    assert kept.hung == "had not gone on for 90 s"
    assert passes(kept, clock, int(ABORT_S) + 1) == NOTHING * (int(ABORT_S) - 1) + KILL * 2


def test_who_says_that_he_goes_on_stays(kept, clock):
    say(kept, "READY=1", "STATUS=well")
    for _ in range(5):
        assert passes(kept, clock, 89) == NOTHING * 89
        say(kept, "WATCHDOG=1")
    assert kept.hung == ""


def test_who_is_never_ready_has_longer(kept, clock):
    assert passes(kept, clock, 599) == NOTHING * 599
    say(kept, "WATCHDOG=1")
    assert passes(kept, clock, 1) == ABORT
    assert kept.hung == "was not ready after 600 s"


def test_who_was_told_to_stop_has_longer_too(kept, clock):
    say(kept, "READY=1")
    say(kept, "STOPPING=1")
    assert passes(kept, clock, 599) == NOTHING * 599
    assert passes(kept, clock, 1) == ABORT
    assert kept.hung == "was told to stop and had not ended after 600 s"


def test_a_sleep_of_the_machine_or_of_the_supervisor_is_no_silence(kept, clock):
    say(kept, "READY=1")
    for _ in range(80):
        clock[0] += 3600
        assert kept.look() is Verdict.NOTHING


def test_a_new_life_begins_with_nothing_said(kept, clock):
    say(kept, "READY=1")
    passes(kept, clock, 95)
    say(kept, "READY=1")
    kept.begin()
    assert kept.hung == ""
    assert passes(kept, clock, 599) == NOTHING * 599


def test_a_role_is_told_where_to_speak_and_how_often_and_nothing_of_who_keeps_us(kept, folder, clock):
    ours = {
        "NOTIFY_SOCKET": "/run/systemd/notify",
        "WATCHDOG_PID": "7",
        "WATCHDOG_USEC": "1",
        "PULSE_FILE": "/tmp/p",
        "PATH": "/bin",
    }
    assert untold(ours) == {"PATH": "/bin"}
    told = kept.told(ours)
    assert told == {
        "PATH": "/bin",
        "NOTIFY_SOCKET": str(folder / "ingest.say"),
        "WATCHDOG_USEC": "90000000",
    }
    Notifier(told).ready()
    kept.hear()
    assert passes(kept, clock, 90) == NOTHING * 89 + ABORT, "it was heard: else it would have ten minutes"


def test_what_a_run_that_was_killed_left_is_no_hindrance(kept, folder, clock):
    Watch("api", folder, PATIENCE)._socket.close()
    assert (folder / "api.say").exists()
    again = Watch("api", folder, PATIENCE)
    say(again, "READY=1")
    assert passes(again, clock, 90) == NOTHING * 89 + ABORT, "it is heard: else it would have ten minutes"
    again.close()


def test_every_role_is_watched_and_has_a_name_that_fits():
    children = role_children(load({}, {}), database_url="d", redis_url="r", terminal=False)
    assert [child.name for child in children if child.watched] == list(ROLES)
    assert max(len(f"{name}.say") for name in ROLES) <= len(".s.PGSQL.5432"), "what homes are measured for"


@pytest.fixture
def supervise(run_program, folder):
    """Stand-ins under a supervisor that bears a silence of so many seconds."""

    def start(seconds: float, *names: str):
        return run_program(STAND_INS, "watch", folder, str(seconds), *names)

    return start


def test_a_role_that_is_frozen_says_where_it_stood_and_is_started_again(supervise, folder):
    program = supervise(15, "speaking-1", "speaking-2")
    first, other = (
        int(program.wait_for(rf"^{name} +\| main (\d+)$")[0][1]) for name in ("speaking-1", "speaking-2")
    )
    os.kill(first, signal.SIGSTOP)
    program.wait_for(
        r"^speaking-1 had not gone on for \d+ s and was ended; it is started again in 0\.5 s "
        r"\(log: .*/speaking-1\.log\)\. The log says where it stood; if that comes again and again, "
    )
    second = int(program.wait_for(r"^speaking-1 +\| main (\d+)$", times=2)[1][1])
    assert is_alive(second)
    assert not is_alive(first)
    assert is_alive(other), "who speaks stays"
    assert "speaking-1 had not gone on for" in (folder / "supervisor.log").read_text()
    log = (folder / "speaking-1.log").read_text()
    assert "Fatal Python error: Aborted" in log
    assert "Fatal Python error" not in program.output, "the screen has the sentence"
    assert 'File "<string>", line' in log
    assert "speaking-2 had" not in program.output
    assert program.end() == 0


def test_one_that_hears_no_abort_is_killed_with_its_processes(supervise):
    program = supervise(5, "deaf")
    main = int(program.wait_for(r"^deaf +\| main (\d+)$")[0][1])
    grandchild = int(program.wait_for(r"^deaf +\| grandchild (\d+)$")[0][1])
    program.wait_for(r"^deaf had not gone on for \d+ s and was ended; ")
    assert not is_alive(main)
    assert not is_alive(grandchild)
    program.wait_for(r"^deaf +\| main (\d+)$", times=2)
    assert program.end() == 0


def test_without_a_place_for_sockets_roles_run_and_it_is_said(run_program, folder):
    program = run_program(STAND_INS, "watch", folder / ("long" * 40), "5", "speaking")
    program.wait_for(r"^speaking is not ended should it hang: no socket can be made in ")
    program.wait_for(r"^speaking +\| main (\d+)$")
    assert program.end() == 0
