"""A rulebook made ready to run: all words of all rules in one automaton, and what each of them calls.

The automaton knows folded text only. Word boundaries are part of its patterns: " kazakhstan " is a whole word,
" kazakh" the head of one. Endings, exact case and regexes are checked at the hit.
"""

from dataclasses import dataclass
from typing import Any

from services.classify.rules.engine.postings import CompiledTerm, Posting
from services.classify.rules.engine.views import View, Views
from services.classify.rules.model import Defaults, Rulebook

REGION, TOPIC, PLACE = 0, 1, 2


@dataclass(slots=True)
class CompiledRulebook:
    """A rulebook with its automaton. Safe to share between threads once made; cheap to swap."""

    rulebook: Rulebook
    defaults: Defaults
    terms: list[CompiledTerm]
    automaton: Any
    postings: list[list[Posting]]  # by pattern what it calls, kept only for whoever asked
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
    views: Views

    @property
    def version(self) -> str:
        """The rulebook's."""
        return self.rulebook.version

    def view(self, language: str | None) -> View:
        """For every pattern what it calls in an article of a language (BCP 47 tag; None: unknown)."""
        code = (language or self.defaults.lang).replace("_", "-").partition("-")[0].lower()
        return self.views.of(code if code in self.languages else "")
