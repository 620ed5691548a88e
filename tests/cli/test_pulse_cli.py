"""`dateline pulse`, with real roles: one that hangs is ended, and nobody else."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from services.cli import pulse
from services.core.liveness.pulse import Phase, Pulse, life_of, read
from services.core.liveness.vigil import Patience
from tests.fixtures.command import Run
from tests.fixtures.roles import ROLES, Roles, eventually

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc, as containers have it"
)

PATIENCE = Patience(silent=20)
"""More than a busy machine lets a role that is well wait for its turn."""
SPEAKING = """
import sys, time
from services.core.liveness.notify import Notifier
notifier = Notifier()
notifier.ready()
while True:
    notifier.goes_on()
    time.sleep(0.1)
"""
DEAF = """
import os, signal, time
from services.core.liveness.notify import Notifier
notifier = Notifier()
signal.signal(signal.SIGABRT, signal.SIG_IGN)
notifier.ready()
if os.fork(): print(flush=True)
while True: time.sleep(60)
"""
ENDS = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL}
"""What tells where threads stood reads the stacks of those that run, and now and then faults over one; on a busy machine it may take too long."""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "pulse"


@pytest.fixture
def stand_in(path):
    """A program whose pulse is in `path`."""
    started = []

    def start(code: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=os.environ | {"PULSE_FILE": str(path)}, start_new_session=True
        )
        started.append(process)
        eventually(lambda: ready(path), what="a pulse")
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ready(path: Path) -> Pulse | None:
    """The pulse of a role that is at work."""
    found = read(path)
    return found if found is not None and found.phase is Phase.READY else None


def write(path: Path, pid: int, phase: Phase, ago: float, *, life: int | None = None) -> None:
    path.write_text(f"{pid} {life or life_of(pid)} {phase} {time.monotonic() - ago}\n")


def test_roles_that_are_frozen_are_ended_and_say_where_they_stood(roles: Roles, tmp_path):
    """Whoever keeps them starts them again. Of one the whole group is frozen; the others lead threads and processes that live on."""
    paths = {role: tmp_path / f"{role}.pulse" for role in ROLES}
    running = {
        role: roles.start(*words, PULSE_FILE=str(paths[role]), DATELINE_LOG_FORMAT="json")
        for role, words in ROLES.items()
    }
    for role, process in running.items():
        first = eventually(lambda p=paths[role]: ready(p), what=f"the first pulse of {role}")
        assert first.pid == process.pid, role
        eventually(lambda p=paths[role], f=first: read(p).at > f.at, what=f"another pulse of {role}")
        assert pulse.look_after(paths[role], PATIENCE, sure=5) == "", role
        assert process.poll() is None
    for role, process in running.items():
        os.killpg(process.pid, signal.SIGSTOP) if role == "ingest" else process.send_signal(signal.SIGSTOP)
    for role, process in running.items():
        said = eventually(
            lambda p=paths[role]: pulse.look_after(p, PATIENCE, sure=5), what=f"the end of {role}"
        )
        assert said.startswith(f"what leads this container (process {process.pid}) had not gone on for "), (
            said
        )
        assert said.endswith(" s and was ended; its log says where it stood.")
        assert process.wait(timeout=120) in ENDS
        log = roles.log("-".join(ROLES[role]))
        assert "Fatal Python error: Aborted" in log
        told = json.loads(next(line for line in log.splitlines() if "what leads this container" in line))
        assert (told["level"], told["logger"]) == ("ERROR", "services.cli.pulse")
        assert pulse.look_after(paths[role], PATIENCE, sure=5) == "", "what it left is no other's"


def test_a_role_that_was_told_to_stop_says_so(roles: Roles, path):
    process = roles.start("scheduler", PULSE_FILE=str(path))
    eventually(lambda: ready(path), what="the first pulse")
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert read(path).phase is Phase.STOPPING


@pytest.mark.parametrize("role", ["api", "scheduler", "ingest"])
def test_a_role_whose_servers_are_away_has_a_pulse(role, roles: Roles, path):
    away = {
        "DATELINE_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x",
        "DATELINE_REDIS_URL": "unix:///nowhere/redis.sock",
    }
    process = roles.start(*ROLES[role], PULSE_FILE=str(path), **away)
    first = eventually(lambda: ready(path), what="a role that tries")
    eventually(lambda: read(path).at > first.at, what="another pulse")
    assert first.pid == process.pid
    assert process.poll() is None


def test_one_that_hears_no_abort_is_killed_with_its_processes(stand_in, path):
    process = stand_in(DEAF)
    others = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    (child,) = eventually(others.read_text, what="its child").split()
    eventually(lambda: pulse.look_after(path, Patience(silent=4), sure=1), what="its end")
    assert process.wait(timeout=60) == -signal.SIGKILL
    eventually(lambda: life_of(int(child)) is None, what="the end of its child")


def test_who_goes_on_after_all_stays(stand_in, path):
    """All of us were frozen, as by `docker pause`: the look finds a pulse that is old, and a role that goes on while it waits."""
    process = stand_in(SPEAKING)
    process.send_signal(signal.SIGSTOP)
    eventually(lambda: time.monotonic() - read(path).at > 5, what="silence")
    again = threading.Timer(1, process.send_signal, [signal.SIGCONT])
    again.start()
    assert pulse.look_after(path, Patience(silent=5), sure=3600) == ""
    again.join()
    assert process.poll() is None


@pytest.mark.parametrize(
    ("phase", "ago", "life"),
    [
        (Phase.READY, 60, None),
        (Phase.READY, 3600, 1),
        (Phase.STARTING, 500, None),
        (Phase.STOPPING, 500, None),
    ],
    ids=["in time", "of a former life", "begins", "stops"],
)
def test_nobody_is_ended_who_has_time_left(path, phase, ago, life):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        write(path, process.pid, phase, ago, life=life)
        assert pulse.look_after(path, Patience(), sure=1) == ""
        process.communicate(b"\n", timeout=60)
    assert process.returncode == 0


def test_before_anything_leads_nobody_is_silent(tmp_path, run: Run, monkeypatch):
    monkeypatch.setenv("PULSE_FILE", str(tmp_path / "pulse"))
    assert run("pulse").code == 0


def test_without_a_place_for_the_pulse_it_is_used_wrongly(run: Run, monkeypatch):
    monkeypatch.delenv("PULSE_FILE", raising=False)
    done = run("pulse")
    assert done.code == 2
    assert done.err.startswith("dateline: PULSE_FILE is not set: ")


def test_the_command_ends_what_hangs_and_says_so(stand_in, path, run: Run, monkeypatch):
    process = stand_in(DEAF)
    monkeypatch.setattr(pulse, "SURE_S", 1.0)
    monkeypatch.setenv("PULSE_FILE", str(path))
    eventually(lambda: time.monotonic() - read(path).at > 20, what="silence")
    done = run("pulse", "--silent", "20")
    assert done.code == 1
    assert done.err.startswith(
        f"dateline: what leads this container (process {process.pid}) had not gone on for "
    )
    assert process.wait(timeout=60) == -signal.SIGKILL


def test_looking_imports_none_of_the_heavy_parts(path):
    """Every container does it all the time."""
    code = (
        "import sys; from services.cli import cli; cli(['pulse'], standalone_mode=False); "
        "print([m for m in ('celery', 'sqlalchemy', 'logging', 'services.core.settings') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PULSE_FILE": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
