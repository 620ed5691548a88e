"""The voices of a story in a scope, and how many voices stories there usually have. Pure; all sums are exact."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp2, fsum
from typing import NamedTuple

from services.core.trends import HOUR, OWN

Heard = Mapping[str, tuple[float, float]]
"""Of each publisher when it was heard, in seconds since 1970, and what that weighs."""


class Voice(NamedTuple):
    """A publisher has an article on a story; `at` in seconds since 1970, `weight` is `OWN` or `COPY`."""

    publisher: str
    at: float
    weight: float = OWN


class Said(NamedTuple):
    """One listed article as far as trends need it: its publisher and those of its copies, and its labels."""

    voices: tuple[Voice, ...]
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Habit:
    """How many voices rose in each hour, and stories began. Hours since 1970."""

    voices: Counter[int] = field(default_factory=Counter)
    stories: Counter[int] = field(default_factory=Counter)

    def change(self, old: Heard, new: Heard) -> None:
        """The voices of a story are these now, and were those."""
        for publisher, (at, weight) in new.items():
            if (before := old.get(publisher)) != (at, weight):
                _change(self.voices, at, weight)
                if before is not None:
                    _change(self.voices, before[0], -before[1])
        for publisher in old.keys() - new.keys():
            _change(self.voices, old[publisher][0], -old[publisher][1])
        self._begin(old, new)

    def move_on(self, old: Heard, new: Heard) -> None:
        """The voices of a story are others now, and the old ones were heard all the same; it is still one story."""
        for publisher, (at, weight) in new.items():
            if old.get(publisher) != (at, weight):
                _change(self.voices, at, weight)
        self._begin(old, new)

    def _begin(self, old: Heard, new: Heard) -> None:
        for heard, by in ((old, -1), (new, +1)):
            if heard:
                _change(self.stories, min([at for at, _ in heard.values()]), by)

    def hours(self) -> list[list[float]]:
        """[hour, voices, stories], in order."""
        return [[hour, self.voices[hour], self.stories[hour]] for hour in sorted(self.voices | self.stories)]


def _change(hours: Counter[int], at: float, by: float) -> None:
    hour = int(at // HOUR)
    hours[hour] += by  # type: ignore[assignment]  # quarters, too: their sums are exact
    if not hours[hour]:
        del hours[hour]


def better(heard: Heard, said: Said) -> dict[str, tuple[float, float]]:
    """The voices of an article that tell more than what is heard: of a publisher that is new, of its own text, or earlier."""
    found: dict[str, tuple[float, float]] = {}
    for publisher, at, weight in said.voices:
        known = found.get(publisher) or heard.get(publisher)
        if known is None or (-weight, at) < (-known[1], known[0]):
            found[publisher] = (at, weight)
    return found


def heat(heard: Heard, now: float, half_life: float) -> float:
    """The sum of voices, each half after each half-life (seconds)."""
    return fsum(weight * exp2(-max(now - at, 0.0) / half_life) for at, weight in heard.values())
