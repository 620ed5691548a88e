"""GET /v1/latest: the stream, newest first."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.deps import AskedFilters, BeforeCursor, Limit, check_filters, known_parameters
from services.api.formats import json_api
from services.api.health import fingerprint
from services.api.links import page_address
from services.api.queries import stream
from services.api.reading import streams
from services.api.reading.labels import label_tree
from services.api.respond import STREAM_CACHE, Terms, not_modified, respond
from services.api.schemas.answers import LatestBody, problems
from services.core.clock import utc_now
from services.core.db import snapshot

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])


@router.get("/v1/latest", response_model=LatestBody, responses=problems(400, 410, 503))
async def latest(
    request: Request, filters: AskedFilters, limit: Limit = 50, before: BeforeCursor = None
) -> Response:
    """The newest articles, and the cursor from which /v1/changes goes on exactly where this answer ends."""
    async with snapshot() as connection:
        await check_filters(filters, await label_tree(connection), connection)
        state = await stream.state(connection)
        complete = await streams.completeness(connection, filters=filters, now=utc_now())
        tag = streams.stream_tag(state, filters, "latest", before, limit, fingerprint(complete))
        terms = Terms(tag, STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await streams.latest_page(
            connection, state=state, filters=filters, before=before, limit=limit, complete=complete
        )
    links = None
    if page.next:
        following = page_address(request, before=page.next)
        links = f'<{following}>; rel="next"'
    return respond(request, terms, json_api.latest(page), json_api.MEDIA_TYPE, links=links)
