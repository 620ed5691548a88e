"""Which publishers are heard on which story, in every region and topic: kept up as articles come, change and go. Pure.

What it means, and how the scores of a moment follow from it, stands in `core.trends`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import exp2, fsum
from typing import Any, NamedTuple

from services.core.trends import EVERYWHERE, HOUR, OWN, PACE, Pace, scopes_of

LOUDEST = 200
"""Stories of one scope that readers can be told of."""


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
class _Habit:
    """How many voices rose in each hour, and stories began. Hours since 1970."""

    voices: Counter[int] = field(default_factory=Counter)
    stories: Counter[int] = field(default_factory=Counter)

    def count(self, heard: Mapping[str, tuple[float, float]], by: int) -> None:
        """Add the voices of a story, or take them out."""
        for at, weight in heard.values():
            _change(self.voices, at, by * weight)
        if heard:
            _change(self.stories, min(at for at, _ in heard.values()), by)

    def move_on(self, old: Mapping[str, tuple[float, float]], new: Mapping[str, tuple[float, float]]) -> None:
        """The voices of a story are others now, and the old ones were heard all the same; it is still one story."""
        for publisher, (at, weight) in new.items():
            if old.get(publisher) != (at, weight):
                _change(self.voices, at, weight)
        _change(self.stories, min(at for at, _ in old.values()), -1)
        _change(self.stories, min(at for at, _ in new.values()), +1)

    def hours(self) -> list[list[float]]:
        """[hour, voices, stories], in order."""
        return [[hour, self.voices[hour], self.stories[hour]] for hour in sorted(self.voices | self.stories)]


def _change(hours: Counter[int], at: float, by: float) -> None:
    hour = int(at // HOUR)
    hours[hour] += by  # type: ignore[assignment]  # quarters, too: their sums are exact
    if not hours[hour]:
        del hours[hour]


class Trends:
    """The state of all scopes: told of articles as they come, change and go."""

    def __init__(self, pace: Pace = PACE) -> None:
        self.pace = pace
        self.loudly: set[str] = set()
        """Scopes in which what `top` tells of stories has changed since somebody last emptied this."""
        self.changed: set[str] = set()
        """Those in which anything has, what is usual included."""
        self._stories: dict[int, dict[int, Said]] = {}
        self._loud: defaultdict[str, dict[int, tuple[Voice, ...]]] = defaultdict(dict)
        self._habits: defaultdict[str, _Habit] = defaultdict(_Habit)

    def tell(self, story: int, article: int, said: Said) -> None:
        """An article stands in a story, with these voices and labels from now on."""
        before = self._stories.get(story, {})
        if before.get(article) != said:
            self._put({story: {**before, article: said}}, _scopes(before.get(article), said))

    def retract(self, story: int, article: int) -> None:
        """An article does not stand in a story after all: as if it had never been heard. Nothing where it is not known."""
        before = self._stories.get(story, {})
        if article in before:
            left = {known: said for known, said in before.items() if known != article}
            self._put({story: left}, _scopes(before[article]))

    def merge(self, lost: int, kept: int) -> None:
        """Two stories are one."""
        if moved := self._stories.get(lost):
            both = self._stories.get(kept, {}) | moved
            self._put({lost: {}, kept: both}, _scopes(*moved.values()))

    def drop(self, story: int) -> None:
        """A story is no news: as if it had never been heard."""
        self._put({story: {}}, _scopes(*self._stories.get(story, {}).values()))

    def forget(self, now: datetime) -> None:
        """Close stories whose last voice is silent, let go what can be no trend any more, and what habit no longer counts.

        To be called now and then. A closed story stays in the habit. Should another article stand in it, it begins anew.
        """
        present = now.timestamp()
        silent = present - self.pace.window.total_seconds()
        for story in [story for story in self._stories if self._last(story) < silent]:
            for scope in _scopes(*self._stories.pop(story).values()):
                self._set_loud(scope, story, {})
        for story in self._stories:
            self._leave_behind(story, present - self.pace.remembered.total_seconds())
        half_life = self.pace.half_life.total_seconds()
        for scope, loud in self._loud.items():
            for story in [story for story, voices in loud.items() if _heat(voices, present, half_life) <= 1]:
                self._set_loud(scope, story, {})
        self._forget_habits(int((present - self.pace.habit_window.total_seconds()) // HOUR))

    def _leave_behind(self, story: int, before: float) -> None:
        """Forget articles of a story that runs on. What they counted stays in the habit; their publishers may be heard anew."""
        articles = self._stories[story]
        left = {
            article: said for article, said in articles.items() if max(v.at for v in said.voices) >= before
        }
        if len(left) == len(articles):
            return
        scopes = _scopes(*(said for article, said in articles.items() if article not in left))
        heard = {scope: self.heard(story, scope) for scope in scopes}
        self._stories[story] = left
        for scope, old in heard.items():
            if new := self.heard(story, scope):
                self._habits[scope].move_on(old, new)
            self._set_loud(scope, story, new)

    def _forget_habits(self, oldest: int) -> None:
        for scope, habit in list(self._habits.items()):
            for hours in (habit.voices, habit.stories):
                for hour in [hour for hour in hours if hour < oldest]:
                    del hours[hour]
            if not habit.voices and not habit.stories and not self._loud[scope]:
                del self._habits[scope], self._loud[scope]
                self._mark(scope, loudly=True)

    def knows(self, story: int, article: int) -> bool:
        """Whether an article is heard in a story that is not over."""
        return article in self._stories.get(story, {})

    def heard(self, story: int, scope: str = EVERYWHERE) -> dict[str, tuple[float, float]]:
        """When each publisher of a story was first heard in a scope, and what its voice weighs: a text of its own goes before a copy."""
        found: dict[str, tuple[float, float]] = {}
        for said in self._stories.get(story, {}).values():
            if scope in scopes_of(said.labels):
                for publisher, at, weight in said.voices:
                    known = found.get(publisher)
                    if known is None or (-weight, at) < (-known[1], known[0]):
                        found[publisher] = (at, weight)
        return found

    def row(self, scope: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What `core.trends.top` answers from, plain data: the stories with several publishers, and what is usual.

        Of more than `LOUDEST` those with the most heat: as all voices fade alike, that order is the same at any later moment.
        """
        loud, habit = self._loud.get(scope, {}), self._habits.get(scope)
        if len(loud) > LOUDEST:
            half_life = self.pace.half_life.total_seconds()
            latest = max(voice.at for voices in loud.values() for voice in voices)
            most = sorted(loud, key=lambda story: (-_heat(loud[story], latest, half_life), -story))
            loud = {story: loud[story] for story in most[:LOUDEST]}
        rows = [{"story": story, "voices": [list(voice) for voice in loud[story]]} for story in sorted(loud)]
        return rows, {"hours": habit.hours() if habit else []}

    def scopes(self) -> list[str]:
        """Those in which anything is known."""
        return sorted(self._habits)

    def _last(self, story: int) -> float:
        return max(at for at, _ in self.heard(story).values()) if self._stories[story] else 0.0

    def _put(self, stories: dict[int, dict[int, Said]], scopes: Iterable[str]) -> None:
        """Let the articles of these stories be those; `scopes` are the ones in which that may be heard."""
        scopes = list(scopes)
        before = {(story, scope): self.heard(story, scope) for story in stories for scope in scopes}
        for story, articles in stories.items():
            self._stories.pop(story, None)
            if articles:
                self._stories[story] = articles
        for (story, scope), old in before.items():
            new = self.heard(story, scope)
            if new != old:
                self._habits[scope].count(old, -1)
                self._habits[scope].count(new, +1)
                self._mark(scope, loudly=False)
                self._set_loud(scope, story, new)

    def _set_loud(self, scope: str, story: int, heard: Mapping[str, tuple[float, float]]) -> None:
        if len(heard) >= self.pace.voices:
            voices = tuple(Voice(name, *voice) for name, voice in sorted(heard.items()))
            if self._loud[scope].get(story) != voices:
                self._loud[scope][story] = voices
                self._mark(scope, loudly=True)
        elif self._loud[scope].pop(story, None) is not None:
            self._mark(scope, loudly=True)

    def _mark(self, scope: str, *, loudly: bool) -> None:
        self.changed.add(scope)
        if loudly:
            self.loudly.add(scope)

    def export(self) -> dict[str, Any]:
        """Plain data, fit for JSON, in an order of its own. What changed is taken to be written."""
        return {
            "stories": [
                [story, [[article, *said] for article, said in sorted(articles.items())]]
                for story, articles in sorted(self._stories.items())
            ],
            "loud": {scope: sorted(self._loud[scope]) for scope in sorted(self._loud) if self._loud[scope]},
            "habits": {scope: hours for scope in self.scopes() if (hours := self._habits[scope].hours())},
        }

    @classmethod
    def load(cls, data: Mapping[str, Any], pace: Pace = PACE) -> "Trends":
        """What `export` gave."""
        trends = cls(pace)
        for story, articles in data["stories"]:
            trends._stories[story] = {
                article: Said(tuple(Voice(*voice) for voice in voices), tuple(labels))
                for article, voices, labels in articles
            }
        for scope, loud in data["loud"].items():
            for story in loud:
                trends._set_loud(scope, story, trends.heard(story, scope))
        trends.changed.clear()
        trends.loudly.clear()
        for scope, hours in data["habits"].items():
            trends._habits[scope] = _Habit(
                Counter({int(hour): voices for hour, voices, _ in hours if voices}),
                Counter({int(hour): stories for hour, _, stories in hours if stories}),
            )
        return trends


def _heat(voices: Iterable[Voice], now: float, half_life: float) -> float:
    return fsum(weight * exp2(-max(now - at, 0.0) / half_life) for _, at, weight in voices)


def _scopes(*said: Said | None) -> frozenset[str]:
    return frozenset().union(*(scopes_of(one.labels) for one in said if one is not None))
