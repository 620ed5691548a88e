"""Can what editors say of pairs be true at once? Pure.

`duplicate` joins two articles into one text, and so do chains of it; `duplicate` and `story` join them into one event.
`no` keeps them apart in both; `story` keeps the texts apart. What stands must be possible as a whole, or some judgement
would silently not hold.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from services.core.judgements.model import WORDS, Bond, ordered

_JOINS_TEXT = frozenset({"duplicate"})
_JOINS_EVENT = frozenset({"duplicate", "story"})


def contradiction(standing: Iterable[Bond], new: Bond) -> str | None:
    """Why `new` cannot stand beside the others, in a sentence that names them; None where it can.

    A judgement of the same pair does not count: the new one takes its place.
    """
    others = [bond for bond in standing if ordered(bond.one, bond.other) != ordered(new.one, new.other)]
    together = [*others, new]
    for bar in [new, *others]:
        if bar.says == "duplicate":
            continue
        chain = _chain(together, bar, _JOINS_EVENT if bar.says == "no" else _JOINS_TEXT)
        if chain and (bar is new or new in chain):
            return _told(new, [bond for bond in (bar, *chain) if bond is not new])
    return None


def _told(new: Bond, against: Sequence[Bond]) -> str:
    names = "; ".join(bond.told() for bond in against)
    return (
        f"That articles {new.one} and {new.other} {WORDS[new.says]} contradicts what stands: {names}. "
        f"Withdraw {'that' if len(against) == 1 else 'one of these'} first."
    )


def _chain(bonds: Iterable[Bond], bar: Bond, joins: frozenset[str]) -> list[Bond]:
    """The shortest chain of judgements that makes one of the two articles that `bar` keeps apart; empty without any."""
    by_article: defaultdict[int, list[Bond]] = defaultdict(list)
    for bond in bonds:
        if bond.says in joins and bond is not bar:
            by_article[bond.one].append(bond)
            by_article[bond.other].append(bond)
    came_by: dict[int, Bond | None] = {bar.one: None}
    waiting = deque([bar.one])
    while waiting and bar.other not in came_by:
        here = waiting.popleft()
        for bond in by_article[here]:
            there = bond.other if bond.one == here else bond.one
            if there not in came_by:
                came_by[there] = bond
                waiting.append(there)
    return _back(came_by, bar) if bar.other in came_by else []


def _back(came_by: dict[int, Bond | None], bar: Bond) -> list[Bond]:
    chain, here = [], bar.other
    while (bond := came_by[here]) is not None:
        chain.append(bond)
        here = bond.other if bond.one == here else bond.one
    return chain[::-1]
