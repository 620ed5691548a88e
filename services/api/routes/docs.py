"""/openapi.json and /docs: the description for machines, and the same for people without anything from outside."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import known_parameters
from services.api.errors import PROBLEMS
from services.api.formats import json_api
from services.api.pages import render
from services.api.respond import LIST_CACHE, Terms, not_modified, respond

router = APIRouter(tags=["description"], dependencies=[Depends(known_parameters)])


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """OpenAPI 3.1 of this service."""
    body = json_api.dump(request.app.openapi())
    terms = Terms(etag_of(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, json_api.MEDIA_TYPE)


@router.get("/docs", response_class=Response)
async def docs(request: Request) -> Response:
    """Every operation on one page."""
    described: dict[str, Any] = request.app.openapi()
    body = render.page("docs.html", described=described, problems=PROBLEMS, title="API")
    terms = Terms(etag_of(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, render.MEDIA_TYPE)
