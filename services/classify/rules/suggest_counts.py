"""What is counted for suggestions, bounded and mergeable, and what comes out of it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

MOST = 200_000  # candidates counted on each side
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One candidate. `inside`, `outside`: articles of the label and of the rest that hold it; `z`: how sure that is.

    `gain`: articles without any label of the kind that would get this one. `rule`: the line to paste. `precision` is
    estimated from both counts.
    """

    term: str
    rule: str
    inside: int
    outside: int
    z: float
    gain: int
    precision: float
    samples: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, key by key as above."""
        return asdict(self) | {"samples": list(self.samples), "warnings": list(self.warnings)}

    def lines(self) -> list[str]:
        """The line to paste, and below it the evidence."""
        counts = f"{self.inside} articles of the label, {self.outside} of the rest"
        gain = f"{self.gain} without a label would get it"
        return [
            self.rule,
            f"    {counts}; z {self.z:.1f}; precision about {self.precision:.0%}; {gain}".replace("%", " %"),
            *(f"    ! {warning}" for warning in self.warnings),
            *(f"    > {title}" for title in self.samples),
        ]


@dataclass(slots=True)
class SuggestCounts:
    """Plain counts for one label by one version; `short`: by how much rare candidates may be counted too low."""

    version: str
    label: str
    articles: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    gain: Counter[str] = field(default_factory=Counter)
    ordinary: Counter[str] = field(default_factory=Counter)
    written: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # as written, language
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    short: int = 0

    def merge(self, other: "SuggestCounts", most: int = MOST) -> None:
        """Add what was counted on other articles. Raises ValueError where version or label is another."""
        if (self.version, self.label) != (other.version, other.label):
            raise ValueError("Only counts for the same label and version can be merged.")
        for name in ("articles", "inside", "outside", "gain", "ordinary"):
            getattr(self, name).update(getattr(other, name))
        for key, written in other.written.items():
            self.written.setdefault(key, written)
        for key, samples in other.samples.items():
            self.samples[key] = (*self.samples.get(key, ()), *samples)[:SAMPLES]
        self.short += other.short
        self.prune(most)

    def prune(self, most: int) -> None:
        """Forget the rarest where there are too many to keep."""
        for counter in (self.inside, self.outside, self.gain, self.ordinary):
            least = 1
            while len(counter) > most:
                for key in [key for key, count in counter.items() if count <= least]:
                    del counter[key]
                self.short = max(self.short, least)
                least += 1
        if len(self.written) > 2 * most:
            self.written = {key: self.written[key] for key in self.inside if key in self.written}
        self.samples = {key: self.samples[key] for key in self.inside if key in self.samples}
