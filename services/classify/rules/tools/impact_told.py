"""The counts of an impact: added up, merged, told as JSON and as lines, and read back from JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SAMPLES = 10  # articles shown per label and way
NONE = "none"


@dataclass(frozen=True, slots=True)
class Because:
    """One edit that an article felt: its number, on which side, and where its words stand (a setting has none).

    `start` and `end` count characters as they do in a verdict's reasons.
    """

    edit: int
    side: str
    field: str | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One article that changes: its labels and its leading region on both sides, and the edits that did it."""

    id: int
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    region_before: str | None
    region_after: str | None
    because: tuple[Because, ...]


@dataclass(slots=True)
class EditCount:
    """One edit: in how many articles its words stand, and how many changed by it. A setting has no words."""

    line: str
    words: bool
    hits: int = 0
    changed: int = 0


@dataclass(slots=True)
class Impact:
    """What would happen. `gained` and `lost` count articles by label; `primary` by leading region, from and to.

    `classified`: articles that the difference could reach at all.
    """

    before: str
    after: str
    samples: int = SAMPLES
    articles: int = 0
    classified: int = 0
    changed: int = 0
    newly_unlabelled: int = 0
    no_longer_unlabelled: int = 0
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    primary: Counter[tuple[str, str]] = field(default_factory=Counter)
    edits: list[EditCount] = field(default_factory=list)
    shown: dict[str, list[int]] = field(default_factory=dict)  # "+label", "-label", ">from>to": articles
    examples: dict[int, Sample] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Count one article that changes."""
        self.changed += 1
        for number in {because.edit for because in sample.because}:
            self.edits[number].changed += 1
        had, has = _labelled(sample.before), _labelled(sample.after)
        self.newly_unlabelled += had and not has
        self.no_longer_unlabelled += has and not had
        self.gained.update(set(sample.after) - set(sample.before))
        self.lost.update(set(sample.before) - set(sample.after))
        if sample.region_before != sample.region_after:
            self.primary[sample.region_before or NONE, sample.region_after or NONE] += 1
        self._show(sample, ways(sample))

    def _show(self, sample: Sample, keys: Iterable[str]) -> None:
        for key in keys:
            known = self.shown.setdefault(key, [])
            if len(known) < self.samples and sample.id not in known:
                known.append(sample.id)
                self.examples[sample.id] = sample

    def merge(self, other: "Impact") -> None:
        """Add what was measured on other articles. Raises ValueError where the rulebooks are not the same two."""
        if (self.before, self.after) != (other.before, other.after):
            raise ValueError("Only impacts of the same two rulebooks can be merged.")
        for name in ("articles", "classified", "changed", "newly_unlabelled", "no_longer_unlabelled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.gained += other.gained
        self.lost += other.lost
        self.primary += other.primary
        for mine, theirs in zip(self.edits, other.edits, strict=True):
            mine.hits += theirs.hits
            mine.changed += theirs.changed
        for key, numbers in other.shown.items():
            for number in numbers:
                self._show(other.examples[number], [key])

    @property
    def idle(self) -> list[str]:
        """Lines of edited terms whose words stand in no article looked at."""
        return [edit.line for edit in self.edits if edit.words and not edit.hits]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, from which `Impact.from_json` makes the same impact again."""
        return {
            "before": self.before,
            "after": self.after,
            "samples": self.samples,
            "articles": self.articles,
            "classified": self.classified,
            "changed": self.changed,
            "newly_unlabelled": self.newly_unlabelled,
            "no_longer_unlabelled": self.no_longer_unlabelled,
            "labels": [
                {
                    "label": label,
                    "gained": self.gained[label],
                    "lost": self.lost[label],
                    "examples_gained": self.shown.get(f"+{label}", []),
                    "examples_lost": self.shown.get(f"-{label}", []),
                }
                for label in self.labels
            ],
            "primary": [
                {"from": old, "to": new, "articles": count, "examples": self.shown.get(f">{old}>{new}", [])}
                for (old, new), count in sorted(self.primary.items(), key=lambda item: (-item[1], item[0]))
            ],
            "edits": [asdict(edit) for edit in self.edits],
            "idle": self.idle,
            "examples": [asdict(self.examples[number]) for number in self.examples],
        }

    @property
    def labels(self) -> list[str]:
        """Labels that articles gain or lose, those of most articles first."""
        return sorted(
            self.gained | self.lost, key=lambda label: (-self.gained[label] - self.lost[label], label)
        )

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Impact":
        """The impact that `to_json` told. Raises KeyError or TypeError for anything else."""
        plain = ("before", "after", "samples", "articles", "classified", "changed")
        impact = cls(
            **{name: told[name] for name in plain},
            newly_unlabelled=told["newly_unlabelled"],
            no_longer_unlabelled=told["no_longer_unlabelled"],
            gained=Counter({row["label"]: row["gained"] for row in told["labels"] if row["gained"]}),
            lost=Counter({row["label"]: row["lost"] for row in told["labels"] if row["lost"]}),
            primary=Counter({(row["from"], row["to"]): row["articles"] for row in told["primary"]}),
            edits=[EditCount(**edit) for edit in told["edits"]],
            examples={row["id"]: _sample(row) for row in told["examples"]},
        )
        for row in told["labels"]:
            for sign, key in (("+", "examples_gained"), ("-", "examples_lost")):
                if row[key]:
                    impact.shown[f"{sign}{row['label']}"] = list(row[key])
        for row in told["primary"]:
            impact.shown[f">{row['from']}>{row['to']}"] = list(row["examples"])
        return impact

    def lines(self, *, samples: int = 3) -> list[str]:
        """What an editor reads before publishing; up to `samples` headlines per label and way."""
        return list(_lines(self, samples))


def ways(sample: Sample) -> Iterator[str]:
    """Under which headings an article is an example."""
    before, after = set(sample.before), set(sample.after)
    yield from (f"+{label}" for label in sample.after if label not in before)
    yield from (f"-{label}" for label in sample.before if label not in after)
    if sample.region_before != sample.region_after:
        yield f">{sample.region_before or NONE}>{sample.region_after or NONE}"


def _labelled(labels: Iterable[str]) -> bool:
    return any(not label.startswith("place/") for label in labels)


def _sample(row: Mapping[str, Any]) -> Sample:
    lists = {
        "before": tuple(row["before"]),
        "after": tuple(row["after"]),
        "because": tuple(Because(**because) for because in row["because"]),
    }
    return Sample(**{**row, **lists})


def _lines(impact: Impact, samples: int) -> Iterator[str]:
    yield f"{impact.articles} articles looked at, {impact.changed} would change."
    if impact.newly_unlabelled or impact.no_longer_unlabelled:
        yield (
            f"{impact.newly_unlabelled} would lose their last region and topic, "
            f"{impact.no_longer_unlabelled} would get their first."
        )
    for (old, new), count in sorted(impact.primary.items(), key=lambda item: (-item[1], item[0])):
        yield f"first region {old} -> {new}: {count}"
    for label in impact.labels:
        yield f"{label}: +{impact.gained[label]} -{impact.lost[label]}"
        for sign in "+-":
            for number in impact.shown.get(f"{sign}{label}", [])[:samples]:
                yield f"    {sign} {_headline(impact, impact.examples[number])}"
    for edit in impact.edits:
        stands = f"stands in {edit.hits}, " if edit.words else ""
        yield f"{edit.line}: {stands}changes {edit.changed}"


def _headline(impact: Impact, sample: Sample) -> str:
    found = [because.text for because in sample.because if because.text]
    words = ", ".join(dict.fromkeys(found or [impact.edits[because.edit].line for because in sample.because]))
    return f"{sample.id} {sample.title} [{words}]" if words else f"{sample.id} {sample.title}"
