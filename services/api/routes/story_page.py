"""/story/{id}: one event as a page."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.deps import BeforeCursor, known_parameters
from services.api.pages import render
from services.api.pages.chart import chart
from services.api.queries import stream
from services.api.reading.labels import label_tree
from services.api.reading.stories import story_page, story_tag
from services.api.respond import STREAM_CACHE, Terms, not_modified, respond
from services.api.routes import pages
from services.api.routes.stories import StoryId, moved, require_story
from services.api.shapes import StreamTitle
from services.api.story_shapes import StoryPage
from services.api.tree import LabelTree
from services.core.db import snapshot

router = APIRouter(tags=["pages"], dependencies=[Depends(known_parameters)])


@router.get("/story/{story_id}", response_class=Response)
async def story(request: Request, story_id: StoryId, before: BeforeCursor = None) -> Response:
    """A story: when it began, its publishers, its timeline, and its articles with the reason for each."""
    now = pages.this_minute()
    async with snapshot() as connection:
        standing = await require_story(connection, story_id)
        if standing.id != story_id:
            return moved(request, f"/story/{standing.id}")
        tree = await label_tree(connection)
        state = await stream.state(connection)
        terms = Terms(story_tag(state, tree, "page", story_id, before, now), STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await story_page(
            connection, standing, state=state, tree=tree, before=before, limit=pages.PAGE_SHOWN
        )
    return respond(request, terms, _body(page, tree, now, before), render.MEDIA_TYPE)


def _body(page: StoryPage, tree: LabelTree, now: datetime, before: str | None) -> bytes:
    where = StreamTitle("", "")
    return render.page(
        "story.html",
        title=page.lead.title,
        page=page,
        tree=tree,
        now=now,
        before=before,
        chart=chart(page.timeline),
        kicker=lambda item: pages.kicker(item, tree, where),
    )
