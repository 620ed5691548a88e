"""Warnings: rules that load, and yet are likely not what their editor meant."""

from collections import defaultdict
from collections.abc import Iterator

from services.classify.rules.compiled import latin
from services.classify.rules.findings import Finding
from services.classify.rules.fold import fold
from services.classify.rules.model import Position, Rulebook, Term
from services.classify.rules.words import COMMON_WORDS

OPEN_SHORT = 6  # letters of a stem from which an ending without a limit is harmless


def lint(rulebook: Rulebook) -> list[Finding]:
    """Warnings about a rulebook, in the order of the files."""
    found = [
        *_common_words(rulebook),
        *_wide_endings(rulebook),
        *_shared_terms(rulebook),
        *_twice(rulebook),
        *_idle_masks(rulebook),
        *_impossible(rulebook),
        *_untested(rulebook),
    ]
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.column, finding.sentence))


def _warn(position: Position, sentence: str) -> Finding:
    return Finding(position.file, position.line, position.column, sentence, "warning")


def _owned(rulebook: Rulebook) -> Iterator[tuple[str, Term]]:
    for place in rulebook.places:
        yield from ((f"place/{place.code}", term) for term in place.terms)
    for rule in rulebook.rules:
        yield from ((rule.id, term) for term in rule.terms)


def _readings(term: Term) -> set[str]:
    return {fold(phrase.text) for phrase in term.phrases}


def _speaks(term: Term) -> bool:
    return term.tier not in ("mask", "veto")


def _common_words(rulebook: Rulebook) -> Iterator[Finding]:
    for owner, term in _owned(rulebook):
        if not owner.startswith("place/") or term.exact or not _speaks(term) or term.lang not in (None, "en"):
            continue
        if term.unless or term.needs or term.near or term.tier == "weak":
            continue
        for reading in sorted(_readings(term) & COMMON_WORDS):
            yield _warn(
                term.position,
                f"{reading!r} is an ordinary word too; write ={reading.upper() if len(reading) < 4 else reading.title()}, "
                "or give it unless or needs.",
            )


def _wide_endings(rulebook: Rulebook) -> Iterator[Finding]:
    for _, term in _owned(rulebook):
        for phrase in term.phrases:
            last = phrase.words[-1]
            if last.ending is None and latin(term) and len(fold(last.text)) < OPEN_SHORT:
                yield _warn(
                    term.position,
                    f"{term.written!r} takes any ending on a short stem; limit it ({last.text}*3).",
                )


def _shared_terms(rulebook: Rulebook) -> Iterator[Finding]:
    """The same words in two places: an article that says them is labelled with both."""
    owners: defaultdict[tuple[str, str], dict[str, Term]] = defaultdict(dict)
    for owner, term in _owned(rulebook):
        if not owner.startswith("place/") or not _speaks(term) or term.unless or term.needs or term.near:
            continue
        if term.weight < 1 or term.tier == "weak":  # an editor who lowered it knows
            continue
        for reading in _readings(term):
            owners[reading, term.lang or ""].setdefault(owner, term)
    for (reading, _), found in owners.items():
        if len(found) > 1:
            first, *others = found.items()
            names = ", ".join(f"{owner} ({term.position})" for owner, term in others)
            yield _warn(first[1].position, f"{reading!r} stands in {first[0]} and in {names}.")


def _twice(rulebook: Rulebook) -> Iterator[Finding]:
    """A term given again by the same owner, tier and language."""
    known: dict[tuple[str, str, str | None, str], Term] = {}
    for owner, term in _owned(rulebook):
        if term.regex is not None:
            continue
        key = (owner, term.tier, term.lang, term.written)
        before = known.setdefault(key, term)
        if before is not term:
            yield _warn(term.position, f"{term.written!r} was given before, at {before.position}.")


def _idle_masks(rulebook: Rulebook) -> Iterator[Finding]:
    """A mask swallows what lies inside it: one that holds no term of its facet does nothing."""
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for owner, term in _owned(rulebook):
        if _speaks(term):
            for phrase in term.phrases:
                words[owner.startswith("topic/")].add(fold(phrase.words[0].text).partition(" ")[0])
    for owner, term in _owned(rulebook):
        if term.tier != "mask" or not term.phrases:
            continue
        stems = words[owner.startswith("topic/")]
        tokens = {token for reading in _readings(term) for token in reading.split()}
        if not any(token.startswith(stem) for token in tokens for stem in _heads(token) & stems):
            yield _warn(
                term.position, f"The mask {term.written!r} holds no term; nothing is swallowed by it."
            )


def _heads(token: str) -> set[str]:
    return {token[:size] for size in range(1, len(token) + 1)}


def _impossible(rulebook: Rulebook) -> Iterator[Finding]:
    """`needs` and `unless` of the same words cannot both hold."""
    for _, term in _owned(rulebook):
        clash = {context.written for context in term.needs} & {context.written for context in term.unless}
        if clash:
            yield _warn(term.position, f"{term.written!r} needs and refuses {min(clash)!r}: it never counts.")


def _untested(rulebook: Rulebook) -> Iterator[Finding]:
    for rule in rulebook.rules:
        if not rule.tests:
            yield _warn(rule.position, f"{rule.id} has no tests; write what it must and must not catch.")
