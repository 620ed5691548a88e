"""Terms found in a document: scan once, check at the hit, sweep what lies inside longer matches, ask the context."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from services.classify.rules.compiled import ANY_ENDING, CompiledRulebook, CompiledTerm, Posting
from services.classify.rules.prepare import Prepared
from services.classify.rules.words import WORDS_IN_CAPITALS

NEAR_WITHIN = 10  # words, where `near` names no distance

Span = tuple[int, int]


class Hit(NamedTuple):
    """A term at a place of the joined text."""

    start: int
    end: int
    term: int
    field: int


@dataclass(slots=True)
class Ignored:
    """A hit that did not count, and why; only collected where somebody asks."""

    hit: Hit
    reason: str


@dataclass(slots=True)
class Match:
    """What a document's text gave: hits that count, and the terms by facet that lost."""

    hits: list[Hit]
    ignored: list[Ignored]


def find_hits(
    prepared: Prepared, compiled: CompiledRulebook, language: str | None, *, trace: bool = False
) -> Match:
    """All hits that count. With `trace`, also those that did not, each with its reason."""
    return _Scan(prepared, compiled, language, trace=trace).run()


class _Scan:
    def __init__(
        self, prepared: Prepared, compiled: CompiledRulebook, language: str | None, *, trace: bool
    ) -> None:
        self.prepared = prepared
        self.terms = compiled.terms
        self.compiled = compiled
        self.view = compiled.view(language)
        self.language = language
        self.trace = trace
        self.ignored: list[Ignored] = []
        self.contexts: defaultdict[int, list[Span]] = defaultdict(list)
        self.candidates: tuple[list[Hit], list[Hit]] = ([], [])
        self.anchored: set[tuple[int, int]] = set()

    def run(self) -> Match:
        self._collect()
        for spans in self.contexts.values():
            spans.sort()
        kept: list[Hit] = []
        for facet in self.candidates:
            kept += self._contain(facet)
        hits = [hit for hit in kept if not self.terms[hit.term].conditional or self._holds(hit)]
        return Match(hits, self.ignored)

    def _collect(self) -> None:
        view, candidates, contexts = self.view, self.candidates, self.contexts
        bases, fields = self.prepared.bases, self.prepared.fields
        for pattern, start, end in self.compiled.automaton.find_matches_as_indexes(
            self.prepared.joined, overlapping=True
        ):
            for before, after, group, term, facet, only, posting in view[pattern]:
                begin = start + before
                finish = end - after if after >= 0 else self._finish(posting, begin, end)
                if finish < 0:
                    continue
                if group >= 0:
                    contexts[group].append((begin, finish))
                    continue
                field = bisect_right(bases, begin) - 1
                if only is None or fields[field].name in only:
                    candidates[facet].append(Hit(begin, finish, term, field))

    def _finish(self, posting: Posting, begin: int, end: int) -> int:
        """Where the match ends once endings, further words and exact case are checked; -1 when they do not hold."""
        if posting.anchor:
            self._regex(posting.term, begin)
            return -1
        end -= posting.after
        if posting.ending:
            end = self._word_end(end, posting.ending)
        text = self.prepared.joined
        for words, ending in posting.tail:
            if end < 0 or not text.startswith(words, end + 1):
                return -1
            end = self._word_end(end + 1 + len(words), ending)
        if end >= 0 and posting.exact is not None and not self._exact(posting.exact, begin, end):
            return -1
        return end

    def _word_end(self, end: int, ending: int) -> int:
        stop = self.prepared.joined.find(" ", end)
        return stop if ending == ANY_ENDING or stop - end <= ending else -1

    def _exact(self, form: str, begin: int, end: int) -> bool:
        """The original must be written as the term is. Headlines in capitals tell nothing about capitals."""
        field = self.prepared.fields[self.prepared.field_at(begin)]
        original = field.original
        if form in original:
            start, stop = field.original_span(begin, end)
            if original[start:stop] == form:
                return not field.shouts or form.lower() not in WORDS_IN_CAPITALS
        if field.shouts and form.upper() in original:
            return form.lower() not in WORDS_IN_CAPITALS
        return False

    def _regex(self, number: int, begin: int) -> None:
        """Run a regex over the field where its anchor stood, once."""
        index = self.prepared.field_at(begin)
        term, field = self.terms[number], self.prepared.fields[index]
        if (number, index) in self.anchored or (term.fields is not None and field.name not in term.fields):
            return
        self.anchored.add((number, index))
        spans = field.origin.spans()
        begins, ends = [low for low, _ in spans], [high for _, high in spans]
        starts = field.word_starts()
        for match in term.regex.finditer(field.original):
            first, last = bisect_right(ends, match.start()), bisect_left(begins, match.end()) - 1
            if first <= last:
                start = field.base + starts[first]
                end = field.base + field.folded.find(" ", starts[last])
                self.candidates[term.facet].append(Hit(start, end, number, index))

    def _contain(self, hits: list[Hit]) -> list[Hit]:
        """Drop every span inside a longer one, whoever owns either; equal spans and partial overlaps stay."""
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        kept: list[Hit] = []
        widest: Hit | None = None
        for hit in hits:
            if widest is None or hit.end > widest.end:
                widest = hit
                kept.append(hit)
            elif hit.start == widest.start and hit.end == widest.end:
                kept.append(hit)
            elif self.trace:
                self._note_swallowed(hit, widest)
        return kept

    def _note_swallowed(self, hit: Hit, by: Hit) -> None:
        longer = self.terms[by.term].term
        kind = "masked by" if longer.tier == "mask" else "inside the longer"
        self.ignored.append(Ignored(hit, f"{kind} {longer.written!r} ({longer.position})"))

    def _holds(self, hit: Hit) -> bool:
        reason = self._objection(hit, self.terms[hit.term])
        if reason and self.trace:
            self.ignored.append(Ignored(hit, reason))
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
        at = bisect_left(spans, (hit.start, hit.end))  # the nearest on either side are the ones to ask
        return any(self._close(hit, span, within) for span in spans[max(0, at - 2) : at + 2])

    def _close(self, hit: Hit, span: Span, within: int) -> bool:
        if self.prepared.field_at(span[0]) != hit.field:
            return False
        low, high = sorted(((hit.start, hit.end), span))
        return self.prepared.joined.count(" ", low[1], max(low[1], high[0])) <= within
