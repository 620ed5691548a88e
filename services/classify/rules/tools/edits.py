"""Terms of two rulebooks paired by what they mean: which came, which went, which changed, which moved."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from services.classify.rules.engine.views import latin
from services.classify.rules.model import Context, Phrase, Position, Rulebook, Term
from services.classify.rules.text.fold import fold

What = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Owned:
    """A term and whose it is: `place/KZ`, `region/central-asia` or `topic/health`."""

    owner: str
    term: Term

    @property
    def list_name(self) -> str:
        """The list it stands in, with the language: `terms@ru`, `strong`."""
        lang = self.term.lang or ("any" if latin(self.term) else "")
        return f"{self.term.tier}@{lang}" if lang else self.term.tier


@dataclass(frozen=True, slots=True)
class Change:
    """One property as it was and as it is; lists are tuples."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class TermEdit:
    """One term that differs. Added: no `before`. Removed: no `after`. Moved: another owner or tier."""

    what: What
    before: Owned | None
    after: Owned | None
    changes: tuple[Change, ...] = ()

    @property
    def shown(self) -> Owned:
        """The side to name it by: as it is, or as it was when it went."""
        side = self.after or self.before
        if side is None:
            raise ValueError("An edit has a side.")
        return side


def differing_terms(before: Rulebook, after: Rulebook) -> tuple[list[Owned], list[Owned]]:
    """The terms of both sides, without owners whose lists are the same to the letter: nearly all of them."""
    old, new = _owners(before), _owners(after)
    same = {owner for owner, terms in old.items() if new.get(owner) == terms}
    left, right = (
        [Owned(owner, term) for owner, terms in side.items() if owner not in same for term in terms]
        for side in (old, new)
    )
    return left, right


def _owners(rulebook: Rulebook) -> dict[str, tuple[Term, ...]]:
    places = {f"place/{place.code}": place.terms for place in rulebook.places}
    return places | {rule.id: rule.terms for rule in rulebook.rules}


def edited_terms(before: Rulebook, after: Rulebook) -> list[TermEdit]:
    """What became of every term that is not in both alike; sorted by owner and position."""
    old, new = differing_terms(before, after)
    for key in (_verbatim, _whole):
        _, old, new = _paired(old, new, key)
    edits: list[TermEdit] = []
    for key in (_same_list, _same_tier, _same_owner, _same_stems, _same_words):
        pairs, old, new = _paired(old, new, key)
        edits += [_edit(left, right) for left, right in pairs]
    pairs, old, new = _sharing(old, new)
    edits += [_edit(left, right) for left, right in pairs]
    edits += [TermEdit("removed", owned, None) for owned in old]
    edits += [TermEdit("added", None, owned) for owned in new]
    return sorted(edits, key=_order)


def _order(edit: TermEdit) -> tuple[str, str, int, int, bool]:
    side = edit.shown
    position: Position = side.term.position
    return side.owner, position.file, position.line, position.column, edit.after is not None


def _edit(left: Owned, right: Owned) -> TermEdit:
    moved = (left.owner, left.term.tier) != (right.owner, right.term.tier)
    return TermEdit("moved" if moved else "changed", left, right, tuple(_changes(left, right)))


def _changes(left: Owned, right: Owned) -> Iterable[Change]:
    old, new = left.term, right.term
    if words(old) != words(new) or (old.exact and new.exact and _forms(old) != _forms(new)):
        yield Change("term", old.written, new.written)
    yield from (
        Change(name, one, two)
        for name, one, two in (
            ("owner", left.owner, right.owner),
            ("tier", old.tier, new.tier),
            ("language", old.lang, new.lang),
            ("weight", old.weight, new.weight),
            ("exact", old.exact, new.exact),
            ("within", old.within, new.within),
            ("fields", tuple(sorted(old.fields)), tuple(sorted(new.fields))),
        )
        if one != two
    )
    for name in ("unless", "needs", "near"):
        one, two = getattr(old, name), getattr(new, name)
        if _contexts(one) != _contexts(two):
            yield Change(name, tuple(c.written for c in one), tuple(c.written for c in two))


# --- what a term means, whatever its layout


def words(term: Term) -> frozenset[Hashable]:
    """The readings of a term, folded, with their endings; of a regex its pattern."""
    return frozenset({term.regex} if term.regex is not None else map(_reading, term.phrases))


def _reading(phrase: Phrase) -> tuple[tuple[str, int | None], ...]:
    """Words run together up to each ending: `St.Petersburg` reads as `St Petersburg` does."""
    parts: list[tuple[str, int | None]] = []
    joined = ""
    for word in phrase.words:
        joined = f"{joined} {fold(word.text)}".strip()
        if word.ending != 0:
            parts.append((joined, word.ending))
            joined = ""
    return (*parts, (joined, 0)) if joined else tuple(parts)


def _stems(term: Term) -> frozenset[str]:
    return frozenset({term.regex} if term.regex else (fold(phrase.text) for phrase in term.phrases))


def _forms(term: Term) -> frozenset[str]:
    return frozenset(phrase.text for phrase in term.phrases) if term.exact else frozenset()


def _contexts(contexts: Iterable[Context]) -> frozenset[Hashable]:
    return frozenset(
        (context.exact and phrase.text, _reading(phrase))
        for context in contexts
        for phrase in context.phrases
    )


def _verbatim(owned: Owned) -> Hashable:
    """As written: tells at once of nearly every term that it is the same."""
    term = owned.term
    conditions = term.unless, term.needs, term.near, term.within, term.fields
    return owned.owner, term.written, term.tier, term.lang, term.weight, conditions


def _whole(owned: Owned) -> Hashable:
    term = owned.term
    conditions = tuple(_contexts(contexts) for contexts in (term.unless, term.needs, term.near))
    within = term.within if any(conditions) else None
    return _same_list(owned), _forms(term), term.weight, conditions, within, frozenset(term.fields)


# --- pairing: each round asks for less in common than the one before it


def _same_list(owned: Owned) -> Hashable:
    return owned.owner, owned.term.tier, owned.term.lang, words(owned.term)


def _same_tier(owned: Owned) -> Hashable:
    return owned.owner, owned.term.tier, words(owned.term)


def _same_owner(owned: Owned) -> Hashable:
    return owned.owner, words(owned.term)


def _same_stems(owned: Owned) -> Hashable:
    return owned.owner, owned.term.tier, owned.term.lang, _stems(owned.term)


def _same_words(owned: Owned) -> Hashable:
    return words(owned.term)


Pairs = list[tuple[Owned, Owned]]


def _paired(
    old: list[Owned], new: list[Owned], key: Callable[[Owned], Hashable]
) -> tuple[Pairs, list[Owned], list[Owned]]:
    """Pairs that have a key in common, in the order of the rulebooks, and what is left on both sides."""
    waiting: defaultdict[Hashable, list[Owned]] = defaultdict(list)
    for owned in reversed(old):
        waiting[key(owned)].append(owned)
    pairs: Pairs = []
    left: list[Owned] = []
    for owned in new:
        partners = waiting.get(key(owned))
        if partners:
            pairs.append((partners.pop(), owned))
        else:
            left.append(owned)
    taken = {id(one) for one, _ in pairs}
    return pairs, [owned for owned in old if id(owned) not in taken], left


def _sharing(old: list[Owned], new: list[Owned]) -> tuple[Pairs, list[Owned], list[Owned]]:
    """Pairs of one list that have an alternative in common: `(Putin|Lavrov)` became `(Putin|Mishustin)`."""
    by_stem: defaultdict[Hashable, list[Owned]] = defaultdict(list)
    for owned in old:
        for stem in _stems(owned.term):
            by_stem[owned.owner, owned.term.tier, owned.term.lang, stem].append(owned)
    pairs: Pairs = []
    taken: set[int] = set()
    for owned in new:
        near = [
            one
            for stem in sorted(_stems(owned.term))
            for one in by_stem[owned.owner, owned.term.tier, owned.term.lang, stem]
            if id(one) not in taken
        ]
        if near:
            pairs.append((near[0], owned))
            taken |= {id(near[0]), id(owned)}
    rest = [[owned for owned in side if id(owned) not in taken] for side in (old, new)]
    return pairs, rest[0], rest[1]
