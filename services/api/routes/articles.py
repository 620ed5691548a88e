"""GET /v1/articles/{id}: one article whole, with the reason for every label."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import known_parameters
from services.api.errors import Problem
from services.api.formats import json_api
from services.api.queries import articles
from services.api.respond import STREAM_CACHE, Terms, merged, not_modified, respond
from services.api.schemas.answers import ArticleBody, problems
from services.core.db import snapshot

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
ArticleId = Annotated[int, Path(ge=1, le=articles.LARGEST_ID, description="Id of an article.")]


@router.get(
    "/v1/articles/{article_id}",
    response_model=ArticleBody,
    responses={308: {"description": "Merged: the survivor's address."}, **problems(404, 410, 503)},
)
async def article(request: Request, article_id: ArticleId) -> Response:
    """One article with its text, every sighting, and its labels with the terms that gave them."""
    async with snapshot() as connection:
        standing = await require_standing(connection, article_id)
        if survivor := merged_into(standing):
            return merged(f"/v1/articles/{survivor}")
        found = await articles.article(connection, article_id)
    if found is None:
        raise _missing(article_id)
    # Of the bytes themselves: what goes on around an article, such as a lease or a sighting of another one, is no change of it.
    body = json_api.article(found)
    terms = Terms(etag_of(body), STREAM_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, json_api.MEDIA_TYPE)


def merged_into(standing: articles.Standing) -> int | None:
    """The survivor of an article that stood in Latest and was merged; a duplicate from the start has none."""
    return standing.duplicate_of if standing.fate == "merged" else None


async def require_standing(connection: AsyncConnection, article_id: int) -> articles.Standing:
    """Where an article stands that can be shown. Raises Problem: 404 unknown or not in Latest yet, 410 removed."""
    standing = await articles.standing(connection, article_id)
    if standing is None:
        raise _missing(article_id)
    if standing.removed_why is not None:
        raise Problem(410, "removed", f"Article {article_id} was removed. {standing.removed_why}")
    if standing.listed or standing.duplicate_of:
        return standing
    why = f"it was put aside: {standing.quarantined}" if standing.quarantined else "it waits for labels"
    raise Problem(404, "not-listed", f"Article {article_id} does not stand in Latest yet; {why}.")


def _missing(article_id: int) -> Problem:
    return Problem(404, "not-found", f"There is no article {article_id}.")
