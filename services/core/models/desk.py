"""What editors do: drafts of rules, publications, corrections, relabelling, and what they ask of workers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base

SCOPES = ("read", "editor", "operator")
DESK_KINDS = (
    "check",
    "test",
    "explain",
    "diff",
    "impact",
    "publish",
    "rollback",
    "stats",
    "suggest",
    "evaluate",
    "agreement",
)
"""What a worker can be asked for; `services.classify.desk` holds what each takes and gives."""


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


class Token(Base):
    """A key to the desk or to reading. Only the SHA-256 of its text is kept; a revoked one stays for the record."""

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint("scopes <@ ARRAY['read', 'editor', 'operator']", name="scopes_known"),
        Index("ix_tokens_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Draft(Base):
    """An editor's rulebook in the making: one a person. `base` is the version in force when it was begun.

    `revision` grows with every save, so that two windows of one editor cannot overwrite each other unseen.
    """

    __tablename__ = "drafts"

    author: Mapped[str] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(ForeignKey("rulebooks.version"))
    texts: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Publication(Base):
    """A version was put in force: by publishing or by going back to it. What `dateline rules history` tells.

    `before` is the version that was in force until then. `figures`: tests passed, scores on corrected articles, and the
    impact that was foreseen, as far as they were known at that time.
    """

    __tablename__ = "publications"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("rulebooks.version"), index=True)
    before: Mapped[str | None]
    author: Mapped[str]
    message: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    figures: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Correction(Base):
    """What an editor says the labels of an article are; NULL leaves a kind to the rules.

    At most one of an article stands; a later one withdraws it. `document` is the text that was judged, so that the judgement
    serves as a labelled example even when the article is gone.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("num_nonnulls(regions, topics, places) > 0", name="says_something"),
        Index(
            "ix_corrections_standing",
            "article_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND article_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    regions: Mapped[list[str] | None]
    topics: Mapped[list[str] | None]
    places: Mapped[list[str] | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    author: Mapped[str]
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    withdrawn_at: Mapped[datetime | None]


class DeskRequest(Base):
    """Work that an editor asked for and a classify worker does: input in, answer or error out.

    `state`: waiting, done, or refused (the input is wrong, `error` says why) or failed (we are).
    """

    __tablename__ = "desk_requests"
    __table_args__ = (
        CheckConstraint(_one_of("kind", DESK_KINDS), name="kind_known"),
        CheckConstraint(_one_of("state", ("waiting", "done", "refused", "failed")), name="state_known"),
        Index("ix_desk_requests_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_desk_requests_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str]
    input: Mapped[dict[str, Any]]
    author: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    answer: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    progress: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))
    lease_token: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))


class Relabelling(Base):
    """A walk over listed articles, newest first, that gives them the labels of one version.

    `at_sort`, `at_id`: the article that was looked at last, NULL at the start; the walk goes on below it. At most one walk is unfinished.
    """

    __tablename__ = "relabellings"
    __table_args__ = (
        Index(
            "ix_relabellings_unfinished",
            text("(finished_at IS NULL)"),
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("rulebooks.version"))
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    at_sort: Mapped[datetime | None]
    at_id: Mapped[int | None]
    looked: Mapped[int] = mapped_column(server_default=text("0"))
    relabelled: Mapped[int] = mapped_column(server_default=text("0"))
    moved: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]
    ended: Mapped[str | None]
