"""Sources, hosts, feeds, what each fetch brought, and gaps."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Source(Base):
    """A publisher. `key` is the host of its site, which is what the outside calls it."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str | None]
    country: Mapped[str | None]


class Host(Base):
    """A host that feeds live on. `free_at` is when the next request to it may start: politeness is a row lock."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))


class Feed(Base):
    """A source we poll. `paused_reason` set means that it is not due until somebody resumes it."""

    __tablename__ = "feeds"
    __table_args__ = (
        CheckConstraint("interval_s > 0", name="interval_positive"),
        Index("ix_feeds_due", "next_check_at", postgresql_where=text("paused_reason IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    url: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str] = mapped_column(ForeignKey("hosts.host"), index=True)
    title: Mapped[str]
    site_url: Mapped[str | None]
    language: Mapped[str | None]
    region_hint: Mapped[str | None]
    topic_hint: Mapped[str | None]
    folders: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    format: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    paused_reason: Mapped[str | None]

    next_check_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    interval_s: Mapped[int] = mapped_column(server_default=text("3600"))
    lease_until: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))
    lease_token: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))

    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    body_hash: Mapped[str | None]
    window: Mapped[int] = mapped_column(server_default=text("0"))

    checked_at: Mapped[datetime | None]
    ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    error_kind: Mapped[str | None]
    error: Mapped[str | None]


class Fetch(Base):
    """One attempt at a feed and what it brought."""

    __tablename__ = "fetches"
    __table_args__ = (Index("ix_fetches_feed_id_at", "feed_id", "at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    elapsed_ms: Mapped[int]
    status: Mapped[int | None]
    outcome: Mapped[str]
    error: Mapped[str | None]
    bytes: Mapped[int]
    brought: Mapped[dict[str, Any]]


class Gap(Base):
    """A feed whose whole window was new: between `from_at` and `to_at` items were probably missed."""

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    window: Mapped[int]
