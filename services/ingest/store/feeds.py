"""The feeds' own records after a look: validators, pace, habit, history, gaps, and the hosts' next free moment.

Everything takes many feeds at once: what a look costs the database is a share of a few statements.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session

from services.core.models import Gap
from services.ingest.plan import FeedState, Outcome
from services.ingest.store.bulk import copy_in

HISTORY = 30
"""Fetches remembered of each feed."""

_FENCE = text(
    """
    SELECT f.id FROM feeds f JOIN unnest(CAST(:ids AS bigint[]), CAST(:tokens AS text[])) AS w (id, token)
      ON w.id = f.id AND w.token = f.lease_token
    ORDER BY f.id FOR NO KEY UPDATE OF f
    """
)

# A feed that somebody made due while it was in hand (a push, `feeds refresh`) stays due. What an operator can change
# meanwhile (names, a pause) is only filled where it is empty.
_OUTCOMES = text(
    """
    UPDATE feeds f SET
        next_check_at = CASE WHEN f.next_check_at > f.lease_until - make_interval(secs => :lease)
                             THEN f.next_check_at ELSE d.next_check_at END,
        interval_s = d.interval_s, pace_reason = d.pace_reason, checked_at = :now,
        lease_until = 'epoch', lease_token = NULL, attempts = 0,
        paused_reason = coalesce(d.paused_reason, f.paused_reason),
        error_kind = d.error_kind, error = d.error,
        failures = CASE WHEN d.ok THEN 0 ELSE f.failures + 1 END,
        ok_at = CASE WHEN d.ok THEN :now ELSE f.ok_at END,
        etag = CASE WHEN d.ok THEN d.etag ELSE f.etag END,
        last_modified = CASE WHEN d.ok THEN d.last_modified ELSE f.last_modified END,
        body_hash = CASE WHEN d.ok THEN d.body_hash ELSE f.body_hash END,
        full_at = CASE WHEN d.is_full THEN :now ELSE f.full_at END,
        body_at = CASE WHEN d.size IS NULL THEN f.body_at ELSE :now END,
        validators_lie = f.validators_lie OR d.lied,
        moved_to = d.moved_to, moved_since = d.moved_since, moved_times = d.moved_times,
        new_at = d.new_at, usual_s = d.usual_s, quiet_at = d.quiet_at, window_s = d.window_s,
        source_id = d.source_id, "window" = coalesce(d.size, f."window"), format = coalesce(d.format, f.format),
        title = CASE WHEN d.size IS NULL THEN f.title ELSE coalesce(nullif(f.title, ''), d.title, f.host) END,
        site_url = coalesce(f.site_url, d.site_url), language = coalesce(f.language, d.language),
        wish_s = coalesce(d.wish_s, f.wish_s), skip_hours = coalesce(d.skip_hours, f.skip_hours),
        skip_days = coalesce(d.skip_days, f.skip_days),
        hub_url = CASE WHEN d.size IS NULL THEN f.hub_url ELSE d.hub_url END,
        topic_url = CASE WHEN d.size IS NULL THEN f.topic_url ELSE d.topic_url END,
        replacement_url = CASE WHEN d.ok THEN NULL ELSE f.replacement_url END
    FROM json_to_recordset(:rows) AS d (
        id bigint, next_check_at timestamptz, interval_s bigint, pace_reason text, paused_reason text, ok bool,
        error_kind text, error text, etag text, last_modified text, body_hash text, is_full bool, lied bool,
        moved_to text, moved_since timestamptz, moved_times bigint, new_at timestamptz, usual_s bigint,
        quiet_at timestamptz, window_s bigint, source_id bigint, size bigint, format text, title text, site_url text, language text,
        wish_s bigint, skip_hours smallint[], skip_days smallint[], hub_url text, topic_url text)
    WHERE f.id = d.id
    """
).bindparams(bindparam("rows", type_=JSON))

_FREE = text(
    """
    UPDATE hosts h SET free_at = now() + make_interval(secs => w.pause)
    FROM (SELECT host, max(pause) AS pause FROM unnest(CAST(:hosts AS text[]), CAST(:pauses AS float8[]))
          AS each (host, pause) GROUP BY host ORDER BY host) w
    WHERE h.host = w.host
    """
)

_PRUNE = text(
    """
    DELETE FROM fetches f USING unnest(CAST(:ids AS bigint[])) AS w (id)
    WHERE f.feed_id = w.id
      AND f.at < (SELECT at FROM fetches o WHERE o.feed_id = w.id ORDER BY at DESC OFFSET :keep LIMIT 1)
    """
)

_FETCHES = {
    "feed_id": "int8",
    "at": "timestamptz",
    "elapsed_ms": "int8",
    "status": "int8",
    "outcome": "text",
    "error": "text",
    "bytes": "int8",
    "brought": "jsonb",
}


def fence(session: Session, feeds: Sequence[FeedState]) -> set[int]:
    """Lock the rows of those feeds that are still ours; their ids. The others were taken over or removed."""
    held = session.scalars(_FENCE, {"ids": [f.id for f in feeds], "tokens": [f.lease_token for f in feeds]})
    return {int(number) for number in held}


def sources_of(session: Session, named: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Ids of sources by key, those made that are new. `named`: key, name and URL of each."""
    if not named:
        return {}
    rows = sorted({key: (key, name, url) for key, name, url in named}.values())
    keys, names, urls = (list(column) for column in zip(*rows, strict=True))
    session.execute(
        text(
            "INSERT INTO sources (key, name, url) SELECT * FROM "
            "unnest(CAST(:keys AS text[]), CAST(:names AS text[]), CAST(:urls AS text[])) ON CONFLICT DO NOTHING"
        ),
        {"keys": keys, "names": names, "urls": urls},
    )
    found = session.execute(text("SELECT key, id FROM sources WHERE key = ANY(:keys)"), {"keys": keys})
    return {key: int(number) for key, number in found}


def store_outcomes(session: Session, outcomes: Sequence[Outcome], *, lease_s: int, now: datetime) -> None:
    """Write what each look taught about its feed, and give the leases back."""
    if outcomes:
        rows = [_row(outcome) for outcome in outcomes]
        session.execute(_OUTCOMES, {"rows": rows, "lease": lease_s, "now": now})


def _row(o: Outcome) -> dict[str, Any]:
    reading, new_body = o.reading, o.reading.outcome == "new-body"
    row: dict[str, Any] = {
        "id": o.feed.id,
        "next_check_at": o.pace.next_check_at.isoformat(),
        "interval_s": o.pace.interval_s,
        "pace_reason": o.pace.reason or None,
        "paused_reason": o.pace.paused_reason,
        "ok": reading.outcome in {"new-body", "unchanged"},
        "error_kind": reading.error_kind,
        "error": reading.error,
        "etag": reading.etag,
        "last_modified": reading.last_modified,
        "body_hash": reading.body_hash,
        "is_full": reading.full,
        "lied": reading.lied,
        "moved_to": o.move.to,
        "moved_since": _iso(o.move.since),
        "moved_times": o.move.times,
        "new_at": _iso(o.habit.new_at),
        "usual_s": o.habit.usual_s,
        "quiet_at": _iso(o.habit.quiet_at),
        "window_s": o.pace.window_s,
        "source_id": o.source_id,
    }
    if new_body:
        row |= {
            "size": window(o) or o.feed.window,
            "format": reading.format,
            "title": reading.title or None,
            "site_url": reading.site_url,
            "language": reading.language,
            "wish_s": reading.wish_s,
            "skip_hours": list(reading.skip_hours),
            "skip_days": list(reading.skip_days),
            "hub_url": reading.hubs[0] if reading.hubs else None,
            "topic_url": reading.self_url,
        }
    return row


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def window(outcome: Outcome) -> int:
    """How many entries the body held that can be told apart."""
    plan = outcome.plan
    return len(plan.new) + len(plan.again) + len(plan.unchanged)


def store_history(session: Session, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """One row of history for each look, with what it brought; a gap where there was one."""
    if outcomes:
        copy_in(session, "fetches", _FETCHES, (_fetch(o, now) for o in outcomes))
    gaps = [
        {
            "feed_id": o.feed.id,
            "from_at": o.feed.ok_at,
            "to_at": now,
            "window": window(o),
            "missed": o.plan.missed,
        }
        for o in outcomes
        if o.plan.gap and o.feed.ok_at is not None
    ]
    if gaps:
        session.execute(insert(Gap), gaps)


def _fetch(o: Outcome, now: datetime) -> tuple[Any, ...]:
    brought = {
        "new": len(o.plan.new),
        "again": len(o.plan.again),
        "unchanged": len(o.plan.unchanged),
        "skipped": [*o.reading.skipped, *o.plan.skipped][:20],
    }
    took = int(o.response.elapsed_s * 1000)
    r = o.response
    return (o.feed.id, now, took, r.status, o.reading.outcome, o.reading.error, r.size, Jsonb(brought))


def prune(session: Session, feed_ids: Sequence[int]) -> None:
    """Forget all but the last `HISTORY` fetches of these feeds."""
    if feed_ids:
        session.execute(_PRUNE, {"ids": list(feed_ids), "keep": HISTORY - 1})


def free_hosts(session: Session, outcomes: Sequence[Outcome], *, pause_s: float) -> None:
    """The hosts may be asked again after the pause, or when they wish, if they asked for longer."""
    if outcomes:
        pauses = [max(pause_s, float(o.reading.host_asks_s)) for o in outcomes]
        session.execute(_FREE, {"hosts": [o.feed.host for o in outcomes], "pauses": pauses})
