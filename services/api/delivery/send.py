"""One message to one address over HTTP, within limits; always answers, whatever the address does."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from services.api.delivery import message as messages
from services.api.delivery.outcome import Answer, retry_after
from services.core import clock
from services.core.guard import Network, not_asked, refused, socket_factory
from services.core.settings import Settings
from services.core.urls import host_of

if TYPE_CHECKING:
    import aiohttp  # a tenth of an API process, which without webhooks never sends anything

TOTAL_S, CONNECT_S = 15.0, 5.0
READ_AT_MOST = 4096
"""Bytes of an answer that are read: only its status counts."""


@asynccontextmanager
async def open_session(
    *, allow: tuple[Network, ...], user_agent: str
) -> "AsyncIterator[aiohttp.ClientSession]":
    """A session that reaches public addresses and `allow` alone, checked where each connection is made."""
    import aiohttp  # noqa: PLC0415

    connector = aiohttp.TCPConnector(limit=0, socket_factory=socket_factory(allow), keepalive_timeout=20)
    async with aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent},
        timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S),
    ) as session:
        yield session


async def send(
    session: "aiohttp.ClientSession", url: str, *, body: bytes, headers: Mapping[str, str]
) -> Answer:
    """POST a message. Redirects are not followed: a body that was signed for one address is not for another."""
    import aiohttp  # noqa: PLC0415

    started = clock.monotonic()

    def took() -> int:
        return int((clock.monotonic() - started) * 1000)

    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            await response.content.read(READ_AT_MOST)
            wish = response.headers.get("Retry-After")
            now = clock.utc_now()
            return Answer(
                response.status, retry_after=retry_after(wish, now=now, parsed=_date(wish)), took_ms=took()
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Answer(error=explain(error, url), took_ms=took())


async def ping(
    url: str, *, webhook_id: int, secrets: Sequence[str], allow: tuple[Network, ...], user_agent: str
) -> Answer:
    """Try an address out with a message that says nothing."""
    at = clock.utc_now()
    body = messages.ping_body(webhook_id=webhook_id, at=at)
    headers = messages.headers(
        f"msg_ping_{webhook_id}_{int(at.timestamp() * 1000)}", body, at=at, secrets=secrets
    )
    async with open_session(allow=allow, user_agent=user_agent) as session:
        return await send(session, url, body=body, headers=headers)


def user_agent(conf: Settings) -> str:
    """How we introduce ourselves."""
    return f"Dateline webhooks (+{conf.public_url})" if conf.public_url else "Dateline webhooks"


def explain(error: Exception, url: str) -> str:
    """Why no answer came, in a sentence."""
    import aiohttp  # noqa: PLC0415

    host = host_of(url) or "The address"
    if reason := refused(error):
        return not_asked(host, reason)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return f"{host} did not take a connection within {CONNECT_S:g} s."
        case TimeoutError():
            return f"{host} did not answer within {TOTAL_S:g} s."
        case aiohttp.ClientConnectorDNSError():
            return f"{host}: the name does not resolve (DNS)."
        case aiohttp.ClientConnectorCertificateError():
            return f"{host}: its certificate is not valid."
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return f"{host}: no secure connection came about."
        case aiohttp.ClientConnectorError():
            return f"{host} refuses the connection."
        case aiohttp.ServerDisconnectedError():
            return f"{host} closed the connection without an answer."
    return f"{host}: the connection broke ({type(error).__name__})."


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None
