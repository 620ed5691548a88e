"""What is answered before the server makes a task of it is, byte for byte, what it would have been; and connections go on."""

import contextlib
import http.client
import socket

import pytest

from services.api.front.door import Door
from services.core.metrics import fleet
from services.core.settings import settings

ADDRESS = "/v1/latest?limit=5"
WANDERING = {"date", "ratelimit", "x-request-id"}


@pytest.fixture
def quick(site, service, desk) -> list[str]:
    """Paths of what was answered at once; answers last."""
    service.setattr("services.api.front.shelf.LONGEST_S", 3600.0)
    service.setattr("services.api.front.shelf.MOVED_S", -1.0)
    service.setattr(
        "services.core.outbox.cache.tell_followers", lambda _seq: None
    )  # tests ring when they mean it
    desk.article("Kyrgyz parliament opens its session", teaser="A long teaser " * 15)
    seen, at_once = [], Door.at_once

    def noted(self, scope):
        found = at_once(self, scope)
        if found:
            seen.append(scope["path"])
        return found

    service.setattr(Door, "at_once", noted)
    return seen


def raw(site, *requests: str) -> bytes:
    """What comes back for these heads, sent together, until the connection is closed by the last."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        connection.sendall("".join(requests).encode())
        parts = []
        while came := connection.recv(65536):
            parts.append(came)
    return b"".join(parts)


def head(path=ADDRESS, *lines: str, last: bool = False, method: str = "GET") -> str:
    more = ["Host: x", *lines, *(["Connection: close"] if last else [])]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *more, "", ""])


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_quick_answer_is_the_long_one(site, quick, known, encoding):
    asked = {"accept_encoding": encoding, "x_forwarded_for": "198.51.100.7"}
    if known:
        asked["if_none_match"] = site.get(ADDRESS, accept_encoding=encoding).headers["etag"]
    site.app.state.bell.ring()
    made, ready = site.get(ADDRESS, **asked), site.get(ADDRESS, **asked)
    assert quick == ["/v1/latest"]
    assert (ready.status, ready.body) == (made.status, made.body)
    assert ready.status == (304 if known else 200)
    assert set(ready.headers) == set(made.headers) - {"x-request-id"}
    assert "ratelimit" in ready.headers
    assert {n: v for n, v in ready.headers.items() if n not in WANDERING} == {
        n: v for n, v in made.headers.items() if n not in WANDERING
    }


def test_a_connection_goes_on_with_quick_and_long_answers_in_order(site, quick):
    raw(site, head(last=True))
    answers = raw(site, head(), head("/v1/regions"), head(method="HEAD"), head(), head(last=True)).decode()
    assert answers.count("HTTP/1.1 200 OK") == 5
    assert quick, "the first of them lay ready"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    statuses = []
    for path in (ADDRESS, "/v1/nothing", ADDRESS, "/v1/topics", ADDRESS):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [200, 404, 200, 200, 200]


def test_it_is_counted_like_any_other(site, quick):
    site.get(ADDRESS)
    for _ in range(3):
        site.get(ADDRESS)
    fleet.add_up()
    counted = 'dateline_http_answers_total{route="/v1/latest",status="200"} 4.0'
    assert counted in site.get("/metrics").text
    assert len(quick) == 3


def test_more_than_one_reader_may_ask_is_refused_as_ever(site, quick, service):
    service.setenv("DATELINE_RATE_LIMIT", "3")
    settings.cache_clear()
    asked = [site.get(ADDRESS, x_forwarded_for="198.51.100.7") for _ in range(5)]
    assert [a.status for a in asked] == [200, 200, 200, 429, 429]
    assert len(quick) == 2


def test_who_asks_for_much_and_takes_nothing_does_not_fill_our_memory(site, quick):
    raw(site, head(last=True))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", site.port))
        connection.settimeout(1)
        with contextlib.suppress(TimeoutError):  # reading may stop on the other side
            connection.sendall(head().encode() * 20_000)
    size = len(site.get(ADDRESS).body)
    assert len(quick) * size < 4 * 2**20
    assert site.get(ADDRESS).status == 200
