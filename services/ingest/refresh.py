"""Fetch what is due, in order; decides nothing.

claim -> fetch -> read -> known? -> decide -> next check -> store, one transaction a feed. Up to a batch of feeds is
in flight at once, and as soon as one is done the next is claimed, so that a slow host holds up nobody but itself.
A crash anywhere leaves leases that run out; nothing is acknowledged before it is stored.
"""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.core.clock import monotonic, utc_now
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.settings import Settings, settings
from services.core.sites import authority_of
from services.ingest import schedule
from services.ingest.decide import decide, guids_to_ask
from services.ingest.entry import FetchRequest, FetchResponse
from services.ingest.fetch import Limits, Session, fetch, open_session
from services.ingest.plan import FeedState, Plan, Reading
from services.ingest.reading import read
from services.ingest.store import apply, feeds, leases
from services.ingest.store.catalogue import publisher_name
from services.ingest.store.feeds import FencedError
from services.ingest.store.known import known

log = logging.getLogger(__name__)

RETRY_S = 10
"""After trouble of our own (a deadlock, the database away) a feed is tried again this soon. What cannot be stored will
not be storable in ten seconds either: then the pause doubles as after any other failure.
"""

BUDGET_S = 30
"""After this long a job claims nothing more: the next hint finds a fresh one."""


def refresh_due() -> int:
    """Fetch feeds until none is due or the budget is spent; how many were fetched."""
    return asyncio.run(_refresh_due(settings()))


async def _refresh_due(conf: Settings) -> int:
    started, done = monotonic(), 0
    running: set[asyncio.Task[None]] = set()
    limits = Limits(total_s=conf.fetch_timeout)
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        while True:
            if monotonic() - started < BUDGET_S:
                for feed in _claim(conf.fetch_batch - len(running), alone=not running):
                    running.add(asyncio.create_task(_refresh(session, feed, limits)))
            if not running:
                return done
            finished, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            done += len(finished)


def _claim(limit: int, *, alone: bool) -> list[FeedState]:
    """Feeds to start now; one suspect, if there is nothing else and nothing else is in hand."""
    with transaction() as session:
        leases.put_aside(session)
        return leases.claim(session, limit=limit) or (
            leases.claim(session, limit=1, suspects=True) if alone else []
        )


async def _refresh(session: Session, feed: FeedState, limits: Limits) -> None:
    request = FetchRequest(feed.id, feed.url, feed.etag, feed.last_modified)
    with _kept_alive(feed):
        response = await fetch(session, request, limits=limits)
        await asyncio.to_thread(finish, feed, response)


@contextmanager
def _kept_alive(feed: FeedState) -> Iterator[None]:
    """One feed's trouble is its own: said, its lease given back; the batch goes on."""
    try:
        yield
    except FencedError as error:
        log.info("%s", error)
    except DatelineError as error:
        log.warning("feed %s (%s): %s", feed.id, feed.url, error)
        _give_back(feed, str(error), retry_s=RETRY_S)
    except Exception as error:
        log.exception("feed %s (%s) could not be stored", feed.id, feed.url)
        _give_back(
            feed,
            f"What it holds could not be stored ({type(error).__name__}); see the log of ingest.",
            retry_s=schedule.back_off(feed.failures + 1, _limits(settings())),
        )


def _give_back(feed: FeedState, error: str, *, retry_s: float) -> None:
    """Best effort: when the database is away too, the lease runs out by itself."""
    with suppress(DatelineError), transaction() as session:
        leases.give_back(session, feed, error=error, retry_s=retry_s, pause_s=settings().fetch_host_pause)


def finish(feed: FeedState, response: FetchResponse, now: datetime | None = None) -> Plan:
    """Everything after the fetch: read the answer, decide, store. Raises FencedError when the lease ran out."""
    now = now or utc_now()
    reading = read(feed, response, now=now)
    plan = None
    while plan is None:
        with suppress(apply.BeatenError):
            plan = _store(feed, response, reading, now)
    _say(feed, reading, plan)
    return plan


def _store(feed: FeedState, response: FetchResponse, reading: Reading, now: datetime) -> Plan:
    """Decide on what is known this moment and store it; raises BeatenError when that changed meanwhile.

    It ends: whoever beat us has committed, so that the next look finds at least one article more.
    """
    conf = settings()
    with transaction() as session:
        feeds.fence(session, feed)
        source_id = _source(session, feed, reading)
        stored = known(
            session,
            feed_id=feed.id,
            guids=guids_to_ask(reading.entries),
            url_keys=[e.url_key for e in reading.entries],
        )
        plan = decide(reading.entries, stored, feed=feed, now=now)
        limits = _limits(conf)
        pace = schedule.next_check(feed, reading, plan, now=now, limits=limits, dice=random.random())  # noqa: S311 - spreads load, guards nothing
        apply.store_entries(session, feed, plan, source_id=source_id, now=now)
        window = len(reading.entries)
        feeds.store_outcome(session, feed, reading, pace, source_id=source_id, window=window, now=now)
        feeds.store_history(session, feed, response, reading, plan, now=now)
        feeds.free_host(session, feed.host, pause_s=conf.fetch_host_pause)
    return plan


def _say(feed: FeedState, reading: Reading, plan: Plan) -> None:
    """One line a fetch that brought something or failed; nothing new is said only when somebody looks closely.

    A failing feed is no warning: it is an everyday thing, shown wherever feeds are, and asked again.
    """
    if reading.error:
        log.info("feed %s: %s", feed.id, reading.error)
    elif plan.new or plan.again:
        log.info("feed %s: %d new, %d changed or seen here first", feed.id, len(plan.new), len(plan.again))
    else:
        log.debug("feed %s: %s", feed.id, reading.outcome)
    if plan.gap:
        log.warning(
            "feed %s: nothing of what it shows was known; items were probably missed (a gap)", feed.id
        )


def _limits(conf: Settings) -> schedule.Limits:
    return schedule.Limits(conf.fetch_interval_min, conf.fetch_interval_max)


def _source(session: OrmSession, feed: FeedState, reading: Reading) -> int:
    """The publisher the feed belongs to: that of the site it names, once it has named one."""
    site = reading.site_url if feed.site_url is None else None
    if site is None:
        return feed.source_id
    key = authority_of(site)
    name = publisher_name(feed.title or reading.title or "") or key
    return feeds.source_of(session, feed, key=key, name=name, url=site)


def user_agent(conf: Settings) -> str:
    """Who we are and where to complain."""
    return f"Dateline/0.1 (+{conf.contact_url})"
