"""GET /v1/changes: everything that happened to the stream, oldest first; held open or as server-sent events."""

import logging
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import Response

from services.api.cursor import CursorError, CursorGoneError
from services.api.deps import AskedFilters, Limit, check_filters, known_parameters
from services.api.filters import Filters
from services.api.following.events import EventStream
from services.api.following.fanout import Channels, Place, Said, followed
from services.api.following.follow import LOOK_EVERY, Bell
from services.api.formats import json_api
from services.api.middleware import HEAD
from services.api.queries import stream
from services.api.reading import streams
from services.api.reading.labels import label_tree
from services.api.respond import ALWAYS_ASK, Terms, not_modified, respond
from services.api.schemas.answers import ChangesBody, problems
from services.api.shapes import ChangesPage, StreamState
from services.core.clock import monotonic
from services.core.db import snapshot
from services.core.errors import UnavailableError

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
VARY = "Accept, Accept-Encoding"
EVENT_HEADERS = {"Cache-Control": "no-store", "Vary": VARY, "X-Accel-Buffering": "no"}
log = logging.getLogger(__name__)


@router.get("/v1/changes", response_model=ChangesBody, responses=problems(400, 410, 503))
async def changes(  # noqa: PLR0917 (the framework calls it by keyword)
    request: Request,
    filters: AskedFilters,
    since: Annotated[str | None, Query(description="A `changes` or `cursor` of an earlier answer.")] = None,
    limit: Limit = 100,
    wait: Annotated[
        int, Query(ge=0, le=60, description="Seconds to hold the answer until something happens.")
    ] = 0,
    last_event_id: Annotated[str | None, Header(description="Where an event stream goes on.")] = None,
) -> Response:
    """What happened after a cursor. `Accept: text/event-stream` gives the same as server-sent events.

    Store the cursor after you have processed the answer; upsert by article `id` and `revision`.
    """
    async with snapshot() as connection:
        await check_filters(filters, await label_tree(connection), connection)
        state = await stream.state(connection)
        after = _after(last_event_id, since, state, filters)
    start = Place(state.epoch, after)
    if _wants_events(request):
        if HEAD in request.scope:
            return Response(headers=EVENT_HEADERS, media_type=EventStream.media_type)
        head = Place(state.epoch, state.head)
        return _events(request, filters, start=start, head=head, limit=limit)
    return await _answer(request, filters, start=start, limit=limit, wait=wait)


def _wants_events(request: Request) -> bool:
    return EventStream.media_type in request.headers.get("accept", "")


def _after(last_event_id: str | None, since: str | None, state: StreamState, filters: Filters) -> int:
    """The position to follow from. A stream that goes on says so in its header, whatever its address still says.

    Raises CursorError and CursorGoneError, which name what was sent.
    """
    if not last_event_id:
        return streams.position_of(since, state=state, filters=filters)
    try:
        return streams.position_of(last_event_id, state=state, filters=filters)
    except (CursorError, CursorGoneError) as error:
        raise error.sent_as("Last-Event-ID") from None


async def _answer(request: Request, filters: Filters, *, start: Place, limit: int, wait: int) -> Response:
    page, state = await _held(request, filters, start=start, limit=limit, wait=wait)
    # The page's cursor says what was reached; the head decides what its articles look like now.
    tag = streams.stream_tag(state, filters, "changes", start.seq, limit, page.cursor, page.more)
    terms = Terms(tag, ALWAYS_ASK, VARY)
    return not_modified(request, terms) or respond(
        request, terms, json_api.changes(page), json_api.MEDIA_TYPE
    )


async def _held(
    request: Request, filters: Filters, *, start: Place, limit: int, wait: int
) -> tuple[ChangesPage, StreamState]:
    """A page with something in it, or whatever there is after `wait` seconds."""
    bell: Bell = request.app.state.bell
    until = monotonic() + wait
    while True:
        rings = bell.rings
        page, start, state = await _look(filters, start, limit)
        left = until - monotonic()
        if page.entries or left <= 0 or bell.stopping or await request.is_disconnected():
            return page, state
        if not page.more:
            await bell.wait(since=rings, seconds=min(left, LOOK_EVERY))


async def _look(filters: Filters, start: Place, limit: int) -> tuple[ChangesPage, Place, StreamState]:
    """What lies after a place, and the place reached. Raises CursorGoneError when the log was cut or set back since."""
    async with snapshot() as connection:
        state = await stream.state(connection)
        if state.epoch != start.epoch or not state.floor <= start.seq <= state.head:
            raise CursorGoneError("since", "the stream was cut or set back while this was read.")
        page, examined = await streams.changes_page(
            connection, state=state, filters=filters, after=start.seq, limit=limit
        )
    return page, Place(state.epoch, examined), state


def _events(request: Request, filters: Filters, *, start: Place, head: Place, limit: int) -> Response:
    return EventStream(_event_lines(request, filters, start, head, limit), EVENT_HEADERS)


async def _event_lines(
    request: Request, filters: Filters, start: Place, head: Place, limit: int
) -> AsyncGenerator[bytes]:
    """Events for as long as the reader stays. A reader whom we cannot serve any more comes back by himself with his
    last id, and is then told why.
    """
    metrics = request.app.state.metrics
    metrics.followers += 1
    channels: Channels = request.app.state.channels
    try:
        yield b"retry: 3000\n\n"

        async def look(place: Place) -> Said:
            return await _said(filters, place, limit)

        async with channels.joined((filters, limit), look, head) as channel:
            async for lines in followed(channel, start):
                yield lines
    except (CursorGoneError, UnavailableError) as error:
        log.warning("an event stream ended: %s", error)
    finally:
        metrics.followers -= 1


async def _said(filters: Filters, place: Place, limit: int) -> Said:
    """What lies after a place, in lines. An id without data moves the reader's cursor over changes that do not concern him.

    Raises CursorGoneError, and UnavailableError when the database does not answer.
    """
    try:
        page, reached, _ = await _look(filters, place, limit)
    except (DBAPIError, PoolTimeoutError) as error:
        raise UnavailableError(f"The database does not answer: {error}") from error
    lines = [
        _event(entry.cursor, entry.change, json_api.dump(json_api.entry(entry))) for entry in page.entries
    ]
    if reached != place and (not page.entries or page.entries[-1].cursor != page.cursor):
        lines.append(f"id: {page.cursor}\n\n".encode())
    return Said(place, reached, b"".join(lines), page.more)


def _event(cursor: str, change: str, data: bytes) -> bytes:
    return b"".join((f"id: {cursor}\nevent: {change}\ndata: ".encode(), data, b"\n\n"))
