"""GET /v1/stories/{id}: an event with its articles, publishers and hours."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.deps import BeforeCursor, Limit, known_parameters
from services.api.errors import Problem
from services.api.formats import json_api, story_json
from services.api.links import page_address
from services.api.queries import articles, stories, stream
from services.api.reading.labels import label_tree
from services.api.reading.stories import story_page, story_tag
from services.api.respond import STREAM_CACHE, Terms, merged, not_modified, respond
from services.api.schemas.answers import problems
from services.api.schemas.stories import StoryBody
from services.core.db import snapshot

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
StoryId = Annotated[int, Path(ge=1, le=articles.LARGEST_ID, description="Id of a story.")]


@router.get(
    "/v1/stories/{story_id}",
    response_model=StoryBody,
    responses={
        308: {"description": "Part of another story by now: its address."},
        **problems(400, 404, 410, 503),
    },
)
async def story(
    request: Request, story_id: StoryId, limit: Limit = 50, before: BeforeCursor = None
) -> Response:
    """A story: its articles, newest first, its distinct publishers, its timeline, its regions and topics."""
    async with snapshot() as connection:
        standing = await require_story(connection, story_id)
        if standing.id != story_id:
            return moved(request, f"/v1/stories/{standing.id}")
        tree = await label_tree(connection)
        state = await stream.state(connection)
        terms = Terms(story_tag(state, tree, "json", story_id, limit, before), STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await story_page(connection, standing, state=state, tree=tree, before=before, limit=limit)
    links = None
    if page.next:
        links = f'<{page_address(request, before=page.next)}>; rel="next"'
    return respond(request, terms, story_json.story(page), json_api.MEDIA_TYPE, links=links)


async def require_story(connection: AsyncConnection, story_id: int) -> stories.Standing:
    """Where a story that can be shown stands. Raises Problem: 404 never given out, 410 nothing left of it."""
    standing = await stories.standing(connection, story_id)
    if standing is None:
        raise Problem(404, "not-found", f"There is no story {story_id}.")
    if standing.id == story_id and standing.lead_id is None:
        raise Problem(
            410,
            "removed",
            f"Nothing is left of story {story_id}: its articles were taken out or are in other stories.",
        )
    return standing


def moved(request: Request, path: str) -> Response:
    """To the story that this one is part of; cursors go on there."""
    query = f"?{request.url.query}" if request.url.query else ""
    return merged(f"{path}{query}")
