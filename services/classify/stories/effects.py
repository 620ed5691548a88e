"""What steps change for readers: whose article is whose, and why. Plain data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.classify.stories.model import Decision, Ruling


@dataclass(frozen=True, slots=True)
class Placed:
    """An article has another story than before, or its first one."""

    story: int
    number: int
    at: datetime
    why: dict[str, Any]


@dataclass(slots=True)
class Effects:
    """What readers will see of some steps."""

    placed: dict[int, Placed] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    founded: dict[int, datetime] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    """Stories that are another one now: never one that is itself another one."""
    touched: set[int] = field(default_factory=set)
    """Stories whose articles, or whose publishers, may be others now."""
    anew: dict[int, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    """Articles that stand where they did, for another reason, since when."""
    told: dict[int, str] = field(default_factory=dict)
    """Of stories that are another one now because an editor said so: a sentence for all articles that come along."""

    def merge(self, lost: int, kept: int, because: Ruling | None = None) -> None:
        """Two stories are one. `because`: an editor said so."""
        if because is not None:
            sentence = f"Story {lost} became part of story {kept}, {because.of_one_event}"
            self.told |= {
                old: f"{self.told[old]}. {sentence}"
                for old, new in self.merged.items()
                if new == lost and old in self.told
            }
            self.told[lost] = sentence
        self.merged = {old: kept if new == lost else new for old, new in self.merged.items()} | {lost: kept}
        self.placed = {
            article: Placed(kept, one.number, one.at, one.why) if one.story == lost else one
            for article, one in self.placed.items()
        }
        self.touched = {kept if story == lost else story for story in self.touched | {lost}}


def reasons(decision: Decision) -> dict[str, Any]:
    """A decision as it is stored beside its article."""
    return {
        "by": decision.by,
        "sentence": decision.sentence(),
        "similarity": round(decision.similarity, 4),
        "needed": round(decision.needed, 4),
        "nearest": decision.nearest,
        "judgement": decision.ruling.number if decision.ruling else None,
        "words": [[spoke.word, round(spoke.share, 4)] for spoke in decision.words],
    }


def stayed(ruling: Ruling, story: int) -> dict[str, Any]:
    """The reason of an article that is not decided anew when what was said of it is taken back."""
    one, other = ruling.pair
    decision = Decision(other, story, founded=False)
    told = f"what {ruling.author} said of article {one} and article {other} was taken back, but it is too old to be decided anew"
    return reasons(decision) | {"sentence": f"story {story} keeps it: {told}"}
