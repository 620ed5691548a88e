"""How much waited before each stage, minute by minute: what a trend is made of. Kept for a day."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

COUNTED = 20_000
"""More rows than this are not counted one by one."""

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
