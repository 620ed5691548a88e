"""Shapes of the answers about stories, for the published description. A test holds the answers to these."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.api.schemas.answers import ItemShape, Shape, SourceShape, StoryShape, StoryWhyShape


class StoryItemShape(ItemShape):
    """An article of a story."""

    story_why: StoryWhyShape | None


class CountsShape(Shape):
    """How much there is of a story."""

    articles: int = Field(description="Those that stand in Latest.")
    publishers: int = Field(description="Distinct owners, copies included.")


class PublisherShape(Shape):
    """One voice: an owner, and the sources it speaks through."""

    owner: str = Field(description="The id of its source where it has one alone.")
    name: str
    sources: list[SourceShape]
    first_at: datetime = Field(description="Its first article, copy or sighting.")
    articles: int = Field(description="All of those, each once.")


class StepShape(Shape):
    """One hour, day or week."""

    at: datetime = Field(description="Its start.")
    articles: int
    publishers: int = Field(description="Who took the story up in it.")


class TimelineShape(Shape):
    """The story in equal steps, without holes."""

    first_at: datetime
    last_at: datetime
    step: Literal["hour", "day", "week"] = Field(description="Days beyond 72 hours, weeks beyond 120 days.")
    steps: list[StepShape]


class LabelCountShape(Shape):
    """How many of its articles stand under a region or topic."""

    slug: str
    name: str
    articles: int


class StoryBody(Shape):
    """A story, and a page of its articles."""

    id: int
    title: str = Field(description="The headline of its leading article.")
    teaser: str
    lead: int = Field(description="Id of that article.")
    counts: CountsShape
    articles: list[StoryItemShape] = Field(description="The newest first.")
    next: str | None = Field(description="Give it as `before` for the following page.")
    publishers: list[PublisherShape] = Field(description="The first one first.")
    timeline: TimelineShape
    regions: list[LabelCountShape]
    topics: list[LabelCountShape]


class VoiceShape(Shape):
    """What one publisher adds to the heat of a story."""

    owner: str
    name: str
    at: datetime = Field(description="Its first article on the story in this scope.")
    weight: float = Field(description="1 for a text of its own, 0.25 for a copy.")
    counts: float = Field(description="weight x 2^(-age / 6 h).")


class UsualShape(Shape):
    """What is usual in the scope: habit = (prior + voices) / (prior + stories)."""

    voices: float
    stories: float
    prior: int


class TrendShape(Shape):
    """A story that rises: score = heat / habit."""

    rank: int
    story: StoryShape
    title: str
    score: float
    heat: float = Field(description="The sum of what each publisher counts.")
    habit: float
    usual: UsualShape
    publishers: list[VoiceShape] = Field(description="The loudest first.")
    sentence: str = Field(description="The arithmetic in words.")
    lead: ItemShape


class TrendingBody(Shape):
    """What rises in a region, a topic, both, or anywhere."""

    region: str | None
    topic: str | None
    window: str
    at: datetime = Field(description="The moment that the scores are of; it moves every 30 s.")
    sentence: str
    items: list[TrendShape] = Field(description="The most first.")
