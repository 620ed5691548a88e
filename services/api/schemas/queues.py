"""Shapes of what is told of queues, for the published description. A test holds the answers to these."""

from datetime import datetime

from pydantic import Field

from services.api.schemas.answers import Shape


class QueueShape(Shape):
    """One queue."""

    queue: str
    waiting: int | None = Field(description="Rows that nobody has in hand; null where the work is no rows.")
    in_hand: int | None = Field(description="Rows that a worker has in hand.")
    more: bool = Field(description="Whether there are more than the 100,000 that these two count.")
    oldest_waiting_at: datetime | None = Field(description="Since when the first of them waits.")
    set_aside: int = Field(description="Rows that were set aside because workers died of them.")
    hints: int | None = Field(description="Messages on the broker; null while it does not answer.")


class QueuesBody(Shape):
    """All queues."""

    items: list[QueueShape]


class AsideShape(Shape):
    """A feed, an article or a request of an editor, and why it was set aside."""

    id: int
    name: str
    reason: str


class SetAsideBody(Shape):
    """A page of what was set aside."""

    items: list[AsideShape]
    next: int | None


class ReplayedBody(Shape):
    """What was started anew."""

    replayed: list[int]
