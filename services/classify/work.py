"""What labelling works on, and what it returns. Data only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.classify.rules import Document


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored article that waits for labels, as it was claimed. `labels` are those it is listed under, if any."""

    id: int
    revision: int
    lease_token: str
    document: Document
    sort_at: datetime
    listed: bool
    published_revision: int
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labels of one article, ready to be stored: slugs, the stream's labels, the verdict as JSON."""

    waiting: Waiting
    version: str
    region: str | None
    regions: tuple[str, ...]
    topics: tuple[str, ...]
    places: tuple[str, ...]
    verdict: dict[str, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """`region/<slug>` and `topic/<slug>`, as the stream and its followers know them."""
        return (*(f"region/{r}" for r in self.regions), *(f"topic/{t}" for t in self.topics))
