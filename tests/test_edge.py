"""The edge: a real nginx, started by the script that starts it in its container, before a real API or one that says what a test wants."""

import gzip
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fixtures.api_site import Answer
from tests.fixtures.freezing import frozen
from tests.fixtures.ports import free_port
from tests.fixtures.roles import eventually

NGINX = Path(__file__).parents[1] / "infra/nginx"
KEPT = {"Cache-Control": "public, max-age=1, stale-if-error=600", "X-Request-Id": "made-by-the-api"}
# The edge has made its certificate itself.
NO_CHECK = ssl._create_unverified_context()


class Said(http.server.BaseHTTPRequestHandler):
    """Answers as the server's `answer` says, and notes what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        if self.server.answer is None:
            self.close_connection = True
            return
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, *words: object) -> None:
        """Nothing: a test reads `asked`."""


class Upstream(http.server.ThreadingHTTPServer):
    """A copy of the API that says what a test wants; with no `answer` it hangs up after a request."""

    daemon_threads = True
    answer: tuple[int, dict[str, str], bytes] | None = (200, KEPT, b'{"from":"api"}')

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Said)
        self.asked: list[tuple[str, str, dict[str, str]]] = []


@dataclass
class Edge:
    """A running nginx; its files are all in `folder`."""

    folder: Path
    https: int
    plain: int
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, *copies: int, remembers: bool = True) -> None:
        """Start before copies of the API on those ports, and wait until it answers."""
        self.write(*copies, remembers=remembers)
        self.process = self._run()
        eventually(self._open, what="nginx")

    def write(self, *copies: int, remembers: bool = True) -> None:
        """Lay the files that the container sees, for copies of the API on those ports.

        `remembers`: as nginx does from 1.27.3 on, which finds the copies by their name; here they stand in the group one by one.
        """
        script = self._moved("start.sh")
        if os.geteuid() == 0:  # its workers would be nobody, who reads nothing in a test's folder
            script = script.replace("daemon off;", "daemon off; user root;")
        script = script.replace("since 1.27.3", "true" if remembers else "false")
        named = re.findall(r"^ *server api:8000 resolve .*\n", script, re.MULTILINE)
        assert len(named) == 2
        for line in named:
            each = [line.replace("api:8000 resolve", f"127.0.0.1:{copy}") for copy in copies]
            script = script.replace(line, "".join(each))
        (self.folder / "nginx.conf").write_text(self._moved("nginx.conf"))
        (self.folder / "start.sh").write_text(script.replace("api:8000", f"127.0.0.1:{copies[0]}"))

    def reload(self) -> int:
        """Take up the files while it runs; the exit code."""
        return self._run("reload").wait(timeout=60)

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"] + ":/usr/sbin",
            "EDGE_NAME": "localhost",
            "EDGE_HTTPS": "443",
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                ["sh", self.folder / "start.sh", *words], env=environment, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """End it, with every stream that is open."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def get(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Ask over TLS; `if_none_match="x"` is the header If-None-Match."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, timeout=70, context=NO_CHECK)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def asked(self) -> list[str]:
        """Which copies were asked for each answer, as the log says: `127.0.0.1:1, 127.0.0.1:2` where the first one did not answer."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [json.loads(line)["upstream"] for line in lines]

    @contextmanager
    def stream(self, since: str) -> Iterator[http.client.HTTPResponse]:
        """Follow by events."""
        line = http.client.HTTPSConnection("127.0.0.1", self.https, timeout=70, context=NO_CHECK)
        with closing(line):
            line.request("GET", f"/v1/changes?since={since}", headers={"Accept": "text/event-stream"})
            with line.getresponse() as answer:
                yield answer

    def _moved(self, name: str) -> str:
        """A file of the container's, with its places in the folder and its ports free ones."""
        places = {
            "/etc/dateline-tls": f"{self.folder}/tls",
            "/etc/dateline/": f"{self.folder}/",
            "/var/tmp/": f"{self.folder}/",
            "/tmp/": f"{self.folder}/",
            "/dev/stdout": f"{self.folder}/access.log",
            "8443": str(self.https),
            "8080": str(self.plain),
        }
        text = (NGINX / name).read_text()
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)

    def _open(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.https)) == 0


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        pytest.skip("nginx is not installed: Debian's package `nginx-light` has it.")
    made = Edge(tmp_path, https=free_port(), plain=free_port())
    yield made
    if hasattr(made, "process"):
        made.stop()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=60)


def test_streams_are_kept_and_passed_on_as_they_come(edge, site, desk):
    """Over the real API: what it lets be kept comes from the edge, in either encoding, and events are not held back."""
    edge.start(site.port)
    first = edge.get("/v1/regions")
    assert first.status == 200
    assert "max-age" in first.headers["cache-control"]
    again = edge.get("/v1/regions")
    assert again.headers["cache-status"].startswith("edge; hit")
    assert again.body == first.body
    assert "ratelimit" not in again.headers, "what limits say concerns who asked first"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    packed = edge.get("/v1/regions", accept_encoding="br, gzip")
    assert gzip.decompress(packed.body) == first.body
    since = site.json("/v1/latest")["changes"]
    with edge.stream(since) as stream:
        desk.article(title="Told while the line is open")
        assert _events(stream, b"Told while the line is open")
    assert edge.get("/metrics").status == 404


@pytest.mark.parametrize("remembers", [True, False])
def test_the_api_hears_who_asks_and_by_which_name(edge, upstream, remembers):
    edge.start(upstream.server_port, remembers=remembers)
    answer = edge.get("/v1/latest", x_forwarded_for="203.0.113.9", x_request_id="mine", host="news.example")
    (_, _, heard) = upstream.asked[-1]
    assert heard["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1", "who speaks to the edge stands last"
    assert (heard["Host"], heard["X-Forwarded-Proto"]) == ("news.example", "https")
    assert answer.headers["x-request-id"] == heard["X-Request-ID"] != "mine"
    log = edge.folder / "access.log"
    eventually(lambda: heard["X-Request-ID"] in log.read_text(), what="a line in the log")


@pytest.mark.parametrize("shown", [{"authorization": "Bearer t"}, {"cookie": "session=s"}])
def test_who_shows_who_he_is_gets_an_answer_of_his_own(edge, upstream, shown):
    edge.start(upstream.server_port)
    upstream.answer = (200, KEPT | {"Cache-Control": "public, max-age=600"}, b"for everybody")
    for _ in range(2):
        edge.get("/v1/latest")
        edge.get("/v1/latest", **shown)
    assert len(upstream.asked) == 3, "once for everybody, twice for him"


def test_what_was_said_last_is_given_while_the_api_cannot_say_more(edge, upstream):
    edge.start(upstream.server_port)
    assert edge.get("/v1/latest").status == 200
    problem = b'{"detail":"The database does not answer."}'
    upstream.answer = (503, {"Content-Type": "application/problem+json", "Retry-After": "5"}, problem)
    stale = eventually(lambda: _stale(edge.get("/v1/latest")), what="an answer that is stale")
    assert stale.body == b'{"from":"api"}'
    other = edge.get("/v1/search?q=x")
    assert (other.status, other.body, other.headers["retry-after"]) == (503, problem, "5"), "in its own words"
    assert edge.get("/health/ready").body == problem
    upstream.answer = (200, KEPT, b"well")
    eventually(lambda: edge.get("/v1/latest").body == b"well", what="the newest")


def _stale(answer: Answer) -> Answer | None:
    return answer if answer.headers.get("cache-status", "").endswith("detail=stale") else None


def test_without_a_copy_of_the_api_the_edge_says_so(edge, upstream):
    edge.start(upstream.server_port)
    assert edge.get("/v1/latest").status == 200
    upstream.shutdown()
    upstream.server_close()
    eventually(lambda: _stale(edge.get("/v1/latest")), what="an answer that is stale")
    for path in ("/v1/search?q=x", "/v1/changes", "/v1/rules"):
        answer = edge.get(path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.json["status"] == 503
        assert answer.headers["content-type"] == "application/problem+json"
    page = edge.get("/", accept="text/html,*/*;q=0.8")
    assert (page.status, page.headers["content-type"]) == (503, "text/html; charset=utf-8")


def test_a_frozen_copy_costs_one_reader_his_time_and_followers_nothing(edge, roles, desk):
    """Two real copies, one of them stopped (SIGSTOP): it takes connections and says nothing."""
    ports = {name: free_port() for name in "ab"}
    for name, port in ports.items():
        roles.start("api", name=name, DATELINE_BIND=f"127.0.0.1:{port}")
    edge.start(*ports.values())
    for port in ports.values():
        roles.port = port
        roles.get("/health/ready")
    since = roles.get("/v1/latest")["changes"]
    with ExitStack() as open_:
        first, second = [open_.enter_context(edge.stream(since)) for _ in ports]  # one on each copy, in turn
        with frozen(roles.running["a"].pid):
            for n in (
                1,
                2,
            ):  # one of them is asked of the frozen copy first, which is then left alone for half a minute
                assert edge.get(f"/v1/latest?limit={n}").status == 200
            desk.article(title="Told by the copy that goes on")
            held = edge.get(f"/v1/changes?since={since}&wait=30")
            assert b"Told by the copy that goes on" in held.body
            assert _events(second, b"Told by the copy that goes on")
            with edge.stream(since) as anew:  # as a follower does whose stream says nothing any more
                assert _events(anew, b"Told by the copy that goes on")
            for n in range(3, 41):
                assert edge.get(f"/v1/latest?limit={n}").status == 200
            log = eventually(lambda: len(edge.asked()) >= 40 and edge.asked(), what="lines in the log")
            in_vain = [asked for asked in log if f":{ports['a']}" in asked]
            assert 1 <= len(in_vain) <= 4, "of forty it is asked once, and once more after half a minute"
        assert _events(first, b"Told by the copy that goes on"), "the one that was frozen goes on"


def _events(stream: http.client.HTTPResponse, wanted: bytes) -> bool:
    """Read until it has been told of that."""
    told = b""
    while wanted not in told:
        told += (more := stream.read1())
        assert more, "the stream ended"
    return True


@pytest.mark.parametrize("remembers", [True, False])
def test_no_failure_is_held_against_those_who_are_the_last(edge, remembers):
    """All copies restart: nobody is refused for what went before, however short a time ago."""
    ports = [free_port(), free_port()]
    edge.start(*ports, remembers=remembers)
    for n in range(8):
        assert edge.get(f"/v1/latest?limit={n + 1}").status == 503
    with Upstream(ports[0]) as back:
        thread = threading.Thread(target=back.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        for n in range(8):
            assert edge.get(f"/v1/latest?limit={n + 1}").status == 200
        back.shutdown()
        thread.join(timeout=60)
    assert edge.get("/v1/search?q=x").status == 503


def test_what_was_sent_is_never_sent_twice(edge, upstream):
    """An API that hangs up may have done what it was asked for."""
    edge.start(upstream.server_port)
    upstream.answer = None
    paths = ["/v1/feeds", "/push/1"]
    for path in paths:
        assert edge.get(path, method="POST", body=b"{}").status == 503
    assert [path for _, path, _ in upstream.asked] == paths


def test_what_is_too_large_or_too_long_is_said_to_be(edge, upstream):
    edge.start(upstream.server_port)
    large = edge.get("/editor/rules", method="POST", body=b"", content_length=str(17 << 20))
    long = edge.get("/v1/search?q=" + "a" * 20_000)
    jar = edge.get("/v1/latest", cookie="a" * 20_000)
    assert [(a.status, a.json["status"]) for a in (large, long, jar)] == [(413, 413), (414, 414), (414, 414)]
    assert not upstream.asked
    assert edge.get("/v1/latest", cookie="a" * 12_000).status == 200


def test_changed_files_are_taken_up_while_it_runs_unless_they_are_wrong(edge, upstream):
    edge.start(free_port())
    assert edge.get("/v1/latest").status == 503
    edge.write(upstream.server_port)
    assert edge.reload() == 0
    eventually(lambda: edge.get("/v1/latest").status == 200, what="the new file")
    (edge.folder / "nginx.conf").write_text("nonsense;")
    assert edge.reload() != 0
    assert edge.get("/v1/latest").status == 200


def test_plain_http_is_sent_to_tls(edge, upstream):
    edge.start(upstream.server_port)
    for port in (edge.plain, edge.https):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=70)
        connection.request("GET", "/v1/latest?region=asia", headers={"Host": "news.example"})
        answer = connection.getresponse()
        assert answer.status == 308
        assert answer.headers["Location"] == "https://news.example/v1/latest?region=asia"
        connection.close()
