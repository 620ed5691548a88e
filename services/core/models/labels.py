"""Rulebooks, and the labels that stand in Latest."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Rulebook(Base):
    """A published version of all rules. At most one is active; none is ever changed.

    `addresses`: what its rules of addresses say (`core.urls.AddressRules`), for those who make keys without reading rules.
    `texts`: file name to YAML. `labels`: the regions and topics they define, in order, each with `kind` (`region` or
    `topic`), `slug`, `name`, `parent` (slug or null): what readers of the stream need without compiling rules.
    """

    __tablename__ = "rulebooks"
    __table_args__ = (Index("ix_rulebooks_active", "active", unique=True, postgresql_where=text("active")),)

    version: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]]
    labels: Mapped[list[dict[str, Any]]]
    addresses: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    message: Mapped[str]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    active: Mapped[bool] = mapped_column(server_default=text("false"))


class ArticleLabel(Base):
    """One label of a listed article, with the article's place in Latest beside it so that a page is one index range.

    `label` is `region/<slug>` or `topic/<slug>`. Regions above a region have rows of their own.
    """

    __tablename__ = "article_labels"
    __table_args__ = (
        Index("ix_article_labels_latest", "label", text("sort_at DESC"), text("article_id DESC")),
    )

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    sort_at: Mapped[datetime]
