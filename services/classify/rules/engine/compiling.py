"""From a rulebook to its automaton: alternatives, endings and small words become patterns, each with what it calls."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import ahocorasick_rs

from services.classify.rules.engine.compiled import PLACE, REGION, TOPIC, CompiledRulebook
from services.classify.rules.engine.postings import (
    ANY_ENDING,
    PLACE_FACET,
    TOPIC_FACET,
    CompiledTerm,
    Posting,
    Tail,
)
from services.classify.rules.engine.views import Views
from services.classify.rules.model import Context, Phrase, Rulebook, Term, Word
from services.classify.rules.text.clitics import with_clitics
from services.classify.rules.text.fold import fold, is_unspaced
from services.classify.rules.text.regexes import compile_regex
from services.core.memory import uncollected


def compile_rulebook(
    rulebook: Rulebook, *, languages: frozenset[str] = frozenset(), postings: bool = False
) -> CompiledRulebook:
    """Build the automaton of a rulebook: a second for tens of thousands of terms.

    `languages`: those that it knows besides the languages of its terms. A part of a rulebook is given those of the whole.
    `postings`: keep what every pattern calls, which labelling does not need.
    """
    with uncollected():
        return _Compiler(rulebook, languages, postings=postings).compile()


class _Compiler:
    def __init__(self, rulebook: Rulebook, languages: frozenset[str], *, postings: bool) -> None:
        self.rulebook = rulebook
        self.keeps_postings = postings
        self.languages = languages
        self.terms: list[CompiledTerm] = []
        self.patterns: defaultdict[str, list[Posting]] = defaultdict(list)
        self.groups: dict[tuple[Context, ...], int] = {}

    def compile(self) -> CompiledRulebook:
        rules, places = self.rulebook.rules, self.rulebook.places
        members: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for member in rule.places:
                members[member.place].append((number, member.weight))
        for number, place in enumerate(places, start=len(rules)):
            for term in place.terms:
                self._add(term, number, place.code, PLACE_FACET, ((number, 1.0), *members[place.code]))
        for number, rule in enumerate(rules):
            facet = PLACE_FACET if rule.kind == "region" else TOPIC_FACET
            for term in rule.terms:
                self._add(term, number, None, facet, ((number, 1.0),))
        return self._finish()

    def _finish(self) -> CompiledRulebook:
        rules, places = self.rulebook.rules, self.rulebook.places
        patterns = list(self.patterns) or ["\x00"]
        postings = [self.patterns[pattern] for pattern in patterns]
        numbers: dict[tuple[str, str], int] = {(rule.kind, rule.slug): n for n, rule in enumerate(rules)}
        return CompiledRulebook(
            rulebook=self.rulebook,
            defaults=self.rulebook.defaults,
            terms=self.terms,
            automaton=ahocorasick_rs.AhoCorasick(
                patterns,
                implementation=ahocorasick_rs.Implementation.ContiguousNFA,
                store_patterns=False,
            ),
            postings=postings if self.keeps_postings else [],
            views=Views(postings, self.terms, self.rulebook.defaults.lang),
            rule_count=len(rules),
            places=[place.code for place in places],
            languages=self.languages | {t.term.lang for t in self.terms if t.term.lang},
            regions={rule.slug: number for number, rule in enumerate(rules) if rule.kind == "region"},
            regions_of_place=_regions_of_places(self.rulebook),
            parents=_ancestors(self.rulebook, numbers),
            numbers=numbers,
            conditional=frozenset(n for n, term in enumerate(self.terms) if term.conditional),
            masks=frozenset(n for n, term in enumerate(self.terms) if term.term.tier == "mask"),
            vetoes={n: term.owner for n, term in enumerate(self.terms) if term.veto},
            shares=[_shares(term) for term in self.terms],
            receivers=_receivers(self.terms),
            sources=[(term.at, term.term.written, term.place) for term in self.terms],
            briefs=[(len(t.term.written.rstrip("*0123456789")), t.term.written) for t in self.terms],
            kinds=[*(REGION if rule.kind == "region" else TOPIC for rule in rules), *(PLACE for _ in places)],
            thresholds=_thresholds(self.rulebook),
            slugs=[*(rule.slug for rule in rules), *(place.code for place in places)],
        )

    def _add(
        self, term: Term, owner: int, place: str | None, facet: int, targets: tuple[tuple[int, float], ...]
    ) -> None:
        number = len(self.terms)
        silent = term.tier in ("mask", "veto")
        self.terms.append(
            CompiledTerm(
                term=term,
                owner=owner,
                place=place,
                facet=facet,
                targets=() if silent else targets,
                weak=term.tier == "weak",
                veto=term.tier == "veto",
                fields=frozenset(term.fields) if term.fields else None,
                regex=compile_regex(term.regex) if term.regex else None,
                unless=self._group(term.unless),
                needs=self._group(term.needs),
                near=self._group(term.near),
                at=str(term.position),
                conditional=bool(term.unless or term.needs or term.near),
            )
        )
        fields = self.terms[-1].fields
        if term.anchor:
            self.patterns[term.anchor].append(Posting(number, before=0, after=0, anchor=True, simple=False))
        for phrase in term.phrases:
            self._phrase(phrase, number, -1, exact=term.exact, lang=term.lang, fields=fields)

    def _group(self, contexts: tuple[Context, ...]) -> int:
        if not contexts:
            return -1
        if contexts not in self.groups:
            group = self.groups[contexts] = len(self.groups)
            for context in contexts:
                for phrase in context.phrases:
                    self._phrase(phrase, -1, group, exact=context.exact, lang=None)
        return self.groups[contexts]

    def _phrase(
        self,
        phrase: Phrase,
        term: int,
        group: int,
        *,
        exact: bool,
        lang: str | None,
        fields: frozenset[str] | None = None,
    ) -> None:
        form = phrase.text.strip(" .,;:!?'\"") if exact else None
        for head, ending, tail in _shapes(phrase, lang):
            unspaced = is_unspaced(head)
            closed = not unspaced and ending == 0 and not tail
            pattern = head if unspaced else f" {head} " if closed else f" {head}"
            posting = Posting(
                term,
                group,
                before=0 if unspaced else 1,
                after=1 if closed else 0,
                ending=0 if unspaced and not tail else ending,
                exact=form,
                fields=fields,
                simple=form is None and fields is None and not tail,
            )
            _post(self.patterns[pattern], posting, tail)


def _post(known: list[Posting], posting: Posting, tail: Tail) -> None:
    """Add what a pattern calls; alternatives that begin alike are one posting with several tails."""
    for other in known:
        if other.term == posting.term and replace(other, tails=(), heads=()) == posting:
            if bool(tail) != bool(other.tails):
                continue
            if tail and tail not in other.tails:
                other.tails += (tail,)
                other.heads += (tail[0][0],)
            return
    if tail:
        posting = replace(posting, tails=(tail,), heads=(tail[0][0],))
    known.append(posting)


def _shapes(phrase: Phrase, lang: str | None) -> Iterable[tuple[str, int, tuple[tuple[str, int], ...]]]:
    """(head, ending, tail) of a phrase: words run together up to the first ending, checked words after it."""
    if len(phrase.words) == 1:
        word = phrase.words[0]
        for form in with_clitics(fold(word.text), lang):
            yield form, _ending(word), ()
        return
    words: list[tuple[str, int]] = []
    joined = ""
    for word in phrase.words:
        joined = f"{joined} {fold(word.text)}".strip()
        ending = _ending(word)
        if ending != 0:
            words.append((joined, ending))
            joined = ""
    if joined:
        words.append((joined, 0))
    (head, ending), tail = words[0], tuple(words[1:])
    for form in with_clitics(head, lang):
        yield form, ending, tail


def _ending(word: Word) -> int:
    return ANY_ENDING if word.ending is None or _hangul(word.text) else word.ending


def _shares(term: CompiledTerm) -> tuple[tuple[int, float, bool], ...]:
    """What one hit gives to whom, before the field's weight: the weight of the term by that of the place."""
    weight = term.term.weight
    return tuple(
        (number, weight * factor, weight * factor > 0 and not term.weak) for number, factor in term.targets
    )


def _regions_of_places(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Every place with the regions that hold it, the heaviest membership first."""
    held: defaultdict[str, list[tuple[float, int, str]]] = defaultdict(list)
    for order, rule in enumerate(rulebook.rules):
        for member in rule.places:
            held[member.place].append((-member.weight, order, rule.slug))
    return {place.code: tuple(slug for *_, slug in sorted(held[place.code])) for place in rulebook.places}


def _ancestors(rulebook: Rulebook, numbers: dict[tuple[str, str], int]) -> list[tuple[int, ...]]:
    """For every label what stands above it, the nearest first."""
    above = [None if r.parent is None else numbers.get((r.kind, r.parent)) for r in rulebook.rules]
    chains: list[tuple[int, ...]] = []
    for number in range(len(above)):
        chain: list[int] = []
        parent = above[number]
        while parent is not None and parent not in chain:
            chain.append(parent)
            parent = above[parent]
        chains.append(tuple(chain))
    return chains


def _receivers(terms: list[CompiledTerm]) -> list[frozenset[int]]:
    """The labels that each term speaks for; terms of one owner share one set."""
    known: dict[tuple[tuple[int, float], ...], frozenset[int]] = {}
    return [known.setdefault(term.targets, frozenset(number for number, _ in term.targets)) for term in terms]


def _thresholds(rulebook: Rulebook) -> list[float]:
    """Points from which each label fires; places as regions do."""
    defaults = rulebook.defaults
    usual = {"region": defaults.region_threshold, "topic": defaults.topic_threshold}
    own = [usual[rule.kind] if rule.threshold is None else rule.threshold for rule in rulebook.rules]
    return [*own, *(defaults.region_threshold for _ in rulebook.places)]


def _hangul(text: str) -> bool:
    """Korean puts its particles at the end of words: every word is open there."""
    return "\uac00" <= text[-1] <= "\ud7a3"
