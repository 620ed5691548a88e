"""What hubs' calls read and change. These write, so they take a session in a transaction; the order of locks is feed first."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core.events import FeedPushed
from services.core.outbox import publish
from services.core.websub import Held, Pushed, due_at, missed_after_push

AGAIN_S = 7 * 86_400
"""A hub that denies is asked again after this many seconds."""

_HELD = "SELECT feed_id, hub, topic, secret, state, asked_at IS NOT NULL AS pending FROM subscriptions WHERE token = :token"
_FIND = text(_HELD)
_HOLD = text(_HELD + " FOR NO KEY UPDATE")

# A renewal forgives what was missed before; after a time without trust one more miss is enough.
_SUBSCRIBED = text(
    """
    UPDATE subscriptions SET
        missed = CASE WHEN state = 'active' THEN 0 ELSE least(missed, 1) END,
        state = 'active', asked_at = NULL, failures = 0, reason = NULL,
        lease_until = now() + make_interval(secs => :lease), renew_at = now() + make_interval(secs => :renewal)
    WHERE feed_id = :feed_id
    """
)
_UNSUBSCRIBED = text(
    "UPDATE subscriptions SET asked_at = NULL, lease_until = NULL, renew_at = now() WHERE feed_id = :feed_id"
)
_DENIED = text(
    """
    UPDATE subscriptions SET asked_at = NULL, lease_until = NULL, reason = :reason,
        state = CASE WHEN state = 'ended' THEN 'ended' ELSE 'denied' END,
        renew_at = CASE WHEN state = 'ended' THEN now() ELSE now() + make_interval(secs => :again) END
    WHERE feed_id = :feed_id
    """
)
_PUSHED = text(
    """
    SELECT f.next_check_at, f.checked_at, f.failures, f.lease_until > now() AS in_hand,
           f.paused_reason IS NOT NULL AS paused, now() AS at
    FROM feeds f WHERE f.id = :feed_id FOR NO KEY UPDATE
    """
)
_BEFORE = text("SELECT pushed_at, missed FROM subscriptions WHERE feed_id = :feed_id FOR NO KEY UPDATE")
_DUE = text("UPDATE feeds SET next_check_at = :due WHERE id = :feed_id")
_TOLD = text("UPDATE subscriptions SET pushed_at = :at, missed = :missed WHERE feed_id = :feed_id")


def find(session: Session, token: str) -> Held | None:
    """The subscription whose callback ends in `token`."""
    row = session.execute(_FIND, {"token": token}).mappings().one_or_none()
    return Held(**row) if row else None


def hold(session: Session, token: str) -> Held | None:
    """The same, locked: nobody changes it before we have."""
    row = session.execute(_HOLD, {"token": token}).mappings().one_or_none()
    return Held(**row) if row else None


def subscribed(session: Session, held: Held, *, lease_s: int, renewal_s: int) -> None:
    """The hub pushes for `lease_s` seconds from now on, and is to be asked again in `renewal_s`."""
    session.execute(_SUBSCRIBED, {"feed_id": held.feed_id, "lease": lease_s, "renewal": renewal_s})


def unsubscribed(session: Session, held: Held) -> None:
    """The hub pushes no more, as we asked it."""
    session.execute(_UNSUBSCRIBED, {"feed_id": held.feed_id})


def denied(session: Session, held: Held, *, reason: str) -> None:
    """The hub does not push, or no longer; it is asked again in a week."""
    session.execute(_DENIED, {"feed_id": held.feed_id, "reason": reason, "again": AGAIN_S})


def pushed(session: Session, held: Held) -> None:
    """The hub told of news: look soon, at once where that is not too soon after the last look."""
    feed = session.execute(_PUSHED, {"feed_id": held.feed_id}).mappings().one_or_none()
    before = session.execute(_BEFORE, {"feed_id": held.feed_id}).mappings().one_or_none()
    if feed is None or before is None:
        return  # removed since the call began
    now = feed["at"]
    push = Pushed(**{name: value for name, value in feed.items() if name != "at"}, **before)
    due = due_at(push, now=now)
    if due != push.next_check_at:
        session.execute(_DUE, {"feed_id": held.feed_id, "due": due})
    missed = missed_after_push(push, now=now)
    session.execute(_TOLD, {"feed_id": held.feed_id, "at": now, "missed": missed})
    if due <= now and not push.paused:
        publish(session, FeedPushed())
