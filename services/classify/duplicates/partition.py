"""Which articles are one, and which of them is shown: out of pairs and of what editors say (pure).

Worked out anew from everything that is joined, never step by step: so the same pairs give the same groups, whoever found
them first. Only who is shown depends on what was shown before.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[int, int]
"""Two articles, the smaller id first."""


@dataclass(frozen=True, slots=True)
class Member:
    """An article that may be joined to others. `listed`: it stands in Latest. `not_news`: an editor took it out, with its copies.

    `quarantined`: labelling it failed, so that nobody would see it; it hides nobody.
    """

    id: int
    listed: bool = False
    quarantined: bool = False
    not_news: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """The least of a group is the one shown; what is listed stays, so that Latest does not jump."""
        return (0 if self.not_news else 1 if self.listed else 2), self.id

    @property
    def may_stand_for_others(self) -> bool:
        """Whether others may be hidden behind it."""
        return self.not_news or self.listed or not self.quarantined


def heads(
    members: Iterable[Member], pairs: Iterable[Pair], *, said: Iterable[Pair] = (), apart: Iterable[Pair] = ()
) -> dict[int, int]:
    """For each member the one shown for it, itself where it is shown.

    `pairs` that were found and pairs that editors have `said` to be one join groups, and groups of groups; a pair that editors want
    `apart` is in no group together: what editors said joins first, then pairs in the order of their ids, and a pair that would
    bring such a pair together joins nothing. Pairs with somebody who is no member count for nothing.
    """
    by_id = {member.id: member for member in members}
    groups = _Groups(by_id, apart)
    for chosen in (sorted(set(said)), sorted(set(pairs))):
        for one, other in chosen:
            if one in by_id and other in by_id:
                groups.join(one, other)
    shown: dict[int, int] = {}
    for group in groups.all():
        able = [by_id[number] for number in group if by_id[number].may_stand_for_others]
        head = min(able, key=lambda member: member.place).id if able else None
        shown |= {number: number if head is None else head for number in group}
    return shown


class _Groups:
    """Disjoint sets, of which none may hold two that are to be apart."""

    def __init__(self, ids: Iterable[int], apart: Iterable[Pair]) -> None:
        self._group = {number: {number} for number in ids}
        self._not_with: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self._not_with[one].add(other)
            self._not_with[other].add(one)

    def join(self, one: int, other: int) -> None:
        few, many = sorted((self._group[one], self._group[other]), key=len)
        if few is many or any(not many.isdisjoint(self._not_with[n]) for n in few if n in self._not_with):
            return
        many |= few
        for number in few:
            self._group[number] = many

    def all(self) -> Iterable[set[int]]:
        return {id(group): group for group in self._group.values()}.values()
