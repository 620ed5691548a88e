"""What is rising: more publishers on a story, and sooner, than its region or topic is used to. Pure, kept up by events.

A publisher's first article on a story in a scope (a region, a topic, everywhere) is a voice: it counts 1, and half as much after each
half-life. The heat of a story is the sum of its voices. The habit of a scope is how many voices a story there has, on
average over the last days. The score is heat / habit: what is usual in a busy region is a trend in a quiet one. One publisher is
one voice however much it writes, and a story with fewer than three is not listed.

Events change the state; neither asking nor the passing of time does. All sums are exact, so the order of events leaves no trace.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp2, fsum
from typing import Any

EVERYWHERE = ""
"""The scope that every story is in."""
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How trends are told."""

    half_life: timedelta = timedelta(hours=6)
    """After so long a voice counts half."""
    window: timedelta = timedelta(hours=48)
    """After so long a voice is silent, and a story without another one is over."""
    voices: int = 3
    """Distinct publishers that a trend needs."""
    habit_half_life: timedelta = timedelta(hours=72)
    """After so long a story counts half in what is usual."""
    habit_window: timedelta = timedelta(days=14)
    prior: int = 10
    """Stories of one voice that every scope is taken to have shown: a new scope has no habit yet."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An event: a publisher has an article on a story, in these scopes. It may come twice, late, or out of order."""

    story: int
    publisher: str
    at: datetime
    scopes: frozenset[str] = frozenset({EVERYWHERE})


@dataclass(frozen=True, slots=True)
class Trend:
    """A story that rises, with its arithmetic: score = heat / habit."""

    story: int
    score: float
    heat: float
    """The sum of what each publisher counts."""
    habit: float
    """(prior + voices) / (prior + stories), each counted less the longer ago."""
    publishers: tuple[tuple[str, float], ...]
    """Each publisher with what its voice counts now, 2^(-age / half-life), the loudest first."""
    usual_voices: float
    usual_stories: float
    prior: int

    def sentence(self) -> str:
        """The arithmetic for people."""
        told = " + ".join(f"{weight:.2f} {name}" for name, weight in self.publishers[:6])
        more = len(self.publishers) - 6
        told += f" + {more} more" if more > 0 else ""
        usual = f"({self.prior} + {self.usual_voices:.1f} voices) / ({self.prior} + {self.usual_stories:.1f} stories) = {self.habit:.2f}"
        return (
            f"{self.score:.2f} = heat {self.heat:.2f} / habit {self.habit:.2f}; heat: {told}; habit: {usual}"
        )


@dataclass(slots=True)
class _Scope:
    heard: dict[int, dict[str, float]] = field(default_factory=dict)
    """Of each open story, when each publisher's first article was published: seconds since 1970."""
    voices: Counter[int] = field(default_factory=Counter)
    """How many voices rose in each hour, and stories began: the habit. Hours since 1970."""
    stories: Counter[int] = field(default_factory=Counter)

    def count(self, heard: dict[str, float], by: int) -> None:
        """Add a story to the habit, or take it out."""
        for at in heard.values():
            _change(self.voices, at, by)
        if heard:
            _change(self.stories, min(heard.values()), by)


def _change(hours: Counter[int], at: float, by: int) -> None:
    hour = int(at // _HOUR)
    hours[hour] += by
    if not hours[hour]:
        del hours[hour]


class Trends:
    """The state of all scopes, updated by `add`, `merge`, `drop` and `forget`, asked by `top`."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._scopes: dict[str, _Scope] = {}
        self._loud: dict[str, set[int]] = {}

    def add(self, voice: Voice) -> bool:
        """Take a voice in; whether it changed anything. Of several articles of one publisher the earliest counts."""
        at, changed = voice.at.timestamp(), False
        for name in voice.scopes:
            scope = self._scopes.setdefault(name, _Scope())
            heard = scope.heard.setdefault(voice.story, {})
            if at < heard.get(voice.publisher, at + 1):
                self._put(name, scope, voice.story, heard | {voice.publisher: at})
                changed = True
        return changed

    def _put(self, name: str, scope: _Scope, story: int, heard: dict[str, float]) -> None:
        """Let the voices of an open story be these; the habit follows."""
        scope.count(scope.heard.pop(story, {}), -1)
        scope.count(heard, +1)
        loud = self._loud.setdefault(name, set())
        loud.discard(story)
        if heard:
            scope.heard[story] = heard
        if len(heard) >= self.pace.voices:
            loud.add(story)

    def merge(self, lost: int, kept: int) -> None:
        """Two stories are one: of each publisher the earliest article counts."""
        for name, scope in self._scopes.items():
            if lost not in scope.heard:
                continue
            one, other = scope.heard[lost], scope.heard.get(kept, {})
            both = {
                publisher: min(heard.get(publisher, float("inf")) for heard in (one, other))
                for publisher in one | other
            }
            self._put(name, scope, lost, {})
            self._put(name, scope, kept, both)

    def drop(self, story: int, scope: str | None = None) -> None:
        """A story is no news, or not of this scope after all: as if it had never been heard there."""
        for name, found in self._scopes.items():
            if name == scope or scope is None:
                self._put(name, found, story, {})

    def forget(self, now: datetime) -> None:
        """Close stories whose last voice is silent, and what habit no longer counts. To be called now and then.

        A closed story stays in the habit. Should another voice rise on it, it begins anew.
        """
        before = now.timestamp() - self.pace.window.total_seconds()
        oldest = int((now.timestamp() - self.pace.habit_window.total_seconds()) // _HOUR)
        for name, scope in self._scopes.items():
            for story in [story for story, heard in scope.heard.items() if max(heard.values()) < before]:
                del scope.heard[story]
                self._loud[name].discard(story)
            for hours in (scope.voices, scope.stories):
                for hour in [hour for hour in hours if hour < oldest]:
                    del hours[hour]

    def top(self, now: datetime, *, scope: str = EVERYWHERE, limit: int = 10) -> list[Trend]:
        """The stories of a scope that rise the most: more than is usual there. Of equal ones the newer first.

        Looks at the stories with several publishers alone, however much is published.
        """
        found = self._scopes.get(scope)
        if found is None:
            return []
        voices, stories = (self._usual(hours, now) for hours in (found.voices, found.stories))
        prior = self.pace.prior
        habit = (prior + voices) / (prior + stories)
        trends = []
        for story in self._loud.get(scope, ()):
            counted = self._counted(found.heard[story], now)
            heat = fsum(weight for _, weight in counted)
            if len(counted) >= self.pace.voices and heat > habit:
                trends.append(Trend(story, heat / habit, heat, habit, counted, voices, stories, prior))
        return sorted(trends, key=lambda trend: (-trend.score, -trend.story))[:limit]

    def _counted(self, heard: dict[str, float], now: datetime) -> tuple[tuple[str, float], ...]:
        half_life, window = self.pace.half_life.total_seconds(), self.pace.window.total_seconds()
        ages = ((publisher, max(now.timestamp() - at, 0.0)) for publisher, at in heard.items())
        counted = [(publisher, exp2(-age / half_life)) for publisher, age in ages if age <= window]
        return tuple(sorted(counted, key=lambda pair: (-pair[1], pair[0])))

    def _usual(self, hours: Counter[int], now: datetime) -> float:
        """A sum over the hours of the habit's window, each counted less the longer ago it is."""
        half_life, present = self.pace.habit_half_life.total_seconds() / _HOUR, int(now.timestamp() // _HOUR)
        oldest = present - int(self.pace.habit_window.total_seconds() // _HOUR)
        return fsum(
            count * exp2(-max(present - hour, 0) / half_life)
            for hour, count in hours.items()
            if hour >= oldest
        )

    def export(self) -> dict[str, Any]:
        """Plain data, fit for JSON, in an order of its own."""
        return {
            name: {
                "heard": [[story, sorted(heard.items())] for story, heard in sorted(scope.heard.items())],
                "voices": sorted(scope.voices.items()),
                "stories": sorted(scope.stories.items()),
            }
            for name, scope in sorted(self._scopes.items())
            if scope.heard or scope.voices
        }

    @classmethod
    def load(cls, data: dict[str, Any], pace: Pace | None = None) -> "Trends":
        """What `export` gave."""
        trends = cls(pace)
        for name, found in data.items():
            heard = {int(story): dict(_pairs(voices)) for story, voices in found["heard"]}
            trends._scopes[name] = _Scope(
                heard,
                Counter({int(hour): int(count) for hour, count in found["voices"]}),
                Counter({int(hour): int(count) for hour, count in found["stories"]}),
            )
            trends._loud[name] = {
                story for story, voices in heard.items() if len(voices) >= trends.pace.voices
            }
        return trends


def _pairs(rows: Iterable[Any]) -> Iterable[tuple[str, float]]:
    return ((str(publisher), float(at)) for publisher, at in rows)
