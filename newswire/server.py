"""Answers HTTP for all outlets and for the desk that commands them; the newsroom decides what there is to say."""

import gzip
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from aiohttp import web

from newswire import formats, pages, trouble
from newswire.hub import Topic, links
from newswire.model import Format, Outlet, Trouble, Validators
from newswire.newsroom import Desk, Newsroom
from newswire.visitors import Visits

_OWN_FEED = {Trouble.MOVED: "/new/feed.xml", Trouble.ELSEWHERE: "/today/feed.xml"}


@dataclass(slots=True)
class _Edition:
    """A feed as bytes, kept until the desk's next change."""

    version: int
    body: bytes
    packed: bytes
    tag: str


@dataclass(slots=True)
class Switchboard:
    """Finds the outlet a request is for and answers it; `hosts` maps an outlet's own address to its slug."""

    newsroom: Newsroom
    base_of: Callable[[Outlet], str]
    hosts: dict[str, str]
    visits: dict[str, Visits] = field(default_factory=dict)
    hub_url: str = ""
    forgetful: bool = False
    """For measurements: answer with the whole feed whatever validators are sent."""
    _editions: dict[str, _Edition] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The handler of everything that is not the desk's."""
        slug, path = self._addressed(request)
        desk = self.newsroom.desks.get(slug)
        if desk is None:
            return web.Response(status=404, text="No outlet lives at this address; /opml lists them.\n")
        visits = self.visits.setdefault(slug, Visits())
        if path in {feed_path(desk.outlet), _OWN_FEED.get(desk.outlet.trouble or Trouble.GONE)}:
            known = {"If-None-Match", "If-Modified-Since"} & set(request.headers)
            agent = request.headers.get("User-Agent", "")
            with visits.request(at=time.time(), agent=agent, conditional=bool(known)):
                return await self._feed(request, desk, path, visits)
        visits.pages += 1
        return self._page(request, desk, path)

    def _addressed(self, request: web.Request) -> tuple[str, str]:
        name = request.transport.get_extra_info("sockname") if request.transport else None
        slug = self.hosts.get(name[0] if name else "")
        if slug is not None:
            return slug, request.rel_url.raw_path
        _, _, rest = request.rel_url.raw_path.partition("/o/")
        slug, _, path = rest.partition("/")
        return slug, f"/{path}"

    async def _feed(self, request: web.Request, desk: Desk, path: str, visits: Visits) -> web.StreamResponse:
        edition = self._edition(desk)
        kind = formats.content_type(desk.outlet)
        wrong = desk.outlet.trouble
        if wrong is not None and path == feed_path(desk.outlet):
            return await trouble.ANSWERS[wrong](request, edition.body, kind)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Content-Type": kind, "Vary": "Accept-Encoding"} | _validators(
            desk, edition, packed=packed
        )
        if desk.outlet.hub:
            headers["Link"] = links(hub=self.hub_url, itself=self.feed_url(desk.outlet))
        if not self.forgetful and _is_current(request, desk, edition):
            visits.not_modified += 1
            del headers["Content-Type"]
            return web.Response(status=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=edition.packed if packed else edition.body, headers=headers)

    def _edition(self, desk: Desk) -> _Edition:
        kept = self._editions.get(desk.outlet.slug)
        if kept is None or kept.version != desk.version:
            body = formats.feed_bytes(
                desk.outlet,
                list(desk.lines),
                base=self.base_of(desk.outlet),
                updated=desk.changed,
                home=self.home(desk.outlet),
                hub=self.hub_url if desk.outlet.hub else None,
            )
            tag = hashlib.sha256(body).hexdigest()[:20]
            kept = _Edition(desk.version, body, gzip.compress(body, 5, mtime=0), tag)
            self._editions[desk.outlet.slug] = kept
        return kept

    def feed_url(self, outlet: Outlet) -> str:
        """Where an outlet's feed is."""
        return self.base_of(outlet) + feed_path(outlet)

    def topics(self) -> dict[str, Topic]:
        """The feeds that the hub pushes, by their addresses."""
        desks = [desk for desk in self.newsroom.desks.values() if desk.outlet.hub]
        return {
            self.feed_url(desk.outlet): Topic(
                desk.version, self._edition(desk).body, formats.content_type(desk.outlet)
            )
            for desk in desks
        }

    def home(self, outlet: Outlet) -> str:
        """Where the publisher's site is."""
        publisher = self.newsroom.desks.get(outlet.publisher)
        return self.base_of(publisher.outlet if publisher else outlet)

    def _page(self, request: web.Request, desk: Desk, path: str) -> web.Response:
        outlet, base = desk.outlet, self.base_of(desk.outlet)
        if path == "/":
            feed = base + feed_path(outlet)
            return _html(pages.front_page(outlet, list(desk.lines), base=base, feed=feed))
        if path.startswith("/picture/"):
            shown = self.newsroom.articles.get(path.removeprefix("/picture/").removesuffix(".svg"))
            return (
                _not_found()
                if shown is None
                else web.Response(text=pages.picture(shown), content_type="image/svg+xml")
            )
        number = request.query.get("id", "") if outlet.links == "query" else ""
        article = self.newsroom.article_at(outlet.slug, f"{path.rstrip('/')}?id={number}" if number else path)
        return _not_found() if article is None else _html(pages.article_page(outlet, article, base=base))


def feed_path(outlet: Outlet) -> str:
    """Where an outlet's feed lies below its own address."""
    return "/feed.json" if outlet.format is Format.JSON else "/feed.xml"


def _validators(desk: Desk, edition: _Edition, *, packed: bool) -> dict[str, str]:
    shown = desk.outlet.validators
    headers = {}
    if shown in {Validators.BOTH, Validators.ETAG}:
        headers["ETag"] = f'"{edition.tag}{"-gzip" if packed else ""}"'
    if shown in {Validators.BOTH, Validators.LAST_MODIFIED}:
        headers["Last-Modified"] = format_datetime(desk.changed.astimezone(UTC), usegmt=True)
    return headers


def _is_current(request: web.Request, desk: Desk, edition: _Edition) -> bool:
    """Whether the client's copy is the present one; an ETag, where given and served, outweighs a date (RFC 9110, 13.2.2)."""
    shown = desk.outlet.validators
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        given = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
        return shown in {Validators.BOTH, Validators.ETAG} and bool(
            given & {edition.tag, f"{edition.tag}-gzip", "*"}
        )
    since = _date(request.headers.get("If-Modified-Since", ""))
    return (
        shown in {Validators.BOTH, Validators.LAST_MODIFIED} and since is not None and since >= desk.changed
    )


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _not_found() -> web.Response:
    return web.Response(status=404, text="This newspaper never printed such a page.\n")
