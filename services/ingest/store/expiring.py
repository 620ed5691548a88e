"""What is too old leaves, a few rows at a time: articles first, then the log that told of them, then their tombstones.

Each step is a transaction of its own and may be done twice: what it finds is what still is to be done.
"""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.core import removal

EXPIRING_LOCK = 0x44_4C_45_58  # "DLEX"
"""Held by whoever lets go: two at once would wait for the same rows."""

LOG_DAYS_MORE = 7
"""The log of changes is kept for so many days longer than articles: of everything listed it still holds where it came in."""

UNSEEN_DAYS = 7
"""What has stood in none of its feeds' bodies for so long will not come back with the next one."""

AGAIN_DAYS = 7
"""A tombstone that is still needed is looked at again after so long, and not before the log that tells of it may be cut."""

_OLD = text(
    """
    SELECT id FROM articles WHERE NOT emptied AND sort_at < now() - make_interval(days => :days) ORDER BY sort_at, id LIMIT :n
    """
)
_COPIES = text("SELECT id FROM articles WHERE duplicate_of = ANY(:ids) AND NOT emptied")
# First in order, then compared: so it is read from the beginnings of indexes, whatever is known of how much there is.
_WAITING = text(
    """
    SELECT (SELECT count(*) FROM (SELECT sort_at FROM articles WHERE NOT emptied ORDER BY sort_at, id LIMIT 101) AS oldest
            WHERE sort_at < now() - make_interval(days => :days))
        + (SELECT count(*) FROM (
            SELECT at FROM changes WHERE seq > (SELECT floor FROM stream_state)
              AND seq <= (SELECT seq FROM story_state) ORDER BY seq LIMIT 1) AS first
           WHERE at < now() - make_interval(days => :log_days))
        + (SELECT count(*) FROM (SELECT lease_until FROM articles WHERE emptied ORDER BY lease_until LIMIT 1) AS first
           WHERE lease_until < now())
    """
)

# Stories are decided from the log: what they have not read stays. What they have read is kept with their memory.
_CUT = text(
    """
    WITH held AS (SELECT floor FROM stream_state FOR UPDATE), next AS (
        SELECT c.seq, c.at < now() - make_interval(days => :log_days) AS old FROM changes c, held
        WHERE c.seq > held.floor AND c.seq <= (SELECT seq FROM story_state)
        ORDER BY c.seq LIMIT :n
    ), gone AS (
        DELETE FROM changes c USING next WHERE c.seq = next.seq
          AND c.seq < coalesce((SELECT min(seq) FROM next WHERE NOT old), 9223372036854775807)
        RETURNING c.seq
    ), raised AS (
        UPDATE stream_state SET floor = (SELECT max(seq) FROM gone) WHERE EXISTS (SELECT 1 FROM gone)
    )
    SELECT count(*) FROM gone
    """
)

# Whoever stores a sighting of one holds its key, so it is skipped.
_TOMBSTONES = text(
    """
    SELECT id FROM articles WHERE emptied AND lease_until < now() ORDER BY lease_until LIMIT :n FOR UPDATE SKIP LOCKED
    """
)
# Needed: by a feed that shows it, as far as is known (what stands in a body is noted once a day); by followers who have
# not heard of its end; by copies of its text that are still shown or hidden behind it; by what an editor said of it.
_NEEDED = text(
    """
    SELECT id FROM articles a WHERE id = ANY(:ids) AND (
        EXISTS (SELECT 1 FROM sightings s JOIN feeds f ON f.id = s.feed_id
                WHERE s.article_id = a.id AND (f.body_at IS NULL OR s.last_seen_at >= f.body_at - make_interval(days => :unseen)))
        OR EXISTS (SELECT 1 FROM changes c WHERE c.article_id = a.id)
        OR EXISTS (SELECT 1 FROM articles c WHERE c.duplicate_of = a.id)
        OR EXISTS (SELECT 1 FROM copies k JOIN articles o ON o.id = k.other WHERE k.one = a.id AND NOT o.emptied)
        OR EXISTS (SELECT 1 FROM copies k JOIN articles o ON o.id = k.one WHERE k.other = a.id AND NOT o.emptied)
        OR EXISTS (SELECT 1 FROM judgements j WHERE j.one = a.id) OR EXISTS (SELECT 1 FROM judgements j WHERE j.other = a.id))
    """
)
_LATER = text(
    """
    UPDATE articles SET lease_until =
        greatest(now() + make_interval(days => :again), removed_at + make_interval(days => :log_days))
    WHERE id = ANY(:ids)
    """
)
_BURY = text("DELETE FROM articles WHERE id = ANY(:ids)")


def waiting(session: Session, *, days: int) -> int:
    """How much there is to let go, counted up to a hundred and a few: old articles above all."""
    return session.scalar(_WAITING, {"days": days, "log_days": days + LOG_DAYS_MORE}) or 0


def alone(session: Session) -> bool:
    """Whether this transaction is the only one that lets go; it is until it ends."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(EXPIRING_LOCK))))


def expire(session: Session, *, days: int, limit: int) -> int:
    """Take out at most `limit` of the oldest articles that are older than `days`, with the copies behind them; how many."""
    old = session.scalars(_OLD, {"days": days, "n": limit}).all()
    if not old:
        return 0
    every = {*old, *session.scalars(_COPIES, {"ids": list(old)})}
    removal.remove(session, every, why=too_old(days), keep_text=False)
    return len(every)


def too_old(days: int) -> str:
    """Why an expired article is not there, for whoever asks."""
    age = "a day" if days == 1 else f"{days} days"
    return f"It is older than {age}, which is how long articles are kept."


def cut(session: Session, *, days: int, limit: int) -> int:
    """Drop at most `limit` of the oldest changes, and refuse cursors that would have needed them; how many."""
    values = {"log_days": days + LOG_DAYS_MORE, "n": limit}
    return session.scalar(_CUT, values) or 0


def bury(session: Session, *, days: int, limit: int) -> int:
    """Look at `limit` tombstones whose time has come: those that nothing needs go for good. How many were looked at."""
    looked = session.scalars(_TOMBSTONES, {"n": limit}).all()
    if not looked:
        return 0
    # A statement of its own: it sees what the others committed before the rows were ours.
    needed = set(session.scalars(_NEEDED, {"ids": list(looked), "unseen": UNSEEN_DAYS}))
    if needed:
        session.execute(
            _LATER, {"ids": sorted(needed), "again": AGAIN_DAYS, "log_days": days + LOG_DAYS_MORE}
        )
    if gone := set(looked) - needed:
        session.execute(_BURY, {"ids": sorted(gone)})
    return len(looked)
