"""/static/…: style and script of the pages, from memory."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.errors import Problem
from services.api.pages import render
from services.api.respond import FOREVER, LIST_CACHE, Terms, not_modified, respond

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def static(request: Request, name: str, v: str | None = None) -> Response:
    """One file. Pages name it with its version (`v`), so that it can be kept for ever."""
    found = render.STATIC.get(name)
    if found is None:
        raise Problem(404, "not-found", f"There is no file {name[:80]!r} here.")
    cache = FOREVER if v == found.version else LIST_CACHE
    terms = Terms(etag_of(found.version), cache)
    return not_modified(request, terms) or respond(request, terms, found.body, found.media_type)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The mark, for browsers that ask without being told where it is."""
    return await static(request, "mark.svg")


@router.get("/robots.txt")
async def robots() -> Response:
    """Crawlers may read what readers read."""
    return Response(
        "User-agent: *\nDisallow: /operator\nDisallow: /editor\nDisallow: /v1/\n", media_type="text/plain"
    )
