"""`dateline up` whole, on real servers, with stand-ins for the roles."""

import json
import os
import shutil
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from services.core.settings import bind_beside, load
from services.embedded.admin import admin_token_file
from services.embedded.roles import ROLES, role_children
from services.embedded.up import _desk
from tests.embedded.programs import descendants, eventually, is_alive
from tests.fixtures import ports
from tests.fixtures.servers import make_reachable_folder

STAND_INS = Path(__file__).with_name("stand_ins.py")


@pytest.fixture
def folder():
    made = make_reachable_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def free_port():
    return ports.free_port()


@pytest.fixture
def up(run_program, folder, free_port):
    def start(**env):
        settings = {"DATELINE_HOME": str(folder / "home"), "DATELINE_BIND": f"127.0.0.1:{free_port}"}
        return run_program(STAND_INS, "up", folder / "service", env=settings | env)

    return start


def addresses(folder):
    return json.loads((folder / "home" / "run" / "urls.json").read_text())


def ask(url, statement):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchall()


def test_it_runs_stops_and_runs_again_with_its_data(up, folder, free_port):
    program = up(DATELINE_FETCH_ALLOW="127.0.0.0/8")
    program.wait_for(r"^Dateline runs after [\d.]+ s\.$")
    program.wait_for(r"^  front page +http://127\.0\.0\.1:\d+/$")
    program.wait_for(r"^first round: 3 of 3 feeds, 2 ok, 1 failing, 1,234 articles$")
    token = (folder / "home" / "admin-token").read_text().strip()
    assert any(
        line.startswith("  rules ")
        and line.endswith("/editor (sign in with what `dateline tokens admin` prints)")
        for line in program.lines
    )
    assert token not in program.output
    found = addresses(folder)
    assert found["pid"] == program.process.pid
    beside = {"DATELINE_HOME": str(folder / "home")}
    assert bind_beside(beside, {}) == f"127.0.0.1:{free_port}", "commands ask where it listens"
    assert list(map(str, load(beside, {}).fetch_allow)) == ["127.0.0.0/8"], "and reach what it reaches"
    with psycopg.connect(found["database_url"].replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 41 + 1 AS answer")
    everybody = descendants(program.process.pid)
    assert program.end(signal.SIGINT) == 0
    assert program.lines[-1] == "Stopped; nothing is left running."
    assert [pid for pid in everybody if is_alive(pid)] == []
    assert not (folder / "home" / "run" / "urls.json").exists()

    again = up()
    again.wait_for(r"^Dateline runs after")
    assert ask(addresses(folder)["database_url"], "SELECT answer FROM kept") == [(42,)]
    assert (folder / "home" / "admin-token").read_text().strip() == token
    assert again.end() == 0


def test_an_administrators_token_that_is_set_is_used_and_none_is_made(up, folder):
    program = up(DATELINE_ADMIN_TOKEN="sesame")
    program.wait_for(r"^  rules +http://127\.0\.0\.1:\d+/editor \(sign in with DATELINE_ADMIN_TOKEN\)$")
    assert not (folder / "home" / "admin-token").exists()
    assert program.end() == 0


def test_on_a_terminal_the_line_for_editors_is_a_link_that_signs_in(tmp_path):
    token = admin_token_file(tmp_path)
    secret = token.read_text().strip()
    front = "http://127.0.0.1:8000"
    assert _desk(front, token, terminal=True) == f"{front}/editor#{secret}"
    assert secret not in _desk(front, token, terminal=False)
    assert _desk(front, None, terminal=True) == f"{front}/editor (sign in with DATELINE_ADMIN_TOKEN)"


def test_the_api_alone_is_told_where_the_administrators_token_lies(tmp_path):
    children = role_children(
        load({}, {}), database_url="d", redis_url="r", terminal=False, admin_token=tmp_path / "admin-token"
    )
    told = {child.name: child.env.get("DATELINE_ADMIN_TOKEN_FILE") for child in children}
    assert told == dict.fromkeys(ROLES) | {"api": str(tmp_path / "admin-token")}


def test_killed_outright_it_leaves_no_process_and_starts_again(up, folder):
    program = up()
    program.wait_for(r"^Dateline runs after")
    with psycopg.connect(addresses(folder)["database_url"].replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    everybody = descendants(program.process.pid)
    program.process.kill()
    again = up()  # at once, while the old servers may still be ending
    again.wait_for(r"^Dateline runs after")
    assert [pid for pid in everybody if is_alive(pid)] == []
    assert ask(addresses(folder)["database_url"], "SELECT answer FROM kept") == [(42,)]
    assert again.end() == 0


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_server_that_is_killed_comes_back_and_is_said_so(up, folder, server):
    program = up()
    program.wait_for(r"^Dateline runs after")
    found = addresses(folder)
    if server == "postgres":
        ((pid,),) = ask(
            found["database_url"], "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int"
        )
    else:
        pid = int((folder / "home" / "run" / "valkey.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    program.wait_for(rf"^{server} was ended by SIGKILL; it is started again in 0\.5 s")

    def answers():
        try:
            return ask(found["database_url"], "SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    eventually(answers, program.describe)
    assert program.end() == 0


def test_a_second_one_on_the_same_home_is_refused_naming_the_first(up):
    first = up()
    first.wait_for(r"^Dateline runs after")
    second = up()
    assert second.wait() == 1
    assert f"`dateline up` (process {first.process.pid})" in second.output
    assert second.output.count("\n") == 0
    assert first.end() == 0


def test_a_port_that_is_taken_is_refused_before_anything_starts(up, folder, free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        program = up()
        assert program.wait() == 1
    assert len(program.lines) == 1
    assert program.output.startswith(f"refused: Port {free_port} is taken by ")
    assert f"(process {os.getpid()}): stop that, or set DATELINE_BIND to another, " in program.output
    assert not (folder / "home" / "postgresql").exists()


def test_a_list_that_is_not_there_is_refused_before_anything_starts(up, folder):
    program = up(DATELINE_FEEDS="/nope.opml")
    assert program.wait() == 1
    assert "/nope.opml cannot be read: No such file or directory." in program.output
    assert not (folder / "home" / "postgresql").exists()


def test_a_configured_database_that_does_not_answer_is_one_sentence_without_its_password(up, free_port):
    program = up(DATELINE_DATABASE_URL=f"postgresql://me:sesame@127.0.0.1:{free_port}/news")
    assert program.wait() == 1
    assert "refused: The database of DATELINE_DATABASE_URL takes no connection" in program.output
    assert f"port {free_port} failed: Connection refused." in program.output
    assert "sesame" not in program.output


def test_configured_servers_are_used_and_none_are_started(up, folder, database_url, redis_url):
    program = up(DATELINE_DATABASE_URL=database_url, DATELINE_REDIS_URL=redis_url)
    program.wait_for(r"^Dateline runs after")
    assert not (folder / "home" / "postgresql").exists()
    assert not (folder / "home" / "valkey").exists()
    assert program.end() == 0


def test_a_home_with_a_path_too_long_for_sockets_works_too(up, folder):
    home = folder / ("long-" * 20)
    program = up(DATELINE_HOME=str(home))
    program.wait_for(r"^Dateline runs after")
    found = json.loads((home / "run" / "urls.json").read_text())
    assert ask(found["database_url"], "SELECT 1") == [(1,)]
    assert program.end() == 0
    shutil.rmtree(Path(found["redis_url"].removeprefix("unix://")).parent)


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no file system here that even root cannot write"
)
def test_a_home_that_cannot_be_written_is_one_sentence(up):
    program = up(DATELINE_HOME="/proc/dateline-home")
    assert program.wait() == 1
    assert program.lines == [program.output]
    assert program.output.startswith("refused: The data folder /proc/dateline-home cannot be used: ")
