"""/websub/{token}: where hubs confirm subscriptions and push (W3C WebSub, sections 5.3, 7). Nobody else has business here.

What is pushed is not read: a push is a hint to fetch, so that whatever a hub sends, articles come from the publisher, by the
same limits and the same parser, and a hub, or who listens to it, can at most make us look.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.api.errors import Problem
from services.api.middleware import HEAD
from services.api.queries import websub as queries
from services.core import websub
from services.core.db import in_transaction
from services.core.metrics import meters
from services.core.websub import Call, Held, Judgement, Signature

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

LARGEST_PUSH = 2**20
"""Bytes of a push that are read; a larger one cannot be verified and is refused."""
PATIENCE_S = 10
"""Seconds that a push may take to arrive."""
_QUIET = {"Cache-Control": "no-store"}
_Found = TypeVar("_Found")


@router.get("/websub/{token}")
async def verify(request: Request, token: str) -> Response:
    """A hub asks whether we want what somebody asked it for in our name, or says that it refuses."""
    if HEAD in request.scope:
        raise _nothing_here()
    given = request.query_params
    call = Call(
        mode=given.get("hub.mode", ""),
        topic=given.get("hub.topic", ""),
        challenge=given.get("hub.challenge", ""),
        lease_seconds=given.get("hub.lease_seconds", ""),
        reason=given.get("hub.reason", ""),
    )
    judgement = await _of_subscription(token, lambda session: _verified(session, token, call))
    if judgement in {None, Judgement.NOT_OURS}:
        raise _nothing_here()
    body = "" if judgement is Judgement.DENIED else call.challenge
    return Response(body, media_type="text/plain", headers=_QUIET)


@router.post("/websub/{token}")
async def receive(request: Request, token: str) -> Response:
    """A hub pushes. Answered with 202 whether or not it is believed, so that nobody can try out signatures."""
    held = await _of_subscription(token, lambda session: queries.find(session, token))
    if held is None:
        raise _nothing_here()
    if held.state == "ended":
        meters.pushes.labels("ended").inc()
        raise Problem(410, "removed", "This subscription ended; nothing is to be sent here any more.")
    signature = Signature(request.headers.get("x-hub-signature"), held.secret)
    await _read(request, signature)
    if held.must_be_signed and not signature.holds():
        meters.pushes.labels("unsigned").inc()
        log.warning(
            "feed %s: a push without a good signature was ignored", held.feed_id, extra={"feed": held.feed_id}
        )
    else:
        await _of_subscription(token, lambda session: queries.pushed(session, held))
        meters.pushes.labels("taken").inc()
    return Response(status_code=202, headers=_QUIET)


def _verified(session: Session, token: str, call: Call) -> Judgement | None:
    held = queries.hold(session, token)
    if held is None:
        return None
    judgement = websub.judge(call, held)
    _CHANGES[judgement](session, held, call)
    log.info(
        "feed %s: hub says %s: %s",
        held.feed_id,
        websub.words_of(call.mode),
        judgement.value,
        extra={"feed": held.feed_id},
    )
    return judgement


def _subscribed(session: Session, held: Held, call: Call) -> None:
    lease = websub.granted(call.lease_seconds)
    dice = random.random()  # noqa: S311 - spreads renewals, guards nothing
    queries.subscribed(session, held, lease_s=lease, renewal_s=websub.renewal(lease, dice=dice))


def _unsubscribed(session: Session, held: Held, _call: Call) -> None:
    queries.unsubscribed(session, held)


def _denied(session: Session, held: Held, call: Call) -> None:
    queries.denied(session, held, reason=websub.words_of(call.reason) or "It gave no reason.")


def _unchanged(_session: Session, _held: Held, _call: Call) -> None:
    pass


_CHANGES: dict[Judgement, Callable[[Session, Held, Call], None]] = {
    Judgement.SUBSCRIBED: _subscribed,
    Judgement.UNSUBSCRIBED: _unsubscribed,
    Judgement.DENIED: _denied,
    Judgement.NOT_OURS: _unchanged,
}


async def _of_subscription(token: str, work: Callable[[Session], _Found]) -> _Found:
    """What belongs to the end of a callback's address, where it can be one of ours."""
    if not websub.is_token(token):
        raise _nothing_here()
    return await in_transaction(work)


async def _read(request: Request, signature: Signature) -> None:
    """Let the signature see the body, which is kept nowhere."""
    size = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for piece in request.stream():
                size += len(piece)
                if size > LARGEST_PUSH:
                    raise Problem(
                        413, "invalid-parameter", f"A push has at most {LARGEST_PUSH:,} bytes here."
                    )
                signature.feed(piece)
    except TimeoutError:
        raise Problem(408, "invalid-parameter", f"The push did not arrive within {PATIENCE_S} s.") from None
    except ClientDisconnect:
        raise Problem(400, "invalid-parameter", "The push broke off.") from None


def _nothing_here() -> Problem:
    return Problem(404, "not-found", "No subscription waits for this here.")
