"""Reading a stream: from what was asked to a page of it. Steps only; the SQL is in `queries`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api import cursor, health
from services.api.conditional import etag_of
from services.api.filters import Filters
from services.api.queries import above, items, latest, searched, sources, stream
from services.api.shapes import (
    ChangeEntry,
    ChangesPage,
    Completeness,
    Item,
    LatestPage,
    StreamState,
)
from services.core.latest import seen_through

REPRESENTATION = "4"
"""Part of every tag: raise it when any format's bytes change for the same data."""
COMPLETE_FOR_S = 1.0
"""As long as an answer lies on the shelf."""
COMPLETE_KEPT = 256
_complete: dict[tuple[tuple[str, ...], ...], tuple[datetime, Completeness]] = {}


async def completeness(connection: AsyncConnection, *, filters: Filters, now: datetime) -> Completeness:
    """How far the stream can be relied on. Looked for once in `COMPLETE_FOR_S` seconds: it is the same for all pages of a stream."""
    key = filters.regions, filters.topics, filters.sources
    known = _complete.get(key)
    if known and abs((now - known[0]).total_seconds()) < COMPLETE_FOR_S:
        return known[1]
    found = health.completeness(await sources.states(connection, filters=filters, now=now))
    if len(_complete) >= COMPLETE_KEPT:
        _complete.clear()
    _complete[key] = now, found
    return found


def stream_tag(state: StreamState, filters: Filters, *parts: object) -> str:
    """The tag of anything that is decided by the stream and the stories beside it, a filter, and `parts`."""
    standing = (state.epoch, state.head, state.sighting, state.stories, state.words if filters.q else "")
    return etag_of(REPRESENTATION, *standing, filters.digest.hex(), *parts)


async def latest_page(
    connection: AsyncConnection,
    *,
    state: StreamState,
    filters: Filters,
    before: str | None,
    limit: int,
    complete: Completeness,
    fresh: bool = True,
) -> LatestPage:
    """A page of Latest and the cursors to go on with, all of one moment. `fresh`: no page after it may be older, as is
    right where somebody follows from it.

    Raises CursorError and CursorGoneError for a `before` that cannot be honoured.
    """
    place = cursor.decode_before(before, epoch=state.epoch, filters=filters) if before else None
    read = searched.page if filters.q else latest.page
    places = await read(connection, filters=filters, before=place, limit=limit + 1)
    shown, more = places[:limit], len(places) > limit
    known = state.head if fresh else 0
    return LatestPage(
        items=await items.items(connection, [found.id for found in shown]),
        next=cursor.encode_before(shown[-1], epoch=state.epoch, filters=filters, known=known)
        if more
        else None,
        changes=cursor.encode_since(state.head, epoch=state.epoch, filters=filters),
        completeness=complete,
    )


async def page_above(
    connection: AsyncConnection, *, state: StreamState, filters: Filters, before: str, limit: int
) -> str | None:
    """The cursor of the page that ends where the page of `before` begins; None where that is the newest one.

    Raises CursorError and CursorGoneError.
    """
    place = cursor.decode_before(before, epoch=state.epoch, filters=filters)
    read = searched.page_above if filters.q else above.page
    found = await read(connection, filters=filters, place=place, limit=limit + 1)
    return cursor.encode_before(found[-1], epoch=state.epoch, filters=filters) if len(found) > limit else None


def position_of(since: str | None, *, state: StreamState, filters: Filters) -> int:
    """The position to follow from: what the cursor names, or the oldest change kept.

    Raises CursorError and CursorGoneError.
    """
    if since is None:
        return state.floor
    return cursor.decode_since(since, epoch=state.epoch, filters=filters, floor=state.floor, head=state.head)


async def changes_page(
    connection: AsyncConnection, *, state: StreamState, filters: Filters, after: int, limit: int
) -> tuple[ChangesPage, int]:
    """What happened to the stream after a position, and the highest position examined.

    The cursor goes there whether or not anything was told, so that a rare filter does not read the same log again.
    """
    examine = limit if filters == Filters() else stream.EXAMINED_AT_MOST
    logged = await stream.changes(connection, after=after, filters=filters, limit=examine)
    told: list[tuple[stream.LoggedChange, str]] = []
    examined = after
    for change in logged:
        if len(told) == limit:
            break
        examined = change.seq
        seen = _seen(filters, change)
        if seen is not None:
            told.append((change, seen))
    shown = {
        item.id: item
        for item in await items.items(
            connection, list(dict.fromkeys(change.article_id for change, seen in told if seen != "removed"))
        )
    }
    into = await stream.survivors(connection, [c.article_id for c, seen in told if seen == "merged"])
    page = ChangesPage(
        entries=[_entry(change, seen, shown, into, state, filters) for change, seen in told],
        cursor=cursor.encode_since(examined, epoch=state.epoch, filters=filters),
        more=examined < state.head,
    )
    return page, examined


def _seen(filters: Filters, change: stream.LoggedChange) -> str | None:
    """What this follower is told. A correction may have turned `language`, `source` or `q` over: then the article has `left`,
    which says nothing new to a follower who never had it and keeps the promise to one who did.
    """
    seen = seen_through(filters.labels, change=change.change, before=change.before, after=change.after)
    if seen is None or (change.fits and seen not in {"left", "removed", "merged"}):
        return seen
    if not change.may_have or change.change == "added":
        return None
    if seen in {"left", "removed", "merged"}:
        return seen
    had = seen_through(filters.labels, change="removed", before=change.before, after=())
    return "left" if had else None


def _entry(  # noqa: PLR0917 (one row of a comprehension)
    change: stream.LoggedChange,
    seen: str,
    shown: Mapping[int, Item],
    into: Mapping[int, int],
    state: StreamState,
    filters: Filters,
) -> ChangeEntry:
    return ChangeEntry(
        cursor=cursor.encode_since(change.seq, epoch=state.epoch, filters=filters),
        change=seen,
        article_id=change.article_id,
        revision=change.revision,
        at=change.at,
        item=None if seen == "removed" else shown.get(change.article_id),
        into=into.get(change.article_id) if seen == "merged" else None,
    )


async def sections(
    connection: AsyncConnection, labels: Sequence[str], *, limit: int
) -> dict[str, list[Item]]:
    """The newest articles under each of several labels."""
    ids = await latest.newest_of_each(connection, labels, limit=limit)
    every = list(dict.fromkeys(found for group in ids.values() for found in group))
    by_id = {item.id: item for item in await items.items(connection, every)}
    return {label: [by_id[found] for found in group if found in by_id] for label, group in ids.items()}
