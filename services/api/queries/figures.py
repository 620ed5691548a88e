"""What is read for a scrape beside the state of the work: what all processes have counted, and what waits at each stage."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.metrics import fleet

COUNTED = 10_000
"""More rows than this are not counted one by one."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What waits before one step of the way. `oldest_s`: how long the one that waits longest has; None where nothing does.

    `bound`: `more than` or `at least`, to be said before `waiting` where not all were counted; else empty.
    """

    name: str
    waiting: int
    oldest_s: float | None
    bound: str = ""


# Each part reads an index from its start, and no more rows than are counted.
_STAGES = text(
    """
    WITH waiting AS (
        SELECT waiting_since, published_revision FROM articles
        WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL
        ORDER BY id LIMIT :most
    ), undecided AS (SELECT at FROM changes WHERE seq > (SELECT seq FROM story_state) ORDER BY seq LIMIT :most)
    SELECT 'fetch' AS name, count(*) AS waiting, extract(epoch FROM now() - min(greatest(f.next_check_at, h.free_at)))::float8 AS oldest_s
    FROM feeds f JOIN hosts h USING (host)
    WHERE f.paused_reason IS NULL AND f.next_check_at <= now() AND f.lease_until < now() AND h.free_at <= now()
    UNION ALL SELECT 'labels', count(*), extract(epoch FROM now() - (
        SELECT min(waiting_since) FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL
    ))::float8 FROM waiting
    UNION ALL SELECT 'publication', count(*), extract(epoch FROM now() - min(waiting_since))::float8 FROM waiting WHERE published_revision = 0
    UNION ALL SELECT 'stories', count(*), extract(epoch FROM now() - min(at))::float8 FROM undecided
    UNION ALL SELECT 'desk', count(*), extract(epoch FROM now() - min(created_at))::float8 FROM desk_requests WHERE state = 'waiting'
    UNION ALL SELECT 'webhooks', count(next.at), extract(epoch FROM now() - min(next.at))::float8
    FROM webhooks w LEFT JOIN LATERAL (SELECT at FROM changes WHERE seq > w.seq ORDER BY seq LIMIT 1) next ON true
    WHERE w.paused_reason IS NULL
    """
)


async def counted(connection: AsyncConnection) -> list[tuple[str, list[str], float]]:
    """Every series that processes have added up."""
    return [(row.name, row.labels, row.value) for row in await connection.execute(fleet.READ)]


async def stages(connection: AsyncConnection) -> list[Stage]:
    """What waits, in the order of the way of an article."""
    rows = (await connection.execute(_STAGES, {"most": COUNTED + 1})).all()
    # Of what waits for labels only those that were counted were looked at for whether they are published.
    part = any(row.name == "labels" and row.waiting > COUNTED for row in rows)
    return [_stage(row.name, row.waiting, row.oldest_s, part=part) for row in rows]


def _stage(name: str, waiting: int, oldest_s: float | None, *, part: bool) -> Stage:
    bound = ""
    if name != "fetch" and waiting > COUNTED:
        waiting, bound = COUNTED, "more than"
    elif name == "publication" and part:
        bound = "at least"
    return Stage(name, waiting, oldest_s and max(oldest_s, 0.0), bound)
