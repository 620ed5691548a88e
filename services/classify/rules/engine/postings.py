"""What a pattern of the automaton calls, and the terms behind it: plain data of a compiled rulebook."""

from dataclasses import dataclass
from typing import Any

from services.classify.rules.model import Term

PLACE_FACET, TOPIC_FACET = 0, 1
CONTEXT = 2  # beside the facets: words that only decide
ANY_ENDING = -1
ENDLESS = 1 << 30


Tail = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Posting:
    """What one pattern calls: a term, or (with `group`) the context words of that number.

    `before`, `after`: spaces of the pattern around its words. `ending`: letters allowed after it (ANY_ENDING: any
    number). `tails`: what may follow, each further words with their endings; `heads`: the first of each. `exact`: as the
    original must be written. `simple`: where the pattern and its ending stand the term stands, nothing else is to be asked.
    """

    term: int
    group: int = -1
    before: int = 1
    after: int = 1
    ending: int = 0
    tails: tuple[Tail, ...] = ()
    heads: tuple[str, ...] = ()
    exact: str | None = None
    fields: frozenset[str] | None = None
    anchor: bool = False
    simple: bool = True


# What the scan reads of a posting: tuples unpack faster than attributes are fetched, and this is the inner loop.
# (spaces before, spaces after, longest ending, facet or CONTEXT, term or group, the posting where more is to be asked)
Seen = tuple[int, int, int, int, int, Posting | None]


@dataclass(slots=True)
class CompiledTerm:
    """A term with its owner and what it gives points to: labels by number (rules first, then places)."""

    term: Term
    owner: int
    place: str | None
    facet: int
    targets: tuple[tuple[int, float], ...]
    weak: bool
    veto: bool
    fields: frozenset[str] | None
    regex: Any = None
    unless: int = -1
    needs: int = -1
    near: int = -1
    at: str = ""
    conditional: bool = False  # words around it decide
