"""What `stats` counts: plain data of one version of the rulebook, which can be merged."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from services.classify.rules.engine.compiled import CompiledRulebook


@dataclass(slots=True)
class TermCount:
    """One term. `alone` and `overlaps`: articles whose label fired by it alone, or by others too.

    `conflicts`: articles led by a label outside its own branch. `right` and `wrong`: articles that an editor judged.
    """

    hits: int = 0
    articles: int = 0
    alone: int = 0
    overlaps: int = 0
    conflicts: int = 0
    right: int = 0
    wrong: int = 0
    last: datetime | None = None

    def add(self, other: "TermCount") -> None:
        """Add what was counted elsewhere."""
        for name in ("hits", "articles", "alone", "overlaps", "conflicts", "right", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.last = max((at for at in (self.last, other.last) if at is not None), default=None)


@dataclass(slots=True)
class LabelCount:
    """One label. `hit`, `wrong` and `missed` count articles that an editor judged."""

    articles: int = 0
    primary: int = 0
    hit: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, other: "LabelCount") -> None:
        """Add what was counted elsewhere."""
        for name in ("articles", "primary", "hit", "wrong", "missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class StatsCounts:
    """Plain counts of one version of the rulebook; terms by their number in it."""

    version: str
    articles: int = 0
    corrected: int = 0
    terms: defaultdict[int, TermCount] = field(default_factory=lambda: defaultdict(TermCount))
    labels: defaultdict[str, LabelCount] = field(default_factory=lambda: defaultdict(LabelCount))
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    unclassified: Counter[str] = field(default_factory=Counter)

    def merge(self, other: "StatsCounts") -> None:
        """Add what was counted on other articles. Raises ValueError where the version is another."""
        if self.version != other.version:
            raise ValueError("Only counts of the same version of the rulebook can be merged.")
        self.articles += other.articles
        self.corrected += other.corrected
        for number, term in other.terms.items():
            self.terms[number].add(term)
        for name, label in other.labels.items():
            self.labels[name].add(label)
        self.pairs.update(other.pairs)
        self.sources.update(other.sources)
        self.unclassified.update(other.unclassified)


@dataclass(slots=True)
class Counted:
    """Counts with what they were counted by. `names`: of labels by their number, `place/KZ` for a place."""

    compiled: CompiledRulebook
    counts: StatsCounts
    names: list[str]
