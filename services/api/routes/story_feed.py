"""/feeds/story/{id}.…: the articles of one event as a feed, for whoever follows it."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.deps import BeforeCursor, Limit, known_parameters
from services.api.formats.view import FeedView
from services.api.links import base_url, page_address
from services.api.queries import stream
from services.api.reading.labels import label_tree
from services.api.reading.stories import articles_page, page_above
from services.api.routes.feeds import Ending, answer
from services.api.routes.stories import StoryId, moved, require_story
from services.api.schemas.answers import problems
from services.core.db import snapshot

router = APIRouter(tags=["feeds"], dependencies=[Depends(known_parameters)])


@router.get(
    "/feeds/story/{story_id}.{ending}",
    response_class=Response,
    responses={
        308: {"description": "Part of another story by now: its address."},
        **problems(400, 404, 410),
    },
)
async def story_feed(
    request: Request, story_id: StoryId, ending: Ending, limit: Limit = 50, before: BeforeCursor = None
) -> Response:
    """The articles of one story."""
    async with snapshot() as connection:
        standing = await require_story(connection, story_id)
        if standing.id != story_id:
            return moved(request, f"/feeds/story/{standing.id}.{ending}")
        tree = await label_tree(connection)
        state = await stream.state(connection)
        page = await articles_page(connection, standing, state=state, before=before, limit=limit, fresh=False)
        above = None
        if before:
            above = await page_above(connection, standing, state=state, before=before, limit=limit)
    base = base_url(request)
    view = FeedView(
        identity=state.identity,
        about=f"story/{standing.id}",
        title=f"Dateline: {page.lead.title}",
        subtitle="What is reported of one event, newest first.",
        page_url=f"{base}/story/{standing.id}",
        self_url=page_address(request),
        first_url=page_address(request, before=None),
        previous_url=page_address(request, before=above) if before else None,
        next_url=page_address(request, before=page.next) if page.next else None,
        base_url=base,
        items=page.items,
        names={f"{node.kind}/{node.slug}": node.name for node in tree.nodes},
    )
    return answer(request, view, ending)
