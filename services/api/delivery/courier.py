"""The courier: sends what webhooks are due, several at once, each in order. Decides nothing.

claim -> compose and keep -> send -> note what came of it. A crash after keeping sends the same message again under the same id,
which receivers drop; a crash before it has sent nothing. A slow address holds up nobody but itself.
"""

import asyncio
import logging
import random
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.api.delivery import message as messages
from services.api.delivery.message import Message
from services.api.delivery.outcome import Answer, after, in_words
from services.api.delivery.send import open_session, send, user_agent
from services.api.following.follow import Bell
from services.api.queries import stream
from services.api.queries import webhooks as hooks
from services.api.queries.webhooks import InHand, Tried
from services.api.reading import streams
from services.core import clock, traces
from services.core.db import async_engine, snapshot, turnstile
from services.core.ending import end
from services.core.errors import ConfigurationError, UnavailableError
from services.core.metrics import meters
from services.core.settings import settings
from services.core.urls import host_of
from services.core.webhooks import set_back

if TYPE_CHECKING:
    import aiohttp
    from sqlalchemy.ext.asyncio import AsyncEngine

AT_ONCE = 16
"""Webhooks that one process serves at the same time."""
LOOK_EVERY = 1.0
"""Seconds between looks for what is due, whether the stream moves or not."""
TROUBLE_S = 5.0
"""Seconds until the next look when the database does not answer."""
GRACE_S = 1.0
"""Seconds that work in hand gets when the process is told to stop."""
MESSAGE = 100
"""Changes of one message at most."""
IN_A_ROW = 20
"""Messages to one address before others get their turn again."""
log = logging.getLogger(__name__)


class Courier:
    """One per API process. The database sees to it that no two have the same webhook in hand."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._work: asyncio.Task[None] | None = None
        self._in_hand: set[asyncio.Task[None]] = set()
        self._in_trouble = False
        self._engine: AsyncEngine | None = None

    def start(self) -> None:
        """Begin; called inside the event loop."""
        self._work = asyncio.create_task(self._run(), name="courier")

    async def stop(self) -> None:
        """Stop, once the bell has told everybody to: what is still being sent then is sent again by somebody else."""
        tasks = [task for task in (self._work, *self._in_hand) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        await end(tasks)
        if self._engine is not None:
            await self._engine.dispose()

    async def _run(self) -> None:
        conf = settings()
        agent = user_agent(conf)
        session: aiohttp.ClientSession | None = None
        async with AsyncExitStack() as stack:
            while not self._bell.stopping:
                rings = self._bell.rings
                found = await self._found()
                for held in found or ():
                    if session is None:
                        opening = open_session(allow=conf.fetch_allow, user_agent=agent)
                        session = await stack.enter_async_context(opening)
                    task = asyncio.create_task(self._serve(session, held))
                    self._in_hand.add(task)
                    task.add_done_callback(self._in_hand.discard)
                if found is None:
                    await self._bell.wait(since=self._bell.rings, seconds=TROUBLE_S)
                elif not found:
                    await self._bell.wait(since=rings, seconds=LOOK_EVERY)

    async def _found(self) -> list[InHand] | None:
        """What is due and now in our hand; None where the database cannot be asked, which is said once."""
        try:
            found = await self._claim()
        except (DBAPIError, PoolTimeoutError, OSError, ConfigurationError, UnavailableError) as error:
            if not self._in_trouble:
                log.warning("webhooks wait for the database: %s", str(error).partition("\n")[0])
            self._in_trouble = True
            return None
        self._in_trouble = False
        return found

    async def _claim(self) -> list[InHand]:
        free = AT_ONCE - len(self._in_hand)
        if not free:
            return []
        turnstile().check()
        self._engine = self._engine or async_engine()
        async with self._engine.begin() as connection:
            asked = clock.asking()
            clock.set_by(await hooks.moment(connection), asked)
            return await hooks.claim(connection, limit=free)

    async def _serve(self, session: "aiohttp.ClientSession", held: InHand) -> None:
        """Send what is there, a message after the other, until one fails or nothing is left."""
        try:
            for _ in range(IN_A_ROW):
                message = _pending(held) or await _compose(held)
                if message is None or self._bell.stopping:
                    break
                if not await _deliver(session, held, message):
                    return
                held = replace(held, seq=message.seq, pending_id=None, failures=0, failing_since=None)
            await _let_go(held)
        except UnavailableError as error:
            # Nothing was sent: it is due again as soon as there is a way to the database.
            log.warning("webhook %d waits: %s", held.id, error)
            await asyncio.sleep(LOOK_EVERY)
            with suppress(DBAPIError, PoolTimeoutError, OSError):
                await _let_go(held)
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.warning("webhook %d waits until its lease is over: %s", held.id, error)


async def _let_go(held: InHand) -> None:
    async with async_engine().begin() as connection:
        await hooks.let_go(connection, held)


def _pending(held: InHand) -> Message | None:
    if held.pending_id is None or held.pending_body is None or held.pending_seq is None:
        return None
    return Message(held.pending_id, held.pending_body, held.pending_seq, held.pending_changes or 0)


async def _compose(held: InHand) -> Message | None:
    """The next message, kept; None when nothing up to now concerns this webhook, or it was stopped for a reason."""
    filters = messages.filters_in(held.filters)
    async with snapshot() as connection:
        state = await stream.state(connection)
        known = state.epoch == held.epoch and state.floor <= held.seq <= state.head
        page, examined = (
            await streams.changes_page(
                connection, state=state, filters=filters, after=held.seq, limit=MESSAGE
            )
            if known
            else (None, held.seq)
        )
    async with async_engine().begin() as connection:
        if page is None:
            await hooks.failed(
                connection, held, None, failures=held.failures, since=held.failing_since, error=None, due=clock.utc_now(),
                paused=set_back(held.id),
            )  # fmt: skip
            return None
        if not page.entries:
            await hooks.passed(connection, held, seq=examined)
            return None
        name = messages.message_id(held.id, held.epoch, held.seq, examined)
        body = messages.changes_body(page, webhook_id=held.id, at=clock.utc_now())
        ours = await hooks.keep(
            connection, held, message=name, body=body, seq=examined, changes=len(page.entries)
        )
    return Message(name, body, examined, len(page.entries)) if ours else None


async def _deliver(session: "aiohttp.ClientSession", held: InHand, message: Message) -> bool:
    """One attempt, and what came of it; whether the message was taken and the webhook is still in our hand."""
    now = clock.utc_now()
    headers = messages.headers(message.id, message.body, at=now, secrets=held.secrets(now))
    said = {
        "webhook": held.id,
        "delivery": message.id,
        "seqs": [held.seq + 1, message.seq],
        "articles": messages.articles_in(message.body),
    }
    about: dict[str, Any] = {f"dateline__{name}": value for name, value in said.items()}
    with traces.span("webhook.deliver", "client", server__address=host_of(held.url), **about) as mark:
        if sent_by := traces.here():
            headers |= {traces.PARENT: sent_by}
        answer = await send(session, held.url, body=message.body, headers=headers)
        mark.set(http__response__status_code=answer.status)
        if not answer.taken:
            mark.fail(in_words(answer))
        return await _note(held, message, answer, said | {"ms": answer.took_ms})


async def _note(held: InHand, message: Message, answer: Answer, said: dict[str, Any]) -> bool:
    """What came of an attempt; whether the message was taken and the webhook is still in our hand."""
    error = None if answer.taken else in_words(answer)
    tried = Tried(message.id, message.changes, len(message.body), answer.took_ms, answer.status, error)
    meters.deliveries.labels("taken" if answer.taken else "failed").inc()
    if answer.taken:
        log.info("webhook %d took %d changes up to %d", held.id, message.changes, message.seq, extra=said)
    else:
        meters.retries.labels("webhook").inc()
    async with async_engine().begin() as connection:
        if answer.taken:
            return await hooks.taken(connection, held, tried)
        told = after(
            answer,
            failures=held.failures,
            failing_since=held.failing_since,
            now=clock.utc_now(),
            dice=random.random(),  # noqa: S311 - spreads retries, keeps no secret
        )
        await hooks.failed(
            connection,
            held,
            tried,
            failures=told.failures,
            since=told.failing_since,
            error=told.error,
            due=told.due_at,
            paused=told.paused_reason,
        )
    log.info("webhook %d: %s", held.id, error, extra=said)
    return False
