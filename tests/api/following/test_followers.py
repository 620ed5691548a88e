"""Many who follow at once: one change is read and put into bytes once for each filter, and who does not read is in nobody's way."""

import contextlib
import socket

import pytest

from services.api.following import events
from services.api.routes import changes
from tests.fixtures.roles import eventually

FOLLOWERS = 6


class Follower:
    """A raw connection to an event stream."""

    def __init__(self, site, query: str = "", *, room: int | None = None) -> None:
        self.socket = socket.socket()
        if room is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", site.port))
        asked = f"GET /v1/changes?{query} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        self.socket.sendall(asked.encode())
        self.heard = b""

    def until(self, words: str) -> bytes:
        """All that was heard by the time at which these words were."""
        while words.encode() not in self.heard:
            came = self.socket.recv(65536)
            assert came, f"the stream ended without {words!r}"
            self.heard += came
        return self.heard

    def is_alive_until(self, words: str) -> bool:
        """Whether the stream went on until these words."""
        try:
            self.until(words)
        except (AssertionError, ConnectionError):
            return False
        return True

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def follow(site):
    with contextlib.ExitStack() as stack:

        def begin(query: str = "", *, room: int | None = None) -> Follower:
            follower = Follower(site, query, room=room)
            stack.callback(follower.close)
            return follower

        yield begin


@pytest.fixture
def put_into_bytes(service) -> list[str]:
    """Every event that was put into bytes, by its cursor."""
    seen, event = [], changes._event

    def counted(cursor, change, data):
        seen.append(cursor)
        return event(cursor, change, data)

    service.setattr(changes, "_event", counted)
    return seen


def following(site) -> int:
    return site.app.state.metrics.followers


def events_of(heard: bytes) -> list[bytes]:
    """The events alone, whatever chunks they came in."""
    return [line for line in heard.splitlines() if line.startswith((b"id:", b"event:", b"data:"))]


def test_a_change_is_put_into_bytes_once_for_all_who_follow_one_filter(site, desk, follow, put_into_bytes):
    desk.article("The first of all")
    since = site.json("/v1/latest")["changes"]
    readers = [follow(f"since={since}") for _ in range(FOLLOWERS)]
    for reader in readers:
        reader.until("retry: 3000")
    eventually(lambda: following(site) == FOLLOWERS, what="everybody following")
    desk.article("Kyrgyz parliament opens its session")
    site.app.state.bell.ring()
    heard = [events_of(reader.until("Kyrgyz parliament")) for reader in readers]
    assert heard == [heard[0]] * FOLLOWERS
    assert len(put_into_bytes) == 1


def test_who_begins_further_back_catches_up_and_goes_on_with_the_others(site, desk, follow):
    titles = [f"Article number {n} of them" for n in range(7)]
    for title in titles:
        desk.article(title)
    now, late = follow(f"since={site.json('/v1/latest')['changes']}"), follow("limit=2")
    for reader in (now, late):
        reader.until("retry: 3000")
    late.until(titles[-1])
    desk.article("Almaty builds a second tram line")
    site.app.state.bell.ring()
    assert "number" not in now.until("Almaty").decode()
    ids = [line for line in events_of(late.until("Almaty")) if line.startswith(b"id:")]
    assert len(ids) == len(set(ids)) == 8


def test_filters_are_told_apart(site, desk, follow, put_into_bytes):
    since = site.json("/v1/latest?language=en")["changes"], site.json("/v1/latest?language=de")["changes"]
    english, german = follow(f"language=en&since={since[0]}"), follow(f"language=de&since={since[1]}")
    for reader in (english, german):
        reader.until("retry: 3000")
    desk.article("Kyrgyz parliament opens its session", language="en")
    desk.article("Das Parlament tagt wieder", language="de")
    site.app.state.bell.ring()
    assert b"tagt" not in english.until("Kyrgyz")
    assert b"Kyrgyz" not in german.until("tagt")


def test_who_never_reads_is_closed_and_the_others_go_on(site, desk, follow, service):
    for n in range(150):
        desk.article(f"Number {n}: " + "a long way to say that nothing has happened " * 8)
    other = follow(f"since={site.json('/v1/latest')['changes']}")
    other.until("retry: 3000")
    asleep = follow("limit=20", room=4096)
    eventually(lambda: following(site) == 2, what="both following")
    service.setattr(events, "TAKEN_WITHIN_S", 0.5)
    desk.article("One more")  # said to both: he is waited for no longer than that
    site.app.state.bell.ring()
    eventually(lambda: following(site) == 1, what="the one who never reads left alone")
    desk.article("Kyrgyz parliament opens its session")
    site.app.state.bell.ring()
    other.until("Kyrgyz parliament")
    assert not asleep.is_alive_until("Kyrgyz parliament")


def test_who_leaves_is_not_followed_by_a_channel(site, desk, follow):
    reader = follow()
    reader.until("retry: 3000")
    eventually(lambda: site.app.state.channels._open, what="a channel")
    reader.close()
    assert eventually(lambda: following(site) == 0 and not site.app.state.channels._open, what="its end")
