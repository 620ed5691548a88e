"""The change log: one row for everything that happened to Latest, in one order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base

CHANGES = ("added", "updated", "moved", "merged", "removed")


class Change(Base):
    """One event of the stream. Rows are added, and the oldest leave (`StreamState.floor`). `seq` is given under a lock, so in commit order."""

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint("change IN ({})".format(", ".join(f"'{c}'" for c in CHANGES)), name="change_known"),
        Index("ix_changes_article_id", "article_id"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    change: Mapped[str]
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    labels_before: Mapped[list[str]]
    labels_after: Mapped[list[str]]


class StreamState(Base):
    """One row. `epoch` changes when the log is set back (a restore), so that old cursors are refused; `floor` is the
    lowest position that a cursor may still name. `mark`: in which server, database and table that epoch was given, see
    `core.latest.EPOCH`. `identity` is this installation's own for ever, through restores too: the ids in feeds
    are made from it; articles up to `tagged_through` were given out under an id without it, and keep that.
    """

    __tablename__ = "stream_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str]
    floor: Mapped[int] = mapped_column(server_default=text("0"))
    mark: Mapped[str | None]
    identity: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    tagged_through: Mapped[int] = mapped_column(server_default=text("0"))
