"""Articles, the addresses that identify them, and where they were seen."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Article(Base):
    """One publication, whatever number of feeds carry it.

    `sort_at` is its place in Latest: min(published, first seen), never moved once given. `waiting_since` set means
    that it waits for labels. `listed` means that it stands in Latest; a duplicate never does: it is listed as
    "also at" of the article it points to. `removed_at` set means that it was taken out of Latest for good, `removed_why` in a
    sentence: what is left of it is a tombstone, so that a feed that still lists it does not bring it back. `emptied`: its texts
    are gone too, for good; it expired, and is looked at again after `lease_until`. `revision` grows with every change a subscriber can see. `search`: what it is
    found by, made by `core.search` and written by whoever labels it, so that storing a fetch need not wait for it.
    """

    __tablename__ = "articles"
    __table_args__ = (
        CheckConstraint("duplicate_of IS NULL OR NOT listed", name="duplicate_hidden"),
        CheckConstraint("duplicate_of <> id", name="duplicate_of_another"),
        CheckConstraint("removed_at IS NULL OR NOT listed", name="removed_hidden"),
        CheckConstraint("removed_at IS NOT NULL OR NOT emptied", name="emptied_removed"),
        CheckConstraint("revision > 0", name="revision_positive"),
        Index("ix_articles_latest", sql("sort_at DESC"), sql("id DESC"), postgresql_where=sql("listed")),
        Index(
            "ix_articles_latest_of_source",
            "source_id",
            sql("sort_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("listed"),
        ),
        Index(
            "ix_articles_latest_in_language",
            sql("lower(split_part(language, '-', 1))"),
            sql("sort_at DESC"),
            sql("id DESC"),
            postgresql_where=sql("listed"),
        ),
        Index("ix_articles_expiring", "sort_at", "id", postgresql_where=sql("NOT emptied")),
        Index("ix_articles_tombstones", "lease_until", postgresql_where=sql("emptied")),
        Index(
            "ix_articles_waiting",
            "id",
            postgresql_where=sql("waiting_since IS NOT NULL AND quarantined IS NULL"),
        ),
        Index(
            "ix_articles_tried",
            "id",
            postgresql_where=sql("attempts > 0 AND waiting_since IS NOT NULL AND quarantined IS NULL"),
        ),
        Index(
            "ix_articles_untried",
            "id",
            postgresql_where=sql("attempts = 0 AND waiting_since IS NOT NULL AND quarantined IS NULL"),
        ),
        Index(
            "ix_articles_waiting_since",
            "waiting_since",
            postgresql_where=sql("waiting_since IS NOT NULL AND quarantined IS NULL"),
        ),
        Index("ix_articles_quarantined", "id", postgresql_where=sql("quarantined IS NOT NULL")),
        # Words are noted in a list first, which whoever fills it files: with the default of 4 MB somebody works 0.4 s for all the others.
        Index(
            "ix_articles_search",
            "search",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 1024},
        ),
        Index("ix_articles_duplicate_of", "duplicate_of", postgresql_where=sql("duplicate_of IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", ondelete="SET NULL"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    url: Mapped[str]
    title: Mapped[str]
    teaser: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    authors: Mapped[list[str]]
    tags: Mapped[list[str]]
    image: Mapped[str | None]
    language: Mapped[str | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime | None]
    date_guessed: Mapped[bool]
    first_seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sort_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=sql("1"))
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str | None]
    emptied: Mapped[bool] = mapped_column(server_default=sql("false"))

    waiting_since: Mapped[datetime | None]
    lease_until: Mapped[datetime] = mapped_column(server_default=sql("'epoch'"))
    lease_token: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    quarantined: Mapped[str | None]

    listed: Mapped[bool] = mapped_column(server_default=sql("false"))
    published_revision: Mapped[int] = mapped_column(server_default=sql("0"))
    rulebook_version: Mapped[str | None]
    region: Mapped[str | None]
    regions: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    topics: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    places: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    verdict: Mapped[dict[str, Any] | None]
    search: Mapped[Any] = mapped_column(TSVECTOR, nullable=True, deferred=True)


class ArticleUrl(Base):
    """A canonical URL belongs to one article, once. An article that moved has several."""

    __tablename__ = "article_urls"

    url_key: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)


class Sighting(Base):
    """Where an article was seen: one feed, one guid, once."""

    __tablename__ = "sightings"
    __table_args__ = (UniqueConstraint("feed_id", "guid"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"))
    guid: Mapped[str]
    url: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class AddressState(Base):
    """One row: by which rules the keys of stored articles were made, and how far the walk is that makes them anew.

    `version`: of keys (`core.urls.KEY_VERSION`) and rules; `rules`: what they say; `befores`: those by which keys may still
    be stored that are gone over. `at_id`: the article looked at last, newest first; NULL at the start. `owners`: what the
    owners of sources were set by, and up to which source (`source_id`).
    """

    __tablename__ = "address_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(server_default=sql("''"))
    rules: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'"))
    befores: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'"))
    owners: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'"))
    source_id: Mapped[int] = mapped_column(server_default=sql("0"))
    at_id: Mapped[int | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    looked: Mapped[int] = mapped_column(server_default=sql("0"))
    merged: Mapped[int] = mapped_column(server_default=sql("0"))


class SearchState(Base):
    """One row: by which version of `core.search` stored articles are found, and how far the walk is that indexes them anew.

    `at_id`: the article looked at last, newest first; NULL at the start.
    """

    __tablename__ = "search_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(server_default=sql("''"))
    at_id: Mapped[int | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    looked: Mapped[int] = mapped_column(server_default=sql("0"))
