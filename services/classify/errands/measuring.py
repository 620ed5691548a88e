"""What would a rulebook do, how does the one in force do, and how good is one?"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.errands import addressed, archive
from services.classify.errands.common import Answer, Given, compiled_of, count_of
from services.classify.labelling.stored import judged
from services.classify.rules import CompiledRulebook, ImpactPlan, Stats, StoredArticle, Suggester, Suggestion
from services.classify.rules.judging.evaluate import evaluate, read_document
from services.core import corrections
from services.core.corrections import Standing
from services.core.errors import InvalidInputError

IMPACT_ARTICLES = 10_000
"""How many of the newest articles an impact is measured on when nobody says."""

STATS_ARTICLES = 5_000
"""The same for statistics, which read every article anew."""

SUGGEST_ARTICLES = 10_000
"""The same for suggestions, which need many articles to tell a name from chance."""

MOST_CORRECTIONS = 20_000
"""Newest corrections that figures are taken from."""


def foresee(session: Session, given: Given, _author: str) -> Answer:
    """What a rulebook would do to the newest listed articles, in place of the one in force."""
    limit, samples = count_of(given, "limit", IMPACT_ARTICLES, 200_000), count_of(given, "examples", 10, 100)
    before, after = rulebook.current(session), compiled_of(session, given.get("rulebook"))
    sides = before.rulebook.addresses, after.rulebook.addresses
    joined = addressed.foresee(session, *sides, limit=limit, examples=samples)
    impact = ImpactPlan(before, after, samples=samples).measure(archive.newest(session, limit=limit))
    return impact.to_json() | {"addresses": joined}


def count_terms(session: Session, given: Given, _author: str) -> Answer:
    """How every term and label does on the newest articles, and on every article that was corrected."""
    rows = count_of(given, "rows", 100, 5000)
    return counted(session, given).to_json(given.get("label"), limit=rows)


def counted(session: Session, given: Given) -> Stats:
    """The same, as counts. Raises InvalidInputError for a label that the rulebook does not have."""
    compiled = compiled_of(session, given.get("rulebook"))
    _refuse_unknown(given.get("label"), compiled)
    stats = Stats(compiled)
    for article in _with_corrected(session, count_of(given, "limit", STATS_ARTICLES, 200_000)):
        stats.add(article)
    return stats


def propose(session: Session, given: Given, _author: str) -> Answer:
    """Terms that a label lacks, with the evidence for each, from the newest articles and those that were corrected."""
    label = given.get("label")
    if not label:
        raise InvalidInputError("Name a label: region/…, topic/… or place/….")
    found = proposed(session, given)
    return {"label": label, "suggestions": [suggestion.to_json() for suggestion in found]}


def proposed(session: Session, given: Given) -> list[Suggestion]:
    """The same, as data. Raises InvalidInputError for a label that the rulebook does not have."""
    compiled = compiled_of(session, given.get("rulebook"))
    _refuse_unknown(given.get("label"), compiled)
    suggester = Suggester(compiled, str(given["label"]))
    for article in _with_corrected(session, count_of(given, "limit", SUGGEST_ARTICLES, 200_000)):
        suggester.add(article)
    return suggester.suggestions(count_of(given, "rows", 15, 200))


def _refuse_unknown(label: object, compiled: CompiledRulebook) -> None:
    """Raises InvalidInputError where the rulebook has no label of that name."""
    names = [rule.id for rule in compiled.rulebook.rules] + [f"place/{code}" for code in compiled.places]
    if label is not None and label not in names:
        near = get_close_matches(str(label), names, n=3)
        hint = (
            f"Did you mean {' or '.join(near)}?"
            if near
            else "Labels are called region/…, topic/… or place/…."
        )
        raise InvalidInputError(f"The rulebook has no label {str(label)[:80]!r}. {hint}")


def _with_corrected(session: Session, limit: int) -> Iterator[StoredArticle]:
    """The newest articles, then corrected ones that are older or gone: what was judged must count."""
    seen: set[int | None] = set()
    for article in archive.newest(session, limit=limit):
        seen.add(article.id)
        yield article
    for standing in corrections.standing(session, limit=MOST_CORRECTIONS):
        if standing.article_id not in seen:
            yield _judged(standing)


def _judged(standing: Standing) -> StoredArticle:
    """A corrected article as its text was when it was judged."""
    return StoredArticle(
        id=standing.article_id or 0,
        document=read_document(standing.document),
        correction=judged(standing),
        at=standing.created_at,
    )


def measure(session: Session, given: Given, _author: str) -> Answer:
    """Precision, recall and F1 on labelled rows, or on what editors have corrected."""
    rows = given.get("rows")
    if rows is None:
        rows = corrected_rows(session)
        if not rows:
            raise InvalidInputError("No article was corrected yet: correct some, or give labelled rows.")
    return evaluate(rows, compiled_of(session, given.get("rulebook")))


def corrected_rows(session: Session) -> list[dict[str, Any]]:
    """Standing corrections as labelled rows: the text that was judged, with gold for the kinds that were."""
    return [corrections.as_row(row) for row in corrections.standing(session, limit=MOST_CORRECTIONS)]
