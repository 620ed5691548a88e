"""What labelling works on, and what it returns. Data only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.classify.rules import Correction, Document
from services.core.errors import InvalidInputError

Shown = tuple[str | None, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""What subscribers see of labels: primary region, regions, topics, places, each in its order."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored article that waits for labels, as it was claimed.

    `labels` are those it is listed under, if any, `shown` what subscribers saw last; `correction` is what an editor says they should be.
    `source`: the key of its publisher.
    """

    id: int
    revision: int
    lease_token: str
    document: Document
    sort_at: datetime
    listed: bool
    published_revision: int
    labels: frozenset[str]
    shown: Shown
    correction: Correction | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labels of one article, ready to be stored: slugs, the stream's labels, the verdict as JSON.

    `regrouped`: where else it is shown has changed since followers heard of it.
    """

    waiting: Waiting
    version: str
    region: str | None
    regions: tuple[str, ...]
    topics: tuple[str, ...]
    places: tuple[str, ...]
    verdict: dict[str, Any]
    regrouped: bool = False

    @property
    def revision(self) -> int:
        """What subscribers know it by from now on: one more where its text is what it was and something else is different."""
        w = self.waiting
        else_ = w.shown != self.shown or self.regrouped
        return w.revision + (w.listed and w.revision == w.published_revision and else_)

    @property
    def shown(self) -> Shown:
        """What subscribers will see."""
        return (self.region, self.regions, self.topics, self.places)

    @property
    def labels(self) -> tuple[str, ...]:
        """`region/<slug>` and `topic/<slug>`, as the stream and its followers know them."""
        return (*(f"region/{r}" for r in self.regions), *(f"topic/{t}" for t in self.topics))


@dataclass(frozen=True, slots=True)
class Published:
    """A rulebook was put in force. `walk` is the number of the relabelling that began, None when it was in force already."""

    version: str
    before: str | None
    walk: int | None


class OvertakenError(InvalidInputError):
    """Somebody published while an editor was at work. Says who, and what to do."""

    def __init__(self, *, base: str, in_force: str, author: str, message: str, at: datetime) -> None:
        super().__init__(
            f"Your rules began from {base[:12]}, but {author} has published {in_force[:12]} since"
            f" ({at:%Y-%m-%d %H:%M} UTC: {message!r}). Nothing was published: `dateline rules diff {base[:12]} {in_force[:12]}`"
            " shows what changed; take it over, and publish with that version as base."
        )
        self.base, self.in_force, self.author, self.message, self.at = base, in_force, author, message, at


class TestsFailError(InvalidInputError):
    """Examples that stand beside the rules fail. `results` is what a run of them tells, failed ones first."""

    __test__ = False  # its name begins as those of tests do

    def __init__(self, results: dict[str, Any]) -> None:
        first = results["results"][0]
        super().__init__(
            f"{results['failed']} of its own tests fail, the first at {first['at']}: {first['sentence']} Nothing was published."
        )
        self.results = results
