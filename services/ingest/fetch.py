"""One conditional GET with limits: the bytes a publisher sent, or a sentence about why there are none.

Whatever a server does ends in a FetchResponse. Time, bytes (raw and decoded), redirects and addresses are bounded;
every hop is checked anew; nothing is sent that a publisher did not give us (no cookies, no Referer).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urldefrag, urljoin

import aiohttp
from yarl import URL

from services.core.clock import monotonic
from services.core.errors import InvalidInputError
from services.core.guard import METER, Meter, Network, socket_factory
from services.core.urls import check_http_url
from services.ingest.decode import ACCEPT_ENCODING, Body
from services.ingest.entry import FetchRequest, FetchResponse
from services.ingest.fetch_errors import RedirectError, explain

Session = aiohttp.ClientSession

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_PERMANENT = frozenset({301, 308})
_MOVED = frozenset({301, 302, 303, 307, 308})
_HEADER_BYTES = 32_768
"""One header field at most; security policies of well-known papers pass aiohttp's usual 8 KiB."""
_CHUNK = 65_536
_HEAD_BYTES = 1 << 20
"""What may come over the network before an answer begins: a handshake, interim answers, headers, and the first of the
body, which is received before anybody looks at it.
"""
_OVERHEAD = 2
"""What TLS and chunks may make of a body: so many times its length."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost: seconds in all and for one connection (TLS included), bytes before and after decoding."""

    total_s: float = 20.0
    connect_s: float = 10.0
    body_bytes: int = 5 * 1024 * 1024
    redirects: int = 5


@asynccontextmanager
async def open_session(*, allow: tuple[Network, ...], user_agent: str) -> AsyncIterator[Session]:
    """A session whose connections reach public addresses and `allow` alone, keeps no connection and no cookie.

    A feed is one request to its host, so that kept connections would only cost memory (267 MB for 500 hosts).
    """
    connector = aiohttp.TCPConnector(force_close=True, limit=0, socket_factory=socket_factory(allow))
    async with aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING},
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
    ) as session:
        yield session


async def fetch(session: Session, request: FetchRequest, *, limits: Limits) -> FetchResponse:
    """Ask for one feed. Always answers; what went wrong stands in `error_kind` and `error`.

    Validators go out verbatim. `permanent_url` is set where every redirect on the way was a 301 or 308 and none
    led from https to http.
    """
    started = monotonic()
    journey = _Journey(session, request, limits)
    measured = METER.set(journey.meter)
    try:
        async with asyncio.timeout(limits.total_s):
            response = await journey.run()
    except Exception as error:  # noqa: BLE001 - whatever a server makes the libraries raise is an answer about the server
        kind, sentence = explain(
            error,
            url=journey.url,
            received=journey.received,
            total_s=limits.total_s,
            connect_s=limits.connect_s,
        )
        response = FetchResponse(feed_id=request.feed_id, url=journey.url, error_kind=kind, error=sentence)
    finally:
        METER.reset(measured)
    return replace(response, elapsed_s=monotonic() - started)


class _Journey:
    """One fetch on its way: where it is, what it met. Lives for one call of `fetch`."""

    def __init__(self, session: Session, request: FetchRequest, limits: Limits) -> None:
        self._session = session
        self._request = request
        self._limits = limits
        self._headers = _validators(request)
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=limits.connect_s, connect=limits.connect_s
        )
        self._permanent = True
        self.meter = Meter(0)
        self.url = request.url
        self.received = 0

    async def run(self) -> FetchResponse:
        """Follow redirects to an answer. Raises what aiohttp, the guard, the decoder and the checks raise."""
        self.url = urldefrag(check_http_url(self._request.url)).url
        seen = {self.url}
        while True:
            self.meter.allow(_HEAD_BYTES)
            async with self._session.get(
                URL(self.url, encoded=True),
                headers=self._headers,
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                location = answer.headers.get("Location")
                if answer.status not in _MOVED or not location:
                    return await self._arrived(answer, moved=len(seen) > 1)
            self._follow(answer.status, location)
            if self.url in seen:
                raise RedirectError(f"it redirects in a circle, back to {self.url}")
            seen.add(self.url)
            if len(seen) > self._limits.redirects + 1:
                raise RedirectError(f"it redirects more than {self._limits.redirects} times")

    def _follow(self, status: int, location: str) -> None:
        """Move on to where the server points, by the same rules as for any address."""
        try:
            target = urldefrag(check_http_url(urljoin(self.url, location.strip().replace(" ", "%20")))).url
        except (InvalidInputError, ValueError) as error:
            raise RedirectError(f"it redirects to an address that is not followed: {error}") from None
        downgraded = self.url.startswith("https:") and target.startswith("http:")
        self._permanent = self._permanent and status in _PERMANENT and not downgraded
        self.url = target

    async def _arrived(self, answer: aiohttp.ClientResponse, *, moved: bool) -> FetchResponse:
        return FetchResponse(
            feed_id=self._request.feed_id,
            url=self.url,
            status=answer.status,
            headers=_lower(answer),
            body=await self._body(answer) if answer.ok and answer.status != 304 else b"",
            permanent_url=self.url if moved and self._permanent else None,
        )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        body = Body(answer.headers.get("Content-Encoding"), limit=self._limits.body_bytes)
        self.meter.allow(_OVERHEAD * self._limits.body_bytes)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            self.received += len(chunk)
            body.feed(chunk)
        return body.finish()


def _validators(request: FetchRequest) -> dict[str, str]:
    """The conditional headers, with exactly what the server once gave."""
    given = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    return {name: value for name, value in given.items() if value}


def _lower(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers by lower-case name, repeated ones joined as RFC 9110 5.3 says."""
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
