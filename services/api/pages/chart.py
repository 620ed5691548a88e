"""A timeline as bars of an SVG: where each one stands and what it says. Pure; the style is in the sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.story_shapes import Step, Timeline
from services.api.words import counted

STEP_WIDTH, HEIGHT = 10, 60
STEP_PIXELS, MOST_PIXELS = 22, 700
"""A story of two hours shall not look like two walls: bars have at most this width, and less where they are many."""


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One bar, from the ground up."""

    x: int
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a box of `width` by HEIGHT units, shown `pixels` wide where there is room."""

    width: int
    pixels: int
    bars: Sequence[ChartBar]
    start: str
    end: str
    highest: int


def chart(timeline: Timeline) -> Chart | None:
    """The articles of a story by hour, day or week; None for a story of one step, which has no shape."""
    bars = timeline.bars
    if len(bars) < 2:
        return None
    highest = max(*(bar.articles for bar in bars), 1)
    return Chart(
        width=STEP_WIDTH * len(bars),
        pixels=min(STEP_PIXELS * len(bars), MOST_PIXELS),
        bars=[
            ChartBar(
                n * STEP_WIDTH,
                round(HEIGHT * bar.articles / highest, 1),
                f"{moment(bar.at, timeline.step)}: {counted(bar.articles, 'article')}",
            )
            for n, bar in enumerate(bars)
            if bar.articles
        ],
        start=moment(bars[0].at, timeline.step),
        end=moment(bars[-1].at, timeline.step),
        highest=highest,
    )


def moment(at: datetime, step: Step) -> str:
    """The name of a step.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 11, 28, 7, tzinfo=UTC), "hour")
    '28 November, 07:00'
    """
    day = f"{at.day} {at:%B}"
    return f"{day}, {at:%H:%M}" if step == "hour" else f"week of {day}" if step == "week" else day
