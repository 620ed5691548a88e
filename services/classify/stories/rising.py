"""Which publishers are heard on which story, in every region and topic: kept up as articles come, change and go. Pure.

What it means, and how the scores of a moment follow from it, stands in `core.trends`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.classify.stories.voices import Habit, Heard, Said, Voice, better, heat
from services.core.trends import EVERYWHERE, HOUR, PACE, Pace, scopes_of

_DAY = 86_400.0
_GREAT = 8
"""Articles of a story of which it is kept who is heard in each scope."""
LOUDEST = 200
"""Stories of one scope that readers can be told of."""


class Trends:
    """The state of all scopes: told of articles as they come, change and go."""

    def __init__(self, pace: Pace = PACE) -> None:
        self.pace = pace
        self.changed: set[str] = set()
        """Scopes of which another `row` is to be written since somebody last emptied this."""
        self._stories: dict[int, dict[int, Said]] = {}
        self._spans: dict[int, tuple[float, float]] = {}
        """Of each story the time of its oldest article, and that of its last voice."""
        self._pruned = 0.0
        """When what is done once a day of the stream was done last."""
        self._kept: dict[int, dict[str, Heard]] = {}
        """Of great stories who is heard in each scope, so that one article more need not look at all others."""
        self._loud: defaultdict[str, set[int]] = defaultdict(set)
        self._habits: defaultdict[str, Habit] = defaultdict(Habit)

    def tell(self, story: int, article: int, said: Said) -> None:
        """An article stands in a story, with these voices and labels from now on."""
        before = self._stories.get(story, {})
        if article not in before:
            self._add(story, article, said)
        elif before[article] != said:
            self._put({story: {**before, article: said}}, _scopes(before[article], said))

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
        for story in [story for story, (_, last) in self._spans.items() if last < silent]:
            for scope in _scopes(*self._stories[story].values()):
                self._set_loud(scope, story, loud=False)
            for kept in (self._stories, self._spans, self._kept):
                kept.pop(story, None)
        half_life = self.pace.half_life.total_seconds()
        for scope, loud in self._loud.items():
            for story in [s for s in loud if heat(self.heard(s, scope), present, half_life) <= 1]:
                self._set_loud(scope, story, loud=False)
        if present >= self._pruned + _DAY:
            self._pruned = present
            before = present - self.pace.remembered.total_seconds()
            for story in [story for story, (oldest, _) in self._spans.items() if oldest < before]:
                self._leave_behind(story, before)
            self._forget_habits(int((present - self.pace.habit_window.total_seconds()) // HOUR))

    def _leave_behind(self, story: int, before: float) -> None:
        """Forget articles of a story that runs on. What they counted stays in the habit; their publishers may be heard anew."""
        articles = self._stories[story]
        left = {
            article: said for article, said in articles.items() if max(v.at for v in said.voices) >= before
        }
        scopes = _scopes(*(said for article, said in articles.items() if article not in left))
        heard = {scope: self.heard(story, scope) for scope in scopes}
        self._stories[story] = left
        self._kept.pop(story, None)
        self._span(story)
        for scope, old in heard.items():
            if new := self.heard(story, scope):
                self._habits[scope].move_on(old, new)
            if new != old:
                self.changed.add(scope)
            self._set_loud(scope, story, loud=len(new) >= self.pace.voices)

    def _forget_habits(self, oldest: int) -> None:
        for scope, habit in list(self._habits.items()):
            for hours in (habit.voices, habit.stories):
                for hour in [hour for hour in hours if hour < oldest]:
                    del hours[hour]
            if not habit.voices and not habit.stories and not self._loud[scope]:
                del self._habits[scope], self._loud[scope]
                self.changed.add(scope)

    def knows(self, story: int, article: int) -> bool:
        """Whether an article is heard in a story that is not over."""
        return article in self._stories.get(story, {})

    def heard(self, story: int, scope: str = EVERYWHERE) -> Heard:
        """When each publisher of a story was first heard in a scope, and what its voice weighs: a text of its own goes before a copy."""
        if (known := self._kept.get(story, {}).get(scope)) is not None:
            return known
        found: dict[str, tuple[float, float]] = {}
        for said in self._stories.get(story, {}).values():
            if scope in scopes_of(said.labels):
                found |= better(found, said)
        if story in self._kept:
            self._kept[story][scope] = found
        return found

    def row(self, scope: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What `core.trends.top` answers from, plain data: the stories with several publishers, and what is usual.

        Of more than `LOUDEST` those with the most heat: as all voices fade alike, that order is the same at any later moment.
        """
        stories, habit = sorted(self._loud.get(scope, ())), self._habits.get(scope)
        heard = {story: self.heard(story, scope) for story in stories}
        if len(stories) > LOUDEST:
            half_life = self.pace.half_life.total_seconds()
            latest = max(at for voices in heard.values() for at, _ in voices.values())
            stories.sort(key=lambda story: (-heat(heard[story], latest, half_life), -story))
            stories = sorted(stories[:LOUDEST])
        rows = [
            {"story": story, "voices": [[name, *voice] for name, voice in sorted(heard[story].items())]}
            for story in stories
        ]
        return rows, {"hours": habit.hours() if habit else []}

    def scopes(self) -> list[str]:
        """Those in which anything is known."""
        return sorted(self._habits)

    def _add(self, story: int, article: int, said: Said) -> None:
        """An article more. What it adds is seen by its own voices, however many others there are."""
        scopes = scopes_of(said.labels)
        before = {scope: self.heard(story, scope) for scope in scopes}
        articles = self._stories.setdefault(story, {})
        articles[article] = said
        if len(articles) >= _GREAT:
            self._kept.setdefault(story, {})
        for scope, old in before.items():
            if louder := better(old, said):
                new = {**old, **louder}
                if story in self._kept:
                    self._kept[story][scope] = new
                self._change(story, scope, old, new)
        oldest, newest = self._spans.get(story, (float("inf"), 0.0))[0], max(v.at for v in said.voices)
        self._spans[story] = min(oldest, newest), max([at for at, _ in self.heard(story).values()])

    def _put(self, stories: dict[int, dict[int, Said]], scopes: Iterable[str]) -> None:
        """Let the articles of these stories be those; `scopes` are the ones in which that may be heard."""
        scopes = list(scopes)
        before = {(story, scope): self.heard(story, scope) for story in stories for scope in scopes}
        for story, articles in stories.items():
            for kept in (self._stories, self._spans, self._kept):
                kept.pop(story, None)
            if articles:
                self._stories[story] = articles
                self._span(story)
        for (story, scope), old in before.items():
            if (new := self.heard(story, scope)) != old:
                self._change(story, scope, old, new)

    def _change(self, story: int, scope: str, old: Heard, new: Heard) -> None:
        self._habits[scope].change(old, new)
        self.changed.add(scope)
        self._set_loud(scope, story, loud=len(new) >= self.pace.voices)

    def _span(self, story: int) -> None:
        oldest = min(max(voice.at for voice in said.voices) for said in self._stories[story].values())
        self._spans[story] = oldest, max(at for at, _ in self.heard(story).values())

    def _set_loud(self, scope: str, story: int, *, loud: bool) -> None:
        stories = self._loud[scope]
        if loud != (story in stories):
            (stories.add if loud else stories.discard)(story)
            self.changed.add(scope)

    def export(self) -> dict[str, Any]:
        """Plain data, fit for JSON, in an order of its own. What changed is taken to be written."""
        return {
            "stories": [
                [story, [[article, *said] for article, said in sorted(articles.items())]]
                for story, articles in sorted(self._stories.items())
            ],
            "pruned": self._pruned,
            "loud": {scope: sorted(self._loud[scope]) for scope in sorted(self._loud) if self._loud[scope]},
            "habits": {scope: hours for scope in self.scopes() if (hours := self._habits[scope].hours())},
        }

    @classmethod
    def load(cls, data: Mapping[str, Any], pace: Pace = PACE) -> "Trends":
        """What `export` gave."""
        trends = cls(pace)
        trends._pruned = data["pruned"]
        names: dict[str, str] = {}
        once = names.setdefault
        for story, articles in data["stories"]:
            trends._stories[story] = {
                article: Said(
                    tuple([Voice(once(name, name), at, weight) for name, at, weight in voices]),
                    tuple(map(once, labels, labels)),
                )
                for article, voices, labels in articles
            }
            if len(articles) >= _GREAT:
                trends._kept[story] = {}
            trends._span(story)
        for scope, loud in data["loud"].items():
            trends._loud[scope] = set(loud)
        for scope, hours in data["habits"].items():
            trends._habits[scope] = Habit(
                Counter({int(hour): voices for hour, voices, _ in hours if voices}),
                Counter({int(hour): stories for hour, _, stories in hours if stories}),
            )
        return trends


def _scopes(*said: Said | None) -> frozenset[str]:
    return frozenset().union(*(scopes_of(one.labels) for one in said if one is not None))
