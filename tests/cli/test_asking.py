"""Commands that ask the API: any API, with a token; and one that follows outlives an API that is killed."""

import http.server
import json
import os
import signal
import threading
from datetime import timedelta

import pytest

from services.cli.asking import Api, BusyError, waits
from services.cli.latest import followed, line_of
from services.core.errors import InvalidInputError, UnavailableError
from services.core.running import RUNNING_FILE
from services.core.settings import settings
from tests.fixtures.command import Done, Run
from tests.fixtures.editors import token
from tests.fixtures.roles import eventually


@pytest.fixture
def elsewhere(service, site):
    """An API that is not the one of DATELINE_BIND, and closed."""
    service.setenv("DATELINE_BIND", "127.0.0.1:1")
    service.setenv("DATELINE_READING", "token")
    settings.cache_clear()
    return site


@pytest.mark.parametrize("at", ["2026-11-28T15:34:04Z", "2026-11-28T15:34:04.061927Z"])
def test_a_line_says_its_second_whole(at):
    item = {"published_at": None, "first_seen_at": at, "region": "asia", "topics": [], "title": "A"}
    assert line_of({**item, "source": {"name": "B"}}) == "2026-11-28T15:34:04Z  asia                A  (B)"


@pytest.mark.parametrize("words", [("latest",), ("stories", "trending"), ("stories", "show", "7")])
def test_a_closed_api_elsewhere_is_asked_with_a_token(  # noqa: PLR0917 (fixtures)
    run: Run, elsewhere, desk, service, tmp_path, words
):
    refused = run(*words, "--url", elsewhere.url)
    assert (refused.code, refused.out) == (1, "")
    assert "--token, DATELINE_TOKEN or DATELINE_TOKEN_FILE" in refused.err
    secret = token("reader", "read")
    answers = "There is no story 7" if "show" in words else ""
    assert run(*words, "--url", elsewhere.url + "/", "--token", secret).err.count("\n") == bool(answers)
    service.setenv("DATELINE_URL", elsewhere.url)
    (tmp_path / "token").write_text(secret + "\n")
    service.setenv("DATELINE_TOKEN_FILE", str(tmp_path / "token"))
    settings.cache_clear()
    done = run(*words)
    assert done.code == bool(answers)
    assert answers in done.err


def test_the_api_of_a_running_dateline_is_found_on_whatever_port(run: Run, site, desk, service):
    desk.article("Rain in Osh")
    service.delenv("DATELINE_BIND", raising=False)
    settings.cache_clear()
    file = settings().home / RUNNING_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"pid": os.getpid(), "bind": site.url.removeprefix("http://")}))
    done = run("latest")
    assert (done.code, "Rain in Osh" in done.out) == (0, True)


def test_a_wrong_token_is_told_so(run: Run, elsewhere, desk):
    done = run("latest", "--url", elsewhere.url, "--token", "dl_nobody")
    assert done.code == 1
    assert "DATELINE_TOKEN_FILE" not in done.err


@pytest.mark.parametrize("url", ["nowhere", "ftp://a.example", "file:///etc/passwd"])
def test_an_address_that_is_none_is_used_wrongly(run: Run, url):
    done = run("latest", "--url", url)
    assert (done.code, done.out) == (2, "")
    assert "an http or https address" in done.err


def test_an_api_that_is_away_is_named_as_it_was_given(run: Run):
    assert run("latest", "--url", "http://127.0.0.1:1/news") == Done(
        1, "", "dateline: No API answers on http://127.0.0.1:1/news; look at --url, or DATELINE_URL.\n"
    )


class Answering(Api):
    """Answers one after the other, or raises them."""

    def __init__(self, *answers) -> None:
        super().__init__("http://a.example")
        object.__setattr__(self, "answers", list(answers))
        object.__setattr__(self, "asked", [])

    def ask(self, path, query=()):
        self.asked.append(dict(query)["since"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_same_is_asked_again_until_it_is_answered(capsys):
    rested = []
    api = Answering(
        {"items": [1], "cursor": "b"},
        UnavailableError("Away."),
        BusyError("Busy.", 7),
        UnavailableError("Away."),
        {"items": [2], "cursor": "c"},
        InvalidInputError("since: too old."),
    )
    told = followed(api, [], "a", rest=rested.append)
    assert [next(told)["items"], next(told)["items"]] == [[1], [2]]
    assert api.asked == ["a", "b", "b", "b", "b"]
    assert rested == [0.5, 7, 2.0]
    with pytest.raises(InvalidInputError, match="too old"):
        next(told)
    assert capsys.readouterr().err == (
        "dateline: Away. Asking again until it does.\ndateline: It answers again.\n"
    )


def test_attempts_become_rare():
    found = waits()
    assert [next(found) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def lines(roles, name: str) -> list[str]:
    """What was printed of articles, in its order."""
    return [found["article"]["title"] for row in roles.log(name).splitlines() if row.startswith("{") for found in [json.loads(row)] if "article" in found]  # fmt: skip


def test_following_outlives_an_api_that_is_killed(desk, roles):
    """Nothing twice, nothing missed: what came while it was away comes when it is back."""
    desk.article("Before")
    roles.start("api")
    roles.get("/v1/latest")
    follower = roles.start("latest", "--follow", "--json", "-n", "1", name="follower")
    eventually(lambda: "Before" in roles.log("follower"), what="the first page")
    for round_ in range(2):
        desk.article(f"Up {round_}", age=timedelta(0))
        eventually(lambda n=round_: f"Up {n}" in lines(roles, "follower"), what="a change")
        os.killpg(roles.running["api"].pid, signal.SIGKILL)
        roles.running["api"].wait()
        desk.article(f"Down {round_}", age=timedelta(0))
        eventually(
            lambda n=round_: roles.log("follower").count("Asking again") == n + 1,
            what="a word of it being away",
        )
        roles.start("api")
        eventually(lambda n=round_: f"Down {n}" in lines(roles, "follower"), what="what came meanwhile")
    assert lines(roles, "follower") == ["Up 0", "Down 0", "Up 1", "Down 1"]
    os.killpg(follower.pid, signal.SIGKILL)
    follower.wait()
    cursor = next(
        json.loads(row)["cursor"] for row in reversed(roles.log("follower").splitlines()) if "cursor" in row
    )
    desk.article("After", age=timedelta(0))
    roles.start("latest", "--since", cursor, "--json", name="second")
    eventually(lambda: lines(roles, "second") == ["After"], what="the change after the cursor")


def test_a_token_is_carried_to_no_other_host():
    heard: list[str] = []

    class Leads(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers["Host"])
            self.send_response(307)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/there")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Leads)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(InvalidInputError, match="give that address as --url"):
            Api(f"http://127.0.0.1:{server.server_port}", "dl_secret").ask("/v1/latest")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert heard == [f"127.0.0.1:{server.server_port}"]
