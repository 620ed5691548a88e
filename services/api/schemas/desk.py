"""Shapes of what the desk answers, for the published description. A test holds the answers to these."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from services.api.schemas.answers import Shape


class FileShape(Shape):
    """One file of a rulebook."""

    name: str
    bytes: int


class WalkShape(Shape):
    """A walk over listed articles, newest first, that gives them the labels of one version."""

    id: int
    version: str
    started_at: datetime
    back_to: datetime | None = Field(description="Place in Latest that was reached; null at the start.")
    looked: int
    relabelled: int = Field(description="How many got other labels or reasons.")
    moved: int = Field(description="How many changed streams, which followers were told.")
    finished_at: datetime | None
    ended: str | None = Field(description="Why it ended before its time, if it did.")


class VersionShape(Shape):
    """A published rulebook. `author`, `message` and `since`: who put it in force last, why and when."""

    version: str
    in_force: bool
    author: str
    message: str
    since: datetime
    created_at: datetime
    files: list[FileShape]


class RulesBody(VersionShape):
    """The rulebook in force."""

    relabelling: WalkShape | None = Field(description="The walk that runs, or the last that did.")


class VersionBody(VersionShape):
    """A published rulebook whole."""

    texts: dict[str, str] = Field(description="File name to YAML.")


class PublishingShape(Shape):
    """One time that a version was put in force."""

    id: int
    version: str
    before: str | None
    author: str
    message: str
    at: datetime
    figures: dict[str, Any] = Field(description="Tests, scores and impact, as far as they were known then.")
    again: bool = Field(description="It was in force before: somebody went back to it.")
    in_force: bool


class HistoryBody(Shape):
    """When which version was put in force, the latest first."""

    items: list[PublishingShape]
    next: int | None = Field(description="Give it as `below` for the following page.")


class DraftBody(Shape):
    """A rulebook in the making. The ETag is its revision."""

    author: str
    base: str = Field(description="The version in force when it was begun.")
    in_force: str = Field(description="The version in force now.")
    revision: int
    updated_at: datetime
    texts: dict[str, str]


class RequestBody(Shape):
    """Something that a worker was asked for."""

    id: int
    kind: str
    state: Literal["waiting", "done", "refused", "failed"]
    answer: dict[str, Any] | None
    error: dict[str, Any] | None = Field(description="Why it was refused or failed.")
    progress: dict[str, Any] | None
    sentence: str | None = Field(description="Why there is no answer yet.")
    created_at: datetime
    finished_at: datetime | None


class CorrectionShape(Shape):
    """What an editor says the labels of an article are; null leaves a kind to the rules."""

    id: int
    article_id: int | None = Field(
        description="null when the article is not here: it is gone, or has not come yet."
    )
    regions: list[str] | None
    topics: list[str] | None
    places: list[str] | None
    note: str
    author: str
    document: dict[str, Any] = Field(description="The text that was judged.")
    created_at: datetime
    withdrawn_at: datetime | None


class CorrectionsBody(Shape):
    """Corrections that stand, the newest first."""

    items: list[CorrectionShape]
    next: int | None = Field(description="Give it as `below` for the following page.")


class ArticleCorrectionsBody(Shape):
    """Every correction of one article, the newest first, withdrawn ones too."""

    items: list[CorrectionShape]


class ReplacedShape(Shape):
    """A judgement that took the place of another one of the same articles."""

    id: int
    author: str
    says: Literal["duplicate", "story", "no", "not_news"]


class JudgementShape(Shape):
    """What an editor says of two articles, or of one that is no news."""

    id: int
    one: int | None = Field(description="The smaller id; null when the article is gone.")
    other: int | None = Field(description="null for `not_news`, and when the article is gone.")
    says: Literal["duplicate", "story", "no", "not_news"]
    note: str
    author: str
    documents: list[dict[str, Any]] = Field(description="The texts that were judged, that of `one` first.")
    created_at: datetime
    withdrawn_at: datetime | None = Field(
        description="Since when it does not hold, or another took its place."
    )
    heard_at: datetime | None = Field(description="Since when stories go by it; null for some seconds.")
    replaced_by: ReplacedShape | None = Field(
        description="What took its place; null while it holds, and where it was taken back."
    )


class ForeseenShape(Shape):
    """What a judgement changes, as far as the database can tell."""

    hides: list[tuple[int, int]] = Field(
        description="Articles that get hidden, each with the one it stands behind."
    )
    shows: list[int] = Field(description="Articles that are shown again.")
    replaces: int | None = Field(description="The judgement of the same articles that it takes the place of.")
    sentences: list[str]


class SaidBody(Shape):
    """What was said, and what it changes."""

    judgement: JudgementShape | None = Field(description="null for a dry run.")
    foreseen: ForeseenShape


class JudgementBody(JudgementShape):
    """One judgement."""

    withdrawing: ForeseenShape | None = Field(
        description="What taking it back would change; null when it was."
    )


class JudgementsBody(Shape):
    """Judgements, the newest first."""

    items: list[JudgementShape]
    next: int | None = Field(description="Give it as `below` for the following page.")
