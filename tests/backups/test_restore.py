"""A backup restored: everything is back, ids mean what they meant, followers begin anew, and what fails changes nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from services.backups import backup as backups
from services.backups import restore as restoring
from services.backups.statements import LEAP
from services.backups.tools import newest_tools, plain, target_of
from services.core import db, health, latest, schema
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.liveness import beats
from tests.fixtures.articles import Desk
from tests.fixtures.environment import forget_connections
from tests.fixtures.servers import administer, with_database

BEFORE_THIS = "2026_11_23_ingest"
"""A schema of some migrations ago."""


def ask(url: str, statement: str) -> list[tuple]:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def held(url: str) -> tuple:
    """All that a restore must not change when it fails."""
    return tuple(
        ask(url, f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")[0]
        for table in ("articles", "changes", "feeds", "stream_state", "beats", "alembic_version")
    )


def silent(_: int) -> None:
    """Nobody watches."""


def back_up(url: str, file: Path) -> Path:
    backups.backup(url, file, force=False, progress=silent)
    return file


@pytest.fixture
def other_url(postgres_url, database_url):
    """A database without anything, on the same server."""
    administer(postgres_url, "CREATE DATABASE other_than_that")
    yield with_database(postgres_url, "other_than_that")
    administer(postgres_url, "DROP DATABASE other_than_that WITH (FORCE)")


@pytest.fixture
def file(database_url, desk: Desk, tmp_path: Path) -> Path:
    """A backup of three articles; this process holds no session any more."""
    for title in ("One", "Two", "Three"):
        desk.article(title, regions=["central-asia"])
    made = back_up(database_url, tmp_path / "news.dump")
    forget_connections()
    return made


def test_what_was_published_afterwards_is_gone_and_what_was_removed_is_back(database_url, file, desk):
    before = ask(database_url, "SELECT id, title, revision, listed FROM articles ORDER BY id")
    desk.article("Four")
    desk.take_out(before[0][0])
    forget_connections()
    done = restoring.restore(database_url, file, force=False, progress=silent)
    assert (done.articles, done.feeds) == (3, 1)
    assert ask(database_url, "SELECT id, title, revision, listed FROM articles ORDER BY id") == before
    assert ask(database_url, "SELECT count(*) FROM article_labels") == [(6,)]


def test_no_id_is_given_to_two_articles(database_url, file, desk):
    """Subscribers who kept the lost one would take the new one for it."""
    lost = desk.article("Four")
    position = ask(database_url, "SELECT max(seq) FROM changes")[0][0]
    forget_connections()
    restoring.restore(database_url, file, force=False, progress=silent)
    assert desk.article("Five") > lost
    assert ask(database_url, "SELECT max(seq) FROM changes")[0][0] > position


def test_where_nobody_can_be_asked_how_far_ids_had_come_they_leap(other_url, file):
    restoring.restore(other_url, file, force=False, progress=silent)
    ((newest,),) = ask(other_url, "SELECT max(id) FROM articles")
    assert ask(other_url, "SELECT nextval('articles_id_seq')")[0][0] > newest + LEAP
    schema.check(other_url)


def test_old_cursors_are_refused_and_followers_go_on_anew(database_url, file, desk, site):
    page = site.json("/v1/latest?region=central-asia")
    assert len(page["items"]) == 3
    db.engine().dispose()
    restoring.restore(database_url, file, force=True, progress=silent)
    gone = site.get(f"/v1/changes?region=central-asia&since={page['changes']}")
    assert (gone.status, gone.json["latest"]) == (410, "/v1/latest")
    anew = site.json("/v1/latest?region=central-asia")
    assert [item["id"] for item in anew["items"]] == [item["id"] for item in page["items"]]
    number = desk.article("Five", regions=["central-asia"])
    told = site.json(f"/v1/changes?region=central-asia&since={anew['changes']}")
    assert [change["article"]["id"] for change in told["items"]] == [number]


def bare_restore(url: str, file: Path, *words: str) -> None:
    target = target_of(url)
    argv = newest_tools().command(
        "pg_restore", "--no-owner", f"--dbname={target.conninfo}", *words, str(file)
    )
    done = subprocess.run(argv, env=dict(target.env), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_somebody_elses_pg_restore_is_noticed_too(database_url, file, desk, site):
    page = site.json("/v1/latest")
    desk.article("Four")
    db.engine().dispose()
    bare_restore(database_url, file, "--clean", "--if-exists", "--single-transaction")
    for number in range(2):  # the head is where it was, so that positions tell nothing
        desk.article(f"Another {number}")
    assert site.get(f"/v1/changes?since={page['changes']}").status == 410
    anew = site.json("/v1/latest")["changes"]
    assert site.get(f"/v1/changes?since={anew}").status == 200


def test_a_dump_loaded_into_another_database_is_another_stream(database_url, other_url, file):
    bare_restore(other_url, file)
    with transaction() as session:
        here = latest.epoch(session)
    there = ask(other_url, f"SELECT {latest.EPOCH_SQL} FROM stream_state")[0][0]
    assert ask(other_url, "SELECT epoch FROM stream_state") == ask(
        database_url, "SELECT epoch FROM stream_state"
    )
    assert here != there


def test_a_database_that_was_set_back_by_other_means_gets_a_new_epoch_when_told(database_url, desk, run):
    with transaction() as session:
        before = latest.epoch(session)
    assert run("restore", "--epoch-only").code == 0
    with transaction() as session:
        assert latest.epoch(session) != before
        assert latest.epoch(session) == ask(database_url, "SELECT epoch FROM stream_state")[0][0]


@pytest.mark.parametrize("share", [0.0005, 0.02, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_changes_nothing(database_url, file, share):
    data = file.read_bytes()
    file.write_bytes(data[: max(6, int(len(data) * share))])
    before = held(database_url)
    with pytest.raises(DatelineError, match="cut short") as refused:
        restoring.restore(database_url, file, force=False, progress=silent)
    assert held(database_url) == before
    assert "\n" not in str(refused.value)


def test_a_file_with_a_wrong_byte_changes_nothing(database_url, file):
    """Of the data of a table; what stands in the list of contents may be any word."""
    data = bytearray(file.read_bytes())
    at = len(data) - 60
    data[at : at + 30] = bytes(30)
    file.write_bytes(data)
    before = held(database_url)
    with pytest.raises(DatelineError):
        restoring.restore(database_url, file, force=False, progress=silent)
    assert held(database_url) == before


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (b"\tThr\xff\xfe\t", "invalid byte sequence"),
        (b"\tThree ", "invalid input syntax"),
    ],
)
def test_data_that_the_server_refuses_are_said_to_be_damaged(database_url, tmp_path, file, new, words):
    """A file without compression, in which bytes stand where they stood."""
    plain_file = tmp_path / "plain.dump"
    target = target_of(database_url)
    argv = newest_tools().command(
        "pg_dump", "-Fc", "-Z0", f"--file={plain_file}", f"--dbname={target.conninfo}"
    )
    subprocess.run(argv, env=dict(target.env), check=True)
    data = plain_file.read_bytes()
    assert b"\tThree\t" in data
    plain_file.write_bytes(data.replace(b"\tThree\t", new))
    before = held(database_url)
    with pytest.raises(DatelineError, match=words) as refused:
        restoring.restore(database_url, plain_file, force=False, progress=silent)
    assert str(refused.value).startswith(f"{plain_file} is cut short or damaged (")
    assert str(refused.value).endswith("): nothing was changed.")
    assert held(database_url) == before


@pytest.mark.parametrize(
    "content", [b"", b"PG", b"-- a script\nSELECT 1;\n", b"PGDMP", b"PGDMP\x01\x63\x00\x04\x08\x01"]
)
def test_what_is_no_backup_is_refused(database_url, desk, tmp_path, content):
    file = tmp_path / "some.file"
    file.write_bytes(content)
    forget_connections()
    before = held(database_url)
    with pytest.raises(DatelineError, match=r"no backup|cut short|newer PostgreSQL"):
        restoring.restore(database_url, file, force=False, progress=silent)
    assert held(database_url) == before


def test_a_dump_of_something_else_is_refused(database_url, other_url, tmp_path):
    ask(other_url, "CREATE TABLE articles (id int)")
    target = target_of(other_url)
    file = tmp_path / "other.dump"
    argv = newest_tools().command("pg_dump", "-Fc", f"--file={file}", f"--dbname={target.conninfo}")
    subprocess.run(argv, env=dict(target.env), check=True)
    with pytest.raises(DatelineError, match="not of Dateline"):
        restoring.restore(database_url, file, force=False, progress=silent)


def test_a_newer_schema_is_refused(database_url, desk, tmp_path):
    ask(database_url, "UPDATE alembic_version SET version_num = '2099_01_01_tomorrow'")
    file = back_up(database_url, tmp_path / "tomorrow.dump")
    forget_connections()
    with pytest.raises(DatelineError, match="2099_01_01_tomorrow"):
        restoring.restore(database_url, file, force=False, progress=silent)


def test_an_older_schema_is_brought_to_the_newest(database_url, other_url, tmp_path):
    schema.upgrade(other_url, BEFORE_THIS)
    ask(other_url, "INSERT INTO sources (key, name) VALUES ('a.example', 'A')")
    file = back_up(other_url, tmp_path / "old.dump")
    forget_connections()
    done = restoring.restore(database_url, file, force=False, progress=silent)
    assert done.schema_before == BEFORE_THIS
    assert schema.versions(database_url)[0] == done.schema == schema.versions(database_url)[1]
    schema.check(database_url)
    assert ask(database_url, "SELECT key FROM sources") == [("a.example",)]


def test_roles_that_run_are_named_and_with_force_it_goes_on_under_them(database_url, file, desk):
    desk.article("Four")  # this process is connected as a worker is
    before = held(database_url)
    with pytest.raises(DatelineError, match="dateline-worker"):
        restoring.restore(database_url, file, force=False, progress=silent)
    assert held(database_url) == before
    restoring.restore(database_url, file, force=True, progress=silent)
    assert ask(database_url, "SELECT count(*) FROM articles") == [(3,)]
    desk.article("Five")  # the session of before goes on


def test_a_role_that_has_just_been_stopped_is_waited_for(database_url, file, monkeypatch):
    """The server notices a moment later that nobody is there any more."""
    monkeypatch.setattr(restoring, "_GONE_S", 60.0)
    looked = []
    role = psycopg.connect(database_url.replace("+psycopg", ""), application_name="dateline-worker")

    def looked_at(url: str, look=restoring._connected) -> list[tuple]:
        looked.append(look(url))
        role.close()
        return looked[-1]

    monkeypatch.setattr(restoring, "_connected", looked_at)
    restoring.restore(database_url, file, force=False, progress=silent)
    assert len(looked[0]) == 1
    assert looked[-1] == []


def test_what_a_worker_had_in_hand_is_not_written_into_the_restored_database(database_url, file, desk):
    """A claim of before is nobody's afterwards: its token is not there."""
    with transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE articles SET lease_token = 'of before', lease_until = now() + interval '1 h'"
        )
    restoring.restore(database_url, file, force=True, progress=silent)
    assert ask(database_url, "SELECT count(*) FROM articles WHERE lease_token = 'of before'") == [(0,)]


def test_a_backup_is_whole_private_and_replaces_nothing_unasked(database_url, file, tmp_path):
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []
    data = file.read_bytes()
    with pytest.raises(DatelineError, match="--force"):
        backups.backup(database_url, file, force=False, progress=silent)
    assert file.read_bytes() == data
    backups.backup(database_url, file, force=True, progress=silent)
    with pytest.raises(DatelineError, match="cannot be written"):
        backups.backup(database_url, tmp_path / "none" / "news.dump", force=False, progress=silent)


def test_a_backup_that_fails_leaves_no_file(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "_LOOK_EVERY", 0.0)

    def broken(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.backup(database_url, tmp_path / "news.dump", force=False, progress=broken)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith((".part", ".dump"))] == []


def test_an_empty_database_has_nothing_to_back_up(other_url, tmp_path):
    with pytest.raises(DatelineError, match="no schema"):
        backups.backup(other_url, tmp_path / "news.dump", force=False, progress=silent)


def test_through_a_pipe_and_back(database_url, other_url, desk):
    desk.article("One")
    forget_connections()
    command = [sys.executable, "-m", "services"]
    made = subprocess.run([*command, "backup", "-"], capture_output=True, check=True, env=os.environ)
    assert made.stdout.startswith(b"PGDMP")
    done = subprocess.run(
        [*command, "restore", "-", "--json"], input=made.stdout, capture_output=True, check=False,
        env=os.environ | {"DATELINE_DATABASE_URL": other_url},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert ask(other_url, "SELECT title FROM articles") == [("One",)]


def test_the_commands_say_what_they_did_and_refuse_in_a_sentence(database_url, desk, run, tmp_path):
    desk.article("One")
    file = tmp_path / "news.dump"
    made = run("backup", str(file))
    assert made.code == 0
    assert "MB in" in made.out
    again = run("backup", str(file))
    assert (again.code, again.out) == (1, "")
    assert "--force" in again.err
    db.engine().dispose()
    restored = run("restore", str(file))
    assert restored.code == 0, restored.err
    assert "1 article and 1 feed" in restored.out
    assert run("restore", str(tmp_path / "nothing")).code == 1
    assert run("restore").code == 2


def test_it_does_not_meet_a_migration(database_url, file):
    before = held(database_url)
    with psycopg.connect(plain(database_url), autocommit=True) as migrating:
        migrating.execute("SELECT pg_advisory_lock(%s)", (schema.MIGRATION_LOCK,))
        with pytest.raises(DatelineError, match="migration or another restore is running"):
            restoring.restore(database_url, file, force=False, progress=silent)
    assert held(database_url) == before


def test_roles_that_run_are_not_called_dead_before_they_can_have_been_heard_of(database_url, file):
    """A restore takes every sign of life with it; whoever goes on under it gives the next one within seconds."""
    beats.beat("ingest+classify", "tester:1", {})
    forget_connections()
    restoring.restore(database_url, file, force=False, progress=silent)
    found = {finding.about: finding for finding in health.examine(("roles",))}
    assert {finding.level for finding in found.values()} == {"note"}
    assert re.match(
        r"the database was restored \d+ s ago, and ingest has not been heard of", found["ingest"].says
    )
    beats.beat("ingest+classify", "tester:1", {})
    found = {finding.about: finding.level for finding in health.examine(("roles",))}
    assert found == {"scheduler": "note", "ingest": "ok", "classify": "ok", "stories": "note"}
    ask(database_url, f"UPDATE beats SET at = at - interval '{beats.STALE_S + 1} s'")
    found = {finding.about: finding for finding in health.examine(("roles",))}
    assert {finding.level for finding in found.values()} == {"wrong"}
    assert "start `dateline worker ingest`" in found["ingest"].says


def test_the_restore_is_no_process_on_any_page(site, database_url, file):
    restoring.restore(database_url, file, force=True, progress=silent)
    forget_connections()
    page, metrics = site.get("/operator"), site.get("/metrics")
    assert (page.status, metrics.status) == (200, 200)
    assert f"<td>{beats.RESTORED}</td>" not in page.text
    assert f'role="{beats.RESTORED}"' not in metrics.text
