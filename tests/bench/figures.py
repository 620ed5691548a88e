"""What is made of numbers (pure): percentiles, one line for each figure, the table and its JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

HEADINGS = ("", "median", "lowest - highest", "yardstick", "ratio", "")


class BenchError(Exception):
    """The bench cannot go on; the message says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure: `values` has one number a round, `yardstick` the same of what it is compared with."""

    part: str
    what: str
    unit: str
    values: Sequence[float]
    yardstick: Sequence[float] = ()
    note: str = ""

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return median(self.values)

    @property
    def beside(self) -> float | None:
        """The yardstick's median, None where there is none."""
        return median(self.yardstick) if self.yardstick else None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the yardstick's, each as median."""
        beside = self.beside
        return self.value / beside if beside else None

    def row(self) -> dict[str, Any]:
        """Fit for JSON, unrounded."""
        return {
            "part": self.part,
            "what": self.what,
            "unit": self.unit,
            "median": self.value,
            "values": list(self.values),
            "yardstick": self.beside,
            "yardstick_values": list(self.yardstick),
            "ratio": self.ratio,
            "note": self.note,
        }


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed; ValueError when there are none.

    Nearest rank: always a value that occurred. Of fewer than a hundred values the 0.99 one is the greatest.

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.99)
    (2, 4)
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values, so no percentile of them")
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def shown(number: float | None) -> str:
    """Three figures that mean something, no more.

    >>> shown(1234.5), shown(12.345), shown(0.01234), shown(0), shown(None)
    ('1234', '12.3', '0.0123', '0', '')
    """
    if number is None:
        return ""
    if number == 0 or abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.3g}"


def table(lines: Sequence[Line]) -> str:
    """All figures in columns, a heading for each part."""
    rows = [_cells(line) for line in lines]
    widths = [max(len(row[n]) for row in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    text, part = [_row(HEADINGS, widths)], None
    for line, row in zip(lines, rows, strict=True):
        if line.part != part:
            part = line.part
            text += ["", part]
        text.append(_row(row, widths))
    return "\n".join(text)


def conditions(found: Mapping[str, Any]) -> str:
    """Under what circumstances it was measured, one a line."""
    width = max(len(name) for name in found)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in found.items())


def _cells(line: Line) -> tuple[str, ...]:
    several = len(line.values) > 1
    spread = f"{shown(min(line.values))} - {shown(max(line.values))}" if several else ""
    what = f"  {line.what}, {line.unit}" if line.unit else f"  {line.what}"
    ratio = shown(line.ratio)
    return (what, shown(line.value), spread, shown(line.beside), ratio, line.note)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers, note = (
        cell.ljust(width) if n in {0, len(cells) - 1} else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *numbers, note]).rstrip()
