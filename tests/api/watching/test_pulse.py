"""A loop that stands still is no sign of life; its process ends by itself and says where it stood."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from services.api.watching import pulse
from services.api.watching.pulse import Pulse
from services.core.health import examine
from services.core.liveness import rounds
from services.core.liveness.notify import Notifier
from services.embedded.roles import answers
from tests.fixtures.api_site import Site
from tests.fixtures.ports import free_port
from tests.fixtures.roles import Roles, eventually


@pytest.fixture
def clock(monkeypatch):
    """Time that stands still until it is moved."""
    now = [time.monotonic()]
    monkeypatch.setattr(pulse, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def ended(monkeypatch) -> list[float]:
    told: list[float] = []
    monkeypatch.setattr(pulse, "_end", told.append)
    return told


def beating() -> Pulse:
    """One that has marked once."""
    made = Pulse(Notifier({}))

    async def mark() -> None:
        task = asyncio.create_task(made.beat())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(mark())
    return made


def test_silence_is_the_time_since_the_last_mark(clock, ended):
    made = Pulse(Notifier({}))
    assert made.look() == 0, "it has not begun"
    made = beating()
    clock[0] += 17
    assert made.look() == pytest.approx(17)
    assert ended == []


def test_it_ends_at_the_second_look_that_finds_it_hung(clock, ended):
    made = beating()
    for _ in range(20):
        clock[0] += 5
        made.look()
        if ended:
            break
    assert rounds.HUNG_S + 5 < ended[0] <= rounds.HUNG_S + 15


def test_who_was_frozen_with_it_does_not_end_it(clock, ended):
    made = beating()
    for _ in range(5):
        clock[0] += rounds.HUNG_S * 3
        made.look()
    assert ended == []


def test_an_api_that_is_frozen_as_a_whole_is_told_by_the_doctor(service, desk, roles: Roles):
    """It cannot be asked itself, and nothing in it can say so."""
    asked = ("api",)
    assert [finding.says for finding in examine(asked)] == ["gives no sign of life: start `dateline api`."]
    api = roles.start("api")
    eventually(lambda: examine(asked)[0].ok, what="a sign of life")
    api.send_signal(signal.SIGSTOP)
    eventually(lambda: not examine(asked)[0].ok, what="silence")
    api.send_signal(signal.SIGCONT)
    eventually(lambda: examine(asked)[0].ok, what="a sign of life again")


def test_a_process_whose_loop_hangs_ends_and_says_where(service, desk, tmp_path):
    port = free_port()
    with (tmp_path / "api.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.api.watching.hung_api"],
            env=os.environ | {"DATELINE_BIND": f"127.0.0.1:{port}", "DATELINE_LOG_FORMAT": "json"},
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: answers(f"127.0.0.1:{port}"), what="an API")
        with suppress(OSError):
            Site(port, None).get("/hang")
        assert process.wait(timeout=150) == 1
    finally:
        process.kill()
        process.wait()
    log = (tmp_path / "api.log").read_text()
    assert "the loop that answers has not gone on for" in log
    assert "hung_api.py:12: this process ends" in log
