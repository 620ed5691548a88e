"""The command line: help with an example everywhere, exit codes 0, 1 and 2, sentences, and JSON that is JSON."""

import http.server
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import click
import pytest
from sqlalchemy import text

from newswire.press import RunningPress
from services.cli import COMMANDS, cli
from services.core.db import transaction
from services.core.settings import settings
from tests.fixtures.command import Done, Run
from tests.fixtures.environment import forget_connections

URL = "https://a.example/feed"


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that lead to it."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        found = cli.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from (((name, sub), command) for sub, command in found.commands.items())
        else:
            yield (name,), found


@pytest.mark.parametrize("words", [words for words, _ in commands()], ids=" ".join)
def test_help_of_every_command_has_an_example(run: Run, words):
    done = run(*words, "--help")
    assert done.code == 0
    assert "Example: " in done.out
    example = " ".join(done.out.split("Example: ", 1)[1].split())
    assert f"dateline {' '.join(words)}" in example


def test_the_list_of_commands_says_what_each_is_for(run: Run):
    done = run("--help")
    assert done.code == 0
    for name, (_, told) in COMMANDS.items():
        assert name in done.out
        assert told.split()[0] in done.out


def test_help_imports_none_of_the_heavy_parts():
    """`dateline --help` is asked for by people; Celery, SQLAlchemy and the parsers take a second."""
    code = (
        "import sys; from services.cli import cli; cli(['--help'], standalone_mode=False); "
        "print([m for m in ('celery', 'sqlalchemy', 'feedparser', 'fastapi') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "words", [("nonsense",), ("feeds", "nonsense"), ("feeds", "show", "one"), ("feeds", "add")]
)
def test_wrong_use_is_exit_code_2(run: Run, words):
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "Error: " in done.err


def test_a_wrong_setting_is_exit_code_2_and_one_sentence_from_the_real_command(service):
    service.setenv("DATELINE_BIND", "nowhere")
    done = subprocess.run(
        [sys.executable, "-m", "services", "settings"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dateline: DATELINE_BIND: 'nowhere' (environment) is not host:port, such as 127.0.0.1:8000.\n"
    )


def test_settings_are_listed_with_their_origin_and_secrets_are_not_shown(run: Run, service):
    service.setenv("DATELINE_ADMIN_TOKEN", "hunter2")
    done = run("settings", "--json")
    rows = {row["name"]: row for row in json.loads(done.out)}
    assert rows["DATELINE_ADMIN_TOKEN"]["value"] == "(set)"
    assert rows["DATELINE_ADMIN_TOKEN"]["origin"] == "environment"
    assert rows["DATELINE_FETCH_BATCH"] | {"help": ""} == {
        "name": "DATELINE_FETCH_BATCH", "value": "25", "origin": "default", "help": ""
    }  # fmt: skip
    plain = run("settings")
    assert "hunter2" not in plain.out + done.out
    assert len(plain.out.splitlines()) == len(rows)


def test_version(run: Run):
    told = run("version").out.split()
    assert told[0] == "dateline"
    assert json.loads(run("version", "--json").out) == {"version": told[1]}


# --- feeds ---------------------------------------------------------------------------------------------------------


def feed_ids(run: Run) -> list[int]:
    return [row["id"] for row in json.loads(run("feeds", "list", "--json").out)]


def test_a_feed_from_add_to_remove(run: Run):
    added = run("feeds", "add", URL, "--title", "A", "--country", "KZ", "--no-discover")
    (one,) = feed_ids(run)
    assert added == Done(0, f"Added {URL} as feed {one}.\n", "")
    assert run("feeds", "add", URL) == Done(0, f"{URL} was there already, as feed {one}.\n", "")
    (one,) = map(str, feed_ids(run))
    shown = json.loads(run("feeds", "show", one, "--json").out)
    assert (shown["url"], shown["title"], shown["country"], shown["fetches"]) == (URL, "A", "KZ", [])
    assert URL in run("feeds", "show", one).out
    assert run("feeds", "pause", one, "--reason", "paywall").out == f"Feed {one} is paused.\n"
    assert "paywall" in run("feeds", "list", "--state", "paused").out
    assert run("feeds", "list", "--state", "failing") == Done(0, "", "")
    assert run("feeds", "refresh", one).out == f"Feed {one} is due now.\n"
    assert run("feeds", "list", "--state", "paused").out == ""
    assert run("feeds", "remove", one).out == f"Feed {one} is removed.\n"
    assert feed_ids(run) == []


def test_addresses_that_will_not_be_asked_are_added_and_told_with_the_remedy(
    run: Run, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "inside.opml"
    file.write_text(
        "<opml><body><outline xmlUrl='http://10.1.2.3/feed'/><outline xmlUrl='http://192.168.1.4:9000/feed'/>"
        "<outline xmlUrl='https://a.example/feed'/></body></opml>"
    )
    remedy = "if it is meant to be, add its network to DATELINE_FETCH_ALLOW.\n"
    assert run("feeds", "import", str(file)).out == (
        "3 feeds added, 0 were there already, 0 left out.\n2 addresses will not be asked (such as http://10.1.2.3/feed); "
        "if they are meant to be, add their networks to DATELINE_FETCH_ALLOW.\n"
    )
    alone = run("feeds", "add", "http://10.1.2.9/feed", "--no-discover")
    assert (alone.code, alone.err) == (0, f"1 address will not be asked (http://10.1.2.9/feed); {remedy}")
    monkeypatch.setenv("DATELINE_FETCH_ALLOW", "10.0.0.0/8")
    settings.cache_clear()
    told = run("feeds", "import", str(file))
    assert told.out.endswith(f"\n1 address will not be asked (http://192.168.1.4:9000/feed); {remedy}")
    assert json.loads(run("feeds", "import", str(file), "--json").out)["forbidden"] == [
        "http://192.168.1.4:9000/feed"
    ]


def test_what_is_exported_is_imported_as_it_was(run: Run, tmp_path):
    run(
        "feeds",
        "add",
        URL,
        "--title",
        "A & B «В»",
        "--region",
        "central-asia",
        "--language",
        "ru",
        "--country",
        "KZ",
        "--no-discover",
    )
    run("feeds", "add", "https://b.example/feed?a=1&b=2", "--no-discover")
    before = [
        {k: row[k] for k in ("url", "title", "language", "country", "region_hint", "source")}
        for row in json.loads(run("feeds", "list", "--json").out)
    ]
    file = tmp_path / "feeds.opml"
    file.write_text(run("feeds", "export").out)
    for one in feed_ids(run):
        run("feeds", "remove", str(one))
    with transaction() as session:
        session.execute(text("DELETE FROM sources"))
    done = run("feeds", "import", str(file), "--json")
    assert json.loads(done.out) == {
        "added": 2,
        "known": 0,
        "refused": [],
        "differ": 0,
        "updated": 0,
        "forbidden": [],
    }
    after = [
        {k: row[k] for k in ("url", "title", "language", "country", "region_hint", "source")}
        for row in json.loads(run("feeds", "list", "--json").out)
    ]
    titles = [row.pop("title") for row in after]
    assert titles[0] == before[0].pop("title")
    before[1].pop("title")
    assert after == before


def test_a_list_with_wrong_lines_says_so_and_adds_the_rest(run: Run, tmp_path):
    file = tmp_path / "feeds.opml"
    lines = [f'<outline text="x" xmlUrl="{url}" />' for url in (URL, "ftp://b.example/")]
    file.write_text(f"<opml><body>{''.join(lines)}</body></opml>")
    done = run("feeds", "import", str(file))
    assert (done.code, done.out) == (0, "1 feed added, 0 were there already, 1 left out.\n")
    assert done.err.startswith("left out: ")
    file.write_text(f"<opml><body>{lines[1]}</body></opml>")
    assert run("feeds", "import", str(file)).code == 1


def test_a_list_that_is_none_is_a_sentence(run: Run, tmp_path):
    file = tmp_path / "feeds.opml"
    file.write_text("no XML at all")
    done = run("feeds", "import", str(file))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("dateline: ")
    assert "feeds.opml" in done.err
    assert run("feeds", "import", str(tmp_path / "missing.opml")).code == 2
    assert feed_ids(run) == []


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://a.example/", "http://", "", "https://a b/", "javascript:alert(1)"]
)
def test_an_address_that_is_none_is_a_sentence(run: Run, url):
    for command in ("add", "check"):
        done = run("feeds", command, url)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("dateline: ")
        assert len(done.err.splitlines()) == 1
    assert feed_ids(run) == []


@pytest.mark.parametrize("command", ["show", "refresh", "pause", "remove"])
@pytest.mark.parametrize("feed_id", ["7", "99999999999999999999999"])
def test_a_feed_that_is_not_there_is_a_sentence(run: Run, command, feed_id):
    done = run("feeds", command, feed_id)
    expected = f"dateline: There is no feed {feed_id}; `dateline feeds list` shows them all.\n"
    assert done == Done(1, "", expected)


def test_a_pause_needs_a_reason(run: Run):
    run("feeds", "add", URL, "--no-discover")
    assert run("feeds", "pause", str(feed_ids(run)[0]), "--reason", " ").code == 1


def test_check_tells_what_an_address_holds(run: Run, newswire: RunningPress):
    done = run("feeds", "check", newswire.feed_url("steppe-courier"))
    assert done.code == 0
    assert done.out.startswith("rss20: ")
    told = json.loads(run("feeds", "check", newswire.feed_url("steppe-courier"), "--json").out)
    assert told["entries"][0]["title"]
    wrong = run("feeds", "check", newswire.url + "/nothing")
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err.startswith("problem: ")


@pytest.mark.parametrize(
    "words",
    [("feeds", "list"), ("feeds", "add", URL), ("feeds", "export"), ("rules", "history")],
    ids=" ".join,
)
def test_without_a_database_or_a_schema_a_sentence_names_the_remedy(
    run: Run, service, empty_database_url, words
):
    service.setenv("DATELINE_DATABASE_URL", empty_database_url)
    forget_connections()
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "dateline: The schema of the database is not the one this code expects: run `dateline migrate`.\n"
    )
    service.setenv("DATELINE_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    forget_connections()
    done = run(*words)
    assert done.code == 1
    assert done.err.startswith("dateline: The database does not answer: ")
    service.delenv("DATELINE_DATABASE_URL")
    forget_connections()
    done = run(*words)
    assert done.code == 2
    assert "DATELINE_DATABASE_URL is not set" in done.err


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_doctor_says_what_is_wrong_and_exits_with_1(run: Run):
    done = run("doctor")
    assert done.code == 1
    assert "ok    database     answers" in done.out
    assert "WRONG ingest       gives no sign of life: start `dateline worker ingest`." in done.out
    told = json.loads(run("doctor", "--json").out)
    assert {row["about"]: row["ok"] for row in told}["database"] is True
    assert run("doctor", "--role", "ingest").code == 1


def test_doctor_on_a_database_without_schema_is_no_traceback(run: Run, service, empty_database_url):
    service.setenv("DATELINE_DATABASE_URL", empty_database_url)
    forget_connections()
    done = run("doctor")
    assert (done.code, done.err) == (1, "")
    assert "run `dateline migrate`" in done.out


# --- latest ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(service: pytest.MonkeyPatch) -> Iterator[list[tuple[int, bytes]]]:
    """Some other server where the API should be; it gives the answers that a test puts into the list."""
    answers: list[tuple[int, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.setenv("DATELINE_BIND", f"127.0.0.1:{server.server_port}")
    forget_connections()
    yield answers
    server.shutdown()
    server.server_close()


def test_latest_where_nobody_answers_is_a_sentence(run: Run, service):
    service.setenv("DATELINE_BIND", "127.0.0.1:1")
    forget_connections()
    done = run("latest")
    assert done == Done(1, "", "dateline: No API answers on 127.0.0.1:1; start it with `dateline up`.\n")


def test_latest_where_somebody_takes_the_question_and_says_nothing(run: Run, service):
    """As a process that is frozen does: it is running, and must not be started again."""
    service.setattr("services.cli.asking.AT_ONCE_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        service.setenv("DATELINE_BIND", at)
        forget_connections()
        done = run("latest")
    assert done == Done(1, "", f"dateline: No answer from {at} within 1 s; `dateline doctor` says why.\n")


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"<html>"), (502, b"[]")])
def test_latest_where_a_stranger_answers_is_a_sentence(run: Run, stranger, status, body):
    stranger.append((status, body))
    done = run("latest")
    assert (done.code, done.out) == (1, "")
    assert "DATELINE_BIND" in done.err
    assert len(done.err.splitlines()) == 1


def test_latest_prints_the_reason_of_a_refusal(run: Run, stranger):
    stranger.append((400, json.dumps({"title": "Bad", "detail": "There is no region mars."}).encode()))
    assert run("latest", "--region", "mars") == Done(1, "", "dateline: There is no region mars.\n")


def test_latest_takes_no_proxy_to_the_api_beside_it(run: Run, stranger, service):
    service.setenv("http_proxy", "http://127.0.0.1:1")
    item = {
        "title": "T", "region": None, "topics": ["economy"], "published_at": "2026-11-23T12:00:00Z",
        "first_seen_at": "2026-11-23T12:00:00Z", "source": {"name": "S"},
    }  # fmt: skip
    stranger.append((200, json.dumps({"items": [item], "changes": "c"}).encode()))
    done = run("latest")
    assert (done.code, done.err) == (0, "")
    assert "economy" in done.out
    assert "T  (S)" in done.out
