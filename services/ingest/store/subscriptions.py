"""Subscriptions at WebSub hubs: which are to be had, asked for, renewed or ended, and whether pushes tell everything.

Order of locks: a feed before its subscription, as everywhere. Who claims holds subscriptions alone.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.ingest import subscribing
from services.ingest.subscribing import LAST_FAREWELL, MISSES, Ask, Next

AHEAD_S = 600
"""A worker that dies between claiming and asking delays its subscriptions by this, in seconds."""

CHUNK = 200
"""Feeds that get their first row, or a new one, in one transaction."""

PUSH_UNTIL = f"""
    (SELECT p.lease_until FROM subscriptions p
     WHERE p.feed_id = f.id AND p.state = 'active' AND p.missed < {MISSES} AND p.lease_until > now())
"""  # noqa: S608 - put together from a number of ours
"""SQL: until when a hub tells us of the news of feed `f`; null where none does."""

_NAMED = "f.hub_url IS NOT NULL AND f.paused_reason IS NULL"
_TOPIC = "coalesce(f.topic_url, f.url)"
_FAREWELL = f"s.lease_until > now() AND s.failures < {LAST_FAREWELL}"
_DUE = f"s.renew_at <= now() AND (s.state <> 'ended' OR {_FAREWELL})"
_LACKING = f"""
    FROM feeds f LEFT JOIN subscriptions s ON s.feed_id = f.id
    WHERE {_NAMED} AND (s.feed_id IS NULL
                        OR s.state = 'ended' AND s.renew_at <= now() AND ({_FAREWELL}) IS NOT TRUE)
"""
_OVER = f"""
    s.state <> 'ended' AND NOT EXISTS (
        SELECT 1 FROM feeds f WHERE f.id = s.feed_id AND {_NAMED} AND f.hub_url = s.hub AND {_TOPIC} = s.topic)
"""  # noqa: S608 - put together from the constants above

_WAITING = text(
    f"""
    SELECT count(*) FROM (
        (SELECT 1 FROM subscriptions s WHERE {_DUE} LIMIT 101)
        UNION ALL (SELECT 1 {_LACKING} LIMIT 101)
        UNION ALL (SELECT 1 FROM subscriptions s WHERE {_OVER} LIMIT 101)
        LIMIT 101) AS counted
    """  # noqa: S608 - put together from the constants above
)
# Skips what somebody holds: nobody ever waits here with rows in hand, and the next hint finds the rest.
_END = text(
    f"""
    WITH over AS (
        SELECT s.feed_id, CASE WHEN f.paused_reason IS NOT NULL THEN 'The feed is paused.'
                               WHEN f.hub_url IS NULL THEN 'The feed names no hub any more.'
                               ELSE 'The feed names another hub or topic.' END AS reason
        FROM subscriptions s JOIN feeds f ON f.id = s.feed_id WHERE {_OVER} FOR NO KEY UPDATE OF s SKIP LOCKED
    )
    UPDATE subscriptions s SET state = 'ended', renew_at = now(), asked_at = NULL, failures = 0, reason = over.reason
    FROM over WHERE s.feed_id = over.feed_id
    """  # noqa: S608 - as above
)
_WANTED = text(f"SELECT f.id, f.hub_url, {_TOPIC} AS topic {_LACKING} ORDER BY f.id LIMIT :n")
_BEGIN = text(
    """
    INSERT INTO subscriptions AS s (feed_id, hub, topic, token, secret, state)
    VALUES (:feed_id, :hub, :topic, :token, :secret, 'wanted')
    ON CONFLICT (feed_id) DO UPDATE SET
        hub = excluded.hub, topic = excluded.topic, token = excluded.token, secret = excluded.secret, state = 'wanted',
        asked_at = NULL, lease_until = NULL, renew_at = now(), pushed_at = NULL, failures = 0, missed = 0, reason = NULL
    WHERE s.state = 'ended'
    """
)
# What was not confirmed, was denied long enough ago or has run out is wanted again; a lease that still runs stays what it is.
_CLAIM = text(
    f"""
    WITH chosen AS (
        SELECT s.feed_id, s.state FROM subscriptions s WHERE {_DUE} ORDER BY s.renew_at LIMIT :n
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE subscriptions s SET
        asked_at = now(), renew_at = now() + make_interval(secs => :ahead), failures = s.failures + 1,
        state = CASE WHEN s.state = 'ended' OR s.state = 'active' AND s.lease_until > now() THEN s.state ELSE 'wanted' END
    FROM chosen WHERE s.feed_id = chosen.feed_id
    RETURNING s.feed_id, s.hub, s.topic, s.token, s.secret, s.state, chosen.state AS before, s.failures AS asks, s.asked_at
    """  # noqa: S608 - as above
)
_ANSWERED = text(
    """
    UPDATE subscriptions SET state = :state, renew_at = :renew_at, reason = :reason,
                             lease_until = CASE WHEN :over THEN NULL ELSE lease_until END
    WHERE feed_id = :feed_id AND asked_at = :asked_at AND state = :asked_as
    """
)
_RELIED_ON = text(
    """
    SELECT pushed_at, lease_until, missed FROM subscriptions
    WHERE feed_id = :feed_id AND state = 'active' AND lease_until IS NOT NULL FOR NO KEY UPDATE
    """
)
_SECOND_LOOK = text(
    """
    UPDATE feeds SET next_check_at = :again, pace_reason = 'A hub told of news that the last look did not find.'
    WHERE id = :feed_id AND next_check_at > :again
    """
)
_MISSED = text("UPDATE subscriptions SET missed = :missed WHERE feed_id = :feed_id")
_DISTRUST = text(
    "UPDATE subscriptions SET state = :state, renew_at = :renew_at, reason = :reason, asked_at = NULL WHERE feed_id = :feed_id"
)


def waiting(session: Session) -> int:
    """How many subscriptions are to be had, asked for, renewed or ended this moment, counted up to 101."""
    return session.scalar(_WAITING) or 0


def settle(session: Session, *, new_token: Callable[[], str]) -> None:
    """Let what we want of hubs be what the feeds say: a row for each that names a hub, an end for each that no longer does.

    A subscription that ended keeps its row, so that its callback can say that it is gone; a new one gets another
    token and secret.
    """
    session.execute(_END)
    wanted = session.execute(_WANTED, {"n": CHUNK}).all()
    if wanted:
        session.execute(
            _BEGIN,
            [
                {
                    "feed_id": r.id,
                    "hub": r.hub_url,
                    "topic": r.topic,
                    "token": new_token(),
                    "secret": new_token(),
                }
                for r in wanted
            ],
        )


def claim(session: Session, *, limit: int) -> list[Ask]:
    """Take up to `limit` requests that are to be made. They count as made from now on and are not due again for ten
    minutes, so that a crash before the request costs that and nothing else.
    """
    rows = session.execute(_CLAIM, {"n": limit, "ahead": AHEAD_S}).mappings()
    return [Ask(**row) for row in rows]


def answered(session: Session, ask: Ask, told: Next) -> None:
    """Keep what a hub answered, unless it has confirmed meanwhile or the request is not the newest any more."""
    session.execute(
        _ANSWERED,
        {
            "feed_id": ask.feed_id,
            "asked_at": ask.asked_at,
            "asked_as": ask.state,
            "state": told.state,
            "renew_at": told.renew_at,
            "reason": told.reason,
            "over": told.over,
        },
    )


def note_look(
    session: Session, feed_id: int, found_new: bool, previous_look: datetime | None, now: datetime
) -> None:
    """Note what a look of our own found of a feed that a hub tells us of (`FeedState.push_until`), its row locked.

    `previous_look`: when the last look before this one succeeded (`FeedState.ok_at`).
    """
    row = session.execute(_RELIED_ON, {"feed_id": feed_id}).one_or_none()
    if row is None:
        return
    seen = {"new": int(found_new), "pushed_at": row.pushed_at, "previous_look": previous_look, "now": now}
    if subscribing.missed(**seen, push_until=row.lease_until):
        _note_miss(session, feed_id, row.missed + 1, now)
    elif (again := subscribing.second_look(**seen)) is not None:
        session.execute(_SECOND_LOOK, {"feed_id": feed_id, "again": again})


def _note_miss(session: Session, feed_id: int, misses: int, now: datetime) -> None:
    session.execute(_MISSED, {"feed_id": feed_id, "missed": misses})
    if (told := subscribing.distrust(misses, now=now)) is not None:
        values = {"feed_id": feed_id, "state": told.state, "renew_at": told.renew_at, "reason": told.reason}
        session.execute(_DISTRUST, values)
