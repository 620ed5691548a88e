"""Why a label was given, worked out when somebody asks: as objects for code, or at once as the JSON that is stored.

A verdict is made for every article, and to find its words again in the original text and the rulebook costs as much
as a third of making it. So a label keeps what it was added up from, and its reasons come from there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, overload

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.tally import Part
from services.classify.rules.model import Reason
from services.classify.rules.text.prepare import Prepared


class Teller:
    """Finds the words of one document in its original and in the rulebook."""

    __slots__ = ("_fields", "_prepared", "_sources")

    def __init__(self, prepared: Prepared, compiled: CompiledRulebook) -> None:
        self._fields = prepared.fields
        self._prepared = prepared
        self._sources = compiled.sources

    def reasons(self, parts: Sequence[Part]) -> tuple[Reason, ...]:
        """One for each part."""
        return tuple(Reason(**told) for told in self.told(parts))

    def told(self, parts: Sequence[Part]) -> list[dict[str, Any]]:
        """The same as plain JSON data."""
        sources, fields = self._sources, self._fields
        at, gone = self._prepared.steps() or (None, [])
        found = []
        for _, first, last, term, field, count, points in parts:
            if at is None:
                start, end = self._prepared.original_span(first, last)
            else:
                start, end = first + gone[bisect_right(at, first)], last + gone[bisect_left(at, last)]
            name, _, shift, base = fields[field]
            rule, written, place = sources[term]
            shift -= base
            found.append(
                {
                    "rule": rule,
                    "term": written,
                    "place": place,
                    "field": name,
                    "start": start + shift,
                    "end": end + shift,
                    "count": count,
                    "points": round(points, 4),
                }
            )
        return found


class Why(Sequence[Reason]):
    """The reasons of one label: the parts that brought most points, in that order. Equal to a tuple of the same."""

    __slots__ = ("_limit", "_parts", "_reasons", "_teller")

    def __init__(self, teller: Teller, parts: list[Part], limit: int) -> None:
        self._teller = teller
        self._parts = parts
        self._limit = limit
        self._reasons: tuple[Reason, ...] | None = None

    def told(self) -> list[dict[str, Any]]:
        """As plain JSON data."""
        parts = self._parts
        return self._teller.told(sorted(parts)[: self._limit] if len(parts) > 1 else parts)

    def _all(self) -> tuple[Reason, ...]:
        if self._reasons is None:
            self._reasons = self._teller.reasons(sorted(self._parts)[: self._limit])
        return self._reasons

    def __len__(self) -> int:
        return min(len(self._parts), self._limit)

    def __iter__(self) -> Iterator[Reason]:
        return iter(self._all())

    @overload
    def __getitem__(self, at: int) -> Reason: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Reason]: ...
    def __getitem__(self, at: int | slice) -> Reason | Sequence[Reason]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return self._all() == tuple(other) if isinstance(other, Why | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())
