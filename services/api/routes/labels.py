"""GET /v1/regions and /v1/topics: the trees, with names and how much came lately."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import known_parameters
from services.api.formats import json_api
from services.api.queries import sources
from services.api.reading.labels import label_tree
from services.api.respond import LIST_CACHE, Terms, not_modified, respond
from services.api.schemas.answers import RegionsBody, TopicsBody, problems
from services.api.tree import Kind, LabelTree
from services.core.clock import utc_now
from services.core.db import snapshot

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
LATELY = timedelta(hours=24)


@router.get("/v1/regions", response_model=RegionsBody, responses=problems(400, 503))
async def regions(request: Request) -> Response:
    """All regions as a tree; counts are of the last 24 hours and include the regions below."""
    return await _labels(request, "region")


@router.get("/v1/topics", response_model=TopicsBody, responses=problems(400, 503))
async def topics(request: Request) -> Response:
    """All topics; counts are of the last 24 hours."""
    return await _labels(request, "topic")


async def _labels(request: Request, kind: Kind) -> Response:
    async with snapshot() as connection:
        tree = await label_tree(connection)
        labels = [f"{kind}/{node.slug}" for node in tree.of(kind)]
        counts = await sources.label_counts(connection, labels, since=utc_now() - LATELY)
    body = json_api.dump({f"{kind}s": _branch(tree, kind, None, counts), "rulebook": tree.version})
    terms = Terms(etag_of(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, json_api.MEDIA_TYPE)


def _branch(tree: LabelTree, kind: Kind, parent: str | None, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "slug": node.slug,
            "name": node.name,
            "parent": node.parent,
            "articles_24h": counts.get(f"{kind}/{node.slug}", 0),
            "children": _branch(tree, kind, node.slug, counts),
        }
        for node in tree.children(kind, parent)
    ]
