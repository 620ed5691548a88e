"""A process goes by the database's clock where its own is off, and counts from there: a clock that is set meanwhile changes nothing."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.core import clock

HOUR = timedelta(hours=1)
JUMPS = """
import sys
from services.core import clock
started = clock.machine_now()
if sys.argv[1] == "told":
    clock.set_by(started, clock.asking())
open(sys.argv[2], "w").write("+1h")
while (clock.machine_now() - started).total_seconds() < 3000:
    pass
print((clock.utc_now() - started).total_seconds())
"""


@pytest.fixture
def machine(monkeypatch):
    """A machine whose clock and counter stand still: `clock` is what it shows, `counter` the seconds that passed."""
    shows = {"clock": datetime(2026, 11, 28, tzinfo=UTC), "counter": 100.0}
    monkeypatch.setattr(clock, "_told", [])
    monkeypatch.setattr(clock, "machine_now", lambda: shows["clock"])
    monkeypatch.setattr(clock, "_passed", lambda: shows["counter"])
    return shows


def test_nobody_told_us_so_we_go_by_the_machine(machine):
    assert clock.utc_now() == machine["clock"]


@pytest.mark.parametrize("off", [HOUR, -HOUR, timedelta(seconds=3), timedelta(seconds=-3)])
def test_a_clock_that_is_off_is_not_gone_by(machine, off: timedelta):
    theirs = machine["clock"] + off
    clock.set_by(theirs, clock.asking())
    machine["counter"] += 5
    assert clock.utc_now() == theirs + timedelta(seconds=5)


@pytest.mark.parametrize("off", [timedelta(seconds=1), timedelta(seconds=-1)])
def test_a_clock_that_is_right_keeps_its_own_moment(machine, off: timedelta):
    clock.set_by(machine["clock"] + off, clock.asking())
    assert clock.utc_now() == machine["clock"]


def test_an_answer_that_took_long_is_no_difference(machine):
    """It was true when it was given, at some moment since it was asked for."""
    asked, began = clock.asking(), machine["clock"]
    machine["counter"] += 30
    machine["clock"] += timedelta(seconds=30)
    clock.set_by(began + timedelta(seconds=1), asked)
    assert clock.utc_now() == machine["clock"]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_meanwhile_changes_nothing_until_the_database_is_asked_again(machine, jump):
    began = machine["clock"]
    clock.set_by(began, clock.asking())
    machine["clock"] += jump
    machine["counter"] += 2
    assert clock.utc_now() == began + timedelta(seconds=2)
    clock.set_by(began + timedelta(seconds=2), clock.asking())
    assert clock.utc_now() == began + timedelta(seconds=2)


@pytest.mark.parametrize(("told", "hours"), [("told", 0), ("untold", 1)])
def test_a_jump_of_the_systems_own_clock(tmp_path: Path, told: str, hours: int):
    """The same with a clock of the system that jumps (libfaketime), in a process of its own."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("needs libfaketime (Debian package `faketime`)")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    faked = {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", JUMPS, told, str(offset)], env={**os.environ, **faked}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) // 3600 == hours
