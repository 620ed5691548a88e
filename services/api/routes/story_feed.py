"""/feeds/story/{id}.…: the articles of one event as a feed, for whoever follows it."""

from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.deps import BeforeCursor, Limit, known_parameters
from services.api.formats import FORMATS
from services.api.formats.view import FeedView
from services.api.labels import label_tree
from services.api.queries import stream
from services.api.respond import STREAM_CACHE, Terms, not_modified, respond
from services.api.routes.feeds import Ending, base_url
from services.api.routes.stories import StoryId, moved, require_story
from services.api.schemas import problems
from services.api.stories import articles_page, story_tag
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
    base = base_url(request)
    async with snapshot() as connection:
        standing = await require_story(connection, story_id)
        if standing.id != story_id:
            return moved(request, f"/feeds/story/{standing.id}.{ending}")
        tree = await label_tree(connection)
        state = await stream.state(connection)
        tag = story_tag(state, tree, ending, story_id, limit, before, base)
        terms = Terms(tag, STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await articles_page(connection, standing, state=state, before=before, limit=limit)
    first = f"{base}{request.url.path}"
    kept = {"limit": request.query_params["limit"]} if "limit" in request.query_params else {}
    view = FeedView(
        title=f"Dateline: {page.lead.title}",
        subtitle="What is reported of one event, newest first.",
        page_url=f"{base}/story/{standing.id}",
        self_url=str(request.url),
        first_url=first,
        next_url=f"{first}?{urlencode({**kept, 'before': page.next})}" if page.next else None,
        base_url=base,
        items=page.items,
        names={f"{node.kind}/{node.slug}": node.name for node in tree.nodes},
    )
    renderer = FORMATS[ending]
    return respond(request, terms, renderer.render(view), renderer.MEDIA_TYPE)
