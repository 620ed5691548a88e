import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.programs import ROOT, descendants, eventually, is_alive, search_path

STAND_INS = Path(__file__).with_name("stand_ins.py")


def pids_of(program, name, word="main", times=1):
    return [int(found[1]) for found in program.wait_for(rf"^{name} +\| {word} (\d+)$", times)]


@pytest.fixture
def supervise(run_program, tmp_path):
    def start(*names):
        program = run_program(STAND_INS, "supervise", tmp_path, *names)
        for name in names:
            if name != "short":
                program.wait_for(rf"^{name} +\| main \d+$")
        return program

    return start


def test_a_child_that_is_killed_is_started_again_and_said_so(supervise):
    program = supervise("plain")
    (first,) = pids_of(program, "plain")
    os.kill(first, signal.SIGKILL)
    program.wait_for(r"^plain was ended by SIGKILL; it is started again in 0\.5 s \(log: .*plain\.log\)\.$")
    second = int(program.wait_for(r"^plain +\| main (\d+)$", times=2)[1][1])
    assert is_alive(second)
    assert second != first


def test_a_child_that_keeps_ending_is_started_ever_more_slowly(supervise):
    program = supervise("short")
    said = program.wait_for(r"^short ended with exit code 0; it is started again in ([\d.]+) s", times=3)
    assert [found[1] for found in said[:3]] == ["0.5", "1", "2"]


def test_grandchildren_go_with_a_child_that_is_killed(supervise):
    program = supervise("pool")
    (main,) = pids_of(program, "pool")
    (grandchild,) = pids_of(program, "pool", "grandchild")
    os.kill(main, signal.SIGKILL)
    program.wait_for(r"^pool +\| main (\d+)$", times=2)
    assert not is_alive(grandchild)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_stops_everything_and_leaves_no_process(supervise, number):
    program = supervise("plain-1", "pool", "stubborn", "plain-2")
    pool_grandchild = pids_of(program, "pool", "grandchild")
    everybody = descendants(program.process.pid) | set(pool_grandchild)
    assert len(everybody) == 6  # with the guardian
    assert program.end(number) == 0
    assert [pid for pid in everybody if is_alive(pid)] == []


def test_a_second_signal_leaves_out_the_patience(supervise):
    program = supervise("stubborn-forgiven")  # it would be waited for until long after the end of this test
    (stubborn,) = pids_of(program, "stubborn-forgiven")
    program.process.send_signal(signal.SIGINT)
    eventually(lambda: not program.process.send_signal(signal.SIGINT) and not is_alive(stubborn))
    program.wait()
    assert not is_alive(stubborn)


@pytest.mark.parametrize("guarded", [True, False], ids=["guardian", "PDEATHSIG alone"])
def test_nobody_is_left_when_the_supervisor_is_killed(supervise, guarded):
    program = supervise("plain", "pool", "stubborn")
    everybody = descendants(program.process.pid)
    if not guarded:  # then the grandchild of `pool`, which does nothing for it, would stay
        guardian = int(program.wait_for(r"^guardian (\d+)$")[0][1])
        (grandchild,) = pids_of(program, "pool", "grandchild")
        os.kill(program.process.pid, signal.SIGSTOP)  # so that it starts no other guardian
        os.kill(guardian, signal.SIGKILL)
        everybody -= {grandchild}
    program.process.kill()
    eventually(lambda: not any(is_alive(pid) for pid in everybody))
    assert not any(is_alive(pid) for pid in everybody)
    if not guarded:
        os.kill(grandchild, signal.SIGKILL)


def test_a_guardian_that_is_killed_has_a_successor(supervise):
    program = supervise("pool", "plain")
    guardian = int(program.wait_for(r"^guardian (\d+)$")[0][1])
    (plain,) = pids_of(program, "plain")
    before = descendants(program.process.pid)
    os.kill(guardian, signal.SIGKILL)
    eventually(lambda: len(descendants(program.process.pid) - before) == 1)
    os.kill(plain, signal.SIGKILL)  # who starts it again has told the new guardian of everybody before
    pids_of(program, "plain", times=2)
    everybody = descendants(program.process.pid)
    assert guardian not in everybody
    program.process.kill()
    eventually(lambda: not any(is_alive(pid) for pid in everybody))


def test_what_children_say_is_in_their_logs_too(supervise, tmp_path):
    program = supervise("plain", "pool")
    (main,) = pids_of(program, "plain")
    pids_of(program, "pool", "grandchild")
    program.end()
    assert (tmp_path / "plain.log").read_text() == f"main {main}\n"
    assert "grandchild" in (tmp_path / "pool.log").read_text()


def test_a_reader_that_does_not_read_holds_nothing_up(run_program, tmp_path):
    """Standard output is a pipe nobody empties; the supervisor still stops in time."""
    process = subprocess.Popen(
        [sys.executable, STAND_INS, "supervise", tmp_path, "chatty"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": search_path()},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        log = tmp_path / "chatty.log.1"
        eventually(log.exists)  # ten megabytes have gone by
        everybody = descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
        assert [pid for pid in everybody if is_alive(pid)] == []
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
