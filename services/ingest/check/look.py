"""Fetches an address, once, and around it where it is a page; tells what is there and stores nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.core.clock import monotonic
from services.core.settings import Settings
from services.core.sites import authority_of
from services.ingest import schedule
from services.ingest.check.problems import problems
from services.ingest.check.words import rhythm
from services.ingest.decide import decide
from services.ingest.discover import Found, Offer, arrive, drive, look_around
from services.ingest.discover.search import MOST, offer_from
from services.ingest.entry import Entry, FetchRequest, FetchResponse, ParsedFeed
from services.ingest.fetch import Limits, Session, fetch, open_session
from services.ingest.parsers import NotAFeedError, parse
from services.ingest.plan import FeedState, Known, Reading
from services.ingest.reading import read
from services.ingest.refresh import user_agent


@dataclass(frozen=True, slots=True)
class Sought:
    """What stands at an address: a feed (`itself`, with its document), a page with what it offers (`found`), or neither.

    `url`: the one of the addresses given that answered. `problem`: why it is no feed itself, in a sentence.
    """

    url: str
    answer: FetchResponse
    reading: Reading
    parsed: ParsedFeed | None = None
    itself: Offer | None = None
    found: Found | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """A report as JSON data, and the entries in it as they would be stored. `skipped`: why others would not be."""

    report: dict[str, Any]
    entries: tuple[Entry, ...] = ()


async def check_url(url: str, conf: Settings, *, now: datetime) -> dict[str, Any]:
    """The report of `look` on one address: format, title, entries, problems in sentences, seconds between looks …"""
    return (await look([url], conf, now=now)).report


async def look(urls: Sequence[str], conf: Settings, *, now: datetime) -> Looked:
    """Tell what the first of `urls` that answers holds; of a page, the feeds that it offers."""
    sought = await find(urls, conf, now=now)
    report: dict[str, Any] = {
        "format": None, "title": None, "site_url": None, "language": None, "entries": [], "problems": [], "interval_s": None,
        "url": sought.url, "publishes": None, "interval_reason": None, "skipped": [], "notes": [], "feeds": [],
    }  # fmt: skip
    if sought.problem is not None:
        report["problems"].append(sought.problem)
    if sought.found is not None:
        report["feeds"] = [offered(offer) for offer in sought.found.offers]
        report["problems"] += sought.found.refused
    if sought.parsed is None:
        return Looked(report)
    return _told(report, sought, sought.parsed, conf, now)


async def find(urls: Sequence[str], conf: Settings, *, now: datetime, most: int = MOST) -> Sought:
    """The feed at the first of `urls` that answers, or the feeds that the page there offers, `most` looked at."""
    limits = Limits(total_s=conf.fetch_timeout)
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        ask = _Asker(session, limits, conf.fetch_host_pause)
        url, answer = await drive(arrive(urls), ask.fetch)
        document = _Document()
        reading = read(_as_new(url, conf), answer, now=now, parse=document.parse)
        if document.parsed is not None:
            itself = offer_from(url, answer, document.parsed, now=now)
            return Sought(url, answer, reading, parsed=document.parsed, itself=itself)
        found = None
        if document.refused is not None and document.refused.kind == "html":
            found = await drive(look_around(answer, now=now, most=most), ask.fetch)
        return Sought(url, answer, reading, found=found, problem=_problem(url, reading, document, found))


class _Document:
    """What became of a body, kept beside the reading of it."""

    def __init__(self) -> None:
        self.parsed: ParsedFeed | None = None
        self.refused: NotAFeedError | None = None

    def parse(self, body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
        """Parse, and keep the document or the refusal. Raises NotAFeedError."""
        try:
            self.parsed = parse(body, content_type=content_type, url=url)
        except NotAFeedError as error:
            self.refused = error
            raise
        return self.parsed


def _problem(url: str, reading: Reading, document: _Document, found: Found | None) -> str:
    """Why there is no feed. A page that offers feeds is no wall, whatever scripts it carries."""
    if document.refused is None or (reading.error_kind == "bot-wall" and not (found and found.offers)):
        return reading.error or f"{url} gives nothing to read."
    return f"{url}: {document.refused}"


def _as_new(url: str, conf: Settings) -> FeedState:
    """A feed at `url` as it stands before its first look."""
    host = authority_of(url)
    return FeedState(
        id=0,
        url=url,
        host=host,
        source_id=0,
        source_key=host,
        title="",
        site_url=None,
        language=None,
        etag=None,
        last_modified=None,
        body_hash=None,
        window=0,
        interval_s=conf.fetch_interval_min,
        ok_at=None,
        failures=0,
        lease_token="",
    )


def offered(offer: Offer) -> dict[str, Any]:
    """An offer as JSON data."""
    return {
        "url": offer.url,
        "format": offer.format,
        "title": offer.title,
        "site_url": offer.site_url,
        "language": offer.language,
        "entries": offer.entries,
        "newest_at": offer.newest_at.isoformat() if offer.newest_at else None,
        "comments": offer.comments,
        "same_as": offer.same_as,
    }


class _Asker:
    """Fetches what a search asks for, one at a time, with a pause between two requests to one server."""

    def __init__(self, session: Session, limits: Limits, pause_s: float) -> None:
        self._session = session
        self._limits = limits
        self._pause_s = pause_s
        self._ended: dict[str, float] = {}

    async def fetch(self, url: str) -> FetchResponse:
        server = authority_of(url)
        if server in self._ended:
            await asyncio.sleep(max(0.0, self._ended[server] + self._pause_s - monotonic()))
        answer = await fetch(self._session, FetchRequest(0, url), limits=self._limits)
        self._ended[server] = self._ended[authority_of(answer.url)] = monotonic()
        return answer


def _told(
    report: dict[str, Any], sought: Sought, parsed: ParsedFeed, conf: Settings, now: datetime
) -> Looked:
    """The report of a feed: decided on as a worker would at its first look, with nothing known."""
    reading, state = sought.reading, _as_new(sought.url, conf)
    oldest = now - timedelta(days=conf.retention_days)
    plan = decide(reading.entries, Known(), feed=state, now=now, oldest=oldest)
    bounds = schedule.Limits(conf.fetch_interval_min, conf.fetch_interval_max)
    pace = schedule.next_check(state, reading, plan, now=now, limits=bounds, dice=0.0)
    skipped = [*reading.skipped, *plan.skipped]
    report |= {
        "format": parsed.format,
        "title": parsed.title,
        "site_url": parsed.site_url,
        "language": parsed.language,
        "entries": [_shown(e) for e in reading.entries],
        "interval_s": round((pace.next_check_at - now).total_seconds()),
        "interval_reason": pace.reason,
        "publishes": rhythm(reading.entries, now=now),
        "skipped": skipped,
        "notes": [
            f"It names a hub ({hub}), which may tell us of news the moment it is published (WebSub)."
            for hub in reading.hubs
        ],
    }
    report["problems"] += problems(
        sought.answer, parsed, reading.entries, skipped, total_s=conf.fetch_timeout
    )
    return Looked(report, reading.entries)


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "teaser": entry.teaser,
        "published_at": entry.published_at.isoformat() if entry.published_at else None,
        "authors": list(entry.authors),
        "language": entry.language,
    }
