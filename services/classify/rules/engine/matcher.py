"""Terms found in a document: scan once, check at the hit, sweep what lies inside longer matches, ask the context.

Hits are plain tuples, and whatever most hits do not need is asked for only where it is needed: this is the inner loop.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.postings import ANY_ENDING, CompiledTerm, Posting, Tail
from services.classify.rules.text.prepare import Prepared
from services.classify.rules.text.words import WORDS_IN_CAPITALS

NEAR_WITHIN = 10  # words, where `near` names no distance
NEVER = 1 << 60

Span = tuple[int, int]
Hit = tuple[int, int, int, int]
"""A term at a place of the joined text: start, end, number of the term, number of the field."""
Candidate = tuple[int, int, int, int]
"""Start, minus the end, a running number, the term (or the number of a group of context words). Sorted, the longest of
those that begin together comes first."""


@dataclass(slots=True)
class Ignored:
    """A hit that did not count, and why; only collected where somebody asks."""

    hit: Hit
    reason: str


@dataclass(slots=True)
class Match:
    """What a document's text gave: hits that count, places and regions first, then topics, each in order of the text.

    `shared`: indices of hits that have their span in common with the one before.
    """

    hits: list[Hit]
    shared: list[int]
    ignored: list[Ignored]


def find_hits(
    prepared: Prepared, compiled: CompiledRulebook, language: str | None, *, trace: bool = False
) -> Match:
    """All hits that count. With `trace`, also those that did not, each with its reason."""
    return _Scan(prepared, compiled, language, trace=trace).run()


def finish_of(posting: Posting, text: str, end: int) -> int:
    """Where a match ends whose pattern ends at `end`, once endings and further words are checked; -1 if these do not hold."""
    end -= posting.after
    if posting.ending:
        end = _word_end(text, end, posting.ending)
    return _tails_end(posting, text, end) if posting.tails and end >= 0 else end


def _tails_end(posting: Posting, text: str, end: int) -> int:
    """The farthest end of what may follow a first word that ends at `end`; -1 where nothing of it does."""
    if not text.startswith(posting.heads, end + 1):
        return -1
    return max(_tail_end(tail, text, end) for tail in posting.tails)


def _tail_end(tail: Tail, text: str, end: int) -> int:
    for words, ending in tail:
        if end < 0 or not text.startswith(words, end + 1):
            return -1
        end = _word_end(text, end + 1 + len(words), ending)
    return end


def _word_end(text: str, end: int, ending: int) -> int:
    stop = text.find(" ", end)
    return stop if ending == ANY_ENDING or stop - end <= ending else -1


class _Scan:
    __slots__ = ("anchored", "compiled", "contexts", "found", "match", "prepared", "terms", "trace", "view")

    def __init__(
        self, prepared: Prepared, compiled: CompiledRulebook, language: str | None, *, trace: bool
    ) -> None:
        self.prepared = prepared
        self.terms = compiled.terms
        self.compiled = compiled
        self.view = compiled.view(language)
        self.trace = trace
        self.contexts: defaultdict[int, list[Span]] = defaultdict(list)
        self.found: tuple[list[Candidate], ...] = ([], [], [])  # by facet, and context words
        self.anchored: set[tuple[int, int]] = set()
        self.match = Match([], [], [])

    def run(self) -> Match:
        self._collect()
        places, topics, context = self.found
        if context:
            context.sort()
            for begin, negative, _, group in context:
                self.contexts[group].append((begin, -negative))
        for facet in (places, topics):
            facet.sort()
            self._sift(facet)
        if self.match.shared and self.compiled.masks:
            self._mask_own()
        return self.match

    def _collect(self) -> None:
        view, found, number = self.view, self.found, 0
        joined = self.prepared.joined
        word_end = joined.find
        for pattern, start, end in self.compiled.automaton.find_matches_as_indexes(joined, overlapping=True):
            for before, after, ending, kind, term, posting in view[pattern]:
                if ending:
                    finish = word_end(" ", end)
                    if finish - end > ending:
                        continue
                else:
                    finish = end - after
                if posting is not None:
                    finish = self._finish(posting, start + before, finish)
                    if finish < 0:
                        continue
                number += 1
                found[kind].append((start + before, -finish, number, term))

    def _finish(self, posting: Posting, begin: int, end: int) -> int:
        """Where the match ends once further words, exact case and field are checked; -1 when they do not hold."""
        if posting.anchor:
            self._regex(posting.term, begin)
            return -1
        if posting.tails:
            end = _tails_end(posting, self.prepared.joined, end)
        if end >= 0 and posting.exact is not None and not self._exact(posting.exact, begin, end):
            return -1
        if end >= 0 and posting.fields is not None and self._field_name(begin) not in posting.fields:
            return -1
        return end

    def _field_name(self, position: int) -> str:
        return self.prepared.fields[self.prepared.field_at(position)].name

    def _exact(self, form: str, begin: int, end: int) -> bool:
        """The original must be written as the term is. Headlines in capitals tell nothing about capitals."""
        original = self.prepared.text
        if form in original:
            start, stop = self.prepared.original_span(begin, end)
            if original[start:stop] == form:
                return form.lower() not in WORDS_IN_CAPITALS or not self._shouts(begin)
        if form.upper() in original and self._shouts(begin):
            return form.lower() not in WORDS_IN_CAPITALS
        return False

    def _shouts(self, position: int) -> bool:
        return self.prepared.shouts(self.prepared.field_at(position))

    def _regex(self, number: int, begin: int) -> None:
        """Run a regex over the field where its anchor stood, once."""
        index = self.prepared.field_at(begin)
        term, field = self.terms[number], self.prepared.fields[index]
        if (number, index) in self.anchored or (term.fields is not None and field.name not in term.fields):
            return
        self.anchored.add((number, index))
        originals, folded = self.prepared.words()
        begins, ends = [low for low, _ in originals], [high for _, high in originals]
        for match in term.regex.finditer(field.original):
            low, high = field.start + match.start(), field.start + match.end()
            first, last = bisect_right(ends, low), bisect_left(begins, high) - 1
            if first <= last:
                found = self.found[term.facet]
                found.append((folded[first][0], -folded[last][1], -1 - len(self.anchored), number))

    def _sift(self, candidates: list[Candidate]) -> None:
        """Drop every span inside a longer one, whoever owns either, then what the words around speak against.

        Equal spans and partial overlaps stay.
        """
        match, conditional = self.match, self.compiled.conditional
        hits, shared = match.hits, match.shared
        field, limits = 0, [*self.prepared.bases[1:], NEVER]
        limit = limits[0]
        widest: Candidate = (-1, 0, 0, 0)
        wide_begin = last_begin = wide_end = last_end = -1
        for candidate in candidates:
            begin, negative, _, term = candidate
            end = -negative
            while begin >= limit:
                field += 1
                limit = limits[field]
            if end > wide_end:
                widest, wide_begin, wide_end = candidate, begin, end
            elif end != wide_end or begin != wide_begin:
                if self.trace:
                    self._note_swallowed((begin, end, term, field), widest[3])
                continue
            if term in conditional and not self._holds((begin, end, term, field)):
                continue
            if begin == last_begin and end == last_end:
                shared.append(len(hits))
            hits.append((begin, end, term, field))
            last_begin, last_end = begin, end

    def _mask_own(self) -> None:
        """A mask also silences a term of its own label that is exactly as long: `Kunststoff` is not `Kunst*8`."""
        hits, terms = self.match.hits, self.terms
        silenced: dict[int, int] = {}
        for at in self.match.shared:
            for mask, other in ((at, at - 1), (at - 1, at)):
                if hits[mask][2] in self.compiled.masks:
                    silenced |= self._of_owner(terms[hits[mask][2]].owner, other, hits[mask])
        if silenced:
            if self.trace:
                for at, mask in silenced.items():
                    self._note_swallowed(hits[at], mask)
            kept = [hit for at, hit in enumerate(hits) if at not in silenced]
            self.match.hits = kept
            self.match.shared = [n for n in range(1, len(kept)) if kept[n][:2] == kept[n - 1][:2]]

    def _of_owner(self, owner: int, start: int, mask: Hit) -> dict[int, int]:
        """Hits on the mask's span, from `start` in both directions, that belong to its owner."""
        hits, masks, found = self.match.hits, self.compiled.masks, {}
        for step in (1, -1):
            at = start
            while 0 <= at < len(hits) and hits[at][:2] == mask[:2]:
                term = hits[at][2]
                if term not in masks and self.terms[term].owner == owner:
                    found[at] = mask[2]
                at += step
        return found

    def _note_swallowed(self, hit: Hit, by: int) -> None:
        longer = self.terms[by].term
        kind = "masked by" if longer.tier == "mask" else "inside the longer"
        self.match.ignored.append(Ignored(hit, f"{kind} {longer.written!r} ({longer.position})"))

    def _holds(self, hit: Hit) -> bool:
        reason = self._objection(hit, self.terms[hit[2]])
        if reason and self.trace:
            self.match.ignored.append(Ignored(hit, reason))
        return not reason

    def _objection(self, hit: Hit, compiled: CompiledTerm) -> str:
        """Why the words around a hit speak against it, or nothing."""
        term = compiled.term
        if compiled.unless >= 0 and self._stands(compiled.unless, hit, term.within):
            return "unless: " + ", ".join(context.written for context in term.unless)
        if compiled.needs >= 0 and not self._stands(compiled.needs, hit, term.within):
            return "needs: " + ", ".join(context.written for context in term.needs)
        within = term.within or NEAR_WITHIN
        if compiled.near >= 0 and not self._stands(compiled.near, hit, within):
            return f"near (within {within} words): " + ", ".join(context.written for context in term.near)
        return ""

    def _stands(self, group: int, hit: Hit, within: int | None) -> bool:
        spans = self.contexts.get(group)
        if not spans:
            return False
        if within is None:
            return True
        at = bisect_left(spans, hit[:2])  # the nearest on either side are the ones to ask
        return any(self._close(hit, span, within) for span in spans[max(0, at - 2) : at + 2])

    def _close(self, hit: Hit, span: Span, within: int) -> bool:
        if self.prepared.field_at(span[0]) != hit[3]:
            return False
        low, high = sorted((hit[:2], span))
        return self.prepared.joined.count(" ", low[1], max(low[1], high[0])) <= within
