"""What waits in each queue, and what was set aside because workers died of it: told with the reason, and replayed when asked.

The rows are the queue; `hints` on the broker only say that somebody should look. Replaying starts a row anew: its attempts are
forgotten, and the next worker takes it as it takes any other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.orm import Session

from services.core import backlog
from services.core.errors import InvalidInputError
from services.core.events import ArticlesStored, DeskAsked, Event, FeedsAdded
from services.core.outbox import publish
from services.core.queues import Queue

PAUSED_FOR = "Its content stopped a worker "
"""How the reason of a feed begins that was paused because workers died of it (`ingest.store.leases`)."""

_DEPTH: Mapping[Queue, str] = {
    Queue.FETCH: """
        SELECT count(*) FILTER (WHERE lease_until < now()), count(*) FILTER (WHERE lease_until >= now()),
               min(next_check_at) FILTER (WHERE lease_until < now())
        FROM (SELECT next_check_at, lease_until FROM feeds WHERE paused_reason IS NULL AND next_check_at <= now()
              ORDER BY next_check_at LIMIT :most) f
    """,
    Queue.CLASSIFY: backlog.UNLABELLED,
    Queue.DESK: """
        SELECT count(*) FILTER (WHERE lease_until < now()), count(*) FILTER (WHERE lease_until >= now()), min(created_at)
        FROM (SELECT lease_until, created_at FROM desk_requests WHERE state = 'waiting' ORDER BY id LIMIT :most) d
    """,
    Queue.RELABEL: """
        SELECT count(*), 0, min(next_at)
        FROM (SELECT next_at FROM relabellings WHERE finished_at IS NULL AND next_at <= now() LIMIT :most) r
    """,
    Queue.STORIES: """
        SELECT count(*), 0, min(at) FROM (SELECT at FROM changes WHERE seq > (SELECT seq FROM story_state) ORDER BY seq LIMIT :most) c
    """,
}
"""By queue: rows that wait, rows in hand, since when the first of them waits. What `maintenance` does is never urgent, and not counted."""

_ASIDE: Mapping[Queue, str] = {
    Queue.FETCH: f"SELECT id, coalesce(nullif(title, ''), url) AS name, paused_reason AS reason FROM feeds WHERE paused_reason LIKE '{PAUSED_FOR}%'",  # noqa: S608
    Queue.CLASSIFY: "SELECT id, title AS name, quarantined AS reason FROM articles WHERE quarantined IS NOT NULL AND removed_at IS NULL",
    Queue.DESK: "SELECT id, kind || ' asked by ' || author AS name, error ->> 'sentence' AS reason FROM desk_requests WHERE state = 'failed'",
}
"""By queue: what was set aside."""

_REPLAY: Mapping[Queue, str] = {
    Queue.FETCH: "UPDATE feeds SET paused_reason = NULL, attempts = 0, next_check_at = now(), lease_until = 'epoch', lease_token = NULL",
    Queue.CLASSIFY: """
        UPDATE articles SET quarantined = NULL, attempts = 0, lease_until = 'epoch', lease_token = NULL,
                            waiting_since = coalesce(waiting_since, now())
    """,
    Queue.DESK: """
        UPDATE desk_requests SET state = 'waiting', error = NULL, finished_at = NULL, attempts = 0, lease_until = 'epoch', lease_token = NULL
    """,
}
_TABLE: Mapping[Queue, str] = {Queue.FETCH: "feeds", Queue.CLASSIFY: "articles", Queue.DESK: "desk_requests"}
_EVENT: Mapping[Queue, Event] = {
    Queue.FETCH: FeedsAdded(),
    Queue.CLASSIFY: ArticlesStored(),
    Queue.DESK: DeskAsked(),
}


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue: rows that `waiting` and `in_hand` count, since when the first waits, how many were set `aside`. `more`: there are more than
    `backlog.MOST`, which are not counted.
    """

    queue: Queue
    waiting: int
    in_hand: int
    oldest: datetime | None
    aside: int
    more: bool


@dataclass(frozen=True, slots=True)
class Aside:
    """A feed, an article or a request that was set aside, and why."""

    id: int
    name: str
    reason: str


def depths(session: Session) -> list[Depth]:
    """Every queue whose work are rows."""
    found = []
    for queue, statement in _DEPTH.items():
        row = backlog.counted(*session.execute(text(statement), backlog.one_more()).one())
        found.append(Depth(queue, row.waiting, row.in_hand, row.oldest, _count(session, queue), row.more))
    return found


def _count(session: Session, queue: Queue) -> int:
    if queue not in _ASIDE:
        return 0
    return session.scalar(text(f"SELECT count(*) FROM ({_ASIDE[queue]}) a")) or 0  # noqa: S608 - texts of ours


def listing(session: Session, queue: Queue, *, limit: int, below: int | None = None) -> list[Aside]:
    """What was set aside, newest first. Raises InvalidInputError for a queue of which nothing ever is."""
    statement = (
        f"SELECT id, name, reason FROM ({_of(queue)}) a WHERE id < :below ORDER BY id DESC LIMIT :limit"  # noqa: S608
    )
    rows = session.execute(text(statement), {"below": below or 2**63 - 1, "limit": limit})
    return [Aside(row.id, row.name, row.reason or "no reason noted") for row in rows]


def replay(session: Session, queue: Queue, ids: Collection[int] | None = None) -> list[int]:
    """Start what was set aside anew, all of it or some; the numbers of what was. Harmless when asked twice.

    Raises InvalidInputError for a queue of which nothing ever is.
    """
    among = "" if ids is None else " AND id = ANY(:ids)"
    locked = f"SELECT id FROM {_TABLE.get(queue)} WHERE id IN (SELECT id FROM ({_of(queue)}) a){among} ORDER BY id FOR NO KEY UPDATE"  # noqa: S608
    statement = text(f"{_REPLAY[queue]} WHERE id IN ({locked}) RETURNING id")
    values = {} if ids is None else {"ids": list(ids)}
    bound = statement if ids is None else statement.bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
    done = sorted(session.scalars(bound, values))
    if done:
        publish(session, _EVENT[queue])
    return done


def _of(queue: Queue) -> str:
    if queue not in _ASIDE:
        known = ", ".join(_ASIDE)
        raise InvalidInputError(
            f"queue: nothing of {queue} is ever set aside; {known} are the queues of which something is."
        )
    return _ASIDE[queue]
