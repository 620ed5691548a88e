"""/health/… for orchestrators, /metrics for Prometheus."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import Response

from services.api import words
from services.api.deps import known_parameters
from services.api.formats import json_api
from services.api.metrics import Metrics, Reading
from services.api.queries import operations, stream, webhooks
from services.core import cache, schema
from services.core.clock import utc_now
from services.core.db import database_url, snapshot
from services.core.errors import DatelineError
from services.core.queues import ROLES, Queue

router = APIRouter(tags=["operations"], dependencies=[Depends(known_parameters)])
FRESH = timedelta(seconds=60)
"""A role whose youngest beat is older than this is taken to be gone."""
BEATING: tuple[str, ...] = ("scheduler", *ROLES)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. Only `needed` ones decide whether this process can answer readers."""

    name: str
    ok: bool
    needed: bool
    sentence: str


@router.get("/health/live")
async def live() -> Response:
    """Whether this process runs."""
    return _plain({"status": "live"}, 200)


@router.get("/health/ready")
async def ready() -> Response:
    """Whether readers can be answered: 503 when not. A role without a sign of life is told, and is no reason for 503:
    what was published can still be read.
    """
    checks = [await _database()]
    if checks[0].ok:
        checks += [await _schema(), *await _roles(utc_now())]
    able = all(check.ok for check in checks if check.needed)
    status = "not ready" if not able else "ready" if all(check.ok for check in checks) else "degraded"
    return _plain({"status": status, "checks": [asdict(check) for check in checks]}, 200 if able else 503)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Everything that can be measured, in Prometheus' text format."""
    registry: Metrics = request.app.state.metrics
    body = registry.render(await _readings(utc_now()))
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def _plain(body: dict[str, Any], status: int) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    return Response(json_api.dump(body), status_code=status, media_type=json_api.MEDIA_TYPE, headers=headers)


async def _database() -> Check:
    try:
        async with snapshot() as connection:
            await operations.answers(connection)
    except (DBAPIError, PoolTimeoutError, OSError, DatelineError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Check("database", ok=False, needed=True, sentence=f"The database does not answer: {reason}")
    return Check("database", ok=True, needed=True, sentence="The database answers.")


async def _schema() -> Check:
    has, newest = await asyncio.to_thread(schema.versions, database_url())
    if has == newest:
        return Check("schema", ok=True, needed=True, sentence=f"The schema is at its newest version, {has}.")
    sentence = f"The schema is at {has or 'nothing'}, and this code needs {newest}: run `dateline migrate`."
    return Check("schema", ok=False, needed=True, sentence=sentence)


async def _roles(now: datetime) -> list[Check]:
    async with snapshot() as connection:
        beats = await operations.beats(connection)
    youngest: dict[str, datetime] = {}
    for beat in beats:
        youngest.setdefault(beat.role, beat.at)
    return [_role(role, youngest.get(role), now) for role in BEATING]


def _role(role: str, at: datetime | None, now: datetime) -> Check:
    if at is None:
        return Check(role, ok=False, needed=False, sentence=f"No {role} has ever given a sign of life.")
    ago = words.span(now - at)
    if now - at > FRESH:
        return Check(
            role, ok=False, needed=False, sentence=f"The last sign of life of a {role} is {ago} old."
        )
    return Check(role, ok=True, needed=False, sentence=f"The {role} role gave a sign of life {ago} ago.")


async def _readings(now: datetime) -> list[Reading]:
    async with snapshot() as connection:
        work = await operations.work(connection, now=now, since=now)
        fetching = await operations.fetching(connection, now=now)
        beats = await operations.beats(connection)
        state = await stream.state(connection)
        decided = await operations.stories_decided(connection)
        hooks = await webhooks.by_state(connection)
    queues = await queue_lengths()
    found = [Reading("dateline_feeds", count, (name,)) for name, count in work.feeds.items()]
    found += [Reading("dateline_queue_length", n, (queue,)) for queue, n in queues.items() if n is not None]
    youngest = {beat.role: beat.at for beat in reversed(beats)}
    found += [Reading("dateline_beat_age_seconds", _age(at, now), (role,)) for role, at in youngest.items()]
    return [
        *found,
        *_of_fetching(fetching),
        Reading("dateline_feeds_oldest_due_seconds", _age(work.oldest_due, now)),
        Reading("dateline_articles_waiting", work.waiting),
        Reading("dateline_articles_waiting_oldest_seconds", _age(work.oldest_waiting, now)),
        Reading("dateline_articles_quarantined", work.quarantined),
        Reading("dateline_gaps_recent", work.gaps),
        Reading("dateline_stream_position", state.head),
        Reading("dateline_stream_floor", state.floor),
        Reading("dateline_stories_position", decided),
        *(Reading("dateline_webhooks", count, (name,)) for name, count in hooks.items()),
    ]


def _of_fetching(fetching: operations.Fetching) -> list[Reading]:
    found = [Reading("dateline_feeds_failing", n, (kind,)) for kind, n in fetching.failing.items()]
    found += [Reading("dateline_subscriptions", n, (state,)) for state, n in fetching.subscriptions.items()]
    found += [
        Reading("dateline_fetches_recent", n, labels)
        for labels, n in operations.by_class(fetching.recent).items()
    ]
    answered = sum(n for (_, status), n in fetching.recent.items() if status is not None)
    if answered:
        unchanged = sum(n for (_, status), n in fetching.recent.items() if status == 304)
        found.append(Reading("dateline_fetches_recent_not_modified_ratio", unchanged / answered))
    return [
        *found,
        Reading("dateline_feed_gaps_total", fetching.gaps_total),
        Reading("dateline_feed_gap_missed_total", fetching.missed_total),
        Reading("dateline_parse_differences_total", fetching.differences_total),
    ]


async def queue_lengths() -> dict[str, int | None]:
    """Hints in each queue; None while Redis cannot be asked. In a thread: that client blocks."""
    found = await asyncio.to_thread(cache.queue_lengths, Queue)
    return {str(queue): length for queue, length in found.items()}


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
