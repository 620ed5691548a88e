"""Which feeds a worker may fetch now. The claim is the politeness: it locks the host, not only the feed."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core.liveness import holder
from services.core.metrics import meters
from services.core.metrics.fleet import after_commit
from services.ingest.plan import FeedState
from services.ingest.store.subscriptions import PUSH_UNTIL

LEASE_S = 75
"""Longer than the longest fetch with its parsing; a worker that died gives its feeds back after this."""

MAX_ATTEMPTS = 3
"""A feed that was in hand this often when its worker died is put aside."""

_CLAIM = text(
    f"""
    WITH due AS (
        SELECT f.id, f.host, f.next_check_at FROM feeds f JOIN hosts h USING (host)
        WHERE f.paused_reason IS NULL AND f.next_check_at <= now() AND f.lease_until < now()
          AND h.free_at <= now() AND CASE WHEN :suspects THEN f.attempts BETWEEN 1 AND :most - 1 ELSE f.attempts = 0 END
        ORDER BY f.next_check_at LIMIT :window
    ), first_of_host AS (
        SELECT DISTINCT ON (host) id, host, next_check_at FROM due ORDER BY host, next_check_at
    ), chosen AS (
        SELECT c.id, h.host, greatest(c.next_check_at, h.free_at) AS free_since FROM hosts h JOIN first_of_host c USING (host)
        WHERE h.free_at <= now() ORDER BY c.next_check_at LIMIT :n
        FOR UPDATE OF h SKIP LOCKED
    ), held AS (
        UPDATE hosts SET free_at = now() + make_interval(secs => :lease) FROM chosen WHERE hosts.host = chosen.host
    )
    UPDATE feeds f SET lease_until = now() + make_interval(secs => :lease), lease_token = :holder || gen_random_uuid()::text,
                       attempts = f.attempts + 1
    FROM chosen, sources s WHERE f.id = chosen.id AND s.id = f.source_id
    RETURNING f.id, f.url, f.host, f.source_id, s.key AS source_key, f.title, f.site_url, f.language, f.etag,
              f.last_modified, f.body_hash, f."window", f.interval_s, f.ok_at, f.failures, f.lease_token,
              f.error_kind, f.checked_at, f.wish_s, f.skip_hours, f.skip_days, f.full_at, f.validators_lie,
              f.moved_to, f.moved_since, f.moved_times, f.new_at, f.usual_s, f.window_s,
              {PUSH_UNTIL} AS push_until, extract(epoch FROM now() - chosen.free_since)::float8 AS delay_s
    """  # noqa: S608 - put together from a text of ours
)

_PUT_ASIDE = text(
    """
    UPDATE feeds SET paused_reason = 'Its content stopped a worker ' || attempts || ' times in a row; resume it to try again.'
    WHERE paused_reason IS NULL AND next_check_at <= now() AND attempts >= :most AND lease_until < now()
    RETURNING id
    """
)

_GIVE_BACK = text(
    """
    WITH mine AS (
        UPDATE feeds SET lease_until = 'epoch', lease_token = NULL, attempts = 0, failures = failures + 1,
                         next_check_at = now() + make_interval(secs => :retry), error_kind = 'internal', error = :error
        WHERE id = :id AND lease_token = :token RETURNING host
    )
    UPDATE hosts SET free_at = now() + make_interval(secs => :pause) FROM mine WHERE hosts.host = mine.host
    """
)

_RELEASE = text(
    """
    WITH mine AS (
        UPDATE feeds f SET lease_until = 'epoch', lease_token = NULL, attempts = f.attempts - 1
        FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS text[])) AS w (id, token)
        WHERE f.id = w.id AND f.lease_token = w.token RETURNING f.host
    )
    UPDATE hosts SET free_at = now() + make_interval(secs => :pause) FROM mine WHERE hosts.host = mine.host
    """
)

# The worker is dead, and its connections with it: its hosts may be asked again after the usual pause.
_FREE_ORPHANS = text(
    f"""
    WITH freed AS (
        UPDATE feeds SET lease_until = {holder.FREE_AT}, lease_token = NULL, attempts = attempts - {holder.BLAMELESS}
        WHERE id IN (
            SELECT id FROM (
                SELECT id, lease_until, lease_token FROM feeds WHERE paused_reason IS NULL AND next_check_at <= now()
                ORDER BY next_check_at LIMIT {holder.LOOKED_AT}) due
            WHERE {holder.ORPHANED})
          AND {holder.ORPHANED}
        RETURNING host
    )
    UPDATE hosts SET free_at = now() + make_interval(secs => :pause) FROM freed WHERE hosts.host = freed.host
    """  # noqa: S608 - constants of ours
)

_DUE = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM feeds f JOIN hosts h USING (host)
        WHERE f.paused_reason IS NULL AND f.next_check_at <= now() AND f.lease_until < now() AND h.free_at <= now()
        LIMIT 101) AS counted
    """
)


def claim(session: Session, *, limit: int, suspects: bool = False) -> list[FeedState]:
    """Lease up to `limit` due feeds, at most one of each host and none of a host that must be left alone now.

    `suspects`: those that were in hand when a worker died; take them one at a time, so that a feed that kills its
    worker takes no neighbour with it. Time is the database's.
    """
    values = {
        "n": limit,
        "window": 20 * limit,
        "lease": LEASE_S,
        "suspects": suspects,
        "most": MAX_ATTEMPTS,
        "holder": holder.prefix(),
    }
    rows = [dict(row) for row in session.execute(_CLAIM, values).mappings()]
    delays = [row.pop("delay_s") for row in rows]
    after_commit(session, lambda: _count_claim(delays, suspects=suspects))
    return [
        FeedState(**row | {"skip_hours": tuple(row["skip_hours"]), "skip_days": tuple(row["skip_days"])})
        for row in rows
    ]


def _count_claim(delays: Sequence[float], *, suspects: bool) -> None:
    """A suspect is one whose lease ran out: when it was due first says nothing of how long fetches wait."""
    if suspects:
        meters.leases_expired.labels("feed").inc(len(delays))
        meters.retries.labels("feed").inc(len(delays))
        return
    for delay in delays:
        meters.fetch_delay.observe(max(delay, 0))


def release(session: Session, feeds: Sequence[FeedState], *, pause_s: float) -> None:
    """End our leases on feeds that were not finished because this process stops; the attempts do not count."""
    if feeds:
        values = {"ids": [f.id for f in feeds], "tokens": [f.lease_token for f in feeds], "pause": pause_s}
        session.execute(_RELEASE, values)


def give_back(session: Session, feed: FeedState, *, error: str, retry_s: float, pause_s: float) -> None:
    """End our lease on a feed whose fetch came to nothing through our own fault; nobody died of it, so nothing is held
    against the feed, but the reason is shown.
    """
    values = {"id": feed.id, "token": feed.lease_token, "error": error, "retry": retry_s, "pause": pause_s}
    session.execute(_GIVE_BACK, values)
    after_commit(session, meters.retries.labels("feed").inc)


def free_orphans(session: Session, *, pause_s: float) -> None:
    """Free what dead workers had in hand; it counts as an attempt, unless the database itself had ended."""
    session.execute(_FREE_ORPHANS, {"lease": LEASE_S, "pause": pause_s})


def put_aside(session: Session) -> None:
    """Pause, with the reason, feeds that were in hand too often when their worker died."""
    aside = len(session.execute(_PUT_ASIDE, {"most": MAX_ATTEMPTS}).all())
    after_commit(session, lambda: meters.quarantined.labels("feed").inc(aside))


def due(session: Session) -> int:
    """How many feeds could be fetched this moment, counted up to 101."""
    return session.scalar(_DUE) or 0
