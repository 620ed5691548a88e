"""What one answer says (pure): new entries, nothing new, a failure in words, or gone for good."""

import hashlib
from datetime import datetime

from services.core.errors import InvalidInputError
from services.core.urls import check_http_url
from services.ingest import asks
from services.ingest.clean import Skipped, clean_entry, language_of
from services.ingest.entry import Entry, FetchResponse, ParsedFeed
from services.ingest.parsers import NotAFeedError, parse
from services.ingest.plan import FeedState, Reading

REFUSALS = {429, 503}

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


def read(feed: FeedState, response: FetchResponse, *, now: datetime) -> Reading:
    """Turn an answer into entries fit for deciding on, or into the sentence that says why there are none."""
    if response.error_kind is not None:
        return Reading("failed", error_kind=response.error_kind, error=response.error)
    if response.status == 304:
        return _unchanged(feed, response, now)
    if response.status == 410:
        return Reading(
            "gone", error_kind="gone", error=f"{feed.host} says that this feed is gone for good (410)."
        )
    if response.status != 200:
        return _refused(feed, response, now)
    body_hash = hashlib.blake2b(response.body, digest_size=16).hexdigest()
    if body_hash == feed.body_hash:
        return _unchanged(feed, response, now)
    try:
        parsed = parse(response.body, content_type=response.headers.get("content-type"), url=response.url)
    except NotAFeedError as error:
        return Reading("failed", error_kind="not-a-feed", error=str(error))
    return _new_body(feed, response, parsed, body_hash, now)


def _unchanged(feed: FeedState, response: FetchResponse, now: datetime) -> Reading:
    return Reading(
        "unchanged",
        asks_s=asks.wish(response.headers, feed_interval_s=None, now=now),
        body_hash=feed.body_hash,
        etag=response.headers.get("etag", feed.etag),
        last_modified=response.headers.get("last-modified", feed.last_modified),
    )


def _refused(feed: FeedState, response: FetchResponse, now: datetime) -> Reading:
    status = response.status or 0
    words = _STATUS_IN_WORDS.get(
        status, "answers with an error" if status >= 400 else "gives an unexpected answer"
    )
    asked = asks.retry_after(response.headers, now=now) if status in REFUSALS else 0
    return Reading(
        "failed", asks_s=asked, error_kind=f"http-{status}", error=f"{feed.host} {words} ({status})."
    )


def _new_body(
    feed: FeedState, response: FetchResponse, parsed: ParsedFeed, body_hash: str, now: datetime
) -> Reading:
    language = language_of(parsed.language) or feed.language
    cleaned = [clean_entry(raw, feed_language=language, now=now) for raw in parsed.entries]
    return Reading(
        "new-body",
        entries=tuple(e for e in cleaned if isinstance(e, Entry)),
        skipped=tuple(e.reason for e in cleaned if isinstance(e, Skipped)),
        asks_s=asks.wish(response.headers, feed_interval_s=parsed.interval_s, now=now),
        body_hash=body_hash,
        etag=response.headers.get("etag"),
        last_modified=response.headers.get("last-modified"),
        format=parsed.format,
        title=parsed.title,
        site_url=_site(parsed.site_url),
        language=language,
    )


def _site(url: str | None) -> str | None:
    """The publisher's site as the feed names it, if that is an address; it becomes the name of a source."""
    try:
        return check_http_url(url) if url else None
    except InvalidInputError:
        return None
