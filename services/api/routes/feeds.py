"""/feeds/…: the streams as Atom, RSS and JSON Feed, and the list of all of them as OPML."""

from dataclasses import replace
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api import streams
from services.api.conditional import etag_of
from services.api.deps import BeforeCursor, Limit, known_parameters, require_label
from services.api.filters import Filters, filters_of
from services.api.formats import FORMATS, opml
from services.api.formats.opml import Outline
from services.api.formats.view import FeedView
from services.api.labels import label_tree
from services.api.queries import stream
from services.api.respond import LIST_CACHE, STREAM_CACHE, Terms, not_modified, respond
from services.api.schemas import problems
from services.api.shapes import Completeness, LatestPage, StreamTitle
from services.api.tree import LabelTree
from services.core.db import snapshot

router = APIRouter(
    tags=["feeds"], dependencies=[Depends(known_parameters)], responses=problems(400, 404, 410)
)
Ending = Literal["atom", "rss", "json"]
TELL_STORIES = ("json",)
"""Formats with a place for what is no part of an article. In Atom and RSS a reader would show an entry as changed that is not."""
EVERYTHING = "latest"
"""Stands where a region would: every region."""
NOT_ASKED = Completeness(sources=0, late=0, failing=0, gaps=0, asked=0, troubles=(), sentence="")


@router.get("/feeds/index.opml", response_class=Response)
async def index(request: Request) -> Response:
    """Every stream as a subscription list."""
    async with snapshot() as connection:
        tree = await label_tree(connection)
    base = base_url(request)
    body = opml.render("Dateline", _outlines(tree, base))
    terms = Terms(etag_of(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, opml.MEDIA_TYPE)


@router.get("/feeds/{region}/{topic}.{ending}", response_class=Response)
async def region_topic_feed(  # noqa: PLR0917 (the framework calls it by keyword)
    request: Request, region: str, topic: str, ending: Ending, limit: Limit = 50, before: BeforeCursor = None
) -> Response:
    """One topic of one region; `latest` in the place of the region is every region."""
    return await _feed(request, region, topic, ending, limit=limit, before=before)


@router.get("/feeds/{region}.{ending}", response_class=Response)
async def region_feed(
    request: Request, region: str, ending: Ending, limit: Limit = 50, before: BeforeCursor = None
) -> Response:
    """One region and the regions below it; `latest` is every region."""
    return await _feed(request, region, None, ending, limit=limit, before=before)


async def _feed(
    request: Request, region: str, topic: str | None, ending: Ending, *, limit: int, before: str | None
) -> Response:
    async with snapshot() as connection:
        tree = await label_tree(connection)
        title = stream_title(tree, None if region == EVERYTHING else region, topic)
        filters = title_filters(title)
        state = await stream.state(connection)
        base = base_url(request)
        if ending not in TELL_STORIES:
            state = replace(state, stories=0)  # a story that grows is no news to a reader of these
        tag = streams.stream_tag(state, filters, ending, limit, before, tree.version, base)
        terms = Terms(tag, STREAM_CACHE)
        if known := not_modified(request, terms):
            return known
        page = await streams.latest_page(
            connection, state=state, filters=filters, before=before, limit=limit, complete=NOT_ASKED
        )
    view = _view(request, tree, title, page, base)
    renderer = FORMATS[ending]
    return respond(request, terms, renderer.render(view), renderer.MEDIA_TYPE)


def stream_title(tree: LabelTree, region: str | None, topic: str | None) -> StreamTitle:
    """What a stream is called. Raises Problem (404) for a label that does not exist."""
    if region is not None:
        require_label(tree, "region", region)
    if topic is not None:
        require_label(tree, "topic", topic)
    names = [tree.name("region", region)] if region else []
    names += [tree.name("topic", topic)] if topic else []
    path = {
        (False, False): "/",
        (True, False): f"/r/{region}",
        (True, True): f"/r/{region}/{topic}",
        (False, True): f"/t/{topic}",
    }[region is not None, topic is not None]
    return StreamTitle(" · ".join(names) or "Latest", path, region, topic)


def title_filters(title: StreamTitle) -> Filters:
    """The filter of a named stream."""
    return filters_of(
        regions=[title.region] if title.region else (), topics=[title.topic] if title.topic else ()
    )


def feed_path(title: StreamTitle) -> str:
    """Where a named stream is as a feed, without the ending."""
    region = title.region or EVERYTHING
    return f"/feeds/{region}/{title.topic}" if title.topic else f"/feeds/{region}"


def base_url(request: Request) -> str:
    """The address under which the reader reached us, without a slash at its end."""
    return str(request.base_url).rstrip("/")


def _view(request: Request, tree: LabelTree, title: StreamTitle, page: LatestPage, base: str) -> FeedView:
    first = f"{base}{request.url.path}"
    limit = {"limit": request.query_params["limit"]} if "limit" in request.query_params else {}
    next_url = f"{first}?{urlencode({**limit, 'before': page.next})}" if page.next else None
    return FeedView(
        title=f"Dateline: {title.title}",
        subtitle=f"{title.title}, newest first, once each.",
        page_url=f"{base}{title.path}",
        self_url=str(request.url),
        first_url=first,
        next_url=next_url,
        base_url=base,
        items=page.items,
        names={f"{node.kind}/{node.slug}": node.name for node in tree.nodes},
    )


def _outlines(tree: LabelTree, base: str) -> list[tuple[str, list[Outline]]]:
    def outline(title: StreamTitle) -> Outline:
        return Outline(f"Dateline: {title.title}", f"{base}{title.path}", f"{base}{feed_path(title)}.atom")

    regions = [outline(stream_title(tree, node.slug, None)) for node in tree.of("region")]
    topics = [outline(stream_title(tree, None, node.slug)) for node in tree.of("topic")]
    groups = [("Latest", [outline(stream_title(tree, None, None))]), ("Regions", regions), ("Topics", topics)]
    return [(name, outlines) for name, outlines in groups if outlines]
