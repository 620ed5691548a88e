import http.client
import io
import urllib.error

import feedparser
import pytest

from newswire.model import Trouble
from newswire.outlets import BROKEN


def feed_of(press, trouble):
    return press.feed_url(f"broken-{trouble}")


def test_there_is_an_outlet_for_every_trouble():
    assert {outlet.trouble for outlet in BROKEN} == set(Trouble)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(Trouble.NOT_FOUND, 404), (Trouble.GONE, 410), (Trouble.SERVER_ERROR, 500), (Trouble.UNAVAILABLE, 503)],
)
def test_a_status_says_what_is_wrong(press, client, trouble, status):
    assert client.get(feed_of(press, trouble)).status == status


def test_one_that_is_back_soon_says_when(press, client):
    assert client.get(feed_of(press, Trouble.UNAVAILABLE)).headers["Retry-After"] == "30"


@pytest.mark.parametrize(("trouble", "status"), [(Trouble.MOVED, 301), (Trouble.ELSEWHERE, 302)])
def test_a_redirect_leads_to_the_real_feed(press, client, trouble, status):
    url = feed_of(press, trouble)
    answer = client.get(url)
    target = url.rsplit("/", 1)[0] + answer.headers["Location"].removeprefix(".")

    assert answer.status == status
    assert len(feedparser.parse(io.BytesIO(client.get(target).body)).entries) == 20


@pytest.mark.parametrize("trouble", [Trouble.HTML, Trouble.GARBAGE, Trouble.EMPTY])
def test_an_answer_that_is_no_feed_has_no_entries(press, client, trouble):
    answer = client.get(feed_of(press, trouble))

    assert answer.status == 200
    assert feedparser.parse(io.BytesIO(answer.body)).entries == []
    assert {Trouble.HTML: b"<!doctype", Trouble.GARBAGE: b"", Trouble.EMPTY: b""}[trouble] in answer.body
    assert (answer.body == b"") == (trouble is Trouble.EMPTY)


def test_a_truncated_feed_breaks_in_the_middle(press, client):
    parsed = feedparser.parse(io.BytesIO(client.get(feed_of(press, Trouble.TRUNCATED)).body))

    assert parsed.bozo
    assert 0 < len(parsed.entries) < 20


def test_a_slow_feed_is_whole_in_the_end(press, client, monkeypatch):
    monkeypatch.setattr("newswire.trouble.SLOW_SECONDS", 0.05)
    answer = client.get(feed_of(press, Trouble.SLOW))

    assert len(feedparser.parse(io.BytesIO(answer.body)).entries) == 20


def test_a_dropped_connection_has_no_answer(press, client):
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError, urllib.error.URLError)):
        client.get(feed_of(press, Trouble.HANGS_UP))


def test_a_mislabelled_feed_is_utf8_that_calls_itself_latin(press, client):
    answer = client.get(feed_of(press, Trouble.MISLABELLED))

    assert answer.headers["Content-Type"].endswith("charset=iso-8859-1")
    assert b'encoding="ISO-8859-1"' in answer.body
    assert "Вестник" in answer.body.decode("utf-8")


def test_nobody_writes_for_a_feed_that_shows_nothing(press):
    silent = {
        f"broken-{trouble}" for trouble in (Trouble.GONE, Trouble.HTML, Trouble.EMPTY, Trouble.HANGS_UP)
    }

    assert silent.isdisjoint(row["outlet"] for row in press.truth())
    assert {row["outlet"] for row in press.truth() if not row["readable"]} == {"broken-truncated"}
