"""Copies of one text: by which keys a text is found again, which articles are one, and what editors say of that."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base

COPIES_BY = ("text", "title", "address", "editor")
JUDGEMENTS = ("duplicate", "story", "no", "not_news")


class Fingerprint(Base):
    """A key of a text (`classify.duplicates.fingerprint`), with the time at which its article stands in Latest.

    Written and committed before anybody looks for copies: of two that come at once the later reader sees the other. No
    foreign key: some twelve rows an article, each would be looked up, and a row without an article finds nothing.
    """

    __tablename__ = "fingerprints"
    __table_args__ = (
        Index("ix_fingerprints_article_id", "article_id"),
        Index("ix_fingerprints_stored_at", "stored_at"),
    )

    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stored_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Copy(Base):
    """Two articles are one text: `by` their words, their headline, their address, or because an editor said so.

    `one` is the smaller id. `judgement`: {"sentence": …, "reasons": [[what, found, wanted], …]}. Groups are what these pairs join.
    """

    __tablename__ = "copies"
    __table_args__ = (
        CheckConstraint("one < other", name="ordered"),
        CheckConstraint("by IN ({})".format(", ".join(f"'{by}'" for by in COPIES_BY)), name="by_known"),
        Index("ix_copies_other", "other"),
    )

    one: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    other: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    by: Mapped[str]
    judgement: Mapped[dict[str, Any]]
    found_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Judgement(Base):
    """What an editor says of two articles: one text (`duplicate`), one event (`story`), neither (`no`); or of one: `not_news`.

    `one` is the smaller id, `other` NULL for `not_news`. `documents` holds the texts that were judged, so that the judgement
    is a labelled example even when an article is gone (`one` or `other` is NULL then). `heard_at`: since when stories go by it;
    NULL after a change.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        CheckConstraint("says IN ({})".format(", ".join(f"'{j}'" for j in JUDGEMENTS)), name="says_known"),
        CheckConstraint("one < other", name="ordered"),
        Index(
            "ix_judgements_standing",
            "one",
            text("coalesce(other, 0)"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND (other IS NOT NULL OR says = 'not_news')"),
        ),
        Index("ix_judgements_other", "other"),
        Index("ix_judgements_unheard", "id", postgresql_where=text("heard_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    one: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    other: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"))
    says: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    author: Mapped[str]
    documents: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    withdrawn_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
