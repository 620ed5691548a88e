"""Servers that want to hold us, fill us, lead us astray or break us, over real sockets on loopback.

`test_fetch` holds what any server may do; here stands what only a hostile or a broken one does. Every attack ends as an
answer with its `error_kind`, after bounded bytes and within the time given; a table at the end says which.
"""

import asyncio
import contextlib
import gzip
import socket
import tracemalloc
import zlib
from collections import Counter, defaultdict
from importlib import import_module
from ipaddress import ip_network

import pytest
from aiohttp.abc import AbstractResolver

from newswire.sockets import let_nobody_in
from services.ingest.entry import FetchRequest
from services.ingest.fetch import Limits, fetch, open_session

MIB = 1 << 20
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SMALL = Limits(total_s=60, connect_s=60, body_bytes=MIB, redirects=5)
"""The clock ends nothing here, however busy the machine is: what ends a fetch is what it brings."""
BRIEF = Limits(total_s=0.6, connect_s=0.6, body_bytes=MIB, redirects=5)
SHORT = Limits(total_s=5, connect_s=5, body_bytes=MIB, redirects=5)
KERNEL = 18 * MIB
"""What a fetch may bring, and what besides may lie in the buffers of both its ends when the reader closes it."""
GIVE_UP_S = 120

tried = defaultdict(Counter)


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\nhostile servers: class, number, outcomes")
        for name, outcomes in sorted(tried.items()):
            told = ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common())
            print(f"{name:28} {outcomes.total():4}  {told}")


class Server:
    """One that answers every request by `attack(writer, path)`, and counts what it could send and who came."""

    def __init__(self, attack, host="127.0.0.1", sock=None):
        self.attack, self.host, self.sock = attack, host, sock
        self.sent, self.visits, self.tasks = 0, [], set()

    async def __aenter__(self):
        where = {"sock": self.sock} if self.sock else {"host": self.host, "port": 0}
        self.server = await asyncio.start_server(self.serve, **where)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        await let_nobody_in(self.server.sockets)
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    @property
    def url(self):
        return f"http://{self.host}:{self.port}/feed"

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.visits.append(request.split()[1].decode())
            self.writer = writer
            await self.attack(self)
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    async def say(self, data):
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def pour(self, data, pause=None):
        """Say it again and again, for as long as anybody listens."""
        while True:
            await self.say(data)
            if pause is not None:
                await asyncio.sleep(pause)


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def once(*pieces):
    async def attack(server):
        for piece in pieces:
            await server.say(piece)

    return attack


def endless(beginning, piece, *, pause=None):
    async def attack(server):
        if beginning:
            await server.say(beginning)
        await server.pour(piece, pause)

    return attack


def asked(attack, *, limits=SMALL, allow=LOOPBACK, path="/feed", host="127.0.0.1", resolver=None):
    """The answer of `fetch`, and the server with what it counted."""

    async def run():
        async with Server(attack) as server, open_session(allow=allow, user_agent="t") as session:
            if resolver:
                session.connector._resolver, session.connector._use_dns_cache = resolver, False
            request = FetchRequest(1, f"http://{host}:{server.port}{path}")
            response = await asyncio.wait_for(fetch(session, request, limits=limits), GIVE_UP_S)
            return response, server

    return asyncio.run(run())


def outcome(name, response):
    """`error_kind`, or the status; the sentence of an error is fit to be read, and nothing of a body comes with it."""
    kind = response.error_kind or str(response.status)
    tried[name][kind] += 1
    if response.error_kind:
        assert response.status is None
        assert response.body == b""
        assert response.error.endswith((".", "?"))
        assert len(response.error) < 500
        assert "\n" not in response.error
    else:
        assert len(response.body) <= SMALL.body_bytes
    return kind


BODY = b"<rss version='2.0'><channel/></rss>"
CHUNKED = "Transfer-Encoding: chunked"
BLOCK = b"x" * 65_536


@pytest.mark.parametrize(
    ("attack", "kinds"),
    [
        (endless(head(), BLOCK), {"too-large"}),
        (endless(head("Content-Length: 99999999999"), BLOCK), {"too-large"}),
        (endless(head(CHUNKED), b"10000\r\n" + BLOCK + b"\r\n"), {"too-large"}),
        (endless(head(CHUNKED), b"1\r\nx\r\n" * 9000), {"too-large"}),
        (endless(head(status="404 Not Found"), BLOCK), {"404"}),
        (endless(head(status="304 Not Modified"), BLOCK), {"304", "protocol"}),
        (endless(head("Location: /feed", status="301 Moved"), BLOCK), {"redirects"}),
        (endless(head(status="500 Oh"), BLOCK), {"500"}),
        (endless(b"", BLOCK), {"protocol"}),
        (endless(b"HTTP/1.1 200 ", BLOCK), {"protocol"}),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 30_000 + b"\r\n"), {"protocol", "too-large"}),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000), {"protocol"}),
        (endless(b"HTTP/1.1 200 OK\r\nX-A: ", BLOCK), {"protocol"}),
        (endless(b"HTTP/1.1 200 OK\r\n", b" folded\r\n" * 1000), {"protocol"}),
        (endless(b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\n" * 1000), {"protocol"}),
        (endless(b"", b"\r\n" * 1000), {"too-large"}),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50), {"too-large"}),
        (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 50), {"too-large"}),
        (endless(head(CHUNKED), b"1;ext=" + BLOCK), {"too-large"}),
        (endless(head(CHUNKED) + b"0\r\n", b"Trailer: x\r\n" * 1000), {"protocol"}),
        (endless(head(CHUNKED), b"0" * 9000), {"too-large"}),
    ],
)  # fmt: skip
def test_a_flood_is_cut_off(attack, kinds):
    response, server = asked(attack)
    assert outcome("floods", response) in kinds
    assert server.sent < KERNEL


@pytest.mark.parametrize("framing", [head("Content-Length: 5242880"), head()])
def test_the_largest_body_comes_whole_however_fast_it_comes(framing):
    """What is measured before the answer begins must not cut a body that came along with its headers."""
    response, _ = asked(once(framing + b"x" * (5 * MIB)), limits=Limits())
    assert (response.status, len(response.body), response.error) == (200, 5 * MIB, None)


@pytest.mark.parametrize(
    ("attack", "kinds"),
    [
        (endless(head(), b"x", pause=0.01), {"timeout"}),
        (endless(head("Content-Length: 50"), b"", pause=0.01), {"timeout"}),
        (endless(head(CHUNKED), b"1\r\nx\r\n", pause=0.01), {"timeout"}),
        (endless(head("Content-Encoding: gzip"), gzip.compress(b"")[:1], pause=0.01), {"timeout", "encoding"}),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", pause=0.02), {"timeout"}),
        (endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"y", pause=0.01), {"timeout"}),
        (endless(b"", b"\r\n", pause=0.01), {"timeout", "protocol"}),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01), {"timeout"}),
        (endless(b"", b"", pause=0.01), {"timeout"}),
    ],
)  # fmt: skip
def test_a_drip_is_cut_off(attack, kinds):
    response, server = asked(attack, limits=BRIEF)
    assert outcome("drips", response) in kinds
    assert server.sent < MIB


def test_the_time_is_for_the_whole_journey_and_not_for_each_hop():
    """Five redirects of 0.25 s each stay under every single limit and over the sum."""

    async def attack(server):
        await asyncio.sleep(0.25)
        await server.say(head(f"Location: /{len(server.visits)}", "Content-Length: 0", status="302 Found"))

    response, server = asked(attack, limits=BRIEF)
    assert outcome("drips", response) == "timeout"
    assert len(server.visits) <= 4


def zeros(size, compress, *, layers=1):
    data = compress(b"\0" * size)
    for _ in range(layers - 1):
        data = compress(data)
    return data


def brotli(data):
    return import_module("brotli").compress(data, quality=5)


def zstd(data):
    try:
        return import_module("compression.zstd").compress(data, 3)
    except ModuleNotFoundError:
        return import_module("backports.zstd").compress(data, 3)


def deflate(data):
    return zlib.compress(data, 9)


def bare_deflate(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def gz(data):
    return gzip.compress(data, 9, mtime=0)


BOMB = 64 * MIB
BOMBS = [
    ("gzip", zeros(BOMB, gz)), ("x-gzip", zeros(BOMB, gz)), ("deflate", zeros(BOMB, deflate)), ("deflate", zeros(BOMB, bare_deflate)),
    ("br", zeros(BOMB, brotli)), ("zstd", zeros(BOMB, zstd)), ("gzip", gz(b"a" * 9) + zeros(BOMB, gz)), ("gzip", b"".join([zeros(MIB // 8, gz)] * 400)),
    ("zstd", zstd(b"a") + zeros(BOMB, zstd)),
]  # fmt: skip


@pytest.mark.parametrize(("coding", "bomb"), BOMBS, ids=[f"{coding}-{len(bomb)}" for coding, bomb in BOMBS])
def test_a_bomb_is_never_held_at_full_length(coding, bomb):
    tracemalloc.start()
    try:
        response, _ = asked(once(head(f"Content-Encoding: {coding}"), bomb))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    kind = outcome("bombs", response)
    # A second frame of zstd is not read at all: then the little before it is the body.
    assert kind == "too-large" or (coding == "zstd" and response.body == b"a")
    assert peak < len(bomb) + 6 * MIB


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gz), ("br", brotli), ("zstd", zstd), ("deflate", deflate)]
)
def test_a_bomb_in_a_bomb_is_unpacked_once(coding, compress):
    """Two headers, or one header over two layers: only one layer is undone, and what is inside stays as it is."""
    bomb = zeros(4 * MIB, compress, layers=2)
    twice, _ = asked(once(head(f"Content-Encoding: {coding}, {coding}"), bomb))
    assert outcome("bombs in bombs", twice) == "encoding"
    split, _ = asked(once(head(f"Content-Encoding: {coding}", f"Content-Encoding: {coding}"), bomb))
    assert outcome("bombs in bombs", split) in {"encoding", "protocol", "200"}
    assert len(split.body) <= 64 << 10
    inner, _ = asked(once(head(f"Content-Encoding: {coding}"), bomb))
    assert outcome("bombs in bombs", inner) == "200"
    assert len(inner.body) <= 64 << 10


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gz(b"") * 40_000),
        ("gzip", b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 900_000),
        ("gzip", b"\x1f\x8b" * 400_000),
        ("gzip", gz(BODY) + b"\0" * 900_000),
        ("gzip", gz(BODY)[:-8] + b"\xff" * 8),
        ("deflate", b"\0" * 900_000),
        ("deflate", (b"\0" + b"\0\0\xff\xff") * 180_000),
        ("br", b"\x11" * 900_000),
        ("br", b"\xff" * 900_000),
        ("br", b"\x06"),
        ("br", brotli(BODY) + b"x" * 900_000),
        ("zstd", b"\x50\x2a\x4d\x18\xff\xff\xff\x7f" + b"x" * 900_000),
        ("zstd", b"\x50\x2a\x4d\x18\0\0\0\0" * 100_000),
        ("zstd", b"\x28\xb5\x2f\xfd\x00\xf8" + b"x" * 1000),
        ("zstd", zstd(BODY) * 10_000),
        ("gzip", b""),
        ("zstd", b""),
        ("br", b""),
        ("chunked", BODY),
        (",".join(["gzip"] * 1000), BODY),
        ("gzip\0", BODY),
        ("é", BODY),
        ("*", BODY),
        ("x" * 20_000, BODY),
    ],
    ids=range(24),
)
def test_packed_rubbish_is_an_answer(coding, data):
    response, _ = asked(once(head(f"Content-Encoding: {coding}"), data), limits=SMALL)
    assert outcome("packed rubbish", response) in {"200", "encoding", "too-large", "protocol"}


RUBBISH = [
    b"", b"\n", b"\0" * 500, b"\xff" * 500, b"HTTP/1.1", b"HTTP/1.1 \r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 -200 OK\r\n\r\n", b"HTTP/1.1 0200 OK\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 200\r\n\r\n" + BODY, b"http/1.1 200 ok\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    BODY, b"220 ftp.example FTP server ready\r\n", b"* OK IMAP4\r\n", b"-ERR unknown command\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"\0\0\x12\x04\0\0\0\0\0",
    head("No-Colon"), head(": empty"), head("A b: c"), head("X: \0"), head("X: a\rb"), head("X\0: y"), head("Content-Length: 5", "Content-Length: 6") + BODY,
    head("Content-Length: 5, 6") + BODY, head("Content-Length: +5") + BODY, head("Content-Length: 5_0") + BODY, head("Content-Length: 0x5") + BODY, head("Content-Length: " + "9" * 400) + BODY,
    head("Content-Length: 10000") + BODY, head(CHUNKED, "Content-Length: 3") + b"5\r\nhello\r\n0\r\n\r\n", head("Transfer-Encoding: gzip") + BODY, head("Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    head("Transfer-Encoding: x") + BODY, head(CHUNKED) + BODY, head(CHUNKED) + b"-1\r\nx\r\n", head(CHUNKED) + b"ffffffffffffffffff\r\nx", head(CHUNKED) + b"5\r\nhello0\r\n\r\n",
    head(CHUNKED) + b"5\nhello\n0\n\n", head(CHUNKED) + b"5\r\nhel", head(CHUNKED) + b" 5\r\nhello\r\n0\r\n\r\n", head(CHUNKED) + b"\r\n\r\n", head(CHUNKED) + b"0x5\r\nhello\r\n0\r\n\r\n",
    head("Upgrade: h2c", "Connection: Upgrade", status="101 Switching Protocols") + BODY, head(status="100 Continue"), head(status="204 No Content") + BODY, head(status="205 Reset") + BODY,
    head("Content-Range: bytes 0-1/9", status="206 Partial") + BODY, head("Refresh: 0;url=http://127.0.0.1/") + BODY, head(status="999 Denied"), head(status="999999 No"),
]  # fmt: skip


@pytest.mark.parametrize("answer", RUBBISH, ids=range(len(RUBBISH)))
def test_what_is_no_http_is_an_answer_too(answer):
    response, _ = asked(once(answer), limits=BRIEF)
    kind = outcome("no HTTP, or wrong", response)
    assert kind in {"protocol", "timeout"} or (kind.isdecimal() and 100 <= int(kind) <= 999)


def test_more_than_was_announced_is_left_where_it_is():
    response, _ = asked(once(head(f"Content-Length: {len(BODY)}"), BODY + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"))
    assert outcome("wrong lengths", response) == "200"
    assert response.body == BODY


def test_less_than_was_announced_is_no_body():
    response, _ = asked(once(head("Content-Length: 36"), BODY))
    assert outcome("wrong lengths", response) == "protocol"
    assert "broke off" in response.error


def moved(*locations):
    """A chain: the first visit is sent to the first place, and so on; then comes a feed."""

    async def attack(server):
        step = len(server.visits) - 1
        if step < len(locations):
            place = locations[step].replace("PORT", str(server.port))
            await server.say(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {place}\r\n\r\n".encode())
        else:
            await server.say(head(f"Content-Length: {len(BODY)}") + BODY)

    return attack


ASTRAY = [
    # where to, what it comes to when only 127.0.0.2 is opened
    ("http://127.0.0.1:PORT/", "forbidden"), ("http://127.1:PORT/", "forbidden|url|dns"), ("http://2130706433:PORT/", "forbidden|url|dns"), ("http://0x7f000001:PORT/", "forbidden|url|dns"),
    ("http://017700000001:PORT/", "forbidden|url|dns"), ("http://0:PORT/", "forbidden|url|dns"), ("http://localhost:PORT/", "forbidden"), ("//localhost:PORT/", "forbidden"),
    ("http://[::1]:PORT/", "forbidden"), ("http://[::ffff:127.0.0.1]:PORT/", "forbidden"), ("http://[::ffff:7f00:1]:PORT/", "forbidden"), ("http://[0:0:0:0:0:ffff:7f00:0001]:PORT/", "forbidden"),
    ("http://[::127.0.0.1]:PORT/", "forbidden"), ("http://[64:ff9b::7f00:1]:PORT/", "forbidden"), ("http://[2002:7f00:1::]:PORT/", "forbidden"), ("http://[fe80::1%25lo]:PORT/", "forbidden|redirects|dns|connect"),
    ("http://[fe80::1%lo]:PORT/", "forbidden|redirects|dns|connect"), ("http://[::1%25lo]:PORT/", "forbidden|redirects|dns"), ("http://10.0.0.1/", "forbidden"), ("http://172.16.0.1/", "forbidden"),
    ("http://192.168.1.1/", "forbidden"), ("http://169.254.169.254/latest/meta-data/", "forbidden"), ("http://[fd00:ec2::254]/", "forbidden"), ("http://100.64.0.1/", "forbidden"),
    ("http://0.0.0.0:PORT/", "forbidden"), ("http://224.0.0.1/", "forbidden"), ("http://255.255.255.255/", "forbidden"), ("https://127.0.0.1:PORT/", "forbidden"), ("http://１２７.０.０.１:PORT/", "forbidden|redirects|dns|protocol"),
    ("http://127.0.0.2:22/", "connect|protocol|200"), ("file:///etc/passwd", "redirects"), ("ftp://127.0.0.2/", "redirects"), ("gopher://127.0.0.2:PORT/_x", "redirects"), ("data:text/xml,<rss/>", "redirects"),
    ("javascript:alert(1)", "redirects"), ("dict://127.0.0.2:PORT/", "redirects"), ("ws://127.0.0.2:PORT/", "redirects"), ("unix:///run/x", "redirects"), ("view-source:http://127.0.0.2/", "redirects"),
    ("http://user@127.0.0.2:PORT/", "redirects"), ("http://user:pw@127.0.0.2:PORT/", "redirects"), ("http://127.0.0.2:PORT@127.0.0.1:PORT/", "redirects"), ("http://127.0.0.2\\@127.0.0.1:PORT/", "redirects|dns|forbidden"),
    ("http:///etc/passwd", "200|redirects"), ("http://", "redirects"), ("http://:PORT/", "redirects"), ("http://127.0.0.2:99999/", "redirects"), ("http://127.0.0.2:-1/", "redirects"), ("http://[", "redirects"),
    ("http://a..b/", "redirects|dns"), ("http://" + "a" * 64 + ".example/", "redirects|dns"), ("http://" + "a." * 5000 + "example/", "redirects|dns"), ("/" + "a" * 20_000, "redirects|200"), ("http://\x00/", "redirects|protocol|dns"),
    ("http://127.0.0.2:PORT/\tx", "200|redirects|protocol"), (" http://127.0.0.2:PORT/ok ", "200"), ("?q", "200"), ("//127.0.0.2:PORT/x", "200"), ("http:x", "200|redirects"), ("HTTP://127.0.0.2:PORT/", "200"),
]  # fmt: skip


def on_one_port(first, second):
    """Sockets on the same port of two addresses; one that is free at the first may be somebody's at the second."""
    while True:
        one = socket.create_server((first, 0))
        try:
            return one, socket.create_server((second, one.getsockname()[1]))
        except OSError:
            one.close()


@pytest.mark.parametrize(
    ("location", "kinds"), ASTRAY, ids=[f"{n} {place[:30]!r}" for n, (place, _) in enumerate(ASTRAY)]
)
def test_a_redirect_leads_to_nobody_who_was_not_opened(location, kinds):
    """A second server listens on the same port of 127.0.0.1; nobody may come to it."""

    async def run():
        knocked = []
        here, there = on_one_port("127.0.0.2", "127.0.0.1")
        async with Server(moved(location), host="127.0.0.2", sock=here) as server:
            secret = await asyncio.start_server(lambda *_: knocked.append(1), sock=there)
            allow = (ip_network("127.0.0.2/32"),)
            try:
                async with open_session(allow=allow, user_agent="t") as session:
                    request = FetchRequest(1, server.url)
                    response = await asyncio.wait_for(fetch(session, request, limits=SMALL), GIVE_UP_S)
            finally:
                await let_nobody_in(secret.sockets)
                secret.close()
                await secret.wait_closed()
            return response, knocked

    response, knocked = asyncio.run(run())
    assert outcome("redirects astray", response) in kinds.split("|")
    assert not knocked


@pytest.mark.parametrize(
    ("locations", "kind"),
    [
        (["/feed"] * 9, "redirects"),
        (["/a", "/b", "/a"], "redirects"),
        (["/1", "/2", "/3", "/4", "/5", "/6"], "redirects"),
        (["/1", "/2", "/3", "/4", "/5"], "200"),
        (["/feed#1", "/feed#2"], "redirects"),
        (["http://localhost:PORT/1", "http://127.0.0.1:PORT/2", "http://localhost:PORT/3"], "200"),
        (["http://localhost:PORT/feed", "http://127.0.0.1:PORT/feed"], "redirects"),
        ([f"http://127.0.0.{n}:PORT/" for n in range(10, 19)], "connect"),
    ],
)
def test_chains_and_circles_end(locations, kind):
    response, server = asked(moved(*locations))
    assert outcome("chains and circles", response) == kind
    assert len(server.visits) <= SMALL.redirects + 1


class Turning(AbstractResolver):
    """A name server that answers differently every time it is asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host, port=0, family=0):
        self.asked += 1
        found = self.answers[min(self.asked, len(self.answers)) - 1]
        family = 10 if ":" in found else 2
        return [{"hostname": host, "host": found, "port": port, "family": family, "proto": 6, "flags": 0}]

    async def close(self):
        pass


ONLY_TWO = (ip_network("127.0.0.2/32"),)


@pytest.mark.parametrize(
    "turned",
    ["127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1"],
)  # fmt: skip
def test_a_name_that_turns_between_two_connections_of_one_fetch_is_refused(turned):
    """The first address is open and redirects to the same name, which by then means somebody else."""

    async def run():
        resolver = Turning("127.0.0.2", turned)
        async with Server(moved("/again"), host="127.0.0.2") as server:
            async with open_session(allow=ONLY_TWO, user_agent="t") as session:
                session.connector._resolver, session.connector._use_dns_cache = resolver, False
                request = FetchRequest(1, f"http://turning.example:{server.port}/")
                response = await asyncio.wait_for(fetch(session, request, limits=SMALL), GIVE_UP_S)
            return response, server.visits, resolver.asked

    response, visits, questions = asyncio.run(run())
    assert outcome("names that turn", response) == "forbidden"
    assert visits == ["/"]
    assert questions >= 2


@pytest.mark.parametrize("answer", ["", "not an address", "127.0.0.1\0", "1.2.3", "::g", "fe80::1%lo"])
def test_a_name_server_that_answers_nonsense_is_no_crash(answer):
    async def run():
        async with open_session(allow=(), user_agent="t") as session:
            session.connector._resolver, session.connector._use_dns_cache = Turning(answer), False
            request = FetchRequest(1, "http://odd.example/")
            return await asyncio.wait_for(fetch(session, request, limits=SMALL), GIVE_UP_S)

    assert outcome("names that turn", asyncio.run(run())) in {"forbidden", "dns", "connect"}


def test_many_attacks_at_once_do_not_disturb_a_good_server():
    attacks = [
        endless(head(), BLOCK), endless(head(), b"x", pause=0.01), endless(b"", b"\r\n", pause=0.01), once(head("Content-Encoding: gzip"), BOMBS[0][1]),
        moved(*["/feed"] * 9), once(b"\0" * 500), endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000),
    ]  # fmt: skip

    async def run():
        async with contextlib.AsyncExitStack() as stack:
            servers = [await stack.enter_async_context(Server(attack)) for attack in attacks * 4]
            good = await stack.enter_async_context(Server(once(head("Content-Length: 35"), BODY)))
            session = await stack.enter_async_context(open_session(allow=LOOPBACK, user_agent="t"))
            fetches = [
                fetch(session, FetchRequest(n, server.url), limits=SHORT) for n, server in enumerate(servers)
            ]
            fetches.append(fetch(session, FetchRequest(len(servers), good.url), limits=SMALL))
            return await asyncio.wait_for(asyncio.gather(*fetches), GIVE_UP_S)

    *bad, good = asyncio.run(run())
    assert (outcome("all at once", good), good.body) == ("200", BODY)
    assert all(outcome("all at once", response) != "200" for response in bad)
