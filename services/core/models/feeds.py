"""Sources, hosts, feeds, what each fetch brought, gaps, and what else is remembered of a feed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Source(Base):
    """A publisher. `key` is the host of its site, which is what the outside calls it. `owner`: who speaks through it, where
    several sites are one voice; NULL where it speaks for itself.
    """

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str | None]
    country: Mapped[str | None]
    owner: Mapped[str | None]


class Host(Base):
    """A host that feeds live on. `free_at` is when the next request to it may start: politeness is a row lock."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))


class Feed(Base):
    """A source we poll. `paused_reason` set means that it is not due until somebody resumes it.

    What the publisher wishes: `wish_s` (ttl, sy:updatePeriod; seconds), `skip_hours` (0 to 23, UTC) and `skip_days` (0 is
    Monday). `full_at`: the last answer with a body; `body_at`: the last one whose entries were read, since its bytes were
    others than before; `validators_lie`: its server said "not modified" of a body that
    was. `moved_to`, since when and how often in a row: a permanent redirect that is not believed yet.
    `new_at`: when it last brought something new; `usual_s`: its usual silence; from `quiet_at` on silence is unusual; `window_s`: how long its window lasts.
    `pace_reason`: why the next look is when it is, in a sentence. `replacement_url`: a feed that its site offers
    in place of this dead one, looked for at `sought_at`. `hub_url`, `topic_url`: what it says about WebSub.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        CheckConstraint("interval_s > 0", name="interval_positive"),
        Index("ix_feeds_due", "next_check_at", postgresql_where=text("paused_reason IS NULL")),
        Index("ix_feeds_hub_url", "id", postgresql_where=text("hub_url IS NOT NULL")),
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

    wish_s: Mapped[int] = mapped_column(server_default=text("0"))
    skip_hours: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    skip_days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    full_at: Mapped[datetime | None]
    body_at: Mapped[datetime | None]
    validators_lie: Mapped[bool] = mapped_column(server_default=text("false"))
    moved_to: Mapped[str | None]
    moved_since: Mapped[datetime | None]
    moved_times: Mapped[int] = mapped_column(server_default=text("0"))
    new_at: Mapped[datetime | None]
    usual_s: Mapped[int | None]
    quiet_at: Mapped[datetime | None]
    window_s: Mapped[int | None]
    pace_reason: Mapped[str | None]
    replacement_url: Mapped[str | None]
    sought_at: Mapped[datetime | None]
    hub_url: Mapped[str | None]
    topic_url: Mapped[str | None]


class FeedAlias(Base):
    """An address that a feed had before; whoever adds it again gets the feed that is there."""

    __tablename__ = "feed_aliases"

    url: Mapped[str] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Subscription(Base):
    """A feed's subscription at its WebSub hub.

    `token` is the unguessable end of the callback's address, `secret` signs what the hub sends. `state`: `wanted`, `asked`
    (the hub has our request), `active`, `denied` (`reason`), `ended`. `lease_until` and `renew_at` hold while active.
    `pushed_at`: the last signed push; `missed`: looks of our own that found what no push had told.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('wanted', 'asked', 'active', 'denied', 'ended')", name="state_is_one_of_five"
        ),
        Index("ix_subscriptions_renew_at", "renew_at"),
    )

    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True)
    hub: Mapped[str]
    topic: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    renew_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    pushed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    missed: Mapped[int] = mapped_column(server_default=text("0"))
    reason: Mapped[str | None]


class ParseDifference(Base):
    """A body that the fast parser and feedparser read differently: kept (the newest few) to become a test."""

    __tablename__ = "parse_differences"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    what: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)


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
    """A feed whose whole window was new: between `from_at` and `to_at` items were probably missed.

    `window`: entries that the body held; `missed`: how many more were probably published, by the feed's own rate.
    """

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    window: Mapped[int]
    missed: Mapped[int] = mapped_column(server_default=text("0"))
