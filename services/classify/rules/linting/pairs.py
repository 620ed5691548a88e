"""Warnings about terms beside each other: the same twice, one that never gets to count, one that takes another's words.

All readings of all terms are written into one text, and the automaton tells which terms stand where in it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import finish_of
from services.classify.rules.engine.postings import ANY_ENDING, CompiledTerm
from services.classify.rules.findings import Finding
from services.classify.rules.linting.owners import conditional, meet, readings, speaks, warning
from services.classify.rules.model import Term
from services.classify.rules.text.fold import fold

NAMED = 3  # others named in one sentence


@dataclass(slots=True)
class Reading:
    """One alternative of a term with the terms that match it: all of it, or a part."""

    term: int
    text: str
    ending: int
    whole: list[tuple[int, int]] = field(
        default_factory=list
    )  # term, and the letters of its ending left over
    parts: list[int] = field(default_factory=list)


def pairs(compiled: CompiledRulebook) -> Iterator[Finding]:
    """All warnings about pairs of terms."""
    found = list(_written(compiled))
    _match(compiled, found)
    for sentences in (_shared, _twice, _shadowed, _taken, _idle_masks, _swallowed):
        for number, sentence in sentences(compiled, found):
            term = compiled.terms[number].term
            if not term.accepted:
                yield warning(term.position, sentence)


def _written(compiled: CompiledRulebook) -> Iterator[Reading]:
    for number, term in enumerate(compiled.terms):
        seen: set[str] = set()
        for phrase in term.term.phrases:
            text = fold(phrase.text)
            ending = phrase.words[-1].ending
            if text not in seen:
                seen.add(text)
                yield Reading(number, text, ANY_ENDING if ending is None else ending)


def _match(compiled: CompiledRulebook, found: list[Reading]) -> None:
    bases: list[int] = []
    position = 0
    for reading in found:
        bases.append(position)
        position += len(reading.text) + 3
    text = "".join(f" {reading.text} |" for reading in found)
    for pattern, start, end in compiled.automaton.find_matches_as_indexes(text, overlapping=True):
        for posting in compiled.postings[pattern]:
            if posting.group >= 0 or posting.anchor:
                continue
            finish = finish_of(posting, text, end)
            if finish < 0:
                continue
            at = bisect_right(bases, start) - 1
            reading, begin = found[at], start + posting.before - bases[at] - 1
            if posting.term == reading.term:
                continue
            if begin == 0 and finish - bases[at] - 1 == len(reading.text):
                reading.whole.append(
                    (posting.term, 0 if posting.tails else _left(posting.ending, finish - end))
                )
            else:
                reading.parts.append(posting.term)


def _left(ending: int, used: int) -> int:
    return 1 << 30 if ending == ANY_ENDING else ending - used


def _name(compiled: CompiledRulebook, term: CompiledTerm) -> str:
    rules = compiled.rulebook.rules
    return f"place/{term.place}" if term.place else rules[term.owner].id


def _plain(term: Term) -> bool:
    return speaks(term) and not conditional(term) and not term.fields


def _shared(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """The same words in two places: an article that says them is labelled with both."""
    owners: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for reading in found:
        term = compiled.terms[reading.term]
        lowered = term.term.weight < 1 or term.weak  # an editor who lowered it knows
        if term.place and _plain(term.term) and not lowered and not term.term.accepted:
            owners[reading.text, term.term.lang or ""].setdefault(term.owner, reading.term)
    for (text, _), by_owner in owners.items():
        if len(by_owner) > 1:
            first, *others = by_owner.values()
            names = ", ".join(
                f"{_name(compiled, compiled.terms[n])} ({compiled.terms[n].at})" for n in others[:NAMED]
            )
            yield first, f"{text!r} stands in {_name(compiled, compiled.terms[first])} and in {names}."


def _twice(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """A term given again by the same owner, tier and language."""
    known: dict[tuple[int, str, str | None, str], CompiledTerm] = {}
    for number in dict.fromkeys(reading.term for reading in found):
        term = compiled.terms[number]
        before = known.setdefault((term.owner, term.term.tier, term.term.lang, fold_term(term.term)), term)
        if before is not term and not conditional(term.term) and not conditional(before.term):
            yield number, f"{term.term.written!r} was given before, at {before.at}."


def fold_term(term: Term) -> str:
    """A term as it is looked for: capitals, accents and hyphens make no other term, endings and `=` do."""
    if term.exact:
        return term.written
    phrases = [
        (fold(phrase.text), [word.ending for word in phrase.words if word.ending]) for phrase in term.phrases
    ]
    return f"{sorted(phrases, key=str)}{term.fields}"


def _shadowed(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """A term that never counts, since another of its owner takes the same words and weighs as much or more."""
    by_term: defaultdict[int, list[Reading]] = defaultdict(list)
    for reading in found:
        by_term[reading.term].append(reading)
    for number, alternatives in by_term.items():
        term = compiled.terms[number]
        if not speaks(term.term):
            continue
        above: set[int] | None = None
        for reading in alternatives:
            wider = {
                other
                for other, left in reading.whole
                if _covers(compiled.terms[other], term) and _reaches(left, reading.ending)
            }
            above = wider if above is None else above & wider
        if above:
            other = compiled.terms[min(above)]
            if fold_term(other.term) != fold_term(term.term):
                yield (
                    number,
                    f"{term.term.written!r} never counts beside {other.term.written!r} ({other.at}).",
                )


def _covers(wide: CompiledTerm, term: CompiledTerm) -> bool:
    """Whether one of the same owner and language asks for less and weighs more, or as much.

    As much only in labels: places list the cases of a name one by one, which does no harm.
    """
    if wide.owner != term.owner or wide.term.lang != term.term.lang:
        return False
    if not _plain(wide.term) or wide.term.exact or term.term.weight <= 0:
        return False
    return wide.term.weight > term.term.weight or (wide.term.weight == term.term.weight and not term.place)


def _reaches(left: int, ending: int) -> bool:
    return left >= (1 << 30 if ending == ANY_ENDING else ending)


def _taken(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """An ending that takes the name of another place: `Niger*2` takes Nigeria."""
    taken: defaultdict[int, dict[str, CompiledTerm]] = defaultdict(dict)
    for reading in found:
        owner = compiled.terms[reading.term]
        if not owner.place or owner.weak or not _plain(owner.term):
            continue
        for number, _ in reading.whole:
            if _takes(compiled.terms[number], owner, reading.text):
                taken[number].setdefault(reading.text, owner)
    for number, names in taken.items():
        said = ", ".join(
            f"{text!r} of {_name(compiled, owner)}" for text, owner in list(names.items())[:NAMED]
        )
        yield (
            number,
            f"{compiled.terms[number].term.written!r} with its ending takes other places' names: {said}.",
        )


def _takes(taker: CompiledTerm, owner: CompiledTerm, text: str) -> bool:
    if not taker.place or taker.owner == owner.owner or taker.weak or taker.term.exact:
        return False
    return _plain(taker.term) and text not in readings(taker.term) and meet(taker.term, owner.term)


def _idle_masks(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """A mask swallows what lies inside it, and silences its own label's terms: one without any does nothing."""
    busy: set[int] = set()
    masks: set[int] = set()
    for reading in found:
        mask = compiled.terms[reading.term]
        if mask.term.tier != "mask":
            continue
        masks.add(reading.term)
        inside = [compiled.terms[number] for number in reading.parts]
        own = [compiled.terms[number] for number, _ in reading.whole]
        if any(term.facet == mask.facet and speaks(term.term) for term in inside) or any(
            term.owner == mask.owner and speaks(term.term) for term in own
        ):
            busy.add(reading.term)
    for number in sorted(masks - busy):
        yield (
            number,
            f"The mask {compiled.terms[number].term.written!r} holds no term; nothing is swallowed by it.",
        )


def _swallowed(compiled: CompiledRulebook, found: list[Reading]) -> Iterator[tuple[int, str]]:
    """A weak phrase of one topic that swallows a strong word of another, and so takes a label away for little."""
    for reading in found:
        long = compiled.terms[reading.term]
        if long.place or not long.weak or conditional(long.term):
            continue
        lost = [
            compiled.terms[number]
            for number in dict.fromkeys(reading.parts)
            if compiled.terms[number].term.tier == "strong" and compiled.terms[number].facet == long.facet
        ]
        strangers = [term for term in lost if term.owner != long.owner and meet(term.term, long.term)]
        for term in strangers[:1]:
            of = f"{_name(compiled, term)} ({term.at})"
            sentence = f"The weak {long.term.written!r} swallows the strong {term.term.written!r} of {of}."
            yield reading.term, sentence
