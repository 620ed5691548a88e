"""WebSub, the subscriber's side: ask hubs to push, renew before a lease ends, unsubscribe what is no longer wanted.

settle -> claim -> ask -> keep the answer. What counts is what the hub then says to the callback (`api.routes.websub`). A crash
between any two steps is harmless: what was claimed counts as asked and is asked again; asking twice changes nothing.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Mapping, Sequence
from itertools import groupby
from urllib.parse import urldefrag, urljoin

import aiohttp
from sqlalchemy.orm import Session as OrmSession
from yarl import URL

from services.core.clock import monotonic, utc_now
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.core.settings import Settings, settings
from services.core.sites import authority_of
from services.core.urls import check_http_url
from services.ingest import asks, subscribing
from services.ingest.fetch import Session, open_session
from services.ingest.fetch_errors import RedirectError, explain
from services.ingest.refresh import user_agent
from services.ingest.store import subscriptions
from services.ingest.subscribing import Answer, Ask

log = logging.getLogger(__name__)

BATCH = 20
"""Done by one job."""

BUDGET_S = 50
"""After this long a job asks nothing more; what it had claimed falls due again by itself."""

TIMEOUT_S = 20.0
CONNECT_S = 10.0
REDIRECTS = 3
_ANSWER_BYTES = 2048
_REPEATED = frozenset({307, 308})
_MOVED = frozenset({301, 302, 303})
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


def waiting(session: OrmSession) -> int:
    """How many subscriptions are to be asked for, renewed or ended this moment, counted up to 101; none where the world
    cannot reach us.
    """
    return subscriptions.waiting(session) if settings().public_url else 0


def renew_due() -> int:
    """Ask the hubs of those; how many took the request."""
    conf = settings()
    return asyncio.run(_renew_due(conf, conf.public_url)) if conf.public_url else 0


async def _renew_due(conf: Settings, public_url: str) -> int:
    claimed = await asyncio.to_thread(_claim)
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        crew = _Crew(session, public_url)
        ordered = sorted(claimed, key=lambda ask: authority_of(ask.hub))
        hubs = [list(asked) for _, asked in groupby(ordered, key=lambda ask: authority_of(ask.hub))]
        return sum(await asyncio.gather(*(crew.ask_hub(asked) for asked in hubs)))


def _claim() -> list[Ask]:
    with transaction() as session:
        subscriptions.settle(session, new_token=lambda: secrets.token_urlsafe(32))
        return subscriptions.claim(session, limit=BATCH)


class _Crew:
    """The requests of one job: hubs at the same time, those of one hub after each other."""

    def __init__(self, session: Session, public_url: str) -> None:
        self._session = session
        self._public_url = public_url
        self._until = monotonic() + BUDGET_S

    async def ask_hub(self, asked: Sequence[Ask]) -> int:
        """Make one hub's requests; how many it took. A hub that gave no answer is not waited for once more."""
        taken, silent = 0, None
        for ask in asked:
            if monotonic() > self._until:
                break
            answer = silent or await self._ask(ask)
            silent = answer if answer.error_kind in {"timeout", "connect", "dns"} else None
            taken += await asyncio.to_thread(_keep, ask, answer)
        return taken

    async def _ask(self, ask: Ask) -> Answer:
        """One request. Whatever a hub does is an answer."""
        journey = _Journey(self._session, ask.hub)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await journey.post(subscribing.form(ask, public_url=self._public_url))
        except Exception as error:  # noqa: BLE001 - whatever a hub makes the libraries raise is an answer about the hub
            kind, sentence = explain(
                error, url=journey.url, received=0, total_s=TIMEOUT_S, connect_s=CONNECT_S
            )
            return Answer(error_kind=kind, error=sentence)


class _Journey:
    """One request on its way through the hub's redirects."""

    def __init__(self, session: Session, hub: str) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, connect=CONNECT_S)
        self.url = hub

    async def post(self, form: Mapping[str, str]) -> Answer:
        """Follow 307 and 308 to an answer, by the same rules at every hop. Raises what aiohttp, the guard and the checks raise."""
        self.url = urldefrag(check_http_url(self.url)).url
        for _ in range(REDIRECTS + 1):
            async with self._session.post(
                URL(self.url, encoded=True),
                data=dict(form),
                headers=_HEADERS,
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                location = answer.headers.get("Location")
                if answer.status in _MOVED:
                    raise RedirectError(
                        f"the hub redirects with {answer.status}, which loses a request's form"
                    )
                if answer.status not in _REPEATED or not location:
                    return await _answer(answer)
            self._follow(location)
        raise RedirectError(f"the hub redirects more than {REDIRECTS} times")

    def _follow(self, location: str) -> None:
        """The secret goes along, so never from where nobody listens to where somebody may."""
        try:
            target = urldefrag(check_http_url(urljoin(self.url, location.strip()))).url
        except (InvalidInputError, ValueError) as error:
            raise RedirectError(f"the hub redirects to an address that is not followed: {error}") from None
        if self.url.startswith("https:") and not target.startswith("https:"):
            raise RedirectError("the hub redirects from https to http, and a secret is not sent in the open")
        self.url = target


async def _answer(answer: aiohttp.ClientResponse) -> Answer:
    """The status, and the beginning of what it says."""
    said = b""
    while len(said) < _ANSWER_BYTES and (piece := await answer.content.read(_ANSWER_BYTES - len(said))):
        said += piece
    wait = asks.retry_after({"retry-after": answer.headers.get("Retry-After", "")}, now=utc_now())
    is_text = answer.content_type == "text/plain"
    return Answer(answer.status, said.decode("utf-8", "replace") if is_text else "", retry_after_s=wait)


def _keep(ask: Ask, answer: Answer) -> bool:
    """Store what the answer means; whether the hub took the request."""
    host, dice = authority_of(ask.hub), random.random()  # noqa: S311 - spreads requests, guards nothing
    told = subscribing.after(ask, answer, host=host, now=utc_now(), dice=dice)
    with transaction() as session:
        subscriptions.answered(session, ask, told)
    log.info(
        "feed %s: hub %s: %s",
        ask.feed_id,
        host,
        told.reason or f"took the request ({answer.status})",
        extra={"feed": ask.feed_id},
    )
    return answer.status is not None and 200 <= answer.status < 300
