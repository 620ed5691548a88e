"""Everything that a scrape tells, read from servers that may not answer."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import Request

from services.api.queries import figures, operations, stream, webhooks
from services.api.watching import patience
from services.api.watching.metrics import Reading
from services.api.watching.patience import Patience, in_thread
from services.core import cache, health
from services.core.clock import utc_now
from services.core.db import snapshot, watching_engine
from services.core.errors import DatelineError

AWAY = (DBAPIError, PoolTimeoutError, OSError, DatelineError)
"""How a database shows that it cannot be had."""
FRESH_S = 20
"""A process is told of for so long after its last sign of life."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out. `counted` None: the database did not answer, and nothing of it is told."""

    readings: list[Reading]
    counted: list[tuple[str, list[str], float]] | None = None


@dataclass(slots=True)
class Watch:
    """How one application looks at the servers it stands on."""

    database: Patience = field(default_factory=lambda: Patience("The database"))
    redis: Patience = field(default_factory=lambda: Patience("Redis", cancels=False))
    both: Patience = field(
        default_factory=lambda: Patience("The servers", patience.WAIT_BOTH_S, cancels=False)
    )

    async def ready(self) -> list[health.Finding]:
        """What the doctor says of all that readiness depends on."""
        return await self._examined(health.READINESS)

    async def wrong(self) -> list[health.Finding]:
        """What the doctor finds wrong about servers, roles and what waits."""
        return [finding for finding in await self._examined(health.STANDING) if not finding.ok]

    async def _examined(self, names: tuple[str, ...]) -> list[health.Finding]:
        try:
            return await self.both.ask(" ".join(names), lambda: in_thread(lambda: health.examine(names)))
        except DatelineError as error:
            return [health.Finding("database", ok=False, says=f"{error}.")]

    async def queue_lengths(self) -> dict[str, int] | None:
        """Hints in each queue; None while Redis does not answer."""
        try:
            return await self.redis.ask("lengths", lambda: in_thread(cache.queue_lengths))
        except DatelineError:
            return None

    async def scrape(self) -> Found:
        """What there is to tell, within a few seconds whatever hangs."""
        asked = asyncio.gather(self.database.ask("scrape", _read), return_exceptions=True)
        queues = await self.queue_lengths()
        (read,) = await asked
        if isinstance(read, BaseException) and not isinstance(read, AWAY):
            raise read
        found = Found([]) if isinstance(read, BaseException) else read
        servers = {"database": found.counted is not None, "redis": queues is not None}
        lengths = [Reading("dateline_queue_length", n, (queue,)) for queue, n in (queues or {}).items()]
        known = [Reading("dateline_server_up", up, (server,)) for server, up in servers.items()]
        return Found([*known, *lengths, *found.readings], found.counted)

    async def end(self) -> None:
        """Leave every question behind."""
        await self.database.end()
        await self.redis.end()
        await self.both.end()


async def _read() -> Found:
    now = utc_now()
    async with snapshot(watching_engine()) as connection:
        counted = await figures.counted(connection)
        stages = await figures.stages(connection)
        work = await operations.work(connection, now=now, since=now)
        fetching = await operations.fetching(connection, now=now)
        beats = await operations.beats(connection)
        state = await stream.state(connection)
        decided = await operations.stories_decided(connection)
        hooks = await webhooks.by_state(connection)
    readings = [
        *(Reading("dateline_feeds", count, (name,)) for name, count in work.feeds.items()),
        *_of_fetching(fetching),
        *_of_stages(stages),
        *_of_processes(beats, now),
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
    return Found(readings, counted)


def _of_stages(stages: list[figures.Stage]) -> list[Reading]:
    found = [Reading("dateline_stage_waiting", stage.waiting, (stage.name,)) for stage in stages]
    return found + [
        Reading("dateline_stage_oldest_seconds", stage.oldest_s or 0.0, (stage.name,)) for stage in stages
    ]


def _of_processes(beats: list[operations.BeatRow], now: datetime) -> list[Reading]:
    """The youngest sign of each role, how many give one, and what each API process says of itself."""
    youngest = {beat.role: beat.at for beat in reversed(beats)}
    found = [Reading("dateline_beat_age_seconds", _age(at, now), (role,)) for role, at in youngest.items()]
    fresh = [beat for beat in beats if _age(beat.at, now) <= FRESH_S]
    found += [
        Reading("dateline_processes", sum(beat.role == role for beat in fresh), (role,)) for role in youngest
    ]
    for beat in fresh:
        said = beat.detail
        if "followers" in said:
            found.append(Reading("dateline_followers", said["followers"], (beat.name,)))
        for state, connections in said.get("pool", {}).items():
            found.append(Reading("dateline_database_connections", connections, (beat.name, state)))
    return found


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
        Reading("dateline_parse_differences_total", fetching.differences_total),
    ]


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def watch_of(request: Request) -> Watch:
    """How the application that answers a request looks at its servers."""
    watch: Watch = request.app.state.watch
    return watch
