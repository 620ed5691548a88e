"""What a dead feed became: what its site offers now, and which of that is most likely the same feed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from services.core.sites import authority_of, same_site
from services.core.text import fold_title
from services.ingest.discover.addresses import robots_of
from services.ingest.discover.robots import Robots
from services.ingest.discover.search import STALE, Asking, Found, Offer, look_around, offer_of
from services.ingest.entry import FetchResponse
from services.ingest.parsers import NotAFeedError


@dataclass(frozen=True, slots=True)
class Lost:
    """A dead feed: where it was, its site if that is known, and titles and canonical URLs of what it brought."""

    url: str
    title: str = ""
    site_url: str | None = None
    titles: frozenset[str] = frozenset()
    url_keys: frozenset[str] = frozenset()

    @property
    def page(self) -> str:
        """The page to ask: the site's own, else the root of the host that the feed was on."""
        parts = urlsplit(self.url)
        return self.site_url or f"{parts.scheme}://{parts.netloc}/"


def on_offer(page: str, *, now: datetime) -> Asking[Found | None]:
    """The feeds that a site's page offers; None where it could not be asked, which says nothing about its feeds.

    Nobody waits for this, so robots.txt is asked first, for the page as well.
    """
    answer = yield robots_of(page)
    robots = Robots(answer.status, answer.body)
    if not robots.allow(page):
        return None
    answer = yield page
    if answer.error_kind is not None or answer.status != 200:
        return None
    try:
        return Found((offer_of(page, answer, now=now),))
    except NotAFeedError as error:
        return (yield from _around(answer, now, robots)) if error.kind == "html" else Found()


def _around(page: FetchResponse, now: datetime, robots: Robots) -> Asking[Found]:
    return (yield from look_around(page, now=now, robots=robots))


def successor(
    lost: Lost, offers: Collection[Offer], *, taken: Collection[str], now: datetime
) -> Offer | None:
    """The offer that most likely is the lost feed; None where none may be it.

    It must be a living feed of the same site, or hold articles that the lost one brought: whoever took over a dead
    name offers feeds too. `taken`: addresses that other feeds have. The most in common wins, then the same title,
    then the better offer.
    """
    site = authority_of(lost.page)
    titles = frozenset(fold_title(title) for title in lost.titles) - {""}

    def common(offer: Offer) -> int:
        return len(offer.keys & lost.url_keys) + len(offer.titles & titles)

    def may_be(offer: Offer) -> bool:
        if not offer.entries or offer.url == lost.url or offer.url in taken:
            return False
        if common(offer):
            return True
        alive = offer.newest_at is None or offer.newest_at > now - STALE
        own = same_site(offer.url, site) or (offer.site_url is not None and same_site(offer.site_url, site))
        return alive and own and not offer.comments

    title = fold_title(lost.title)
    fit = [offer for offer in offers if may_be(offer)]
    return max(fit, key=lambda o: (common(o), bool(title) and fold_title(o.title) == title), default=None)
