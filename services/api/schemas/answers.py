"""Shapes of the answers, for the published description. Answers are rendered by `formats`; a test holds them to these."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Every member of an answer is described here."""

    model_config = ConfigDict(extra="forbid")


class SourceShape(Shape):
    """A publisher."""

    id: str = Field(description="Host of its site.")
    name: str
    url: str | None
    country: str | None = Field(description="ISO 3166 alpha-2.")


class AlsoAtShape(Shape):
    """Another place where the same article stands."""

    source: SourceShape
    url: str


class AlsoAtWhyShape(AlsoAtShape):
    """Another place where the same article stands, and why it counts as one."""

    article: int | None = Field(description="Id of the copy; null where the article itself was seen there.")
    at: datetime = Field(description="When it was first seen there.")
    why: str


class StoryShape(Shape):
    """Articles on the same event."""

    id: int
    articles: int = Field(description="Those that stand in Latest.")
    publishers: int = Field(description="Distinct owners, copies included.")


class WordShape(Shape):
    """A word that spoke for a story, and its share of the similarity."""

    word: str
    share: float


class StoryWhyShape(Shape):
    """How an article came into its story."""

    by: str = Field(description="`similarity`, or `editor` where somebody said so.")
    sentence: str
    judgement: int | None = Field(description="The number of what an editor said of it, if anybody did.")
    similarity: float | None
    needed: float | None
    nearest: int | None = Field(description="The story that the similarity was measured with.")
    words: list[WordShape]
    decided_at: datetime


class _ArticleShape(Shape):
    """What everything that shows an article says of it."""

    id: int
    revision: int = Field(description="Grows with every change that can be seen.")
    url: str
    title: str
    teaser: str = Field(description="Plain text, at most 240 characters.")
    source: SourceShape
    authors: list[str]
    image: str | None
    language: str | None = Field(description="BCP 47.")
    published_at: datetime | None
    first_seen_at: datetime
    updated_at: datetime
    region: str | None = Field(description="Slug of the primary region.")
    regions: list[str]
    topics: list[str]
    places: list[str] = Field(description="ISO 3166 alpha-2.")
    story: StoryShape | None = Field(description="Null until that is decided, a moment after it came.")


class ItemShape(_ArticleShape):
    """An article as streams show it."""

    also_at: list[AlsoAtShape]


class TroubleShape(Shape):
    """A source that is late, failing or has a gap."""

    source: str
    name: str
    states: list[Literal["late", "failing", "gap"]]
    sentence: str


class CompletenessShape(Shape):
    """How far the stream can be relied on: numbers of sources."""

    sources: int
    asked: int
    late: int
    failing: int
    gaps: int
    sentence: str
    troubles: list[TroubleShape] = Field(description="At most 20 of them.")


class LatestBody(Shape):
    """A page of Latest."""

    items: list[ItemShape]
    next: str | None = Field(description="Give it as `before` for the following page.")
    changes: str = Field(description="Give it as `since` to /v1/changes to go on from this answer.")
    completeness: CompletenessShape


class TombstoneShape(Shape):
    """All that is told of a removed article."""

    id: int


class ChangeShape(Shape):
    """One event of the stream."""

    cursor: str
    change: Literal["added", "updated", "moved", "left", "merged", "removed"]
    revision: int
    at: datetime
    article: ItemShape | TombstoneShape = Field(description="As it stands now.")
    into: int | None = Field(default=None, description="The survivor of a merge.")


class ChangesBody(Shape):
    """What happened after a cursor, oldest first."""

    items: list[ChangeShape]
    cursor: str = Field(description="Give it as `since` to go on.")
    more: bool = Field(description="Whether to ask again at once.")


class SightingShape(Shape):
    """One feed and address where the article was seen."""

    source: SourceShape
    feed: str
    url: str
    first_seen_at: datetime
    last_seen_at: datetime


class LabelsShape(Shape):
    """Labels with their reasons, as the rules gave them."""

    regions: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    places: list[dict[str, Any]]


class ArticleBody(_ArticleShape):
    """One article whole."""

    also_at: list[AlsoAtWhyShape]
    story_why: StoryWhyShape | None
    text: str
    html: str
    tags: list[str]
    duplicate_of: int | None = Field(description="The article that is shown for this one.")
    rulebook: str | None = Field(description="Version of the rulebook that gave the labels.")
    labels: LabelsShape
    sightings: list[SightingShape]


class LabelShape(Shape):
    """A region or topic; counts include what stands below it."""

    slug: str
    name: str
    parent: str | None
    articles_24h: int
    children: list["LabelShape"]


class RegionsBody(Shape):
    """All regions."""

    regions: list[LabelShape]
    rulebook: str | None


class TopicsBody(Shape):
    """All topics."""

    topics: list[LabelShape]
    rulebook: str | None


class HealthShape(Shape):
    """State of a source's feeds."""

    state: Literal["healthy", "late", "failing", "gap", "paused", "new"]
    sentence: str
    ok_at: datetime | None


class SourceRowShape(SourceShape):
    """A source with its health."""

    feeds: int
    articles_24h: int
    health: HealthShape


class SourcesBody(Shape):
    """All sources."""

    sources: list[SourceRowShape]


class ProblemBody(BaseModel):
    """RFC 9457. `type` is an address that explains it; some problems have further members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


_MEANINGS = {
    400: "A parameter or a body that cannot be used; `parameter` or `member` names the place.",
    401: "A token is needed, or the one that was sent is nobody's.",
    403: "The token does not allow this; `scope` names what is missing.",
    404: "Nothing stands there.",
    408: "The body took too long to arrive.",
    409: "What stands by now does not allow it; the sentence says how to go on.",
    410: "It was there, and is gone for good.",
    412: "It was changed since you read it.",
    413: "The body is larger than what is read.",
    422: "The rules are wrong, or their own tests fail.",
    428: "Say with `If-Match` what you mean to replace.",
    429: "More than one reader may send; `Retry-After` says when to go on.",
    500: "A fault of ours; it is in the log.",
    503: "Something the service stands on does not answer; `Retry-After` says when to ask again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route can answer with, for its description."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}
