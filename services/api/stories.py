"""Reading a story: from its id to a page of it. Steps only; the SQL is in `queries`."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api import cursor
from services.api.conditional import etag_of
from services.api.filters import OfAStory
from services.api.queries import items, stories
from services.api.shapes import Item, StoryRef, StreamState
from services.api.story_shapes import LabelCount, StoryItem, StoryPage
from services.api.streams import REPRESENTATION
from services.api.timeline import timeline
from services.api.tree import Kind, LabelTree


def story_tag(state: StreamState, tree: LabelTree, *parts: object) -> str:
    """The tag of anything that stories, the articles in them and the names of labels decide, and `parts`."""
    standing = (state.epoch, state.head, state.sighting, state.stories, tree.version)
    return etag_of(REPRESENTATION, "story", *standing, *parts)


async def story_page(
    connection: AsyncConnection,
    standing: stories.Standing,
    *,
    state: StreamState,
    tree: LabelTree,
    before: str | None,
    limit: int,
) -> StoryPage:
    """A story with a page of its articles, all of one moment; `standing.lead_id` must name one.

    Raises CursorError and CursorGoneError for a `before` that cannot be honoured.
    """
    assert standing.lead_id is not None  # noqa: S101 - whoever calls has looked
    whose = OfAStory()
    place = cursor.decode_before(before, epoch=state.epoch, filters=whose) if before else None
    places = await stories.page(connection, standing.id, before=place, limit=limit + 1)
    shown, more = places[:limit], len(places) > limit
    ids = [found.id for found in shown]
    lead, *found = await items.items(connection, [standing.lead_id, *ids])
    reasons = await stories.reasons(connection, ids)
    hours = await stories.hours(connection, standing.id)
    publishers = await stories.publishers(connection, standing.id)
    labels = await stories.label_counts(connection, standing.id)
    # Counted here and now, for all of the answer: the consumer's own count may be some seconds behind.
    ref = StoryRef(standing.id, sum(hours.values()), len(publishers))
    return StoryPage(
        id=standing.id,
        lead=_of(ref, [lead])[0],
        articles=ref.articles,
        publishers=publishers,
        timeline=timeline(hours, [found.first_at for found in publishers]),
        regions=_named(tree, "region", labels),
        topics=_named(tree, "topic", labels),
        items=[StoryItem(item, reasons.get(item.id)) for item in _of(ref, found)],
        next=cursor.encode_before(shown[-1], epoch=state.epoch, filters=whose) if more else None,
    )


def _of(ref: StoryRef, found: Sequence[Item]) -> list[Item]:
    return [replace(item, story=ref) for item in found]


def _named(tree: LabelTree, kind: Kind, labels: Sequence[tuple[str, int]]) -> list[LabelCount]:
    slugs = [(label.partition("/")[2], count) for label, count in labels if label.startswith(f"{kind}/")]
    return [LabelCount(slug, tree.name(kind, slug), count) for slug, count in slugs]
