"""/v1/queues: how much waits in each queue and since when; what workers died of, and starting that anew."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth import OPERATES
from services.api.deps import known_parameters
from services.api.respond import private
from services.api.schemas.answers import problems
from services.api.schemas.queues import QueuesBody, ReplayedBody, SetAsideBody
from services.api.watching.scrape import watch_of
from services.core import set_aside
from services.core.db import in_transaction
from services.core.queues import Queue

router = APIRouter(tags=["operations"], dependencies=[Depends(known_parameters), OPERATES])


@router.get("/v1/queues", response_model=QueuesBody, responses=problems(401, 403, 503))
async def listed(request: Request) -> Response:
    """Every queue: rows that wait and since when, rows in hand, what was set aside, hints on the broker."""
    found = {depth.queue: depth for depth in await in_transaction(set_aside.depths)}
    hints = await watch_of(request).queue_lengths() or {}
    items = []
    for queue in Queue:
        depth = found.get(queue)
        items.append(
            {
                "queue": queue,
                "waiting": depth.waiting if depth else None,
                "in_hand": depth.in_hand if depth else None,
                "more": depth.more if depth else False,
                "oldest_waiting_at": depth.oldest if depth else None,
                "set_aside": depth.aside if depth else 0,
                "hints": hints.get(queue),
            }
        )
    return private(request, {"items": items})


@router.get(
    "/v1/queues/{queue}/aside", response_model=SetAsideBody, responses=problems(400, 401, 403, 404, 503)
)
async def aside(
    request: Request,
    queue: Queue,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    below: Annotated[int | None, Query(ge=1, lt=2**63, description="The `next` of the page before.")] = None,
) -> Response:
    """What was set aside because workers died of it, each with the reason; newest first."""
    found = await in_transaction(
        lambda session: set_aside.listing(session, queue, limit=limit + 1, below=below)
    )
    more = found[limit - 1].id if len(found) > limit else None
    return private(request, {"items": [asdict(row) for row in found[:limit]], "next": more})


@router.post(
    "/v1/queues/{queue}/replay", response_model=ReplayedBody, responses=problems(400, 401, 403, 404, 503)
)
async def replay(
    request: Request,
    queue: Queue,
    numbers: Annotated[
        list[int] | None,
        Query(
            alias="id",
            max_length=1000,
            description="Which; may be given several times. All of it, when left out.",
        ),
    ] = None,
) -> Response:
    """Start what was set aside anew."""
    done = await in_transaction(lambda session: set_aside.replay(session, queue, numbers))
    return private(request, {"replayed": done})
