import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from newswire.outlets import OUTLETS
from newswire.press import running_press
from tests.fixtures.hub import call
from tests.fixtures.roles import eventually

PUSHED = ["turan-wire", "ala-too-dispatch"]


class Callback:
    """A subscriber: says what it is told to say, and keeps what it is sent."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.pushes: list[tuple[dict[str, str], bytes]] = []
        self.meant = True
        self.status = 202


@pytest.fixture
def callback() -> Iterator[Callback]:
    mine = Callback()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            mine.asked.append(asked)
            body = asked["hub.challenge"].encode() if mine.meant else b"what?"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.pushes.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(mine.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mine.url = f"http://127.0.0.1:{server.server_port}/back?x=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield mine
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def own_press():
    with running_press(seed=5, outlets=6, broken=False) as press:
        yield press


def ask(press, address, mode="subscribe", slug="turan-wire", **more):
    form = {"hub.mode": mode, "hub.topic": press.feed_url(slug), "hub.callback": address}
    form |= {f"hub.{name}": value for name, value in more.items()}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(f"{press.url}/hub", method="POST", body=urlencode(form).encode(), headers=headers)


def subscribed(press, callback, **more):
    assert ask(press, callback.url, **more).status == 202
    eventually(lambda: press.stats()["turan-wire"]["subscribers"], what="the subscription")


def test_two_outlets_name_the_hub_in_header_and_feed(press, client):
    assert [outlet.slug for outlet in OUTLETS if outlet.hub] == PUSHED
    for slug in PUSHED:
        answer = client.get(press.feed_url(slug))
        assert answer.headers["Link"] == f'<{press.url}/hub>; rel="hub", <{press.feed_url(slug)}>; rel="self"'
        assert f'link rel="hub" href="{press.url}/hub"' in answer.body.decode()
    assert client.get(press.feed_url("steppe-courier")).headers["Link"] is None


def test_news_are_pushed_whole_and_signed_to_who_confirmed(own_press, callback, client):
    subscribed(own_press, callback, secret="between us", lease_seconds="600")
    (asked,) = callback.asked
    assert (asked["hub.mode"], asked["hub.lease_seconds"], asked["x"]) == ("subscribe", "600", "1")
    own_press.publish("turan-wire")
    (headers, body) = eventually(lambda: callback.pushes, what="the push")[0]
    assert body == client.get(own_press.feed_url("turan-wire")).body
    assert headers["x-hub-signature"] == "sha256=" + hmac.new(b"between us", body, "sha256").hexdigest()
    assert own_press.feed_url("turan-wire") in headers["link"]
    eventually(lambda: own_press.stats()["turan-wire"]["pushes"] == 1, what="the count")
    assert own_press.stats()["ala-too-dispatch"]["pushes"] == 0


def test_who_did_not_mean_it_is_told_nothing(own_press, callback):
    callback.meant = False
    assert ask(own_press, callback.url).status == 202
    eventually(lambda: callback.asked, what="the question")
    own_press.publish("turan-wire")
    assert (own_press.stats()["turan-wire"]["subscribers"], callback.pushes) == (0, [])


def test_who_leaves_or_is_gone_is_forgotten(own_press, callback):
    subscribed(own_press, callback)
    assert ask(own_press, callback.url, "unsubscribe").status == 202
    eventually(lambda: not own_press.stats()["turan-wire"]["subscribers"], what="the farewell")
    subscribed(own_press, callback)
    callback.status = 410
    own_press.publish("turan-wire")
    eventually(lambda: not own_press.stats()["turan-wire"]["subscribers"], what="the end")


def test_a_push_that_failed_is_tried_again(own_press, callback):
    subscribed(own_press, callback)
    callback.status = 500
    own_press.publish("turan-wire")
    eventually(lambda: callback.pushes, what="the first try")
    callback.status = 202
    eventually(lambda: own_press.stats()["turan-wire"]["pushes"] == 1, what="another try")
    assert len(callback.pushes) >= 2, "the one that failed, and the one that was taken"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "publish"},
        {"topic": "http://127.0.0.1/other"},
        {"callback": "http://192.0.2.1/back"},
        {"callback": "https://127.0.0.1/back"},
        {"callback": "back"},
        {"secret": "x" * 200},
    ],
    ids=str,
)
def test_a_request_that_makes_no_sense_is_refused_in_a_sentence(press, wrong):
    said = ask(press, "http://127.0.0.1:9/back", **wrong)
    assert said.status == 400
    assert said.body.endswith(b".\n")


def test_a_press_that_closes_with_a_push_under_way_closes():
    with running_press(seed=5, outlets=2, broken=False) as press:
        assert ask(press, "http://127.0.0.1:9/back").status == 202
    with pytest.raises(ConnectionError):
        call(press.url)
