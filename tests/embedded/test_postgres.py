"""The embedded PostgreSQL on its own, as whichever user runs the tests."""

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from services.core.errors import ConfigurationError, DatelineError, UnavailableError
from services.embedded import account, postgres
from services.embedded.home import open_home
from services.embedded.postgres import postgres_server
from services.embedded.process import start
from tests.embedded.programs import descendants, eventually, is_alive
from tests.fixtures.servers import make_reachable_folder

STAND_INS = Path(__file__).with_name("stand_ins.py")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a place apart")


@pytest.fixture(scope="module")
def folder():
    made = make_reachable_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def made_home(folder):
    """A data folder with its database made, no server running; tests leave it so."""
    home = open_home(folder / "home")
    server_of(home, folder)
    return home


def server_of(home, folder):
    runs_as = account.server_account(create=False) if account.is_root() else None
    return postgres_server(home, durable=False, account=runs_as, below=folder / "service")


@pytest.fixture
def running(made_home, folder):
    running = start(server_of(made_home, folder), made_home.log / "postgres.log")
    yield running
    running.stop()


def ask(url, statement):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchone()


def test_its_database_is_utf8_with_an_order_that_is_the_same_everywhere(running):
    found = ask(
        running.url,
        "SELECT current_database(), pg_encoding_to_char(encoding), datcollate, datctype"
        " FROM pg_database WHERE datname = current_database()",
    )
    assert found[:2] == ("dateline", "UTF8")
    assert found[2] == found[3]
    assert found[2] in {"C.UTF-8", "C"}


def test_it_listens_on_its_socket_alone_and_only_its_owner_gets_there(running):
    assert ask(running.url, "SHOW listen_addresses") == ("",)
    (run,) = ask(running.url, "SHOW unix_socket_directories")
    found = Path(run.strip('"')).stat()
    assert stat.S_IMODE(found.st_mode) == 0o700
    if os.geteuid() != 0:
        assert found.st_uid == os.geteuid()


def test_words_in_other_scripts_are_folded(running):
    if ask(running.url, "SELECT datctype FROM pg_database WHERE datname = 'dateline'") == ("C",):
        pytest.skip("this system has no C.UTF-8: its PostgreSQL folds ASCII only")
    assert ask(running.url, "SELECT lower('АЛМАТЫ Ğ')") == ("алматы ğ",)


def test_it_stops_cleanly_with_a_session_open_and_leaves_no_process(made_home, folder):
    running = start(server_of(made_home, folder), made_home.log / "postgres.log")
    connection = psycopg.connect(running.url.replace("+psycopg", ""))
    everybody = descendants(running.process.pid) | {running.process.pid}
    running.stop()
    assert running.process.returncode == 0
    assert [pid for pid in everybody if is_alive(pid)] == []
    connection.close()


def test_what_was_committed_outlives_an_end_at_once(made_home, folder):
    """Followers were told of it. Here without any fsync; the server ends in the moment after the commit, and the machine does not."""
    running = start(server_of(made_home, folder), made_home.log / "postgres.log")
    with psycopg.connect(running.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS told (number int)")
        connection.execute("TRUNCATE told")
        for number in range(20):
            connection.execute("INSERT INTO told VALUES (%s)", (number,))
        running.process.send_signal(signal.SIGQUIT)
    running.process.wait(timeout=120)
    running.stop()
    again = start(server_of(made_home, folder), made_home.log / "postgres.log")
    try:
        assert ask(again.url, "SELECT count(*) FROM told") == (20,)
    finally:
        again.stop()


def test_a_process_file_with_the_number_of_somebody_else_is_no_hindrance(made_home, folder):
    """After a reboot or in a container the old number may belong to anybody, here to a `sleep`."""
    with subprocess.Popen(["sleep", "600"]) as somebody:
        try:
            server = server_of(made_home, folder)
            pid_file = server.data / "postmaster.pid"
            pid_file.write_text(f"{somebody.pid}\n{server.data}\n1\n5432\n/nowhere\n\n")
            if server.child.account is not None:
                os.chown(pid_file, server.child.account.uid, server.child.account.gid)
            running = start(server, made_home.log / "postgres.log")
            assert ask(running.url, "SELECT 1") == (1,)
            running.stop()
            assert somebody.poll() is None
        finally:
            somebody.kill()


def test_one_that_an_earlier_run_left_is_ended_first(run_program, made_home, folder):
    program = run_program(STAND_INS, "postgres", made_home.path, folder / "service")
    orphan = int(program.wait_for(r"^(\d+) postgresql")[0][1])
    program.process.send_signal(signal.SIGSTOP)  # so that it neither stops nor restarts anything
    running = start(server_of(made_home, folder), made_home.log / "postgres.log")
    assert not is_alive(orphan)
    assert ask(running.url, "SELECT 1") == (1,)
    running.stop()


def test_it_ends_with_the_process_that_started_it(run_program, made_home, folder):
    program = run_program(STAND_INS, "postgres", made_home.path, folder / "service")
    pid = int(program.wait_for(r"^(\d+) postgresql")[0][1])
    everybody = descendants(pid) | {pid}
    program.process.kill()
    eventually(lambda: not any(is_alive(each) for each in everybody))
    assert "database system is shut down" in (made_home.log / "postgres.log").read_text()


def test_data_of_another_version_are_refused_untouched(made_home, folder):
    version = server_of(made_home, folder).data / "PG_VERSION"
    held = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(
            ConfigurationError, match=r"holds data of PostgreSQL 14 and the programs found are \d+\.\d+"
        ):
            server_of(made_home, folder)
        assert version.read_text() == "14\n"
    finally:
        version.write_text(held)


def test_a_making_that_was_cut_short_is_begun_anew(folder):
    home = open_home(folder / "cut")
    data = server_of(home, folder).data
    shutil.rmtree(data)
    (data.with_name(f".{data.name}.new")).mkdir()
    (data.with_name(f".{data.name}.new") / "PG_VERSION").write_text("")
    assert (server_of(home, folder).data / "global" / "pg_control").exists()


@as_root
def test_as_root_it_runs_under_another_account_and_no_parent_folder_changes(folder, tmp_path):
    watched = [*folder.parents, *tmp_path.parents, Path.home(), Path("/var/lib"), Path("/var")]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]
    home = open_home(tmp_path / "home")
    running = start(server_of(home, folder), home.log / "postgres.log")
    owner = Path(f"/proc/{running.process.pid}").stat().st_uid
    running.stop()
    assert owner == account.server_account(create=False).uid
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in watched] == before
    assert home.postgres.readlink().parent.parent == folder / "service"


@as_root
def test_as_root_a_data_folder_made_anew_begins_with_an_empty_database(folder):
    home = open_home(folder / "anew")
    first = server_of(home, folder).data
    shutil.rmtree(home.path)
    second = server_of(open_home(folder / "anew"), folder).data
    assert first != second
    assert first.exists()


@as_root
def test_as_root_a_data_folder_that_was_moved_is_refused(folder):
    home = open_home(folder / "here")
    server_of(home, folder)
    home.path.rename(folder / "there")
    with pytest.raises(ConfigurationError, match="this one was moved or copied"):
        server_of(open_home(folder / "there"), folder)


@as_root
def test_as_root_a_way_that_is_closed_to_the_account_is_refused_not_opened(folder, tmp_path):
    home = open_home(folder / "closed")
    below = tmp_path / "service"
    runs_as = account.server_account(create=False)
    tmp_path.chmod(0o700)
    with pytest.raises(ConfigurationError, match=rf"The account {runs_as.name} cannot reach"):
        postgres_server(home, account=runs_as, below=below)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@as_root
def test_as_root_a_strict_umask_does_not_shut_the_account_out(folder):
    before = os.umask(0o077)
    try:
        home = open_home(folder / "strict")
        runs_as = account.server_account(create=False)
        running = start(
            postgres_server(home, durable=False, account=runs_as, below=folder / "of-strict"),
            home.log / "postgres.log",
        )
    finally:
        os.umask(before)
    assert ask(running.url, "SELECT 1") == (1,)
    running.stop()


@pytest.fixture
def small_disk(folder):
    """A file system with room for a few megabytes."""
    place = folder / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=711", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this root may not mount a file system")
    yield place
    subprocess.run(["umount", place], check=True)


@as_root
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_made(folder, small_disk):
    home = open_home(folder / "of-small")
    with pytest.raises(DatelineError) as caught:
        postgres_server(home, account=account.server_account(create=False), below=small_disk)
    assert "No space left on device" in str(caught.value)
    assert len(str(caught.value)) < 500
    assert [path.name for path in small_disk.glob("*/*")] == ["run"]


def test_a_disk_too_full_for_the_data_is_one_sentence_too(folder, monkeypatch):
    home = open_home(folder / "no-room")
    monkeypatch.setattr(postgres, "_initdb", failing_initdb)
    with pytest.raises(
        UnavailableError, match=r"could not make its data folder .*: initdb: error: no room; mend that"
    ):
        server_of(home, folder)
    place = home.postgres.readlink().parent if account.is_root() else home.path
    assert [path.name for path in place.iterdir() if "data" in path.name or "postgresql." in path.name] == []


def failing_initdb(place, folder, locale, *, durable):
    (folder / "PG_VERSION").write_text("18\n")
    return subprocess.CompletedProcess([], 1, stdout="", stderr="creating ...\ninitdb: error: no room\n")
