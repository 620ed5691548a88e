"""What a role tells who keeps it: that it is ready, and that its work goes on, and only while it does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from services.core.health import examine, examine_role
from services.core.liveness import notify
from services.core.liveness.notify import Notifier
from services.core.liveness.pulse import Phase, read
from tests.fixtures.listening import Listener
from tests.fixtures.roles import ROLES, Roles, eventually

KINDS = ["a path", *(["an abstract name"] if sys.platform == "linux" else [])]


def elsewhere(speak: Callable[[], None]) -> None:
    """In a thread beside, and in a process that is forked."""
    beside = threading.Thread(target=speak)
    beside.start()
    beside.join()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads here: the fork needs none
        pid = os.fork()
    if not pid:
        speak()
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.fixture(params=KINDS)
def listener(request):
    folder = Path(tempfile.mkdtemp(prefix="dateline-say-")) if request.param == "a path" else None
    made = Listener(folder)
    yield made
    made.close()
    if folder is not None:
        shutil.rmtree(folder)


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Time that stands still until it is moved."""
    now = [1000.0]
    monkeypatch.setattr(notify, "monotonic", lambda: now[0])
    return now


def test_it_says_once_that_it_is_ready_and_from_time_to_time_that_it_goes_on(listener, clock):
    environ = listener.environment(seconds=20) | {"WATCHDOG_PID": str(os.getpid()), "PATH": "/bin"}
    notifier = Notifier(environ)
    assert environ == {"PATH": "/bin"}, "who is started from here must not speak for it"
    notifier.ready()
    notifier.ready()
    for _ in range(11):
        notifier.goes_on()
        clock[0] += 1
    notifier.stopping()
    assert listener.settled() == ["READY=1", *["WATCHDOG=1"] * 3, "STOPPING=1"]
    assert listener.who() <= {os.getpid()}


def test_a_long_patience_is_told_all_the_same_every_few_seconds(listener, clock):
    notifier = Notifier(listener.environment(seconds=3600))
    for _ in range(25):
        notifier.goes_on()
        clock[0] += 1
    assert listener.settled() == [*["WATCHDOG=1"] * 3]


@pytest.mark.parametrize(
    "asked", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}]
)  # fmt: skip
def test_who_is_not_asked_to_say_that_he_goes_on_does_not(listener, asked):
    notifier = Notifier({"NOTIFY_SOCKET": listener.address} | asked)
    notifier.goes_on()
    notifier.ready()
    assert listener.settled() == ["READY=1"]


def test_a_thread_beside_and_a_forked_process_are_not_heard(listener):
    notifier = Notifier(listener.environment(seconds=1))

    def speak() -> None:
        notifier.ready()
        notifier.goes_on()
        notifier.stopping()

    elsewhere(speak)
    assert notifier.silence() == 0, "it has not begun"
    notifier.stopping()
    assert listener.settled() == ["STOPPING=1"]


def test_silence_is_the_time_since_it_last_went_on(clock):
    notifier = Notifier({})
    assert notifier.silence() == 0
    notifier.goes_on()
    clock[0] += 17
    assert notifier.silence() == 17


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(address):
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"})
    notifier.ready()
    notifier.goes_on()
    assert notifier.silence() < 90, "and the work is known to go on"


def test_who_listens_and_does_not_read_is_not_waited_for(tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="dateline-say-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(folder / "say"))
        notifier = Notifier({"NOTIFY_SOCKET": str(folder / "say")})
        for _ in range(5000):
            notifier.stopping()
        deaf.setblocking(False)
        taken = 0
        with suppress(BlockingIOError):
            while deaf.recv(64) == b"STOPPING=1":
                taken += 1
    shutil.rmtree(folder)
    assert 0 < taken < 5000, "what fitted in, and no more"


def test_the_pulse_says_how_far_it_has_come_and_every_few_seconds_that_it_goes_on(tmp_path, clock):
    path = tmp_path / "pulse"
    environ = {"PULSE_FILE": str(path)}
    notifier = Notifier(environ)
    assert environ == {}, "who is started from here must not speak for it"
    for _ in range(5):
        notifier.goes_on()
        found = read(path)
        assert (found.pid, found.phase, found.at) == (os.getpid(), Phase.STARTING, 1000), "it has not begun"
        clock[0] += 5
    clock[0] = 1000
    notifier.ready()
    assert read(path).phase is Phase.READY
    told = []
    for _ in range(7):
        clock[0] += 1
        notifier.goes_on()
        told.append(read(path).at)
    assert told == [1000, 1000, 1003, 1003, 1003, 1006, 1006]
    clock[0] += 1
    for _ in range(9):
        notifier.stopping()
        notifier.ready()
        notifier.goes_on()
        found = read(path)
        assert (found.pid, found.phase, found.at) == (os.getpid(), Phase.STOPPING, 1008)
        clock[0] += 5


def test_a_thread_beside_and_a_forked_process_give_no_pulse(tmp_path, clock):
    path = tmp_path / "pulse"
    notifier = Notifier({"PULSE_FILE": str(path)})
    notifier.ready()
    before = path.read_text()
    clock[0] += 60
    elsewhere(notifier.goes_on)
    assert path.read_text() == before
    notifier.goes_on()
    assert path.read_text() != before


@pytest.mark.parametrize("role", ROLES)
def test_every_role_says_that_it_is_ready_and_goes_on_by_its_leading_process_alone(
    role, listener, roles: Roles
):
    process = roles.start(*ROLES[role], **listener.environment(seconds=4))
    eventually(lambda: "READY=1" in listener.words(), what="a role that is ready")
    if role == "api":
        assert roles.get("/health/live")
    eventually(lambda: listener.words().count("WATCHDOG=1") >= 4, what="word that it goes on")
    process.terminate()
    assert process.wait(timeout=120) == 0, roles.log("-".join(ROLES[role]))
    eventually(lambda: "STOPPING=1" in listener.words(), what="word that it stops")
    assert listener.words().count("READY=1") == 1
    assert listener.who() <= {process.pid}


@pytest.mark.parametrize("role", ["api", "scheduler", "ingest"])
def test_a_role_whose_servers_are_away_is_ready_and_goes_on_trying(role, listener, roles: Roles):
    """Who keeps it must not end it for that."""
    away = {
        "DATELINE_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x",
        "DATELINE_REDIS_URL": "unix:///nowhere/redis.sock",
    }
    process = roles.start(*ROLES[role], **listener.environment(seconds=4), **away)
    eventually(lambda: "READY=1" in listener.words(), what="a role that tries")
    now = listener.words().count("WATCHDOG=1")
    eventually(lambda: listener.words().count("WATCHDOG=1") >= now + 3, what="word that it goes on trying")
    assert process.poll() is None


def test_a_leader_that_hangs_while_its_processes_idle_says_nothing_and_turns_red(service, listener, tmp_path):
    words = (sys.executable, "-m", "tests.core.liveness.hung_leader", str(tmp_path))
    with (tmp_path / "log").open("ab") as log:
        worker = subprocess.Popen(
            words,
            env=os.environ | listener.environment(seconds=4),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(lambda: "WATCHDOG=1" in listener.words(), what="word that it goes on")
        eventually(lambda: examine_role("stories").ok, what="the first sign of life")
        (tmp_path / "hang").touch()
        eventually((tmp_path / "hangs").exists, what="a leader that hangs")
        before = listener.settled()
        eventually(lambda: not examine_role("stories").ok, what="red")
        said = "runs, and what leads it has not gone on for "
        eventually(lambda: any(f.says.startswith(said) for f in examine()), what="a sentence of the doctor")
        assert listener.settled() == before, "a thread beside spoke for it"
        assert worker.poll() is None
        worker.send_signal(signal.SIGABRT)
        assert worker.wait(timeout=60) == -signal.SIGABRT
        assert 'hung_leader.py", line' in (tmp_path / "log").read_text(), "it says where it stood"
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
