"""What is counted for suggestions, bounded and mergeable, and what comes out of it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

MOST = 600_000  # entries of all counters together: about 60 MB
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
class LanguageCounts:
    """Candidates in the articles of one language, by their folded words; each article counts once.

    `inside`, `outside`: of the label, of the rest. `gain`: without a label of the kind. `sure`: of `inside`, those where a
    capital means something. `ordinary`: words in small letters. `written`: how a candidate is written.
    """

    n_inside: int = 0
    n_outside: int = 0
    inside: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    gain: Counter[str] = field(default_factory=Counter)
    sure: Counter[str] = field(default_factory=Counter)
    ordinary: Counter[str] = field(default_factory=Counter)
    written: dict[str, str] = field(default_factory=dict)
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def counters(self) -> tuple[Counter[str], ...]:
        """Every counter that grows with what is read."""
        return self.inside, self.outside, self.gain, self.sure, self.ordinary

    def note(self, key: str, written: str, title: str) -> None:
        """Remember spelling and headline of a candidate of the label; not all in capitals where there is a choice."""
        known = self.written.get(key)
        if known is None or (known.isupper() and not written.isupper()):
            self.written[key] = written
        samples = self.samples.get(key, ())
        if len(samples) < SAMPLES:
            self.samples[key] = (*samples, title)

    def merge(self, other: "LanguageCounts") -> None:
        """Add what was counted on other articles."""
        self.n_inside += other.n_inside
        self.n_outside += other.n_outside
        for mine, theirs in zip(self.counters, other.counters, strict=True):
            mine.update(theirs)
        for key, written in other.written.items():
            self.note(key, written, "")
            self.samples[key] = (*filter(None, self.samples[key]), *other.samples[key])[:SAMPLES]

    def forget(self, least: int) -> None:
        """Drop what was counted `least` times or less."""
        for counter in self.counters:
            for key in [key for key, count in counter.items() if count <= least]:
                del counter[key]
        self.written = {key: self.written[key] for key in self.inside if key in self.written}
        self.samples = {key: self.samples[key] for key in self.written}


@dataclass(slots=True)
class SuggestCounts:
    """Plain counts for one label by one version, apart by language: a word is compared with articles of its own.

    `short`: by how much rare candidates may be counted too low, since the rarest were forgotten.
    """

    version: str
    label: str
    languages: dict[str, LanguageCounts] = field(default_factory=dict)
    short: int = 0

    def of(self, language: str | None) -> LanguageCounts:
        """The counts of a language (BCP 47 tag; None: unknown)."""
        code = (language or "").replace("_", "-").partition("-")[0].lower()
        return self.languages.setdefault(code, LanguageCounts())

    def merge(self, other: "SuggestCounts", most: int = MOST) -> None:
        """Add what was counted on other articles. Raises ValueError where version or label is another."""
        if (self.version, self.label) != (other.version, other.label):
            raise ValueError("Only counts for the same label and version can be merged.")
        for code, counts in other.languages.items():
            self.of(code).merge(counts)
        self.short += other.short
        self.bound(most)

    def bound(self, most: int) -> None:
        """Forget the rarest candidates once there are more than `most`; half of them are kept then."""
        if self._size() <= most:
            return
        least = 0
        while self._size() > most // 2:
            least += 1
            for counts in self.languages.values():
                counts.forget(least)
        self.short += least

    def _size(self) -> int:
        return sum(len(counter) for counts in self.languages.values() for counter in counts.counters)
