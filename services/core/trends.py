"""What is rising: more publishers on a story, and sooner, than its region or topic is used to. Pure, kept up by events.

A publisher's first article on a story in a scope (a region, a topic, both, everywhere) is a voice: it counts 1, a copy of another
publisher's text a quarter, and half as much after each half-life. The heat of a story is the sum of its voices. The habit of a
scope is how many voices a story there has, on average over the last days. The score is heat / habit: what is usual in a
busy region is a trend in a quiet one. One publisher is one voice however much it writes; fewer than three are no trend.

This is the side that answers: from what is kept of one scope, without looking at anything else. `classify.stories.rising` keeps it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import exp2, fsum
from typing import Any

EVERYWHERE = ""
"""The scope that every story is in."""
OWN, COPY = 1.0, 0.25
"""What a voice weighs. Sums of quarters are exact."""
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How trends are told."""

    half_life: timedelta = timedelta(hours=6)
    """After so long a voice counts half."""
    window: timedelta = timedelta(hours=48)
    """After so long a voice is silent, and a story without another one is over."""
    remembered: timedelta = timedelta(days=7)
    """After so long a publisher may be heard anew, on a story that runs on."""
    voices: int = 3
    """Distinct publishers that a trend needs."""
    habit_half_life: timedelta = timedelta(hours=72)
    """After so long a story counts half in what is usual."""
    habit_window: timedelta = timedelta(days=14)
    prior: int = 10
    """Stories of one voice that every scope is taken to have shown: a new scope has no habit yet."""


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Counted:
    """A publisher's voice at the time of asking: it counts `weight` · 2^(-age / half-life)."""

    publisher: str
    counts: float
    weight: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Trend:
    """A story that rises, with its arithmetic: score = heat / habit."""

    story: int
    score: float
    heat: float
    """The sum of what each publisher counts."""
    habit: float
    """(prior + voices) / (prior + stories), each counted less the longer ago."""
    publishers: tuple[Counted, ...]
    """The loudest first."""
    usual_voices: float
    usual_stories: float
    prior: int

    def sentence(self) -> str:
        """The arithmetic for people."""
        told = " + ".join(
            f"{voice.counts:.2f} {voice.publisher}{'' if voice.weight == OWN else ' (a copy)'}"
            for voice in self.publishers[:6]
        )
        more = len(self.publishers) - 6
        told += f" + {more} more" if more > 0 else ""
        usual = f"({self.prior} + {self.usual_voices:.1f} voices) / ({self.prior} + {self.usual_stories:.1f} stories) = {self.habit:.2f}"
        return (
            f"{self.score:.2f} = heat {self.heat:.2f} / habit {self.habit:.2f}; heat: {told}; habit: {usual}"
        )


def scope_of(region: str | None = None, topic: str | None = None) -> str:
    """The scope of a region and a topic by their slugs, of one of them, or of neither.

    >>> scope_of("asia", "sport"), scope_of(topic="sport"), scope_of()
    ('region/asia+topic/sport', 'topic/sport', '')
    """
    parts = (("region", region), ("topic", topic))
    return "+".join(f"{kind}/{slug}" for kind, slug in parts if slug is not None)


@lru_cache(maxsize=1 << 14)
def scopes_of(labels: tuple[str, ...]) -> frozenset[str]:
    """Every scope that an article with these labels is in: everywhere, each label, each region with each topic."""
    regions = [label for label in labels if label.startswith("region/")]
    topics = [label for label in labels if label.startswith("topic/")]
    both = [f"{region}+{topic}" for region in regions for topic in topics]
    return frozenset([EVERYWHERE, *regions, *topics, *both])


def top(
    loud: Sequence[Mapping[str, Any]],
    habit: Mapping[str, Any],
    now: datetime,
    *,
    window: timedelta = PACE.window,
    limit: int = 10,
    muted: frozenset[int] = frozenset(),
    pace: Pace = PACE,
) -> list[Trend]:
    """The stories of a scope that rise the most: more than is usual there. Of equal ones the newer first.

    `loud` and `habit` as they stand in the scope's row of `trend_scopes`. Voices older than `window` do not count; more than the pace's is as much as that.
    `muted`: stories that an editor keeps out. Looks at the stories with several publishers alone, however much is published.
    """
    present, longest = now.timestamp(), min(window, pace.window).total_seconds()
    voices, stories = _usual(habit["hours"], present, pace)
    usual = (pace.prior + voices) / (pace.prior + stories)
    trends = []
    for entry in loud:
        counted = _counted(entry["voices"], present, longest, pace)
        heat = fsum(voice.counts for voice in counted)
        if len(counted) >= pace.voices and heat > usual and entry["story"] not in muted:
            trends.append(
                Trend(int(entry["story"]), heat / usual, heat, usual, counted, voices, stories, pace.prior)
            )
    return sorted(trends, key=lambda trend: (-trend.score, -trend.story))[:limit]


def _counted(
    voices: Iterable[Sequence[Any]], present: float, longest: float, pace: Pace
) -> tuple[Counted, ...]:
    half_life, counted = pace.half_life.total_seconds(), []
    for publisher, at, weight in voices:
        if (age := max(present - at, 0.0)) <= longest:
            heard = datetime.fromtimestamp(at, UTC)
            counted.append(Counted(str(publisher), weight * exp2(-age / half_life), weight, heard))
    return tuple(sorted(counted, key=lambda voice: (-voice.counts, voice.publisher)))


def _usual(hours: Iterable[Sequence[Any]], now: float, pace: Pace) -> tuple[float, float]:
    """Voices and stories summed over the hours of the habit's window, each counted less the longer ago it is."""
    half_life, present = pace.habit_half_life.total_seconds() / HOUR, int(now // HOUR)
    oldest = present - int(pace.habit_window.total_seconds() // HOUR)
    faded = [
        (exp2(-max(present - hour, 0) / half_life), voices, stories)
        for hour, voices, stories in hours
        if hour >= oldest
    ]
    return fsum(part * voices for part, voices, _ in faded), fsum(
        part * stories for part, _, stories in faded
    )
