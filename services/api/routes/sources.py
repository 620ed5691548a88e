"""GET /v1/sources: the publishers, with their health in words."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import known_parameters
from services.api.filters import Filters
from services.api.formats import json_api
from services.api.health import source_health
from services.api.queries import sources as queries
from services.api.respond import LIST_CACHE, Terms, not_modified, respond
from services.api.schemas.answers import SourcesBody, problems
from services.api.shapes import SourceHealth
from services.core.clock import utc_now
from services.core.db import snapshot

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
LATELY = timedelta(hours=24)


@router.get("/v1/sources", response_model=SourcesBody, responses=problems(400, 503))
async def sources(request: Request) -> Response:
    """Every source with the state of its feeds in a sentence."""
    # Sentences hold ages: taken to the minute, so that the tag stands for a minute at least.
    now = utc_now().replace(second=0, microsecond=0)
    async with snapshot() as connection:
        found = await all_sources(connection, now)
    body = json_api.dump({"sources": [json_api.source(source) for source in found]})
    terms = Terms(etag_of(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, json_api.MEDIA_TYPE)


async def all_sources(connection: AsyncConnection, now: datetime) -> list[SourceHealth]:
    """All sources, by name."""
    recent = await queries.recent_counts(connection, since=now - LATELY)
    states = await queries.states(connection, filters=Filters(), now=now)
    return [source_health(state, recent=recent.get(state.source.id, 0), now=now) for state in states]
