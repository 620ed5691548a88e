"""A role that is told to stop does so: at whatever moment of its start, and whatever it waits for."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.liveness.stopped_start import group
from tests.fixtures.roles import eventually

ROLES = {
    "api": ("api",),
    "scheduler": ("scheduler",),
    "ingest": ("worker", "ingest"),
    "stories": ("worker", "stories"),
}
MOMENTS = 9


@pytest.fixture
def environment(service: pytest.MonkeyPatch) -> dict[str, str]:
    return os.environ | {
        "DATELINE_WORKER_PROCESSES": "2",
        "DATELINE_LOG_FORMAT": "json",
        "REMAP_SIGTERM": "SIGQUIT",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_is_told_to_stop_while_it_starts_ends(role, environment, tmp_path: Path):
    """At moments that are spread over all calls of a start, so that no window is missed because the machine is fast or slow."""
    words = (
        sys.executable,
        "-m",
        "tests.core.liveness.stopped_start",
        str(tmp_path),
        str(MOMENTS),
        *ROLES[role],
    )
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == MOMENTS, done.stderr
    for told in found:
        assert told["code"] in {0, -signal.SIGTERM}, told
        assert told["left"] == [], told
        assert "Traceback" not in told["said"], told


@pytest.mark.parametrize("running", [False, True], ids=["before it is ready", "when it has said that it is"])
def test_a_worker_does_not_wait_for_processes_that_are_not_ready(running, environment, tmp_path: Path):
    log = tmp_path / "log"
    with log.open("ab") as output:
        words = (sys.executable, "-m", "tests.core.liveness.slow_start", str(tmp_path))
        worker = subprocess.Popen(
            words, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        eventually((tmp_path / "beginning").exists, what="a process that gets ready")
        if running:
            eventually(lambda: " ready." in log.read_text(), what="a worker that runs")
        worker.terminate()
        worker.wait(timeout=60)
        assert worker.returncode == 0, log.read_text()
        eventually(lambda: not group(worker.pid), what="the end of its processes")
    finally:
        if group(worker.pid):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.mark.parametrize("moment", ["looked-for", "begun", "all-begun"])
def test_a_worker_that_is_told_to_stop_at_the_end_of_its_start_tells_no_story(
    moment, environment, tmp_path: Path
):
    log = tmp_path / "log"
    with log.open("ab") as output:
        words = (sys.executable, "-m", "tests.core.liveness.stopped_at_worst", moment)
        worker = subprocess.Popen(
            words, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        assert worker.wait(timeout=120) == 0, log.read_text()
        eventually(lambda: not group(worker.pid), what="the end of its processes")
        assert "Traceback" not in log.read_text()
    finally:
        if group(worker.pid):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def test_who_is_told_to_stop_and_does_not_is_ended(tmp_path: Path):
    code = "from services.core.liveness import stopping; import time; stopping.within(0.1); time.sleep(600)"
    done = subprocess.run(
        [sys.executable, "-c", code], timeout=120, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "told to stop" in done.stderr


HELD = {
    "the list of threads": "with threading._active_limbo_lock:\n    signal.raise_signal(signal.SIGTERM)\n    time.sleep(600)",
    "a log that nobody reads": "timer.start()\nwhile True:\n    logging.warning('word ' * 1000)",
}


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_whatever_the_main_thread_holds_it_is_ended(held):
    code = (
        "import logging, os, signal, threading, time\nfrom services.core.liveness import stopping\nlogging.basicConfig()\n"
        "signal.signal(signal.SIGTERM, lambda *_: stopping.within(0.1))\n"
        "timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM))\n" + held
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(timeout=60) == 1
        finally:
            process.kill()


def test_a_request_to_stop_at_a_random_moment_of_a_wait_is_heard():
    """The scheduler's loop without its pauses, a hundred times; with `threading.Event` some seventy of them hang."""
    words = (sys.executable, "-m", "tests.core.liveness.told_while_waiting", "100")
    done = subprocess.run(words, timeout=600, check=False, capture_output=True, text=True)
    assert json.loads(done.stdout) == {"ended": 100, "hung": 0}, done.stderr
