"""What a broken outlet answers in place of its feed: one small function for each kind of trouble."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from aiohttp import web

from newswire.model import Trouble

SLOW_SECONDS = 3.0
_HTML = "<!doctype html><html lang=en><head><title>Welcome</title></head><body><h1>Our feed has moved to our app!</h1></body></html>"

Answer = Callable[[web.Request, bytes, str], Awaitable[web.StreamResponse]]
"""What an outlet answers, from the request, the feed as it should be, and its content type."""


async def _status(status: int, text: str, **headers: str) -> web.StreamResponse:
    return web.Response(
        status=status, text=text, headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


async def _html(_request: web.Request, _feed: bytes, _kind: str) -> web.StreamResponse:
    return web.Response(text=_HTML, content_type="text/html")


async def _garbage(_request: web.Request, _feed: bytes, kind: str) -> web.StreamResponse:
    return web.Response(body=random.Random(0).randbytes(4096), headers={"Content-Type": kind})


async def _empty(_request: web.Request, _feed: bytes, kind: str) -> web.StreamResponse:
    return web.Response(body=b"", headers={"Content-Type": kind})


async def _truncated(_request: web.Request, feed: bytes, kind: str) -> web.StreamResponse:
    return web.Response(body=feed[: len(feed) * 3 // 5], headers={"Content-Type": kind})


async def _slow(_request: web.Request, feed: bytes, kind: str) -> web.StreamResponse:
    await asyncio.sleep(SLOW_SECONDS)
    return web.Response(body=feed, headers={"Content-Type": kind})


async def _hangs_up(request: web.Request, _feed: bytes, _kind: str) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _mislabelled(_request: web.Request, feed: bytes, _kind: str) -> web.StreamResponse:
    """Text in UTF-8 that both the header and the XML declaration call Latin-1."""
    body = feed.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"', 1)
    return web.Response(body=body, headers={"Content-Type": "application/rss+xml; charset=iso-8859-1"})


ANSWERS: dict[Trouble, Answer] = {
    Trouble.NOT_FOUND: lambda _request, _feed, _kind: _status(404, "Not found.\n"),
    Trouble.GONE: lambda _request, _feed, _kind: _status(410, "This feed is gone for good.\n"),
    Trouble.SERVER_ERROR: lambda _request, _feed, _kind: _status(500, "Something broke.\n"),
    Trouble.UNAVAILABLE: lambda _request, _feed, _kind: _status(503, "Back soon.\n", Retry_After="30"),
    Trouble.HTML: _html,
    Trouble.GARBAGE: _garbage,
    Trouble.EMPTY: _empty,
    Trouble.TRUNCATED: _truncated,
    Trouble.MOVED: lambda _request, _feed, _kind: _status(
        301, "Moved for good.\n", Location="./new/feed.xml"
    ),
    Trouble.ELSEWHERE: lambda _request, _feed, _kind: _status(
        302, "Elsewhere today.\n", Location="./today/feed.xml"
    ),
    Trouble.SLOW: _slow,
    Trouble.HANGS_UP: _hangs_up,
    Trouble.MISLABELLED: _mislabelled,
}
