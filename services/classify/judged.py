"""How well stories agree with what editors said of pairs of articles (pure).

The articles go through the one pass that decides stories, in the order of their dates; what was said of them takes no part in it.
Then only what is known counts: two articles are of one event if a chain of judgements joins them, of two if one of their
chains is kept apart from the other's, and of the rest nobody has said anything.
"""

from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

from services.classify import stories
from services.classify.grouping import StreamEvaluation
from services.core.errors import InvalidInputError

_DOCUMENT = ("title", "body", "url", "date", "source", "lang")


class JudgedStories:
    """Add judged pairs (`a`, `b`, `same`, as `dateline judge export` prints them), then read `result()`."""

    def __init__(self) -> None:
        self._documents: dict[Any, Mapping[str, Any]] = {}
        self._pairs: list[tuple[Any, Any, str]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a pair. Of a text that was judged twice the first one given counts."""
        for side in ("a", "b"):
            self._documents.setdefault(row[side]["id"], row[side])
        self._pairs.append((row["a"]["id"], row["b"]["id"], str(row["same"])))

    def result(self) -> dict[str, Any]:
        """The figures of `stories evaluate`, over what is known. Raises InvalidInputError where nothing was judged."""
        if not self._pairs:
            raise InvalidInputError("No two articles were judged yet.")
        order = sorted(
            self._documents, key=lambda number: (self._documents[number].get("date") or "", number)
        )
        evaluation = StreamEvaluation()
        for number in order:
            evaluation.add({name: self._documents[number].get(name) for name in _DOCUMENT})
        given = dict(zip(order, evaluation.given(), strict=True))
        events = self._events()
        together = {pair for event in events for pair in combinations(sorted(event), 2)}
        apart = self._apart(events)
        return {
            "rows": len(order),
            "stories": len(set(given.values())),
            "gold_stories": len(events),
            "copies": evaluation.copies,
            "bcubed": _bcubed(given, together, apart).figures(),
            "pairs": _pairs(given, together, apart).figures(),
        }

    def _events(self) -> list[set[Any]]:
        """What judgements join, each article in one of them."""
        event = {number: {number} for number in self._documents}
        for one, other, same in self._pairs:
            if same != "no" and event[one] is not event[other]:
                event[one] |= event[other]
                for number in event[other]:
                    event[number] = event[one]
        return list({id(found): found for found in event.values()}.values())

    def _apart(self, events: list[set[Any]]) -> set[tuple[Any, Any]]:
        event = {number: found for found in events for number in found}
        return {
            (min(pair), max(pair))
            for one, other, same in self._pairs
            if same == "no"
            for pair in product(event[one], event[other])
        }


_Known = set[tuple[Any, Any]]


def _pairs(given: Mapping[Any, int], together: _Known, apart: _Known) -> stories.Score:
    hit = sum(given[one] == given[other] for one, other in together)
    wrong = sum(given[one] == given[other] for one, other in apart)
    return stories.binary(hit, wrong, len(together) - hit)


def _bcubed(given: Mapping[Any, int], together: _Known, apart: _Known) -> stories.Score:
    """B-cubed in which an article is compared with itself and with those of which it is known."""
    right, found, wanted = (dict.fromkeys(given, 1) for _ in range(3))
    for pair in together:
        same = given[pair[0]] == given[pair[1]]
        for number in pair:
            wanted[number] += 1
            right[number] += same
            found[number] += same
    for pair in apart:
        for number in pair:
            found[number] += given[pair[0]] == given[pair[1]]
    rows = len(given)
    return stories.Score(
        sum(right[number] / found[number] for number in given) / rows,
        sum(right[number] / wanted[number] for number in given) / rows,
    )
