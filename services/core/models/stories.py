"""Stories: which articles are of one event, how that was decided, and what is rising."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Story(Base):
    """Articles on one event. An id never changes its meaning: a story that turned out to be another one points to it.

    `articles` counts listed articles, `publishers` distinct owners, copies included. `lead_id`: the article it is called after.
    `muted_by`: an editor keeps it out of Trending. Ids are given by the one consumer that decides.
    """

    __tablename__ = "stories"
    __table_args__ = (
        CheckConstraint("merged_into < id", name="older_stays"),
        Index("ix_stories_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_stories_lead_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    founded_at: Mapped[datetime]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    articles: Mapped[int] = mapped_column(server_default=text("0"))
    publishers: Mapped[int] = mapped_column(server_default=text("0"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("stories.id"))
    muted_by: Mapped[str | None]
    updated_at: Mapped[datetime]


class StoryArticle(Base):
    """The story of one article, with the reason. `number` is its place in the order of decisions; `decided_at` the time by
    which it was decided (that of its change in the stream, so that deciding again gives the same).

    `decision`: {"by", "sentence", "similarity", "needed", "nearest", "judgement", "words": [[word, share], …]}.
    """

    __tablename__ = "story_articles"
    __table_args__ = (
        Index("ix_story_articles_story_id", "story_id"),
        Index("ix_story_articles_decided_at", "decided_at", "number"),
    )

    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    number: Mapped[int]
    decided_at: Mapped[datetime]
    decision: Mapped[dict[str, Any]]


class StoryState(Base):
    """One row: how far the one consumer that decides stories has read the stream.

    `seq` in `epoch`: the last change decided on. `version` grows with everything that readers of stories can see. `step` counts what was
    decided together. `snapshot`: the memory of the consumer as it was after `snapshot_step`, packed; the steps after it stand
    in `story_steps` and are done again. `tries`: how often processes that had just begun have tried the next step, the first of them at
    `tried_at`; up to `careful_until` changes are taken one by one, because processes died hereabouts.
    """

    __tablename__ = "story_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(server_default=text("''"))
    seq: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("0"))
    next_story: Mapped[int] = mapped_column(server_default=text("1"))
    step: Mapped[int] = mapped_column(server_default=text("0"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    tried_at: Mapped[datetime | None]
    careful_until: Mapped[int] = mapped_column(server_default=text("0"))
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary)
    snapshot_step: Mapped[int] = mapped_column(server_default=text("0"))
    snapshot_at: Mapped[datetime | None]


class StoryStep(Base):
    """What the consumer of stories has read and done since its snapshot, packed: one row for what was decided together."""

    __tablename__ = "story_steps"

    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class TrendScope(Base):
    """What is heard in one scope: everywhere (''), a label (`region/<slug>`, `topic/<slug>`), or both (`region/<slug>+topic/<slug>`).

    `loud`: the stories with several publishers; `habit`: what is usual, by the hour. As `core.trends` reads them: whoever asks works out the
    scores of that moment from this row alone.
    """

    __tablename__ = "trend_scopes"

    scope: Mapped[str] = mapped_column(primary_key=True)
    loud: Mapped[list[dict[str, Any]]]
    habit: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
