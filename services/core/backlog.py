"""How much waits for labels now, and how much waited before each stage, minute by minute: what a trend is made of. Kept for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

COUNTED = 20_000
"""More rows than this are not counted one by one, each minute."""

MOST = 100_000
"""More rows than this are not counted for who asks: that many take some 50 ms, and ten million would take seconds."""

UNLABELLED = """
    SELECT count(*) FILTER (WHERE lease_until < now()) AS waiting, count(*) FILTER (WHERE lease_until >= now()) AS in_hand,
        (SELECT min(waiting_since) FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL) AS oldest
    FROM (SELECT lease_until FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL
          ORDER BY id LIMIT :most) w
"""
"""SQL: articles that wait for labels, those in hand, since when the first of them waits. `most`: see `one_more`. Who claims takes what stands
at the front, so what is in hand is counted first.
"""

_NOTE = text(
    """
    INSERT INTO backlog (stage, at, waiting)
    SELECT stage, date_trunc('minute', now()), waiting FROM (
        SELECT 'fetch' AS stage, count(*) AS waiting FROM (
            SELECT 1 FROM feeds f JOIN hosts h USING (host)
            WHERE f.paused_reason IS NULL AND f.next_check_at <= now() AND f.lease_until < now() AND h.free_at <= now() LIMIT :most) a
        UNION ALL SELECT 'labels', count(*) FROM (
            SELECT 1 FROM articles
            WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL LIMIT :most) b
        UNION ALL SELECT 'stories', count(*) FROM (
            SELECT 1 FROM changes WHERE seq > (SELECT seq FROM story_state) LIMIT :most) c
    ) counted
    ON CONFLICT DO NOTHING
    """
)
_DUE = text("SELECT NOT EXISTS (SELECT FROM backlog WHERE at >= date_trunc('minute', now()))")
_FORGET = text("DELETE FROM backlog WHERE at < now() - interval '1 day'")
_SAMPLES = text(
    "SELECT at, waiting FROM backlog WHERE stage = :stage AND at > now() - interval '1 hour' ORDER BY at"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows that `waiting` and `in_hand` count, `MOST` of them together at most; `more`: there are more than that. `oldest` is of all."""

    waiting: int
    in_hand: int
    oldest: datetime | None
    more: bool


def one_more() -> dict[str, int]:
    """The values of a statement that counts: it reads a row more than `MOST`, so that it shows whether there are more."""
    return {"most": MOST + 1}


def counted(waiting: int, in_hand: int, oldest: datetime | None) -> Counted:
    """What such a statement found, without the row that only says that there are more.

    >>> counted(100_000, 1, None)
    Counted(waiting=99999, in_hand=1, oldest=None, more=True)
    """
    beyond = max(0, waiting + in_hand - MOST)
    return Counted(max(0, waiting - beyond), min(in_hand, MOST), oldest, beyond > 0)


def note(session: Session) -> bool:
    """Write down what waits, once a minute whatever number of schedulers asks; whether it was written now."""
    if not session.scalar(_DUE):
        return False
    session.execute(_NOTE, {"most": COUNTED})
    session.execute(_FORGET)
    return True


def samples(session: Session, stage: str) -> Sequence[tuple[datetime, int]]:
    """What waited before a stage in the last hour, the oldest first."""
    return [(row.at, row.waiting) for row in session.execute(_SAMPLES, {"stage": stage})]
