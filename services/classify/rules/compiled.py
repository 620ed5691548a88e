"""A rulebook made ready to run: all words of all rules in one automaton, and what each of them calls.

The automaton knows folded text only. Word boundaries are part of its patterns: " kazakhstan " is a whole word,
" kazakh" the head of one. Endings, exact case and regexes are checked at the hit.
"""

from dataclasses import dataclass, field
from typing import Any

from services.classify.rules.model import Defaults, Rulebook, Term

PLACE_FACET, TOPIC_FACET = 0, 1
REGION, TOPIC, PLACE = 0, 1, 2
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


@dataclass(slots=True)
class CompiledRulebook:
    """A rulebook with its automaton. Safe to share between threads once made; cheap to swap."""

    rulebook: Rulebook
    defaults: Defaults
    terms: list[CompiledTerm]
    automaton: Any
    postings: list[list[Posting]]
    rule_count: int
    places: list[str]
    languages: frozenset[str]
    conditional: frozenset[int]  # terms that ask the words around them
    masks: frozenset[int]
    vetoes: dict[int, int]  # term: the label or place that it kills
    shares: list[
        tuple[tuple[int, float, bool], ...]
    ]  # by term: label, value of a hit, whether it may fire the label
    receivers: list[frozenset[int]]  # by term: the labels that it speaks for
    sources: list[tuple[str, str, str | None]]  # by term: where and how it was written, its place
    briefs: list[tuple[int, str]]  # by term: how long it was written, ending left out, and how
    kinds: list[int]  # by label: REGION, TOPIC or PLACE
    thresholds: list[float]  # by label
    slugs: list[str]  # by label; the code of a place
    regions: dict[str, int]
    regions_of_place: dict[str, tuple[str, ...]]
    parents: list[tuple[int, ...]]
    numbers: dict[tuple[str, str], int]
    _views: dict[str, list[tuple[Seen, ...]]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The rulebook's."""
        return self.rulebook.version

    def view(self, language: str | None) -> list[tuple[Seen, ...]]:
        """For every pattern what it calls in an article of a language (BCP 47 tag; None: unknown)."""
        code = (language or self.defaults.lang).replace("_", "-").partition("-")[0].lower()
        known = code if code in self.languages else ""
        found = self._views.get(known)
        if found is None:
            found = self._views[known] = [
                tuple(self._seen(posting) for posting in postings if self._speaks(posting, known))
                for postings in self.postings
            ]
        return found

    def _seen(self, posting: Posting) -> Seen:
        kind, called = CONTEXT, posting.group
        if called < 0:
            kind, called = self.terms[posting.term].facet, posting.term
        ending = ENDLESS if posting.ending == ANY_ENDING else posting.ending
        return (posting.before, posting.after, ending, kind, called, None if posting.simple else posting)

    def _speaks(self, posting: Posting, code: str) -> bool:
        """Languages the rules do not know are read with the place names of the default language."""
        if posting.group >= 0:
            return True
        term = self.terms[posting.term]
        if term.term.lang in (None, code):
            return True
        if not code and term.facet == PLACE_FACET and term.term.lang == self.defaults.lang:
            return True
        return not latin(term.term)


def latin(term: Term) -> bool:
    """Whether a term is written in Latin letters: only those are bound to their language.

    Feeds often declare the wrong language, and a Cyrillic or Chinese word names itself.
    """
    text = "".join(phrase.text for phrase in term.phrases) or term.regex or ""
    return all(letter < "\u0370" or "\u1e00" <= letter <= "\u1eff" for letter in text if letter.isalpha())
