"""How well groups agree with those that people made: B-cubed and pairs."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Shares between 0 and 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def figures(self) -> dict[str, float]:
        """Rounded, for JSON."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def bcubed(gold: Sequence[Hashable], given: Sequence[Hashable]) -> Score:
    """For each row, the share of its group that belongs with it, and of what belongs with it that is there; averaged.

    >>> bcubed(["a", "a", "b"], [1, 1, 1]).precision.__round__(3)
    0.556
    """
    together = Counter(zip(gold, given, strict=True))
    wanted, found = Counter(gold), Counter(given)
    rows = len(gold) or 1
    return Score(
        sum(count * count / found[group] for (_, group), count in together.items()) / rows,
        sum(count * count / wanted[label] for (label, _), count in together.items()) / rows,
    )


def pairs(gold: Sequence[Hashable], given: Sequence[Hashable]) -> Score:
    """The same over all pairs of rows that are in one group: great stories weigh more."""
    right = _pairs(Counter(zip(gold, given, strict=True)))
    found, wanted = _pairs(Counter(given)), _pairs(Counter(gold))
    return Score(right / found if found else 1.0, right / wanted if wanted else 1.0)


def binary(hit: int, wrong: int, missed: int) -> Score:
    """From counts of right, wrong and missed answers."""
    return Score(hit / (hit + wrong) if hit + wrong else 1.0, hit / (hit + missed) if hit + missed else 1.0)


def _pairs(counts: Counter[Hashable] | Counter[tuple[Hashable, Hashable]]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())
