"""Which articles another rulebook could label otherwise: those that one of the differing words stands in.

A verdict depends on the terms that hit, on the defaults, and on the feed's region and country. So an article that no
differing term hits, and whose feed names no label that differs, keeps its labels. Terms are asked without their
conditions, since one that fails its condition still swallows what lies inside it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.compiling import compile_rulebook
from services.classify.rules.engine.matcher import Hit, find_hits
from services.classify.rules.judging.corrections import Correction
from services.classify.rules.model import Document, LabelRule, Rulebook, Term
from services.classify.rules.text.prepare import Prepared
from services.classify.rules.tools.difference import Difference
from services.classify.rules.tools.edits import differing_terms

SETTING = -1  # in place of an edit's number: a term that is asked for the sake of its label


@dataclass(frozen=True, slots=True)
class Affected:
    """Labels and places that differ by something other than their own terms."""

    everything: bool
    labels: frozenset[str]
    places: frozenset[str]
    languages: frozenset[str]
    lang: str

    def concerns(self, document: Document, correction: Correction | None) -> bool:
        """Whether the article may change whatever words stand in it: by its feed, language or correction."""
        return (
            self.everything
            or (document.source_country or "").upper() in self.places
            or f"region/{document.prior_region}" in self.labels
            or (bool(self.languages) and self._language(document) in self.languages)
            or (correction is not None and any(label in self.labels for label in _named(correction)))
        )

    def _language(self, document: Document) -> str:
        return (document.language or self.lang).replace("_", "-").partition("-")[0].lower()


def _named(correction: Correction) -> Iterator[str]:
    for kind, slugs in (
        ("region", correction.regions),
        ("topic", correction.topics),
        ("place", correction.places),
    ):
        yield from (f"{kind}/{slug}" for slug in slugs or ())


def affected(before: CompiledRulebook, after: CompiledRulebook, difference: Difference) -> Affected:
    """What differs besides the edited terms."""
    old, new = before.rulebook, after.rulebook
    labels = {label for label, _ in _standing(old) ^ _standing(new)}
    places = {code for code, _ in _memberships(old) ^ _memberships(new)}
    labels |= {f"place/{code}" for code in places}
    return Affected(
        everything=bool(difference.reordered or old.defaults != new.defaults or _resorted(old, new)),
        labels=frozenset(labels),
        places=frozenset(places | {code for book in (old, new) for code in _held(book, labels)}),
        languages=before.languages ^ after.languages,
        lang=new.defaults.lang,
    )


def _standing(rulebook: Rulebook) -> set[tuple[str, object]]:
    """Of every label what decides over it apart from terms and places."""
    return {(rule.id, (rule.threshold, rulebook.ancestors(rule.kind, rule.slug))) for rule in rulebook.rules}


def _memberships(rulebook: Rulebook) -> set[tuple[str, object]]:
    held: dict[str, list[tuple[str, float]]] = {place.code: [] for place in rulebook.places}
    for rule in rulebook.rules:
        for member in rule.places:
            held[member.place].append((rule.id, member.weight))
    return {(code, tuple(regions)) for code, regions in held.items()}


def _held(rulebook: Rulebook, labels: set[str]) -> Iterator[str]:
    for rule in rulebook.rules:
        if rule.id in labels:
            yield from (member.place for member in rule.places)


def _resorted(before: Rulebook, after: Rulebook) -> bool:
    """Whether terms that both have stand in another order: of equal terms on one span the first wins."""
    old, new = (
        [(owned.owner, owned.term.tier, owned.term.written) for owned in side]
        for side in differing_terms(before, after)
    )
    return _common(old, new) != _common(new, old)


def _common(
    keys: list[tuple[str, str, str]], others: list[tuple[str, str, str]]
) -> list[tuple[str, str, str]]:
    left = Counter(others)
    found = []
    for key in keys:
        if left[key]:
            left[key] -= 1
            found.append(key)
    return sorted(found, key=lambda key: key[0])  # stable: the order within each owner


@dataclass(slots=True)
class Sieve:
    """One side's differing terms in an automaton of their own."""

    compiled: CompiledRulebook | None
    numbers: dict[int, int] = field(default_factory=dict)  # number of a term there: number of its edit

    def hits(self, prepared: Prepared, document: Document) -> list[Hit]:
        """Where they stand in a document; each of them may still fail its conditions."""
        if self.compiled is None:
            return []
        return find_hits(prepared, self.compiled, document.language).hits

    def edits(self, hits: Iterable[Hit]) -> set[int]:
        """Numbers of the edits that hit."""
        return {self.numbers[hit[2]] for hit in hits} - {SETTING}


def sieve(whole: CompiledRulebook, edits: dict[int, int], concerned: Affected) -> Sieve:
    """The part of a rulebook that differs: its edited terms (by id) and all terms of affected labels."""
    book = whole.rulebook
    numbers: dict[int, int] = {}

    def kept(terms: tuple[Term, ...], *, all_of_them: bool) -> tuple[Term, ...]:
        found = []
        for term in terms:
            if all_of_them or id(term) in edits:
                bare = replace(term, unless=(), needs=(), near=(), within=None)
                numbers[id(bare)] = edits.get(id(term), SETTING)
                found.append(bare)
        return tuple(found)

    def rule_part(rule: LabelRule) -> LabelRule:
        return replace(
            rule, places=(), tests=(), terms=kept(rule.terms, all_of_them=rule.id in concerned.labels)
        )

    part = replace(
        book,
        places=tuple(
            replace(place, terms=kept(place.terms, all_of_them=place.code in concerned.places))
            for place in book.places
        ),
        rules=tuple(rule_part(rule) for rule in book.rules),
    )
    if not numbers:
        return Sieve(None)
    compiled = compile_rulebook(part, languages=whole.languages)
    return Sieve(compiled, {n: numbers[id(term.term)] for n, term in enumerate(compiled.terms)})
