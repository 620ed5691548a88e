import shutil
import signal
import socket

import pytest

from services.embedded.home import open_home
from services.embedded.process import start
from services.embedded.programs import find_valkey
from services.embedded.valkey import start_valkey, valkey_server
from tests.embedded.programs import is_alive


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


def ask(url, command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(url.removeprefix("unix://"))
        connection.sendall(command.encode() + b"\r\n")
        return connection.recv(4096).decode()


def test_a_queue_survives_a_stop(home):
    running = start_valkey(home)
    assert ask(running.url, "LPUSH queue hint") == ":1\r\n"
    running.stop()
    assert running.process.returncode == 0
    running = start_valkey(home)
    assert ask(running.url, "LLEN queue") == ":1\r\n"
    running.stop()


def test_a_queue_survives_a_kill(home):
    running = start_valkey(home)
    assert ask(running.url, "LPUSH queue hint") == ":1\r\n"
    running.process.send_signal(signal.SIGKILL)
    running.stop()
    running = start_valkey(home)
    assert ask(running.url, "LLEN queue") == ":1\r\n"
    running.stop()


def test_it_is_set_up_to_keep_hints_and_to_evict_none(home):
    running = start_valkey(home)
    said = ask(running.url, "CONFIG GET append* save maxmemory* port")
    running.stop()
    words = said.split("\r\n")[2::2]
    assert dict(zip(words[::2], words[1::2], strict=False)) | {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": str(256 * 2**20),
        "maxmemory-policy": "noeviction",
        "port": "0",
    } == dict(zip(words[::2], words[1::2], strict=False))


def test_one_that_an_earlier_run_left_is_ended_first(home):
    left = start_valkey(home)
    successor = start_valkey(home)
    assert not is_alive(left.process.pid)
    assert ask(successor.url, "PING") == "+PONG\r\n"
    successor.stop()
    left.stop()


def test_a_server_of_the_system_does_as_well(home, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "redis-server"
    program.parent.mkdir()
    shutil.copy(find_valkey(), program)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr("services.embedded.programs.package_folder", lambda name: None)
    server = valkey_server(home)
    assert server.child.argv[0] == str(program)
    running = start(server, home.log / "valkey.log")
    assert ask(running.url, "PING") == "+PONG\r\n"
    running.stop()
