"""Reading a story: from its id to a page of it. Steps only; the SQL is in `queries`."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api import cursor
from services.api.conditional import etag_of
from services.api.errors import Problem
from services.api.filters import OfAStory
from services.api.queries import above, items, stories
from services.api.reading.streams import REPRESENTATION
from services.api.reading.timeline import timeline
from services.api.shapes import StoryRef, StreamState
from services.api.story_shapes import ArticlesPage, LabelCount, StoryItem, StoryPage
from services.api.tree import Kind, LabelTree


def story_tag(state: StreamState, tree: LabelTree, *parts: object) -> str:
    """The tag of anything that stories, the articles in them and the names of labels decide, and `parts`."""
    standing = (state.epoch, state.head, state.sighting, state.stories, tree.version)
    return etag_of(REPRESENTATION, "story", *standing, *parts)


async def articles_page(
    connection: AsyncConnection,
    standing: stories.Standing,
    *,
    state: StreamState,
    before: str | None,
    limit: int,
    fresh: bool = True,
) -> ArticlesPage:
    """A page of a story's articles, newest first; `standing.lead_id` must name one. `fresh`: no page after it may be older.

    Raises CursorError, and Problem (410), for a `before` that cannot be honoured.
    """
    assert standing.lead_id is not None  # noqa: S101 - whoever calls has looked
    whose = OfAStory()
    try:
        place = cursor.decode_before(before, epoch=state.epoch, filters=whose) if before else None
    except cursor.CursorGoneError as error:
        detail = f"{error} Read the story from its newest article."
        raise Problem(410, "cursor-gone", detail, {"parameter": error.parameter}) from None
    places = await stories.page(connection, standing.id, before=place, limit=limit + 1)
    shown, more = places[:limit], len(places) > limit
    lead, *found = await items.items(connection, [standing.lead_id, *(place.id for place in shown)])
    # Both grow alone: whatever happens to the stream or to stories, the sum is one that was not there before.
    known = state.head + state.stories if fresh else 0
    following = (
        cursor.encode_before(shown[-1], epoch=state.epoch, filters=whose, known=known) if more else None
    )
    return ArticlesPage(lead, found, following)


async def page_above(
    connection: AsyncConnection, standing: stories.Standing, *, state: StreamState, before: str, limit: int
) -> str | None:
    """The cursor of the page that ends where the page of `before` begins; None where that is the newest one."""
    whose = OfAStory()
    place = cursor.decode_before(before, epoch=state.epoch, filters=whose)
    found = await above.page_of_story(connection, standing.id, place=place, limit=limit + 1)
    return cursor.encode_before(found[-1], epoch=state.epoch, filters=whose) if len(found) > limit else None


async def story_page(
    connection: AsyncConnection,
    standing: stories.Standing,
    *,
    state: StreamState,
    tree: LabelTree,
    before: str | None,
    limit: int,
) -> StoryPage:
    """A story with a page of its articles, all of one moment. As `articles_page`."""
    page = await articles_page(connection, standing, state=state, before=before, limit=limit)
    reasons = await stories.reasons(connection, [item.id for item in page.items])
    hours = await stories.hours(connection, standing.id)
    publishers = await stories.publishers(connection, standing.id)
    labels = await stories.label_counts(connection, standing.id)
    # Counted here and now, for all of the answer: the consumer's own count may be some seconds behind.
    ref = StoryRef(standing.id, sum(hours.values()), len(publishers))
    return StoryPage(
        id=standing.id,
        muted_by=standing.muted_by,
        lead=replace(page.lead, story=ref),
        articles=ref.articles,
        publishers=publishers,
        timeline=timeline(hours, [found.first_at for found in publishers]),
        regions=_named(tree, "region", labels),
        topics=_named(tree, "topic", labels),
        items=[StoryItem(replace(item, story=ref), reasons.get(item.id)) for item in page.items],
        next=page.next,
    )


def _named(tree: LabelTree, kind: Kind, labels: Sequence[tuple[str, int]]) -> list[LabelCount]:
    slugs = [(label.partition("/")[2], count) for label, count in labels if label.startswith(f"{kind}/")]
    return [LabelCount(slug, tree.name(kind, slug), count) for slug, count in slugs]
