"""Webhooks: who is told of changes at an address of his own, how far he was told, and how that went."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Webhook(Base):
    """A stream that is sent to an address. `seq` in `epoch`: everything up to there was delivered, or did not concern it.

    A message is composed once and kept (`pending_*`) until it is taken, so that every attempt at it is the same. `secret` signs;
    `old_secret` does so beside it until `old_until`. `paused_reason` set means that nothing is sent until somebody resumes it; `paused_by`:
    who paused it by hand, which a replay does not undo.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("(pending_id IS NULL) = (pending_body IS NULL)", name="pending_whole"),
        Index("ix_webhooks_due", "due_at", postgresql_where=text("paused_reason IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    filters: Mapped[dict[str, Any]]
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_until: Mapped[datetime | None]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    paused_reason: Mapped[str | None]
    paused_by: Mapped[str | None]

    epoch: Mapped[str]
    seq: Mapped[int]
    pending_id: Mapped[str | None]
    pending_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    pending_seq: Mapped[int | None]
    pending_changes: Mapped[int | None]

    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    lease_until: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))
    lease_token: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]
    error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One attempt at a message, for whoever looks for what went wrong; the newest of each webhook are kept."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_webhook_id_id", "webhook_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message: Mapped[str]
    changes: Mapped[int]
    bytes: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    took_ms: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]
