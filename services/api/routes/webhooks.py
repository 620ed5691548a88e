"""/v1/webhooks: streams that are sent to addresses, signed; how that goes; pause, resume, replay."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api import cursor
from services.api.asked.bodies import body, described
from services.api.asked.webhook_bodies import (
    FiltersGiven,
    PauseGiven,
    ReplayGiven,
    RotateGiven,
    WebhookChangedGiven,
    WebhookGiven,
)
from services.api.auth import OPERATES, Operator
from services.api.delivery import ping as try_out
from services.api.delivery.message import filters_in
from services.api.delivery.outcome import in_words
from services.api.delivery.send import user_agent
from services.api.deps import check_filters, known_parameters
from services.api.filters import Filters, filters_of
from services.api.queries import stream
from services.api.queries.articles import LARGEST_ID
from services.api.reading.labels import label_tree
from services.api.respond import NO_STORE, private
from services.api.schemas.answers import problems
from services.api.schemas.webhooks import (
    PingBody,
    SecretBody,
    WebhookBody,
    WebhookMadeBody,
    WebhooksBody,
    WebhookShape,
)
from services.api.shapes import StreamState
from services.core import webhooks
from services.core.clock import utc_now
from services.core.db import in_transaction, snapshot
from services.core.settings import settings
from services.core.webhooks import Hook, New

router = APIRouter(tags=["webhooks"], dependencies=[Depends(known_parameters), OPERATES])
Number = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of a webhook.")]


async def _state() -> StreamState:
    async with snapshot() as connection:
        return await stream.state(connection)


async def _asked(given: FiltersGiven) -> Filters:
    """The stream that is meant. Raises Problem (400) for labels and sources that do not exist."""
    filters = filters_of(
        regions=given.region, topics=given.topic, languages=given.language, sources=given.source, q=given.q
    )
    async with snapshot() as connection:
        await check_filters(filters, await label_tree(connection), connection)
    return filters


@router.get("/v1/webhooks", response_model=WebhooksBody, responses=problems(400, 401, 403, 503))
async def listed(request: Request) -> Response:
    """All webhooks and how they are."""
    found = await in_transaction(webhooks.listing)
    return private(request, {"items": [_told(hook) for hook in found]})


@router.post(
    "/v1/webhooks",
    status_code=201,
    response_model=WebhookMadeBody,
    responses=problems(400, 401, 403, 413, 503),
    openapi_extra=described(WebhookGiven),
)
async def add(
    request: Request, operator: Operator, given: Annotated[WebhookGiven, Depends(body(WebhookGiven))]
) -> Response:
    """Send a stream to an address from now on, or from a cursor. The secret is told this once.

    Messages follow Standard Webhooks: `webhook-id` stays the same when a message is sent again, `webhook-signature` is HMAC-SHA256.
    """
    filters = await _asked(given.filters)
    state = await _state()
    since = None if given.since is None else _position(given.since, state, filters)
    new = New(given.name, given.url, asdict(filters), operator.name, given.secret, since)

    def done(session: Session) -> tuple[Hook, str]:
        number, secret = webhooks.add(session, new)
        return webhooks.find(session, number), secret

    hook, secret = await in_transaction(done)
    location = {"Location": f"/v1/webhooks/{hook.id}"}
    return private(request, {**_told(hook), "secret": secret}, status=201, headers=location)


@router.get("/v1/webhooks/{number}", response_model=WebhookBody, responses=problems(401, 403, 404, 503))
async def one(request: Request, number: Number) -> Response:
    """A webhook with its newest attempts."""
    hook, tried = await in_transaction(
        lambda session: (webhooks.find(session, number), webhooks.attempts(session, number))
    )
    return private(request, {**_told(hook), "attempts": [asdict(a) for a in tried]})


@router.put(
    "/v1/webhooks/{number}",
    response_model=WebhookShape,
    responses=problems(400, 401, 403, 404, 413, 503),
    openapi_extra=described(WebhookChangedGiven),
)
async def change(
    request: Request,
    number: Number,
    given: Annotated[WebhookChangedGiven, Depends(body(WebhookChangedGiven))],
) -> Response:
    """Another address or another stream, from the next message on; what is left out stays."""
    filters = None if given.filters is None else asdict(await _asked(given.filters))
    return await _after(
        request, number, lambda session: webhooks.change(session, number, url=given.url, filters=filters)
    )


@router.post(
    "/v1/webhooks/{number}/pause",
    response_model=WebhookShape,
    responses=problems(400, 401, 403, 404, 413, 503),
    openapi_extra=described(PauseGiven, required=False),
)
async def pause(
    request: Request,
    number: Number,
    operator: Operator,
    given: Annotated[PauseGiven, Depends(body(PauseGiven))],
) -> Response:
    """Send nothing more until it is resumed; nothing is lost."""
    return await _after(
        request,
        number,
        lambda session: webhooks.pause(session, number, by=operator.name, reason=given.reason),
    )


@router.post(
    "/v1/webhooks/{number}/resume",
    response_model=WebhookShape,
    responses=problems(400, 401, 403, 404, 409, 503),
)
async def resume(request: Request, number: Number) -> Response:
    """Go on where it stopped, at once; refused where the stream was restored or cut since, which takes a replay."""
    return await _after(request, number, lambda session: webhooks.resume(session, number))


@router.post(
    "/v1/webhooks/{number}/replay",
    response_model=WebhookShape,
    responses=problems(400, 401, 403, 404, 410, 413, 503),
    openapi_extra=described(ReplayGiven, required=False),
)
async def replay(
    request: Request, number: Number, given: Annotated[ReplayGiven, Depends(body(ReplayGiven))]
) -> Response:
    """Send everything after a cursor again, in order; from the oldest change kept when there is none.

    It goes on with that whatever stopped it, but for a pause by hand: `paused_by` is then still told, and `resume` ends it.
    """
    hook = await in_transaction(lambda session: webhooks.find(session, number))
    state = await _state()
    seq = state.floor if given.since is None else _position(given.since, state, filters_in(hook.filters))
    return await _after(request, number, lambda session: webhooks.replay(session, number, seq=seq))


@router.post(
    "/v1/webhooks/{number}/rotate",
    response_model=SecretBody,
    responses=problems(400, 401, 403, 404, 409, 413, 503),
    openapi_extra=described(RotateGiven, required=False),
)
async def rotate(
    request: Request, number: Number, given: Annotated[RotateGiven, Depends(body(RotateGiven))]
) -> Response:
    """A new secret; the old one signs beside it for a day, so that receivers can change without a gap.

    Refused while that day lasts, since the old one would end at once; `force` does it all the same.
    """
    secret = await in_transaction(
        lambda session: webhooks.rotate(session, number, now=utc_now(), force=given.force)
    )
    return private(request, {"secret": secret})


@router.post(
    "/v1/webhooks/{number}/ping", response_model=PingBody, responses=problems(400, 401, 403, 404, 503)
)
async def ping(request: Request, number: Number) -> Response:
    """Send a signed message that says nothing, now, and tell how it was taken."""
    hook, secret = await in_transaction(
        lambda session: (webhooks.find(session, number), webhooks.secret_of(session, number))
    )
    conf = settings()
    answer = await try_out(
        hook.url, webhook_id=number, secrets=[secret], allow=conf.fetch_allow, user_agent=user_agent(conf)
    )
    told = {
        "taken": answer.taken,
        "status": answer.status,
        "took_ms": answer.took_ms,
        "sentence": f"It was taken ({answer.status})." if answer.taken else in_words(answer),
    }
    return private(request, told)


@router.delete(
    "/v1/webhooks/{number}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def remove(number: Number) -> Response:
    """Forget a webhook."""
    await in_transaction(lambda session: webhooks.remove(session, number))
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})


async def _after(request: Request, number: int, work: Callable[[Session], None]) -> Response:
    def done(session: Session) -> Hook:
        work(session)
        session.flush()
        return webhooks.find(session, number)

    return private(request, _told(await in_transaction(done)))


def _position(since: str, state: StreamState, filters: Filters) -> int:
    return cursor.decode_since(since, epoch=state.epoch, filters=filters, floor=state.floor, head=state.head)


def _told(hook: Hook) -> dict[str, Any]:
    filters = filters_in(hook.filters)
    failing = hook.failures and not hook.paused_reason
    return {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "filters": {
            "region": filters.regions,
            "topic": filters.topics,
            "language": filters.languages,
            "source": filters.sources,
            "q": filters.q,
        },
        "author": hook.author,
        "created_at": hook.created_at,
        "state": "paused" if hook.paused_reason else "failing" if failing else "active",
        "sentence": hook.in_words(),
        "paused_by": hook.paused_by,
        "cursor": cursor.encode_since(hook.seq, epoch=hook.epoch, filters=filters),
        "behind": hook.behind,
        "failures": hook.failures,
        "failing_since": hook.failing_since,
        "next_attempt_at": hook.due_at if failing else None,
        "delivered_at": hook.delivered_at,
    }
