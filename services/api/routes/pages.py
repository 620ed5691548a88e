"""The pages for readers: front page, streams, one article with its reasons. Those for operators stand in `operators`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api import health
from services.api.conditional import etag_of
from services.api.deps import LONGEST_QUERY, BeforeCursor, check_filters, known_parameters
from services.api.filters import Filters, filters_of
from services.api.links import with_query
from services.api.pages import reasons, render
from services.api.queries import articles, stream
from services.api.reading import streams
from services.api.reading.labels import label_tree
from services.api.reading.trending import trending
from services.api.respond import STREAM_CACHE, Terms, merged, moved, not_modified, respond
from services.api.routes import operators
from services.api.routes.articles import ArticleId, merged_into, require_standing
from services.api.routes.feeds import feed_path, feed_query, respelled, stream_title, title_filters
from services.api.shapes import Article, Item, LatestPage, StreamTitle
from services.api.tree import FIRST, LabelTree, Node
from services.core.clock import utc_now
from services.core.db import snapshot

router = APIRouter(tags=["pages"], dependencies=[Depends(known_parameters)], include_in_schema=True)
LATEST_SHOWN, SECTION_SHOWN, PAGE_SHOWN = 24, 5, 40
RISING_IN_FRONT, RISING_IN_STREAM = 6, 5


def this_minute() -> datetime:
    """Now, to the minute: pages show ages, and one tag must stand for one text."""
    return utc_now().replace(second=0, microsecond=0)


@router.get("/", response_class=Response)
async def front(request: Request) -> Response:
    """The front page: Latest, and a section for each region."""
    now = this_minute()
    async with snapshot() as connection:
        tree = await label_tree(connection)
        state = await stream.state(connection)
        complete = await streams.completeness(connection, filters=Filters(), now=now)
        parts = ("front", now, tree.version, health.fingerprint(complete))
        terms = Terms(streams.stream_tag(state, Filters(), *parts), STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await streams.latest_page(
            connection, state=state, filters=Filters(), before=None, limit=LATEST_SHOWN, complete=complete
        )
        regions = front_regions(tree)
        newest = await streams.sections(
            connection, [f"region/{node.slug}" for node in regions], limit=2 * SECTION_SHOWN
        )
        rising = await trending(connection, tree, limit=RISING_IN_FRONT, now=now)
    body = _stream_page(
        "front.html",
        tree,
        StreamTitle("Latest", "/"),
        page,
        now,
        sections=front_sections(regions, newest),
        rising=rising,
        kicker_in=lambda item, node: kicker(item, tree, StreamTitle(node.name, "", node.slug)),
    )
    return respond(request, terms, body, render.MEDIA_TYPE)


def front_regions(tree: LabelTree) -> list[Node]:
    """The regions that have a section: the top ones, and the first of all wherever it stands in the tree."""
    top = tree.children("region", None)
    first = tree.find("region", FIRST)
    return [first, *(node for node in top if node != first)] if first else top


def front_sections(
    regions: Sequence[Node], newest: Mapping[str, Sequence[Item]]
) -> list[tuple[Node, list[Item]]]:
    """What each section shows: the newest that no section above it shows already. Regions without any are left out."""
    shown: set[int] = set()
    sections = []
    for node in regions:
        items = [item for item in newest[f"region/{node.slug}"] if item.id not in shown][:SECTION_SHOWN]
        shown.update(item.id for item in items)
        if items:
            sections.append((node, items))
    return sections


@router.get("/latest", response_class=Response)
async def latest(
    request: Request,
    q: Annotated[str | None, Query(max_length=LONGEST_QUERY)] = None,
    before: BeforeCursor = None,
) -> Response:
    """All of Latest, page by page, and what a search finds in it."""
    return await _stream(request, None, None, before=before, q=q)


@router.get("/r/{region}", response_class=Response)
async def region_page(request: Request, region: str, before: BeforeCursor = None) -> Response:
    """One region and the regions below it."""
    return await _stream(request, region, None, before=before)


@router.get("/r/{region}/{topic}", response_class=Response)
async def region_topic_page(
    request: Request, region: str, topic: str, before: BeforeCursor = None
) -> Response:
    """One topic of one region."""
    return await _stream(request, region, topic, before=before)


@router.get("/t/{topic}", response_class=Response)
async def topic_page(request: Request, topic: str, before: BeforeCursor = None) -> Response:
    """One topic of every region."""
    return await _stream(request, None, topic, before=before)


async def _stream(
    request: Request, region: str | None, topic: str | None, *, before: str | None, q: str | None = None
) -> Response:
    now = this_minute()
    async with snapshot() as connection:
        tree = await label_tree(connection)
        title = stream_title(tree, *respelled(tree, region, topic))
        if (title.region, title.topic) != (region, topic):
            return moved(with_query(request, title.path))
        named = title_filters(title)
        filters = filters_of(regions=named.regions, topics=named.topics, q=q)
        await check_filters(filters, tree, connection)
        state = await stream.state(connection)
        complete = await streams.completeness(connection, filters=filters, now=now)
        parts = ("page", now, tree.version, before, health.fingerprint(complete))
        terms = Terms(streams.stream_tag(state, filters, *parts), STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await streams.latest_page(
            connection, state=state, filters=filters, before=before, limit=PAGE_SHOWN, complete=complete
        )
        rising = None  # beside the newest page alone, and not beside what was searched for
        if before is None and filters.q is None:
            rising = await trending(
                connection, tree, region=region, topic=topic, limit=RISING_IN_STREAM, now=now
            )
    asked = feed_query(title, filters)
    body = _stream_page(
        "stream.html",
        tree,
        title,
        page,
        now,
        before=before,
        filters=filters,
        rising=rising,
        feed_query=asked,
    )
    return respond(request, terms, body, render.MEDIA_TYPE)


def _stream_page(
    template: str, tree: LabelTree, title: StreamTitle, page: LatestPage, now: datetime, **more: object
) -> bytes:
    return render.page(
        template,
        tree=tree,
        stream=title,
        title=title.title,
        feed=feed_path(title),
        page=page,
        now=now,
        names={f"{node.kind}/{node.slug}": node.name for node in tree.nodes},
        kicker=lambda item: kicker(item, tree, title),
        **more,
    )


def kicker(item: Item, tree: LabelTree, where: StreamTitle) -> tuple[str, str] | None:
    """The label that stands over a headline, and its page: the region, else the topic; in a region's own stream the
    topic says more.
    """
    region = (tree.name("region", item.region), f"/r/{item.region}") if item.region else None
    topic = (tree.name("topic", item.topics[0]), f"/t/{item.topics[0]}") if item.topics else None
    if where.region == item.region and where.topic is None:
        return topic or region
    return region or topic


@router.get("/article/{article_id}", response_class=Response)
async def article(request: Request, article_id: ArticleId) -> Response:
    """One article, with the reason for every label."""
    now = this_minute()
    async with snapshot() as connection:
        standing = await require_standing(connection, article_id)
        if survivor := merged_into(standing):
            return merged(f"/article/{survivor}")
        tree = await label_tree(connection)
        state = await stream.state(connection)
        tag = etag_of(streams.REPRESENTATION, "article", state.epoch, state.sighting, article_id, standing)
        terms = Terms(etag_of(tag, now, tree.version), STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        found = await articles.article(connection, article_id)
    if found is None:
        raise RuntimeError(f"article {article_id} went away inside one snapshot")
    return respond(request, terms, _article_page(found, tree, now), render.MEDIA_TYPE)


def _article_page(found: Article, tree: LabelTree, now: datetime) -> bytes:
    item, verdict = found.item, found.verdict
    where = StreamTitle("", "")
    return render.page(
        "article.html",
        title=item.title,
        article=found,
        item=item,
        tree=tree,
        now=now,
        kicker=lambda item: kicker(item, tree, where),
        copy_reason=reasons.copy_reason,
        labels=reasons.labels(verdict, tree, reasons.whole_of(found)),
        headline=reasons.marked(item.title, reasons.hits(verdict, tree, in_title=True)),
        text=reasons.marked(found.text, reasons.hits(verdict, tree, in_title=False)),
    )


router.include_router(operators.router)
