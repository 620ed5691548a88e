"""The pages for operators: how the service does, and one feed whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import LONGEST_QUERY
from services.api.errors import Problem
from services.api.filters import Filters
from services.api.pages import feed_words, need_words, render
from services.api.pages.feed_shapes import STATES, FeedRow, GapRow, Needs, State, WholeFeed
from services.api.queries import feeds, figures, operations, stream
from services.api.queries.feeds import Need, Wanted
from services.api.queries.needs import needs
from services.api.reading import streams
from services.api.reading.labels import label_tree
from services.api.respond import ALWAYS_ASK, Terms, respond
from services.api.shapes import Completeness
from services.api.tree import LabelTree
from services.api.watching.scrape import watch_of
from services.core import set_aside
from services.core.clock import utc_now
from services.core.db import snapshot, watching_engine
from services.core.errors import UnavailableError
from services.core.liveness import beats
from services.core.queues import Queue

router = APIRouter()
"""Taken in by the router of the pages, which says what all pages have in common."""
DAY = timedelta(hours=24)
FRESH = timedelta(seconds=beats.STALE_S)
"""A process whose youngest sign of life is older than this is taken to be gone."""
FEEDS_A_PAGE, GAPS_SHOWN, ASIDE_SHOWN = 50, 20, 20
LAST_PAGE = 10_000

FeedId = Annotated[int, Path(ge=1, le=feeds.LARGEST_ID, description="Id of a feed.")]
Words = Annotated[
    str | None, Query(max_length=LONGEST_QUERY, description="Words in title, address or publisher.")
]
PageNumber = Annotated[int, Query(ge=1, le=LAST_PAGE, description="Which page of the list, from 1.")]

STAGES_IN_WORDS = {
    "fetch": "Feeds due",
    "labels": "Waiting for labels",
    "publication": "Never published yet",
    "stories": "Changes before stories",
    "desk": "Editors' requests",
    "webhooks": "Webhooks behind",
}
NEEDS_IN_WORDS: dict[Need, str] = {
    "replacement": "with a new address offered",
    "failing": "failing for more than a week",
    "throttled": "on hosts that throttle us",
    "gap": "with a gap in the last 24 hours",
    "differences": "that the parsers read differently",
}


@dataclass(frozen=True, slots=True)
class FeedList:
    """One page of the list of feeds, and how to ask for others."""

    rows: list[FeedRow]
    total: int
    wanted: Wanted
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; one at least."""
        return max(1, -(-self.total // FEEDS_A_PAGE))

    def href(self, *, page: int = 1) -> str:
        """The address of another page of the same list."""
        asked = {"state": self.wanted.state, "need": self.wanted.need, "q": self.wanted.q}
        given = {name: value for name, value in asked.items() if value} | ({"page": page} if page > 1 else {})
        return f"/operator?{urlencode(given)}#feeds" if given else "/operator#feeds"


@dataclass(frozen=True, slots=True)
class _OfFeeds:
    listed: FeedList
    needs: Needs
    gaps: list[GapRow]
    aside: list[set_aside.Aside]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everything the page tells, of one moment."""

    tree: LabelTree
    head: int
    work: operations.Work
    stages: list[figures.Stage]
    fetching: operations.Fetching
    of_feeds: _OfFeeds
    beats: list[operations.BeatRow]
    complete: Completeness


async def _look(wanted: Wanted, page: int, now: datetime) -> _Seen:
    async with snapshot(watching_engine()) as connection:
        return _Seen(
            tree=await label_tree(connection),
            head=(await stream.state(connection)).head,
            work=await operations.work(connection, now=now, since=now - DAY),
            stages=await figures.stages(connection),
            fetching=await operations.fetching(connection, now=now),
            of_feeds=await connection.run_sync(_of_feeds, wanted, page, now),
            beats=await operations.beats(connection),
            complete=await streams.completeness(connection, filters=Filters(), now=now),
        )


def standing_beats(rows: Sequence[operations.BeatRow], now: datetime) -> list[operations.BeatRow]:
    """Processes that live, and of a role of which none does the last that did: one that was replaced is no news."""
    living = {beat.role for beat in rows if now - beat.at <= FRESH}
    last: dict[str, operations.BeatRow] = {}
    for beat in rows:
        last.setdefault(beat.role, beat)
    return [b for b in rows if now - b.at <= FRESH or (b.role not in living and last[b.role] is b)]


def _of_feeds(connection: Connection, wanted: Wanted, page: int, now: datetime) -> _OfFeeds:
    offset = (page - 1) * FEEDS_A_PAGE
    return _OfFeeds(
        FeedList(
            feeds.rows(connection, wanted, now=now, limit=FEEDS_A_PAGE, offset=offset),
            feeds.total(connection, wanted, now=now),
            wanted,
            page,
        ),
        needs(connection, now=now),
        feeds.gaps(connection, limit=GAPS_SHOWN),
        set_aside.listing(Session(connection), Queue.CLASSIFY, limit=ASIDE_SHOWN),
    )


@router.get("/operator", response_class=Response)
async def operator(
    request: Request,
    state: Annotated[State | None, Query(description="Only feeds in this state.")] = None,
    need: Annotated[Need | None, Query(description="Only feeds that somebody should look at.")] = None,
    q: Words = None,
    page: PageNumber = 1,
) -> Response:
    """How the service does: what needs a person, feeds by state, what waits, gaps, who is alive."""
    now = utc_now()
    wanted = Wanted(state, need, (q or "").strip() or None)
    queues = await _queues(request)
    try:
        seen = await watch_of(request).database.ask(f"{wanted} {page}", lambda: _look(wanted, page, now))
    except UnavailableError as error:
        return _unknown(f"{error}.", queues)
    wrong = await watch_of(request).wrong()
    found = seen.of_feeds
    body = render.page(
        "operator.html",
        title="Operator",
        tree=seen.tree,
        head=seen.head,
        work=seen.work,
        stages=seen.stages,
        stage_words=STAGES_IN_WORDS,
        feeds=found.listed,
        states=STATES,
        needs_in_words=NEEDS_IN_WORDS,
        todos=need_words.todos(found.needs, seen.fetching.failing, now),
        failing=sorted(seen.fetching.failing.items(), key=lambda pair: (-pair[1], pair[0])),
        gaps=found.gaps,
        aside=found.aside,
        beats=standing_beats(seen.beats, now),
        wrong=wrong,
        fresh=FRESH,
        queues=queues,
        complete=seen.complete,
        feed_words=feed_words,
        now=now,
    )
    return respond(request, Terms(etag_of(body), ALWAYS_ASK), body, render.MEDIA_TYPE)


async def _queues(request: Request) -> dict[str, int | None]:
    lengths = await watch_of(request).queue_lengths()
    return {str(queue): (lengths or {}).get(queue) for queue in Queue}


def _unknown(reason: str, queues: dict[str, int | None]) -> Response:
    body = render.page("operator_unknown.html", title="Operator", reason=reason, queues=queues)
    headers = {"Cache-Control": "no-store", "Retry-After": "5", "Content-Type": render.MEDIA_TYPE}
    return Response(body, status_code=503, headers=headers)


async def _one(feed_id: int, now: datetime) -> tuple[LabelTree, WholeFeed | None]:
    async with snapshot(watching_engine()) as connection:
        return await label_tree(connection), await connection.run_sync(feeds.whole, feed_id, now=now)


@router.get("/operator/feeds/{feed_id}", response_class=Response)
async def feed(request: Request, feed_id: FeedId) -> Response:
    """One feed: its state, when it is asked next and why, what it brought, gaps, and the last fetches."""
    now = utc_now()
    try:
        tree, found = await watch_of(request).database.ask(f"feed {feed_id}", lambda: _one(feed_id, now))
    except UnavailableError as error:
        return _unknown(f"{error}.", await _queues(request))
    if found is None:
        raise Problem(404, "not-found", f"There is no feed {feed_id}; /operator lists them all.")
    body = render.page(
        "feed.html",
        title=found.feed.name,
        tree=tree,
        whole=found,
        feed=found.feed,
        groups=feed_words.facts(found, now),
        feed_words=feed_words,
        now=now,
    )
    return respond(request, Terms(etag_of(body), ALWAYS_ASK), body, render.MEDIA_TYPE)
