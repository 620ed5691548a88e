"""The press's own WebSub hub: takes subscriptions, asks the subscriber whether they were meant, pushes whole feeds, signed.

It speaks to loopback only, as everything here does, and sees by a feed's version that there is something to push.
"""

import asyncio
import contextlib
import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

_LEASE_SECONDS = (60, 10 * 86_400, 30 * 86_400)
_PATIENCE = aiohttp.ClientTimeout(total=10)
_TRIES = 3
_PAUSE_SECONDS = 1.0
_GONE = 410


@dataclass(frozen=True, slots=True)
class Topic:
    """A feed that is pushed: how often it has changed, its bytes and their type."""

    version: int
    body: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class _Subscriber:
    callback: str
    secret: str
    until: float


@dataclass(slots=True)
class Hub:
    """A hub at `url`; `topics` gives the feeds that it pushes, by their addresses. Lives in one event loop."""

    url: str
    topics: Callable[[], Mapping[str, Topic]]
    pushes: Counter[str] = field(default_factory=Counter)
    """Pushes by topic that a subscriber took."""
    _subscribers: dict[tuple[str, str], _Subscriber] = field(default_factory=dict)
    _pushed: dict[str, int] = field(default_factory=dict)
    _errands: set[asyncio.Task[None]] = field(default_factory=set)
    _client: aiohttp.ClientSession | None = None

    def subscribers(self, topic: str) -> int:
        """How many wait for news of a feed."""
        return sum(told == topic for told, _ in self._subscribers)

    async def answer(self, request: web.Request) -> web.Response:
        """A request to subscribe or unsubscribe (section 5.1 of the Recommendation): taken, or refused in a sentence."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        mode, topic, callback = (form.get(f"hub.{name}", "") for name in ("mode", "topic", "callback"))
        if mode not in {"subscribe", "unsubscribe"}:
            return _refused("hub.mode is neither subscribe nor unsubscribe")
        if topic not in self.topics():
            return _refused("hub.topic is no feed of this press that has a hub")
        if not _on_loopback(callback):
            return _refused(
                "hub.callback is no http address on loopback, and this press speaks to nobody else"
            )
        if len(form.get("hub.secret", "").encode()) >= 200:
            return _refused("hub.secret is 200 bytes or longer")
        self._send_out(self._verify(mode, topic, callback, form))
        return web.Response(status=202, text="You will be asked whether you meant it.\n")

    def look(self) -> None:
        """Push every feed that has changed since the last look."""
        if not self._subscribers:
            return
        for address, topic in self.topics().items():
            if self._pushed.get(address) == topic.version:
                continue
            self._pushed[address] = topic.version
            for key, subscriber in list(self._subscribers.items()):
                if key[0] == address:
                    self._send_out(self._push(key, subscriber, topic))

    async def close(self) -> None:
        """Leave what was not delivered, and hang up."""
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def _send_out(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=_PATIENCE)
        return self._client

    async def _verify(self, mode: str, topic: str, callback: str, form: Mapping[str, str]) -> None:
        """Ask the callback; only who answers with the challenge meant it (section 5.3)."""
        challenge = secrets.token_urlsafe(16)
        lease = _lease(form.get("hub.lease_seconds", ""))
        asked = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge}
        if mode == "subscribe":
            asked["hub.lease_seconds"] = str(lease)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self._http.get(URL(callback).update_query(asked), allow_redirects=False) as answer:
                meant = answer.ok and await answer.read() == challenge.encode()
            if meant and mode == "subscribe":
                known = _Subscriber(callback, form.get("hub.secret", ""), time.time() + lease)
                self._subscribers[topic, callback] = known
                self._pushed[topic] = self.topics()[topic].version
            elif meant:
                self._subscribers.pop((topic, callback), None)

    async def _push(self, key: tuple[str, str], subscriber: _Subscriber, topic: Topic) -> None:
        """Deliver a feed (section 7), with a second and third try; who is gone or has run out is forgotten."""
        if subscriber.until < time.time():
            self._subscribers.pop(key, None)
            return
        for attempt in range(_TRIES):
            await asyncio.sleep(attempt * _PAUSE_SECONDS)
            status = await self._delivered(subscriber, key[0], topic)
            if status is not None and 200 <= status < 300:
                self.pushes[key[0]] += 1
                return
            if status == _GONE:
                self._subscribers.pop(key, None)
                return

    async def _delivered(self, subscriber: _Subscriber, address: str, topic: Topic) -> int | None:
        headers = {"Content-Type": topic.kind, "Link": links(hub=self.url, itself=address)}
        if subscriber.secret:
            signed = hmac.new(subscriber.secret.encode(), topic.body, "sha256").hexdigest()
            headers["X-Hub-Signature"] = f"sha256={signed}"
        try:
            async with self._http.post(URL(subscriber.callback), data=topic.body, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None


def links(*, hub: str, itself: str) -> str:
    """The Link header by which a feed names its hub and its own address."""
    return f'<{hub}>; rel="hub", <{itself}>; rel="self"'


def _lease(wished: str) -> int:
    shortest, usual, longest = _LEASE_SECONDS
    return min(max(int(wished), shortest), longest) if wished.isdecimal() and len(wished) < 12 else usual


def _on_loopback(callback: str) -> bool:
    try:
        parts = urlsplit(callback)
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _refused(sentence: str) -> web.Response:
    return web.Response(status=400, text=f"{sentence}.\n")
