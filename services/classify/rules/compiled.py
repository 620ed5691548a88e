"""A rulebook made ready to run: all words of all rules in one automaton, and what each of them calls.

The automaton knows folded text only. Word boundaries are part of its patterns: " kazakhstan " is a whole word,
" kazakh" the head of one. Endings, exact case and regexes are checked at the hit.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import ahocorasick_rs
import re2

from services.classify.rules.clitics import with_clitics
from services.classify.rules.fold import fold, is_unspaced
from services.classify.rules.model import Context, Defaults, Phrase, Rulebook, Term

PLACE_FACET, TOPIC_FACET = 0, 1
ANY_ENDING = -1


@dataclass(slots=True)
class Posting:
    """What one pattern calls: a term or a group of context words.

    `ending`: letters allowed after the pattern (ANY_ENDING: any number). `tail`: further words with their endings.
    `width`: spaces of the pattern before and after the words.
    """

    term: int
    group: int = -1
    before: int = 1
    after: int = 1
    ending: int = 0
    tail: tuple[tuple[str, int], ...] = ()
    exact: str | None = None
    anchor: bool = False
    simple: bool = True


# What the scan reads of a posting: tuples unpack faster than attributes are fetched, and this is the inner loop.
# (spaces before, spaces after or -1 for "ask the posting", context group, term, facet, fields, the posting)
Seen = tuple[int, int, int, int, int, frozenset[str] | None, Posting]


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
        after = posting.after if posting.simple else -1
        if posting.group >= 0:
            return (posting.before, after, posting.group, -1, 0, None, posting)
        term = self.terms[posting.term]
        return (posting.before, after, -1, posting.term, term.facet, term.fields, posting)

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


def compile_rulebook(rulebook: Rulebook, *, languages: frozenset[str] = frozenset()) -> CompiledRulebook:
    """Build the automaton of a rulebook: a fraction of a second for tens of thousands of terms.

    `languages`: those that it knows besides the languages of its terms. A part of a rulebook is given those of the whole.
    """
    return _Compiler(rulebook, languages).compile()


class _Compiler:
    def __init__(self, rulebook: Rulebook, languages: frozenset[str]) -> None:
        self.rulebook = rulebook
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
            postings=[self.patterns[pattern] for pattern in patterns],
            rule_count=len(rules),
            places=[place.code for place in places],
            languages=self.languages | {t.term.lang for t in self.terms if t.term.lang},
            regions={rule.slug: number for number, rule in enumerate(rules) if rule.kind == "region"},
            regions_of_place={place.code: self.rulebook.regions_of(place.code) for place in places},
            parents=[
                tuple(numbers[rule.kind, slug] for slug in self.rulebook.ancestors(rule.kind, rule.slug))
                for rule in rules
            ],
            numbers=numbers,
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
                fields=frozenset(term.fields) or None,
                regex=re2.compile(term.regex) if term.regex else None,
                unless=self._group(term.unless),
                needs=self._group(term.needs),
                near=self._group(term.near),
                at=str(term.position),
                conditional=bool(term.unless or term.needs or term.near),
            )
        )
        if term.anchor:
            self.patterns[term.anchor].append(Posting(number, before=0, after=0, anchor=True, simple=False))
        for phrase in term.phrases:
            self._phrase(phrase, number, -1, exact=term.exact, lang=term.lang)

    def _group(self, contexts: tuple[Context, ...]) -> int:
        if not contexts:
            return -1
        if contexts not in self.groups:
            group = self.groups[contexts] = len(self.groups)
            for context in contexts:
                for phrase in context.phrases:
                    self._phrase(phrase, -1, group, exact=context.exact, lang=None)
        return self.groups[contexts]

    def _phrase(self, phrase: Phrase, term: int, group: int, *, exact: bool, lang: str | None) -> None:
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
                tail=tail,
                exact=form,
                simple=form is None and not tail and (closed or unspaced),
            )
            known = self.patterns[pattern]
            if posting not in known:
                known.append(posting)


def _shapes(phrase: Phrase, lang: str | None) -> Iterable[tuple[str, int, tuple[tuple[str, int], ...]]]:
    """(head, ending, tail) of a phrase: words run together up to the first ending, checked words after it."""
    words: list[tuple[str, int]] = []
    joined = ""
    for word in phrase.words:
        joined = f"{joined} {fold(word.text)}".strip()
        ending = ANY_ENDING if word.ending is None or _hangul(word.text) else word.ending
        if ending != 0:
            words.append((joined, ending))
            joined = ""
    if joined:
        words.append((joined, 0))
    (head, ending), tail = words[0], tuple(words[1:])
    for form in with_clitics(head, lang):
        yield form, ending, tail


def _hangul(text: str) -> bool:
    """Korean puts its particles at the end of words: every word is open there."""
    return "\uac00" <= text[-1] <= "\ud7a3"
