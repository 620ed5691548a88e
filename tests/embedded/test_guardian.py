import signal
import subprocess
import sys

from services.embedded.guardian import end_all, read_wards


def test_who_was_forgotten_is_not_on_the_list():
    assert read_wards([b"+10 9\n", b"+11 2\n", b"-10 0\n", b"+12 15\n"]) == {11: 2, 12: 15}


def start(program):
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.stdout.close()
    return process


def test_a_server_ends_by_its_own_signal():
    """The zombie it becomes, since this test reaps it late, does not count as alive."""
    server = start(
        "import signal, sys; signal.signal(2, lambda *_: sys.exit(3)); print('here', flush=True); signal.pause()"
    )
    end_all({server.pid: int(signal.SIGINT)}, patience=20)
    assert server.wait() == 3


def test_one_that_does_not_listen_is_killed_after_the_patience():
    server = start(
        "import signal; signal.signal(2, signal.SIG_IGN); print('here', flush=True); signal.pause()"
    )
    end_all({server.pid: int(signal.SIGINT)}, patience=0.1)
    assert server.wait() == -signal.SIGKILL


def test_one_that_has_gone_already_is_no_error():
    gone = start("print('here', flush=True)")
    ended = gone.wait()
    end_all({gone.pid: int(signal.SIGINT)})
    assert gone.returncode == ended == 0
