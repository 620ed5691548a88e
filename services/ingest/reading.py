"""What one answer says (pure): new entries, nothing new, a failure in words, or gone for good."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from services.core.errors import InvalidInputError
from services.core.urls import BUILT_IN, AddressRules, check_http_url
from services.ingest import asks, faults, parsers, rates, sift, walls
from services.ingest.clean import language_of
from services.ingest.entry import FetchResponse, ParsedFeed
from services.ingest.parsers import NotAFeedError
from services.ingest.plan import FeedState, Reading

REFUSALS = {429, 503}
BODIES = {200, 203}
"""Answers that are the feed itself; 203 is one that somebody on the way has changed."""

_STATUS_IN_WORDS = {
    401: "asks for a login",
    403: "refuses us (perhaps a wall against robots)",
    404: "has no such page any more",
    406: "refuses the formats that feeds come in",
    429: "asks us to come less often",
    451: "withholds it for legal reasons",
    500: "is broken at the moment",
    502: "is broken at the moment",
    503: "is overloaded or closed for maintenance",
    504: "did not answer its own gateway in time",
}


def read(
    feed: FeedState,
    response: FetchResponse,
    *,
    now: datetime,
    parse: Callable[..., ParsedFeed] = parsers.parse,
    rules: AddressRules = BUILT_IN,
) -> Reading:
    """Turn an answer into entries fit for deciding on, or into the sentence that says why there are none.

    `rules`: by which keys are made. `parse(body, content_type=…, url=…)` raises NotAFeedError for what is no feed; anything else it raises is passed on.
    """
    if response.error_kind is not None:
        return _failed(feed, response, response.error_kind, response.error, now)
    if response.status == 304:
        return _not_modified(feed, response, now)
    if response.status == 410:
        gone = f"{feed.host} says that this feed is gone for good (410)."
        return Reading(
            "gone", error_kind="gone", error=gone, lasting=True, permanent_url=response.permanent_url
        )
    if wall := walls.wall_by_headers(response.status or 0, response.headers):
        return _walled(feed, response, wall, now)
    if response.status not in BODIES:
        return _refused(feed, response, now)
    return _body(feed, response, parse, now, rules=rules)


def _body(
    feed: FeedState,
    response: FetchResponse,
    parse: Callable[..., ParsedFeed],
    now: datetime,
    *,
    rules: AddressRules,
) -> Reading:
    body_hash = hashlib.blake2b(response.body, digest_size=16).hexdigest()
    if body_hash == feed.body_hash:
        return _unchanged(feed, response, now, full=True)
    try:
        parsed = parse(response.body, content_type=response.headers.get("content-type"), url=response.url)
    except NotAFeedError as error:
        return _not_a_feed(feed, response, error, now)
    found = _new_body(feed, response, parsed, body_hash=body_hash, now=now, rules=rules)
    if not found.entries and not found.told and feed.window > 0:
        # A feed that shows nothing for a while is well, but says nothing: what is known of it stays, its window
        # above all, so that a gap is noticed when it fills again. The validators are the empty body's own.
        return _unchanged(
            feed, response, now, full=True, skipped=(*found.skipped, "It shows no entries this time.")
        )
    return found


def _not_modified(feed: FeedState, response: FetchResponse, now: datetime) -> Reading:
    if feed.body_hash is None and feed.etag is None and feed.last_modified is None:
        told = f"{feed.host} says that nothing has changed (304) of a feed that it never gave us. Its server is set up wrongly."
        return _failed(feed, response, "protocol", told, now)
    return _unchanged(feed, response, now, full=False)


def _unchanged(
    feed: FeedState, response: FetchResponse, now: datetime, *, full: bool, skipped: tuple[str, ...] = ()
) -> Reading:
    """Nothing new: what the feed says of itself is what it said last time.

    Validators stay a pair of one answer; a 304 may give them anew one by one (RFC 9111 section 3.2).
    """
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if not full or not (etag or modified):
        etag, modified = etag or feed.etag, modified or feed.last_modified
    return Reading(
        "unchanged",
        skipped=skipped,
        asks_s=asks.wish(response.headers, feed_interval_s=feed.wish_s, now=now),
        body_hash=feed.body_hash,
        etag=etag,
        last_modified=modified,
        wish_s=feed.wish_s,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        full=full,
        permanent_url=response.permanent_url,
    )


def _failed(
    feed: FeedState,
    response: FetchResponse,
    kind: str,
    error: str | None,
    now: datetime,
    *,
    asks_s: int = 0,
    host_asks_s: int = 0,
) -> Reading:
    return Reading(
        "failed",
        error_kind=kind,
        error=error,
        lasting=faults.is_lasting(kind, failures=feed.failures + 1, ok_at=feed.ok_at, now=now),
        asks_s=asks_s,
        host_asks_s=host_asks_s,
        wish_s=feed.wish_s,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        permanent_url=response.permanent_url,
    )


def _refused(feed: FeedState, response: FetchResponse, now: datetime) -> Reading:
    status = response.status or 0
    words = _STATUS_IN_WORDS.get(
        status, "answers with an error" if status >= 400 else "gives an unexpected answer"
    )
    asked = asks.retry_after(response.headers, now=now) if status in REFUSALS else 0
    told = f"{feed.host} {words} ({status})."
    rest = asks.host_rest(status, asked)
    return _failed(feed, response, f"http-{status}", told, now, asks_s=asked, host_asks_s=rest)


def _not_a_feed(feed: FeedState, response: FetchResponse, error: NotAFeedError, now: datetime) -> Reading:
    wall = walls.wall_by_page(response.body) if error.kind in {"html", "text", "xml"} else None
    if wall is not None:
        return _walled(feed, response, wall, now)
    kind = error.kind if error.kind in faults.FAULTS else "not-a-feed"
    return _failed(feed, response, kind, str(error), now)


def _walled(feed: FeedState, response: FetchResponse, wall: str, now: datetime) -> Reading:
    by = f" ({wall})" if wall else ""
    told = (
        f"{feed.host} has a wall against robots{by}, which answered in place of the feed. "
        f"Set DATELINE_CONTACT_URL to a page of yours and ask the publisher to let feed readers pass."
    )
    status = response.status or 0
    asked = asks.retry_after(response.headers, now=now) if status in REFUSALS else 0
    rest = asks.host_rest(status, asked)
    return _failed(feed, response, "bot-wall", told, now, asks_s=asked, host_asks_s=rest)


def _new_body(
    feed: FeedState,
    response: FetchResponse,
    parsed: ParsedFeed,
    *,
    body_hash: str,
    now: datetime,
    rules: AddressRules,
) -> Reading:
    language = language_of(parsed.language) or feed.language
    site_url = _site(parsed.site_url)
    told = sift.tell(parsed.entries, site_url=site_url or feed.site_url, rules=rules)
    entries, skipped = (
        sift.clean(told, language=language, site_url=site_url or feed.site_url, now=now, rules=rules)
        if feed.ok_at is None
        else ((), ())
    )
    dates = rates.dates(parsed.entries, now=now)
    own_urls = asks.links(response.headers, "self", url=response.url)
    return Reading(
        "new-body",
        entries=entries,
        skipped=skipped,
        told=() if feed.ok_at is None else told,
        asks_s=asks.wish(response.headers, feed_interval_s=parsed.interval_s, now=now),
        body_hash=body_hash,
        etag=response.headers.get("etag"),
        last_modified=response.headers.get("last-modified"),
        format=parsed.format,
        title=parsed.title,
        site_url=site_url,
        language=language,
        wish_s=max(0, min(parsed.interval_s or 0, asks.LONGEST_WISH_S)),
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        full=True,
        lied=_lied(feed, response, dates),
        permanent_url=response.permanent_url,
        self_url=own_urls[0] if own_urls else parsed.self_url,
        hubs=asks.links(response.headers, "hub", url=response.url) or parsed.hubs,
        dates=dates,
    )


def _lied(feed: FeedState, response: FetchResponse, dates: tuple[datetime, ...]) -> bool:
    """Whether the server calls a body unchanged that has news in it.

    The ETag stayed (or, where there is none, Last-Modified did) while the bytes changed and hold something that was published
    since the last body, or do not say when. Bytes alone prove nothing: many feeds carry the time of their making.
    """
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    same = etag == feed.etag if etag or feed.etag else modified is not None and modified == feed.last_modified
    if not same or feed.body_hash is None:
        return False
    return feed.full_at is None or not dates or dates[0] > feed.full_at


def _site(url: str | None) -> str | None:
    """The publisher's site as the feed names it, if that is an address; it becomes the name of a source."""
    try:
        return check_http_url(url) if url else None
    except InvalidInputError:
        return None
