"""Fetch what is due, in order; decides nothing.

claim -> fetch -> read -> finish. Up to a batch of feeds is in flight at once. What has arrived is stored and the next
feeds are claimed in one go while the others are still on their way, so that a slow host holds up nobody but itself.
A crash anywhere leaves leases that run out; nothing is acknowledged before it is stored.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from services.core import addresses, logs, memory, traces
from services.core.clock import monotonic, utc_now
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.settings import Settings, settings
from services.ingest import finishing, parsing, schedule
from services.ingest.entry import FetchResponse
from services.ingest.fetch import Limits, Session, fetch, open_session
from services.ingest.finishing import Look
from services.ingest.plan import FeedState
from services.ingest.reading import read
from services.ingest.sampling import parser_for
from services.ingest.store import leases

log = logging.getLogger(__name__)

BUDGET_S = 60
"""After this long a job claims nothing more: the next hint finds a fresh one."""

SUSPECTS_S = 10
"""So long, at a job's beginning, what may kill a worker has it for itself; the rest of it waits for the next job."""

LINGER_S = 0.02
"""How long what has arrived waits for what arrives with it: storing ten costs little more than storing one."""


def refresh_due() -> int:
    """Fetch feeds until none is due or the budget is spent; how many were fetched."""
    return asyncio.run(_refresh_due(settings()))


async def _refresh_due(conf: Settings) -> int:
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        crew = _Crew(session, conf)
        try:
            # Feeds that were in hand when a worker died go first and alone: they take no neighbour with them.
            await crew.work(suspects=True, until=monotonic() + SUSPECTS_S)
            await crew.work(suspects=False, until=monotonic() + BUDGET_S)
        finally:
            crew.release()
            parsing.rest()
    return crew.done


class _Crew:
    """The feeds that one job has in hand."""

    def __init__(self, session: Session, conf: Settings) -> None:
        self._session, self._conf = session, conf
        self._limits = Limits(total_s=conf.fetch_timeout)
        self._in_hand: dict[asyncio.Task[Look | None], FeedState] = {}
        self._claimed_late: list[FeedState] = []
        # One thread: reading is computing, and several of them would only wait for each other, at a price.
        self._reader = ThreadPoolExecutor(1, "reader")
        self.done = 0

    async def work(self, *, suspects: bool, until: float) -> None:
        """Claim, fetch and store until nothing is due or the time has come; then wait for what is on its way.

        A first claim is always made. `suspects`: feeds that may kill their worker, one at a time, and no other.
        """
        room = 1 if suspects else self._conf.fetch_batch
        self._start(await self._claimed(partial(_claim, room, suspects=suspects)))
        while self._in_hand:
            looks = await self._arrived()
            free = 0 if monotonic() > until else room - len(self._in_hand)
            claim = partial(_store_and_claim, looks, free, suspects=suspects)
            self._start(await self._claimed(claim))
            self.done += len(looks)

    def release(self) -> None:
        """Give back what is still in hand: this process was told to stop in the middle."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        held = [*self._in_hand.values(), *self._claimed_late]
        with suppress(DatelineError), transaction() as session:
            leases.release(session, held, pause_s=self._conf.fetch_host_pause)

    async def _claimed(self, claim: Callable[[], list[FeedState]]) -> list[FeedState]:
        """What is claimed in a thread. Told to stop meanwhile, the thread goes on, and nobody else knows what it claims: that is waited for."""
        # No task: the end of a loop, which is how a stop comes here, ends every one of them, this one's waiting included.
        loop = asyncio.get_running_loop()
        claiming = loop.run_in_executor(None, contextvars.copy_context().run, claim)
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await asyncio.wait({claiming})
            if claiming.exception() is None:
                self._claimed_late = claiming.result()
            raise

    def _start(self, claimed: Sequence[FeedState]) -> None:
        for feed in claimed:
            self._in_hand[asyncio.create_task(self._look(feed))] = feed

    async def _arrived(self) -> list[Look]:
        """At least one look that is done, and those that are done with it."""
        await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(LINGER_S)
        finished = [task for task in self._in_hand if task.done()]
        for task in finished:
            del self._in_hand[task]
        return [look for task in finished if (look := task.result()) is not None]

    async def _look(self, feed: FeedState) -> Look | None:
        logs.bind(feed=feed.id)  # this task is of one feed, and so are its lines
        with traces.span("feed", dateline__feed=feed.id):
            response = await self._fetched(feed)
            if not response.body:
                return _looked(feed, response)
            here = contextvars.copy_context()  # or what the thread says would be of no job
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._reader, here.run, _looked, feed, response)

    async def _fetched(self, feed: FeedState) -> FetchResponse:
        with traces.span("feed.fetch", "client", dateline__feed=feed.id, server__address=feed.host) as mark:
            response = await fetch(self._session, schedule.request(feed, now=utc_now()), limits=self._limits)
            mark.set(http__response__status_code=response.status, http__response__body__size=response.size)
            if response.error_kind:
                mark.set(error__type=response.error_kind)
                mark.fail(response.error or response.error_kind)
            elif response.status is not None and response.status >= HTTPStatus.BAD_REQUEST:
                mark.fail(f"status {response.status}")
            return response


def _looked(feed: FeedState, response: FetchResponse) -> Look | None:
    """What the answer says; None where reading it goes wrong in a way that nobody thought of, which is that feed's trouble alone."""
    try:
        parse, rules = parser_for(feed, share=settings().parse_sample), addresses.current()
        with traces.span("feed.parse", dateline__feed=feed.id) as mark:
            read_so = read(feed, response, now=utc_now(), parse=parse, rules=rules)
            mark.set(dateline__outcome=read_so.outcome, error__type=read_so.error_kind)
        return Look(feed, response.without_body(), read_so, rules)
    except Exception as error:  # noqa: BLE001 - logged and shown with its feed
        finishing.give_up(feed, error)
        return None


def _claim(limit: int, *, suspects: bool = False) -> list[FeedState]:
    with transaction() as session:
        return leases.claim(session, limit=limit, suspects=suspects)


def _store_and_claim(looks: Sequence[Look], free: int, *, suspects: bool) -> list[FeedState]:
    finishing.finish(looks)
    memory.give_back()  # or what the largest documents took stays in pieces between what is in use
    return _claim(free, suspects=suspects) if free > 0 else []


def user_agent(conf: Settings) -> str:
    """Who we are and where to complain."""
    return f"Dateline/0.1 (+{conf.contact_url})"
