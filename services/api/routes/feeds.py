"""/feeds/…: the streams as Atom, RSS and JSON Feed, and the list of all of them as OPML."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.conditional import etag_of_bytes
from services.api.deps import (
    AskedFilters,
    BeforeCursor,
    Limit,
    check_filters,
    known_parameters,
    require_label,
)
from services.api.errors import Problem
from services.api.filters import Filters, filters_of
from services.api.formats import FORMATS, opml
from services.api.formats.opml import Folder, Outline
from services.api.formats.view import FeedView
from services.api.links import base_url, page_address, with_query
from services.api.queries import stream
from services.api.reading import streams
from services.api.reading.labels import label_tree
from services.api.respond import LIST_CACHE, STREAM_CACHE, Terms, moved, not_modified, respond
from services.api.schemas.answers import problems
from services.api.shapes import Completeness, Identity, LatestPage, StreamTitle
from services.api.tree import LabelTree, Node
from services.core.db import snapshot

router = APIRouter(
    tags=["feeds"], dependencies=[Depends(known_parameters)], responses=problems(400, 404, 410)
)
Ending = Literal["atom", "rss", "json"]
EVERYTHING = "latest"
"""Stands where a region would: every region."""
NOT_ASKED = Completeness(sources=0, late=0, failing=0, gaps=0, asked=0, troubles=(), sentence="")


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Which page of which stream was asked for, beside what its path says."""

    filters: Filters
    limit: int
    before: str | None


async def asked_page(filters: AskedFilters, limit: Limit = 50, before: BeforeCursor = None) -> AskedPage:
    """The parameters that every feed takes."""
    return AskedPage(filters, limit, before)


Asked = Annotated[AskedPage, Depends(asked_page)]


@router.get("/feeds/index.opml", response_class=Response)
async def index(
    request: Request,
    region: Annotated[
        str | None, Query(description="Slug of a region: its topics, one feed each, in the place of all.")
    ] = None,
) -> Response:
    """Every region and every topic as a subscription list, or one region topic by topic."""
    async with snapshot() as connection:
        tree = await label_tree(connection)
    base = base_url(request)
    if region is not None:
        require_label(tree, "region", region, status=400)
    title = f"Dateline: {tree.name('region', region)}" if region else "Dateline"
    body = opml.render(title, _of_region(tree, base, region) if region else _of_all(tree, base))
    terms = Terms(etag_of_bytes(body), LIST_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, opml.MEDIA_TYPE)


@router.get("/feeds/{region}/{topic}.{ending}", response_class=Response)
async def region_topic_feed(
    request: Request, region: str, topic: str, ending: Ending, asked: Asked
) -> Response:
    """One topic of one region; `latest` in the place of the region is every region."""
    return await _feed(request, region, topic, ending, asked)


@router.get("/feeds/{region}.{ending}", response_class=Response)
async def region_feed(request: Request, region: str, ending: Ending, asked: Asked) -> Response:
    """One region and the regions below it; `latest` is every region."""
    return await _feed(request, region, None, ending, asked)


async def _feed(
    request: Request, region: str, topic: str | None, ending: Ending, asked: AskedPage
) -> Response:
    async with snapshot() as connection:
        tree = await label_tree(connection)
        title = stream_title(tree, *respelled(tree, None if region.lower() == EVERYTHING else region, topic))
        if (title.region or EVERYTHING, title.topic) != (region, topic):
            return moved(with_query(request, f"{feed_path(title)}.{ending}"))
        filters = both_filters(title, asked.filters)
        await check_filters(filters, tree, connection)
        state = await stream.state(connection)
        page = await streams.latest_page(
            connection,
            state=state,
            filters=filters,
            before=asked.before,
            limit=asked.limit,
            complete=NOT_ASKED,
            fresh=False,
        )
        above = None
        if asked.before:
            above = await streams.page_above(
                connection, state=state, filters=filters, before=asked.before, limit=asked.limit
            )
    view = _view(request, tree, title, filters, page, above, state.identity)
    return answer(request, view, ending)


def answer(request: Request, view: FeedView, ending: Ending) -> Response:
    """A feed under a tag of its own bytes: who reads a quiet region has it still, whatever happens elsewhere."""
    renderer = FORMATS[ending]
    body = renderer.render(view)
    terms = Terms(etag_of_bytes(body), STREAM_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, renderer.MEDIA_TYPE)


def respelled(tree: LabelTree, region: str | None, topic: str | None) -> tuple[str | None, str | None]:
    """A region and a topic as the rulebook spells them, where only case, spaces or `_` are otherwise."""
    return region and tree.respelled("region", region), topic and tree.respelled("topic", topic)


def stream_title(tree: LabelTree, region: str | None, topic: str | None) -> StreamTitle:
    """What a stream is called. Raises Problem (404) for a label that does not exist."""
    if region is not None:
        beside = f"/{topic}" if topic is not None and tree.find("topic", topic) else ""
        require_label(tree, "region", region, page=lambda slug: f"/r/{slug}{beside}")
    if topic is not None:
        require_label(
            tree, "topic", topic, page=lambda slug: f"/r/{region}/{slug}" if region else f"/t/{slug}"
        )
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


def both_filters(title: StreamTitle, asked: Filters) -> Filters:
    """What the path names and what the parameters ask for. Raises Problem (400) where both name a region, or a topic."""
    for kind, slug, more in (("region", title.region, asked.regions), ("topic", title.topic, asked.topics)):
        if slug and more:
            raise Problem(
                400,
                "invalid-parameter",
                f"{kind}: this address names the {kind} {slug} already. For any of several ask "
                f"/feeds/{EVERYTHING}.atom?{kind}={slug}&{kind}={more[0][:80]}.",
                {"parameter": kind},
            )
    named = title_filters(title)
    return filters_of(
        regions=named.regions or asked.regions,
        topics=named.topics or asked.topics,
        languages=asked.languages,
        sources=asked.sources,
        q=asked.q,
    )


def feed_path(title: StreamTitle) -> str:
    """Where a named stream is as a feed, without the ending."""
    region = title.region or EVERYTHING
    return f"/feeds/{region}/{title.topic}" if title.topic else f"/feeds/{region}"


def feed_query(title: StreamTitle, filters: Filters) -> str:
    """What a feed's address asks for beside what its path names: "?q=pipeline", empty for a named stream."""
    regions = () if title.region else filters.regions
    topics = () if title.topic else filters.topics
    more = filters_of(
        regions=regions, topics=topics, languages=filters.languages, sources=filters.sources, q=filters.q
    ).query
    return f"?{more}" if more else ""


def _view(  # noqa: PLR0917 (what was read, in the order in which it was)
    request: Request,
    tree: LabelTree,
    title: StreamTitle,
    filters: Filters,
    page: LatestPage,
    above: str | None,
    identity: Identity,
) -> FeedView:
    name, more = _name(tree, filters), ""
    if filters != title_filters(title):
        more = " Chosen by what its address asks for."
    first = page_address(request, before=None)
    back = page_address(request, before=above) if "before" in request.query_params else None
    return FeedView(
        identity=identity,
        about=f"latest?{filters.query}",
        title=f"Dateline: {name}",
        subtitle=f"{name}, newest first, once each.{more}",
        page_url=_page_url(base_url(request), title, filters),
        self_url=page_address(request),
        first_url=first,
        previous_url=back,
        next_url=page_address(request, before=page.next) if page.next else None,
        base_url=base_url(request),
        items=page.items,
        names={f"{node.kind}/{node.slug}": node.name for node in tree.nodes},
        language=filters.languages[0] if len(filters.languages) == 1 else None,
    )


def _name(tree: LabelTree, filters: Filters) -> str:
    """What is in a stream, in words: "Central Asia · Energy · “pipeline”"."""
    parts = [
        " or ".join(tree.name("region", slug) for slug in filters.regions),
        " or ".join(tree.name("topic", slug) for slug in filters.topics),
        " or ".join(filters.languages),
        " or ".join(filters.sources),
        f"“{filters.q}”" if filters.q else "",
    ]
    return " · ".join(part for part in parts if part) or "Latest"


def _page_url(base: str, title: StreamTitle, filters: Filters) -> str:
    """The page for people that shows the same; where none does, the nearest."""
    if filters == filters_of(q=filters.q) and filters.q:
        return f"{base}/latest?{filters.query}"
    return f"{base}{title.path}"


def _outline(tree: LabelTree, base: str, region: str | None, topic: str | None) -> Outline:
    title = stream_title(tree, region, topic)
    return Outline(f"Dateline: {title.title}", f"{base}{title.path}", f"{base}{feed_path(title)}.atom")


def _of_all(tree: LabelTree, base: str) -> list[Folder]:
    """A folder for each top region, with those below it."""

    def below(node: Node) -> list[Node]:
        return [node, *(found for inner in tree.children("region", node.slug) for found in below(inner))]

    folders = [Folder("Latest", [_outline(tree, base, None, None)])]
    for top in tree.children("region", None):
        regions = [_outline(tree, base, node.slug, None) for node in below(top)]
        folders.append(Folder(top.name, regions))
    topics = [_outline(tree, base, None, node.slug) for node in tree.of("topic")]
    return [*folders, Folder("Topics", topics)] if topics else folders


def _of_region(tree: LabelTree, base: str, region: str) -> list[Folder]:
    topics = [_outline(tree, base, region, node.slug) for node in tree.of("topic")]
    return [Folder(tree.name("region", region), [_outline(tree, base, region, None), *topics])]
