"""Small questions about terms that all warnings ask."""

from collections.abc import Iterator

from services.classify.rules.engine.views import latin
from services.classify.rules.findings import Finding
from services.classify.rules.model import Position, Rulebook, Term
from services.classify.rules.text.fold import fold


def warning(position: Position, sentence: str) -> Finding:
    """A finding that does not refuse the rulebook."""
    return Finding(position.file, position.line, position.column, sentence, "warning")


def owned(rulebook: Rulebook) -> Iterator[tuple[str, Term]]:
    """Every term with the place (place/KZ) or label (topic/health) that holds it."""
    for place in rulebook.places:
        yield from ((f"place/{place.code}", term) for term in place.terms)
    for rule in rulebook.rules:
        yield from ((rule.id, term) for term in rule.terms)


def readings(term: Term) -> set[str]:
    """The folded words of every alternative, endings left out."""
    return {fold(phrase.text) for phrase in term.phrases}


def speaks(term: Term) -> bool:
    """Whether a term gives points, for or against."""
    return term.tier not in ("mask", "veto")


def conditional(term: Term) -> bool:
    """Whether words around a term decide if it counts."""
    return bool(term.unless or term.needs or term.near)


def meet(one: Term, other: Term) -> bool:
    """Whether one article can be read with both: Latin terms are bound to their language, others are not."""
    return one.lang == other.lang or not (one.lang and other.lang and latin(one) and latin(other))
