"""What cannot be said, and why: nonsense, what contradicts, and what would hide news without a word. It changes nothing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, bindparam, text
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.core.judgements.bonds import contradiction
from services.core.judgements.model import LONGEST_NOTE, NOT_NEWS, Bond
from services.core.judgements.reading import bonds_around
from services.core.models.copies import JUDGEMENTS
from services.core.tokens import LONGEST_NAME, is_name

# Of each article itself and the one that is shown for it, those that an editor took out.
_TAKEN_OUT = text(
    """
    SELECT DISTINCT h.id, j.id AS judgement, j.author, j.note
    FROM articles a JOIN articles h ON h.id IN (a.id, a.duplicate_of)
    LEFT JOIN judgements j ON j.one = h.id AND j.says = 'not_news' AND j.withdrawn_at IS NULL
    WHERE a.id = ANY(:ids) AND h.removed_at IS NOT NULL AND NOT h.emptied ORDER BY h.id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def refuse_nonsense(one: int, other: int | None, says: str, note: str) -> None:
    """Raises InvalidInputError for what nobody can mean, whatever is stored."""
    if says not in JUDGEMENTS:
        raise InvalidInputError(f"What can be said is {', '.join(JUDGEMENTS)}, not {says[:40]!r}.")
    if (says == NOT_NEWS) != (other is None):
        told = "is said of one article" if says == NOT_NEWS else "is said of two articles: name the other one"
        raise InvalidInputError(f"{says} {told}.")
    if one == other:
        raise InvalidInputError(f"Both are article {one}: name two different ones.")
    if len(note) > LONGEST_NOTE:
        raise InvalidInputError(f"A note has at most {LONGEST_NOTE} characters.")
    if "\x00" in note:
        raise InvalidInputError("A note holds no NUL character.")


def refuse_author(author: str) -> None:
    """Raises InvalidInputError for who cannot be told in a line."""
    if not is_name(author):
        raise InvalidInputError(
            f"An author's name has 1 to {LONGEST_NAME} characters that can be shown, and no space around it."
        )


def refuse(session: Session, rows: Sequence[Row[Any]], pair: tuple[int, int | None], says: str) -> None:
    """Raises InvalidInputError for what cannot be said of these articles as they stand (`rows`)."""
    for row in rows:
        if row.emptied:
            raise InvalidInputError(
                f"Article {row.id} has expired, and its text is gone. {row.removed_why or ''}".strip()
            )
    one, other = pair
    if other is not None:
        told = contradiction(bonds_around(session, [one, other]), Bond(one, other, says))
        if told:
            raise InvalidInputError(told)
        if says == "duplicate":
            _refuse_taken_out(session, [one, other])
    elif rows[0].duplicate_of is not None:
        raise InvalidInputError(
            f"Article {one} repeats article {rows[0].duplicate_of} and is not shown: say it of that one, or first that the two are "
            "not the same."
        )


def _refuse_taken_out(session: Session, articles: Sequence[int]) -> None:
    """One text with what is no news is no news: it would vanish, which nobody has said of it."""
    row = session.execute(_TAKEN_OUT, {"ids": list(articles)}).first()
    if row is None:
        return
    if row.judgement is None:
        raise InvalidInputError(
            f"Article {row.id} was taken out as no news; what is one text with it vanishes too."
        )
    note = f": {row.note.rstrip('.')}" if row.note else ""
    raise InvalidInputError(
        f"Article {row.id} was taken out as no news by {row.author}{note}. What is one text with it vanishes too: take that back first "
        f"(judgement {row.judgement})."
    )
