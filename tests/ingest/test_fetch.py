"""One conditional GET against real servers on loopback that behave, misbehave and attack."""

import asyncio
import contextlib
import gzip
import socket
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from newswire.sockets import hang_up, let_nobody_in
from services.ingest.entry import FetchRequest
from services.ingest.fetch import Limits, fetch, open_session

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
BODY = b"<rss version='2.0'><channel/></rss>"
MIB = 1 << 20
USUAL = Limits()
QUICK = Limits(total_s=0.5, connect_s=0.5)
BRIEF = Limits(total_s=3)
"""Long enough for the beginning of an answer to come on a busy machine."""


async def ask(url, *, allow=LOOPBACK, limits=USUAL, etag=None, last_modified=None):
    async with open_session(allow=allow, user_agent="Dateline/test (+https://dateline.example)") as session:
        return await fetch(session, FetchRequest(7, url, etag, last_modified), limits=limits)


@asynccontextmanager
async def raw_server(answer, *, request_ends=b"\r\n\r\n"):
    """A server that writes `answer(reader, writer)` by hand, so that it can be as wrong as it likes."""

    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(request_ends)
            await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await let_nobody_in(server.sockets)
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def says(head, body=b"", *, then=None):
    async def answer(_reader, writer):
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        await writer.drain()
        if then:
            await then(writer)

    return answer


async def from_raw(answer, *, limits=USUAL, path="/feed", **more):
    async with raw_server(answer) as base:
        return await ask(base + path, limits=limits, **more)


@asynccontextmanager
async def site(**handlers):
    """A well-behaved server with one handler a path."""
    app = web.Application()
    for name, handler in handlers.items():
        app.router.add_get("/" + name, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    door = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, door).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        await hang_up(runner, [door])


async def feed(_request):
    return web.Response(
        body=BODY, headers={"ETag": 'W/"a b"', "Last-Modified": "yesterday", "Link": "<a>; rel=hub"}
    )


def moved(status, to):
    async def handler(_request):
        return web.Response(status=status, headers={"Location": to})

    return handler


def fetched(site_handlers, path, **more):
    async def run():
        async with site(**site_handlers) as base:
            return base, await ask(f"{base}/{path}", **more)

    return asyncio.run(run())


def test_an_answer_comes_whole_with_lower_case_headers():
    base, response = fetched({"feed": feed}, "feed")
    assert (response.status, response.body, response.error_kind) == (200, BODY, None)
    assert response.headers["etag"] == 'W/"a b"'
    assert response.url == f"{base}/feed"
    assert response.feed_id == 7
    assert response.permanent_url is None
    assert response.elapsed_s > 0


def test_a_request_is_polite_and_bare():
    seen = {}

    async def note(request):
        seen.update({name.lower(): value for name, value in request.headers.items()})
        return web.Response(body=BODY)

    fetched({"feed": note}, "feed", etag='"exact \\"etag"', last_modified="Not a date, verbatim")
    assert seen["if-none-match"] == '"exact \\"etag"'
    assert seen["if-modified-since"] == "Not a date, verbatim"
    assert seen["user-agent"].startswith("Dateline/")
    assert seen["accept-encoding"] == "gzip, deflate, br, zstd"
    assert not {"cookie", "referer", "authorization", "cache-control"} & set(seen)


def test_validators_are_not_invented():
    seen = []

    async def note(request):
        seen.extend(request.headers)
        return web.Response(body=BODY)

    fetched({"feed": note}, "feed")
    assert not {"If-None-Match", "If-Modified-Since"} & set(seen)


def test_not_modified_is_an_answer():
    async def handler(request):
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"a"' else 200)

    _, response = fetched({"feed": handler}, "feed", etag='"a"')
    assert (response.status, response.body, response.error_kind) == (304, b"", None)


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_move_is_followed_and_told(status):
    base, response = fetched({"old": moved(status, "/new"), "new": feed}, "old")
    assert (response.status, response.url, response.permanent_url) == (200, f"{base}/new", f"{base}/new")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_move_is_followed_and_not_told(status):
    base, response = fetched({"old": moved(status, "new"), "new": feed}, "old")
    assert (response.status, response.url, response.permanent_url) == (200, f"{base}/new", None)


def test_a_chain_is_permanent_only_where_every_link_is():
    handlers = {"a": moved(301, "/b"), "b": moved(302, "/c"), "c": moved(308, "/d"), "d": feed}
    assert fetched(handlers, "a")[1].permanent_url is None
    base, response = fetched({"a": moved(301, "/b"), "b": moved(308, "/d#part"), "d": feed}, "a")
    assert response.permanent_url == f"{base}/d"


@pytest.mark.parametrize(
    ("handlers", "words"),
    [
        ({"a": moved(301, "/a")}, "circle"),
        ({"a": moved(302, "/b"), "b": moved(302, "/a")}, "circle"),
        ({"a": moved(302, "ftp://x.example/")}, "only http and https"),
        ({"a": moved(302, "file:///etc/passwd")}, "only http and https"),
        ({"a": moved(302, "http://user:pw@x.example/")}, "password"),
        ({"a": moved(302, "http://[bad/")}, "not followed"),
        ({"a": moved(302, "javascript:alert(1)")}, "only http and https"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_said(handlers, words):
    _, response = fetched(handlers, "a")
    assert response.error_kind == "redirects"
    assert words in response.error


def test_redirects_end_after_five():
    handlers = {f"r{n}": moved(302, f"/r{n + 1}") for n in range(6)} | {"r6": feed}
    assert fetched(handlers, "r1")[1].status == 200
    assert fetched(handlers, "r0")[1].error_kind == "redirects"


def test_a_redirect_status_without_a_location_is_an_answer():
    async def handler(_request):
        return web.Response(status=304)

    assert fetched({"a": handler}, "a")[1].status == 304


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer_with_its_headers(status):
    async def handler(_request):
        return web.Response(status=status, headers={"Retry-After": "120"}, body=b"x" * 100)

    _, response = fetched({"feed": handler}, "feed")
    assert (response.status, response.error_kind, response.headers["retry-after"]) == (status, None, "120")


def test_a_gzip_bomb_is_stopped():
    bomb = gzip.compress(b"\0" * (200 * MIB), 1)
    head = f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}"
    response = asyncio.run(from_raw(says(head, bomb)))
    assert response.error_kind == "too-large"
    assert "expands" in response.error
    assert response.body == b""


def test_a_body_without_end_is_stopped_by_its_bytes():
    async def pour(writer):
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    response = asyncio.run(from_raw(says("HTTP/1.1 200 OK", then=pour), limits=Limits(body_bytes=MIB)))
    assert response.error_kind == "too-large"
    assert "1 MiB" in response.error


def test_a_body_that_drips_is_stopped_by_the_clock():
    async def drip(writer):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    response = asyncio.run(from_raw(says("HTTP/1.1 200 OK", then=drip), limits=BRIEF))
    assert response.error_kind == "timeout"
    assert "sent only" in response.error


def test_headers_that_drip_are_stopped_by_the_clock():
    async def drip(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-A: b\r\n"[:4])
            await writer.drain()
            await asyncio.sleep(0.02)

    response = asyncio.run(from_raw(drip, limits=QUICK))
    assert response.error_kind == "timeout"


def test_silence_is_a_timeout():
    async def wait(reader, _writer):
        await reader.read()

    response = asyncio.run(from_raw(wait, limits=QUICK))
    assert response.error_kind == "timeout"
    assert (
        response.error
        == "127.0.0.1 did not answer within 0.5 s. It is overloaded, or it holds our requests back."
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says("HTTP/1.1 200 OK\nContent-Length: 1000", b"short"), "protocol"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\nnot a chunk"), "protocol"),
        (says("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"5\r\nab"), "protocol"),
        (says("HTTP/1.1 200 OK\nContent-Length: -5", b"x"), "protocol"),
        (says("HTTP/1.1 200 OK\nContent-Length: x", b"x"), "protocol"),
        (says("SSH-2.0-OpenSSH_9.2"), "protocol"),
        (says("HTTP/1.1 9999 What"), "protocol"),
        (says(""), "protocol"),
        (says("HTTP/1.1 200 OK\nX-Big: " + "b" * 100_000, BODY), "protocol"),
        (says("HTTP/1.1 200 OK\n" + "\n".join(f"X-{n}: b" for n in range(50_000)), BODY), "protocol"),
        (says("HTTP/1.1 200 OK\nbroken header line", BODY), "protocol"),
        (says("HTTP/1.1 200 OK\nContent-Encoding: gzip, gzip", BODY), "encoding"),
        (says("HTTP/1.1 200 OK\nContent-Encoding: compress", BODY), "encoding"),
        (says("HTTP/1.1 200 OK\nContent-Encoding: br", b"\xff" * 50), "encoding"),
        (says("HTTP/1.1 200 OK\nContent-Encoding: gzip", gzip.compress(BODY, mtime=0)[:-9]), "encoding"),
    ],
)
def test_whatever_a_server_does_wrong_becomes_a_sentence(answer, kind):
    response = asyncio.run(from_raw(answer))
    assert (response.error_kind, response.status, response.body) == (kind, None, b"")
    assert response.error.startswith("127.0.0.1")
    assert response.error.endswith((".", "?"))


def test_a_server_that_hangs_up_is_a_sentence():
    async def hang_up(_reader, writer):
        writer.close()

    assert asyncio.run(from_raw(hang_up)).error_kind == "protocol"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Encoding: gzip", gzip.compress(BODY, mtime=0)),
        ("Content-Encoding: gzip", BODY),
        ("Content-Encoding: utf-8", BODY),
        ("X-Policy: " + "p" * 20_000, BODY),
        ("Set-Cookie: a=b; Domain=.example", BODY),
    ],
)
def test_what_is_merely_odd_is_still_read(headers, body):
    assert (
        asyncio.run(from_raw(says(f"HTTP/1.1 200 OK\nContent-Length: {len(body)}\n{headers}", body))).body
        == BODY
    )


def test_cookies_are_not_kept():
    seen = []

    async def handler(request):
        seen.append(request.headers.get("Cookie"))
        return web.Response(body=BODY, headers={"Set-Cookie": "id=1"})

    fetched({"a": moved(302, "/b"), "b": handler}, "a")

    async def twice():
        async with site(feed=handler) as base, open_session(allow=LOOPBACK, user_agent="t") as session:
            for _ in range(2):
                await fetch(session, FetchRequest(1, f"{base}/feed"), limits=Limits())

    asyncio.run(twice())
    assert seen == [None, None, None]


def test_an_address_is_asked_for_as_it_is_written():
    seen = []

    async def handler(request):
        seen.append(request.raw_path)
        return web.Response(body=BODY)

    fetched({"{tail:.*}": handler}, "a%2Fb/%7Ex?q=1%2C2&r=a+b#part")
    assert seen == ["/a%2Fb/%7Ex?q=1%2C2&r=a+b"]


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetched({"feed": feed}, "feed")[1].status == 200


def test_nobody_there_is_a_refused_connection():
    async def run():
        async with raw_server(says("HTTP/1.1 200 OK")) as base:
            pass
        return await ask(base)

    response = asyncio.run(run())
    assert response.error_kind == "connect"
    assert response.error == "127.0.0.1 refuses the connection. The server is down or no longer there."


def test_plain_http_on_a_tls_address_is_a_tls_error():
    async def run():
        async with raw_server(says("HTTP/1.1 400 Bad Request"), request_ends=b"\x03") as base:
            return await ask(base.replace("http://", "https://"), limits=Limits(total_s=5, connect_s=5))

    assert asyncio.run(run()).error_kind == "tls"


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST.", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "１２７.0.0.1", "127。0。0。1", "127.0.0.1.",
    "[fe80::1%25lo]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_reaches_it(host):
    """A server listens on the port; nobody may knock, however its address is written."""
    knocked = []

    async def knock(_reader, _writer):
        knocked.append(host)

    async def run():
        async with raw_server(knock) as base:
            direct = await ask(f"http://{host}:{base.rpartition(':')[2]}/", allow=())
            usual_port = await ask(f"http://{host}/", allow=())
            return direct, usual_port

    for response in asyncio.run(run()):
        assert response.status is None
        assert response.error_kind in {"forbidden", "url", "dns"}
    assert not knocked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_a_redirect_does_not_get_round_the_guard(host):
    """Only 127.0.0.2 is opened; its redirect to another address of this machine is refused."""
    knocked = []

    async def secret(_request):
        knocked.append(1)
        return web.Response(body=b"secret")

    async def run():
        async with site(secret=secret) as base:
            port = base.rpartition(":")[2]
            runner = web.AppRunner(app := web.Application())
            app.router.add_get("/go", moved(302, f"http://{host}:{port}/secret"))
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.2", 0).start()
            try:
                return await ask(
                    f"http://127.0.0.2:{runner.addresses[0][1]}/go", allow=(ip_network("127.0.0.2/32"),)
                )
            finally:
                await runner.cleanup()

    response = asyncio.run(run())
    assert response.error_kind == "forbidden"
    assert not knocked


class Rebinding(AbstractResolver):
    """A name server whose answer is public first and this machine afterwards."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=0):
        self.asked += 1
        found = self.answers[min(self.asked, len(self.answers)) - 1]
        return [
            {"hostname": host, "host": a, "port": port, "family": 2, "proto": 6, "flags": 0} for a in found
        ]

    async def close(self):
        pass


def test_a_name_that_turns_to_this_machine_is_refused_where_the_socket_is_made():
    knocked = []

    async def secret(_request):
        knocked.append(1)
        return web.Response(body=b"secret")

    async def run():
        async with (
            site(secret=secret) as base,
            open_session(allow=(ip_network("127.0.0.2/32"),), user_agent="t") as session,
        ):
            session.connector._resolver, session.connector._use_dns_cache = (
                Rebinding(["127.0.0.1"], ["10.0.0.1", "127.0.0.1"]),
                False,
            )
            session.connector._cached_hosts.clear()
            url = f"http://rebind.example:{base.rpartition(':')[2]}/secret"
            return [await fetch(session, FetchRequest(1, url), limits=Limits()) for _ in range(2)]

    responses = asyncio.run(run())
    assert [response.error_kind for response in responses] == ["forbidden", "forbidden"]
    assert "DATELINE_FETCH_ALLOW" in responses[0].error
    assert not knocked


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "ftp://x.example/",
        "http://",
        "http://a b.example/",
        "http://user:pw@x.example/",
        "http://x.example:0x/",
        "http://" + "a" * 300 + ".example/",
    ],
)
def test_an_address_that_is_none_is_an_answer_too(url):
    response = asyncio.run(ask(url))
    assert response.error_kind in {"url", "dns"}
    assert response.error


def test_a_name_that_does_not_exist_is_dns():
    response = asyncio.run(ask("http://no-such-host.invalid/feed", limits=Limits(total_s=5)))
    assert response.error_kind in {"dns", "timeout"}
    assert response.error.startswith("no-such-host.invalid")


def test_cancelling_is_not_swallowed():
    async def run():
        async def wait(reader, _writer):
            await reader.read()

        async with raw_server(wait) as base:
            task = asyncio.create_task(ask(base))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
