"""The file in which a role says that it goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.core.liveness.pulse import Phase, Pulse, Writer, life_of, read

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc, as containers have it"
)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "pulse"


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin:
        yield process
    process.wait()


def test_what_is_written_is_read_and_the_last_word_counts(path):
    writer = Writer(str(path))
    for phase, at in ((Phase.STARTING, 123456789.125), (Phase.READY, 7.5), (Phase.STOPPING, 8.0)):
        writer.write(phase, at)
        found = read(path)
        assert found == Pulse(os.getpid(), life_of(os.getpid()), phase, at)
        assert found.beats_in()
    assert len(path.read_text().splitlines()) == 1


def test_where_nobody_wants_to_know_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Writer("").write(Phase.READY, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "1 2 ready", "1 2 ready soon", "1 2 resting 3.0", "1 2 ready 3.0 4", "\ufffd"]
)
def test_a_file_that_says_something_else_is_none(path, text):
    path.write_text(text)
    assert read(path) is None


def test_a_process_that_ended_has_no_pulse_nor_has_another_of_its_number(sleeper):
    life = life_of(sleeper.pid)
    assert Pulse(sleeper.pid, life, Phase.READY, 1).beats_in()
    assert not Pulse(sleeper.pid, life - 1, Phase.READY, 1).beats_in(), "of a former life"
    sleeper.stdin.close()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert life_of(sleeper.pid) is None, "dead, if not buried"


def test_a_living_process_keeps_its_file(path, sleeper):
    theirs = Pulse(sleeper.pid, life_of(sleeper.pid), Phase.READY, 1)
    path.write_text(f"{theirs.pid} {theirs.life} {theirs.phase} {theirs.at}\n")
    writer = Writer(str(path))
    writer.write(Phase.READY, 2)
    assert read(path) == theirs
    sleeper.stdin.close()
    sleeper.wait()
    writer.write(Phase.READY, 3)
    assert read(path).at == 3, "who is left is the one that leads"


def test_what_a_former_life_of_the_same_number_left_is_overwritten(path):
    path.write_text(f"{os.getpid()} 1 stopping 1.0\nand more of it")
    Writer(str(path)).write(Phase.READY, 2)
    assert path.read_text().split() == [str(os.getpid()), str(life_of(os.getpid())), "ready", "2.000"]


def test_a_pulse_that_cannot_be_written_is_no_error_and_comes_when_it_can(tmp_path):
    path = tmp_path / "not yet" / "pulse"
    writer = Writer(str(path))
    writer.write(Phase.READY, 1)
    path.parent.mkdir()
    writer.write(Phase.READY, 2)
    assert read(path).at == 2
    path.unlink()
    writer.write(Phase.READY, 3)
    writer.write(Phase.READY, 4)
    assert read(path).at == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_pulse_that_can_be_written_no_more_is_withdrawn(path):
    """An old one would be taken for silence."""
    writer = Writer(str(path))
    writer.write(Phase.READY, 1)
    path.unlink()
    path.symlink_to("/dev/full")
    writer.write(Phase.READY, 2)
    assert not path.is_symlink()
    assert read(path) is None
