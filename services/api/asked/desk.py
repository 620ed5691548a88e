"""Asking a worker for what needs the engine of the rules, and waiting for the answer without holding anything up.

The engine lives in classify alone. A request is a row (`services.core.desk`); this process looks at that row again and again
for as long as somebody waits, which takes a connection for a millisecond at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import text
from starlette.responses import Response

from services.api.errors import RETRY_AFTER, Problem
from services.api.respond import private
from services.core import desk
from services.core.clock import monotonic
from services.core.db import async_engine, transaction
from services.core.desk import Asked
from services.core.liveness import beats
from services.core.tokens import ADMIN, Bearer

LONGEST_WAIT_S = 60
LOOK_EVERY_S = 0.05
LOOK_SELDOM_S = 0.25
"""After some seconds: what takes long is not told of a blink later."""
OFTEN_FOR_S = 5.0
REQUESTS = "/v1/rules/requests/"
STATUS_OF: Mapping[str, tuple[int, str]] = {
    "invalid-rules": (422, "invalid-rules"),
    "tests-fail": (422, "tests-fail"),
    "invalid-input": (400, "invalid-body"),
    "not-found": (404, "not-found"),
    "conflict": (409, "conflict"),
}
"""What a refusal of a worker is in HTTP, by its kind."""

Wait = Annotated[int, Query(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the answer.")]
Stopping = Callable[[], Awaitable[bool]]

_ALIVE = text(
    "SELECT count(*) FROM beats WHERE role = 'classify' AND at > now() - make_interval(secs => :stale)"
)
_INPUT = text(
    "SELECT input - 'texts' - 'rulebook' - 'rows' - :origin FROM desk_requests WHERE id = :id"
).bindparams(origin=desk.ORIGIN)


async def ask(kind: str, given: Mapping[str, Any], author: str) -> int:
    """Leave a request for a worker; its number. In a thread: the hint goes out by a client that blocks."""

    def left() -> int:
        with transaction() as session:
            return desk.ask(session, kind, given, author=author)

    return await asyncio.to_thread(left)


async def find(number: int, bearer: Bearer) -> Asked:
    """A request of somebody's own. Raises Problem (404) for others' and for those that were forgotten."""
    async with async_engine().connect() as connection:
        found = desk.asked((await connection.execute(desk.FIND, {"id": number})).one_or_none())
    if found is None or bearer.name not in {found.author, ADMIN}:
        raise Problem(
            404,
            "not-found",
            f"There is no request {number} of yours; they are kept for {desk.KEPT_DAYS} days.",
        )
    return found


async def wait(number: int, bearer: Bearer, seconds: float, *, stop: Stopping) -> Asked:
    """A request once it is done, or as it stands after `seconds`, or when `stop` says that nobody waits any more."""
    since = monotonic()
    while True:
        found = await find(number, bearer)
        passed = monotonic() - since
        if found.state != "waiting" or passed >= seconds or await stop():
            return found
        await asyncio.sleep(LOOK_EVERY_S if passed < OFTEN_FOR_S else LOOK_SELDOM_S)


async def given_to(number: int) -> Mapping[str, Any]:
    """What a request was asked with, without the rules and rows themselves."""
    async with async_engine().connect() as connection:
        found: Mapping[str, Any] | None = await connection.scalar(_INPUT, {"id": number})
    return found or {}


async def workers() -> int:
    """How many classify workers gave a sign of life lately."""
    async with async_engine().connect() as connection:
        return int(await connection.scalar(_ALIVE, {"stale": beats.STALE_S}) or 0)


async def waiting_sentence() -> str:
    """Why there is no answer yet, and what to do."""
    if await workers():
        return "A worker has not answered yet; ask again at the address in Location."
    return (
        f"No classify worker has given a sign of life for {beats.STALE_S} s, and the answer comes from one: "
        "start it with `dateline worker classify`. The request is kept and done then."
    )


async def respond(request: Request, found: Asked) -> Response:
    """What became of a request, as an answer: 200 with it, 202 where it still waits. Raises Problem for what went wrong."""
    if found.state == "waiting":
        headers = {"Location": f"{REQUESTS}{found.id}", "Retry-After": "2"}
        return private(request, await told(found), status=202, headers=headers)
    if found.state == "done":
        return private(request, found.answer)
    raise problem_of(found)


async def told(found: Asked) -> dict[str, Any]:
    """A request and what became of it, as JSON has it."""
    sentence = await waiting_sentence() if found.state == "waiting" else None
    return {name: value for name, value in asdict(found).items() if name != "author"} | {"sentence": sentence}


def problem_of(found: Asked) -> Problem:
    """Why a request was refused or failed."""
    error = dict(found.error or {})
    sentence = str(error.pop("sentence", "It gave no reason."))
    kind = str(error.pop("kind", "invalid-input"))
    if found.state == "failed":
        return Problem(500, "internal", f"A worker could not do this: {sentence}", {"request": found.id})
    if kind == "not-ready":
        return Problem(503, "unavailable", sentence, headers={"Retry-After": RETRY_AFTER})
    if kind == "conflict":
        sentence = _conflict(error, sentence)
    status, name = STATUS_OF.get(kind, (400, "invalid-body"))
    return Problem(status, name, sentence, error)


def _conflict(error: Mapping[str, Any], sentence: str) -> str:
    """Who published meanwhile, and how to go on here."""
    base, in_force = (str(error.get(name) or "")[:12] for name in ("base", "in_force"))
    if not base or not in_force:
        return sentence
    return (
        f"Your rules began from {base}, but {error.get('author')} has published {in_force} since: {error.get('message')!r}. "
        f"Nothing was published. POST /v1/rules/diff with before {base} and after {in_force} shows what changed; take it over into "
        f"yours, and publish with {in_force} as base."
    )
