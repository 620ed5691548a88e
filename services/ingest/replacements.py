"""What dead feeds became: asks their sites for the feed they offer now, and offers it to the operator.

Nothing is adopted here. A feed counts as looked for before its site is asked, so that a crash costs one look and never
repeats itself.
"""

import asyncio
import logging

from sqlalchemy.orm import Session as OrmSession

from services.core.clock import monotonic, utc_now
from services.core.db import transaction
from services.core.settings import Settings, settings
from services.core.sites import authority_of
from services.ingest.discover import Found, Lost, drive, on_offer, successor
from services.ingest.entry import FetchRequest, FetchResponse
from services.ingest.fetch import Limits, Session, fetch, open_session
from services.ingest.refresh import user_agent
from services.ingest.store import adding, dead
from services.ingest.store.dead import Booking, DeadFeed

log = logging.getLogger(__name__)

BATCH = 20
"""Done by one job."""

BUDGET_S = 30
"""After this long a job begins no other feed: the next hint goes on."""

PATIENCE_S = 30
"""A host that must be left alone for longer is not waited for; its feeds have a turn in a week."""


def waiting(session: OrmSession) -> int:
    """How many dead feeds are to be looked for this moment, counted up to 101."""
    return dead.waiting(session)


def seek_due() -> int:
    """Look for each of them once; how many were found."""
    return asyncio.run(_seek_due(settings()))


async def _seek_due(conf: Settings) -> int:
    started, found = monotonic(), 0
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        seeker = _Seeker(session, conf)
        for _ in range(BATCH):
            with transaction() as claiming:
                feed = dead.claim(claiming)
            if feed is None:
                break
            found += await _kept_alive(seeker, feed)
            if monotonic() - started > BUDGET_S:
                break
    return found


async def _kept_alive(seeker: "_Seeker", feed: DeadFeed) -> bool:
    """One feed's trouble is its own, and the job goes on."""
    try:
        return await seeker.seek(feed)
    except Exception:
        log.exception(
            "feed %s: looking for what became of %s failed", feed.id, feed.url, extra={"feed": feed.id}
        )
        return False


class _Seeker:
    """Looks for one feed after the other; a site is asked once, however many of its feeds are dead."""

    def __init__(self, session: Session, conf: Settings) -> None:
        self._session = session
        self._limits = Limits(total_s=conf.fetch_timeout)
        self._pause_s = conf.fetch_host_pause
        self._sites: dict[str, Found | None] = {}
        self._ended: dict[str, float] = {}

    async def seek(self, feed: DeadFeed) -> bool:
        """Ask the site and keep what it offers. A site that cannot be asked changes nothing."""
        with transaction() as session:
            known = dead.remembered(session, feed.id)
        lost = Lost(feed.url, feed.title, feed.site_url, known.titles, known.url_keys)
        if lost.page not in self._sites:
            self._sites[lost.page] = await drive(on_offer(lost.page, now=utc_now()), self._fetch)
        offered = self._sites[lost.page]
        return offered is not None and _keep(feed, lost, offered)

    async def _fetch(self, url: str) -> FetchResponse:
        """One request, when its host may be asked; a host that has to be left alone gives no answer."""
        host = authority_of(url)
        booking = await asyncio.to_thread(self._book, host)
        if booking is None:
            return FetchResponse(0, url, error_kind="busy", error=f"{host} is to be left alone at present.")
        since = monotonic() - self._ended.get(host, float("-inf"))
        await asyncio.sleep(max(booking.wait_s, self._pause_s - since))
        response = await fetch(self._session, FetchRequest(0, url), limits=self._limits)
        self._ended[host] = monotonic()
        await asyncio.to_thread(self._free, booking)
        return response

    def _book(self, host: str) -> Booking | None:
        with transaction() as session:
            return dead.book(
                session, host, hold_s=self._limits.total_s + self._pause_s, patience_s=PATIENCE_S
            )

    def _free(self, booking: Booking) -> None:
        with transaction() as session:
            dead.free(session, booking, pause_s=self._pause_s)


def _keep(feed: DeadFeed, lost: Lost, found: Found) -> bool:
    """Store the best of what was found that no other feed is; whether there is one."""
    with transaction() as session:
        taken = adding.same_as(session, [offer.url for offer in found.offers], but=feed.id)
        best = successor(lost, found.offers, taken=taken, now=utc_now())
        dead.offer(session, feed.id, best.url if best else None)
    if best:
        log.info("feed %s (%s) may be at %s now", feed.id, feed.url, best.url, extra={"feed": feed.id})
    return best is not None
