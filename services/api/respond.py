"""Answers with their tags: 304 where the reader has it, compressed where it may be, headers that caches need."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.api.conditional import accepts_gzip, compressed, matching
from services.api.formats.json_api import MEDIA_TYPE, dump

STREAM_CACHE = "public, max-age=15, stale-while-revalidate=30, stale-if-error=600"
LIST_CACHE = "public, max-age=60, stale-while-revalidate=120, stale-if-error=600"
ALWAYS_ASK = "no-cache"
NO_STORE = "no-store"
FOREVER = "public, max-age=31536000, immutable"
WORTH_COMPRESSING = 600
"""Bytes below which gzip saves nothing that a network would notice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an answer may be kept: its plain tag, Cache-Control, and what else it varies by."""

    etag: str
    cache: str
    vary: str = "Accept-Encoding"

    def headers(self, etag: str) -> dict[str, str]:
        """The headers of a 200 or 304 under one of the two tags."""
        return {"ETag": etag, "Cache-Control": self.cache, "Vary": self.vary}


def not_modified(request: Request, terms: Terms) -> Response | None:
    """A 304 when the reader has this representation already."""
    known = matching(request.headers.get("if-none-match"), terms.etag)
    return None if known is None else Response(status_code=304, headers=terms.headers(known))


def respond(
    request: Request, terms: Terms, body: bytes, media_type: str, *, links: str | None = None
) -> Response:
    """A 200 with a body, compressed when the reader takes it; the compressed form has a tag of its own."""
    headers = terms.headers(terms.etag)
    if links:
        headers["Link"] = links
    if len(body) >= WORTH_COMPRESSING and accepts_gzip(request.headers.get("accept-encoding")):
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers |= {"ETag": compressed(terms.etag), "Content-Encoding": "gzip"}
    # Given as a header: starlette would add a charset that JSON and XML types do not have.
    return Response(body, headers={**headers, "Content-Type": media_type})


def merged(path: str) -> Response:
    """A 308 to what something became part of. It is asked for anew each time: an editor may take it back, and what a browser
    keeps of a 308 without a word on how long, it keeps for ever.
    """
    return RedirectResponse(path, status_code=308, headers={"Cache-Control": ALWAYS_ASK})


def moved(path: str) -> Response:
    """A 308 to the one right spelling of an address. A rulebook may come in which the other is right, too: so it is kept as a list is."""
    return RedirectResponse(path, status_code=308, headers={"Cache-Control": LIST_CACHE})


def private(
    request: Request, told: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON for the one who asked, which nobody keeps; compressed where it may be."""
    body, named = dump(told), {"Cache-Control": NO_STORE, "Content-Type": MEDIA_TYPE, **(headers or {})}
    if len(body) >= WORTH_COMPRESSING and accepts_gzip(request.headers.get("accept-encoding")):
        body = gzip.compress(body, compresslevel=5, mtime=0)
        named |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status_code=status, headers=named)
