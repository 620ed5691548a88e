"""Groups of copies out of a list of texts: the partition that any order of arrival must give."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.classify.duplicates.judge import same_text
from services.classify.duplicates.keys import ENOUGH, NEWEST, WINDOW, fingerprint, weight
from services.classify.duplicates.text import Prepared


class Filed:
    """Texts by their keys, in memory: finds the candidates of the next one."""

    def __init__(self) -> None:
        self._by_key: defaultdict[int, list[int]] = defaultdict(list)
        self._texts: list[tuple[Prepared, datetime | None]] = []

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, prepared: Prepared, at: datetime | None = None) -> list[int]:
        """File a text; the numbers of earlier ones that are its copies, in their order."""
        number, keys = len(self._texts), fingerprint(prepared)
        shared: defaultdict[int, set[int]] = defaultdict(set)
        for key in keys:
            filed = self._by_key[key]
            for earlier in filed[-NEWEST:]:
                shared[earlier].add(key)
            filed.append(number)
        self._texts.append((prepared, at))
        return [
            earlier
            for earlier in sorted(shared)
            if weight(frozenset(shared[earlier])) >= ENOUGH
            and _near(at, self._texts[earlier][1])
            and same_text(prepared, self._texts[earlier][0]).same
        ]


def _near(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs(one - other) <= WINDOW


def copies(texts: Iterable[tuple[Prepared, datetime | None]]) -> Iterator[tuple[int, int]]:
    """Every pair of copies, as their numbers in the list, the smaller one first."""
    filed = Filed()
    for number, (prepared, at) in enumerate(texts):
        for earlier in filed.add(prepared, at):
            yield earlier, number


def group(texts: Sequence[tuple[Prepared, datetime | None]]) -> list[int]:
    """For each text the number of the first one of its group: those joined by copies, and copies of copies."""
    heads = list(range(len(texts)))

    def head(number: int) -> int:
        while heads[number] != number:
            heads[number] = heads[heads[number]]
            number = heads[number]
        return number

    for one, other in copies(texts):
        first, second = sorted((head(one), head(other)))
        heads[second] = first
    return [head(number) for number in range(len(texts))]
