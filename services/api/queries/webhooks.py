"""Webhooks in the hand of a courier: claim, keep what is to be sent, note what came of it. Fenced by the lease's token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.latest import EPOCH_SQL

LEASE_S = 60
"""Longer than one attempt and what goes around it."""
ATTEMPTS_KEPT = 50

_BY_STATE = text(
    """
    SELECT CASE WHEN paused_reason IS NOT NULL THEN 'paused' WHEN failures > 0 THEN 'failing' ELSE 'active' END AS state, count(*) AS hooks
    FROM webhooks GROUP BY 1
    """
)

# One of another life of the stream is taken at once, also where it rests after a failure: it is paused for that, and whatever
# waited to be taken is of no use any more.
_CLAIM = text(
    f"""
    UPDATE webhooks w SET lease_until = now() + make_interval(secs => :lease), lease_token = gen_random_uuid()::text
    FROM (
        SELECT id, epoch <> (SELECT {EPOCH_SQL} FROM stream_state) AS is_of_before FROM webhooks
        WHERE paused_reason IS NULL AND lease_until < now()
          AND (due_at <= now() AND (pending_id IS NOT NULL OR seq < (SELECT coalesce(max(seq), 0) FROM changes))
               OR epoch <> (SELECT {EPOCH_SQL} FROM stream_state))
        ORDER BY due_at, id LIMIT :n FOR NO KEY UPDATE SKIP LOCKED
    ) d WHERE w.id = d.id
    RETURNING w.id, w.url, w.filters, w.secret, w.old_secret, w.old_until, w.epoch, w.seq, w.failures, w.failing_since,
              CASE WHEN NOT d.is_of_before THEN w.pending_id END, w.pending_body, w.pending_seq, w.pending_changes, w.lease_token
    """  # noqa: S608 - an expression of ours
)

_MOMENT = text("SELECT clock_timestamp()")

_KEEP = text(
    """
    UPDATE webhooks SET pending_id = :message, pending_body = :body, pending_seq = :seq, pending_changes = :changes,
                        lease_until = now() + make_interval(secs => :lease)
    WHERE id = :id AND lease_token = :token
    """
)

_PASS = text("UPDATE webhooks SET seq = :seq WHERE id = :id AND lease_token = :token")

_TAKEN = text(
    """
    UPDATE webhooks SET seq = pending_seq, pending_id = NULL, pending_body = NULL, pending_seq = NULL, pending_changes = NULL,
                        failures = 0, failing_since = NULL, error = NULL, due_at = now(), delivered_at = now(),
                        lease_until = now() + make_interval(secs => :lease)
    WHERE id = :id AND lease_token = :token AND pending_id = :message
    """
)

_FAILED = text(
    """
    UPDATE webhooks SET failures = :failures, failing_since = :since, error = :error, due_at = :due,
                        paused_reason = coalesce(paused_reason, :paused), lease_until = 'epoch', lease_token = NULL
    WHERE id = :id AND lease_token = :token
    """
)

_LET_GO = text(
    "UPDATE webhooks SET lease_until = 'epoch', lease_token = NULL WHERE id = :id AND lease_token = :token"
)

_NOTE = text(
    """
    INSERT INTO webhook_attempts (webhook_id, message, changes, bytes, took_ms, status, error)
    SELECT id, :message, :changes, :bytes, :took, :status, :error FROM webhooks WHERE id = :id
    """
)

_FORGET = text(
    """
    DELETE FROM webhook_attempts WHERE webhook_id = :id AND id < (
        SELECT min(id) FROM (SELECT id FROM webhook_attempts WHERE webhook_id = :id ORDER BY id DESC LIMIT :kept) AS newest)
    """
)


@dataclass(frozen=True, slots=True)
class InHand:
    """A webhook that a courier has leased, with the message that waits to be taken, if there is one."""

    id: int
    url: str
    filters: dict[str, Any]
    secret: str
    old_secret: str | None
    old_until: datetime | None
    epoch: str
    seq: int
    failures: int
    failing_since: datetime | None
    pending_id: str | None
    pending_body: bytes | None
    pending_seq: int | None
    pending_changes: int | None
    lease_token: str

    def secrets(self, now: datetime) -> Sequence[str]:
        """What signs at this moment: the secret, and for a day the one before it."""
        old = self.old_secret if self.old_until and self.old_until > now else None
        return [self.secret, *([old] if old else [])]


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt to be noted."""

    message: str
    changes: int
    bytes: int
    took_ms: int
    status: int | None
    error: str | None


async def by_state(connection: AsyncConnection) -> dict[str, int]:
    """How many webhooks are in each state."""
    rows = await connection.execute(_BY_STATE)
    return {row.state: row.hooks for row in rows}


async def moment(connection: AsyncConnection) -> datetime:
    """The present moment by the database's clock, which says what is due."""
    theirs: datetime = (await connection.execute(_MOMENT)).scalar_one()
    return theirs


async def claim(connection: AsyncConnection, *, limit: int) -> list[InHand]:
    """Lease webhooks that have something to send, those longest due first."""
    rows = await connection.execute(_CLAIM, {"n": limit, "lease": LEASE_S})
    return [InHand(*row) for row in rows]


async def keep(
    connection: AsyncConnection, held: InHand, *, message: str, body: bytes, seq: int, changes: int
) -> bool:
    """Keep a message until it is taken; False when the webhook is in other hands by now."""
    values = {"message": message, "body": body, "seq": seq, "changes": changes, "lease": LEASE_S}
    return await _done(connection, _KEEP, held, **values)


async def passed(connection: AsyncConnection, held: InHand, *, seq: int) -> bool:
    """Nothing up to `seq` concerns this webhook; False as above."""
    return await _done(connection, _PASS, held, seq=seq)


async def taken(connection: AsyncConnection, held: InHand, tried: Tried) -> bool:
    """The message has arrived: the place moves. False when somebody replayed, removed or took it over meanwhile."""
    await _note(connection, held.id, tried)
    return await _done(connection, _TAKEN, held, message=tried.message, lease=LEASE_S)


async def failed(
    connection: AsyncConnection,
    held: InHand,
    tried: Tried | None,
    *,
    failures: int,
    since: datetime | None,
    error: str | None,
    due: datetime,
    paused: str | None,
) -> bool:
    """It has not: when to try again, or why not."""
    if tried is not None:
        await _note(connection, held.id, tried)
    values = {"failures": failures, "since": since, "error": error, "due": due, "paused": paused}
    return await _done(connection, _FAILED, held, **values)


async def let_go(connection: AsyncConnection, held: InHand) -> None:
    """Give the lease back."""
    await _done(connection, _LET_GO, held)


async def _done(connection: AsyncConnection, statement: Any, held: InHand, **values: object) -> bool:
    result = await connection.execute(statement, {"id": held.id, "token": held.lease_token, **values})
    return bool(result.rowcount)


async def _note(connection: AsyncConnection, number: int, tried: Tried) -> None:
    values = {
        "id": number, "message": tried.message, "changes": tried.changes, "bytes": tried.bytes, "took": tried.took_ms,
        "status": tried.status, "error": tried.error,
    }  # fmt: skip
    await connection.execute(_NOTE, values)
    await connection.execute(_FORGET, {"id": number, "kept": ATTEMPTS_KEPT})
