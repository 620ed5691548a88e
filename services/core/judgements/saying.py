"""Say what articles are to each other, and take it back.

A judgement makes its articles and everything that is one with them wait, so that a classify worker groups them anew within a
second; stories hear of it from `heard_at`, which is empty after every change.
"""

import logging
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core import removal
from services.core.errors import NotFoundError
from services.core.events import ArticlesJudged
from services.core.judgements.foresee import foresee
from services.core.judgements.model import NOT_NEWS, SHORT, Foreseen, Judged, ordered
from services.core.judgements.reading import find, heads_of, known, standing_of
from services.core.judgements.refusing import refuse, refuse_author, refuse_nonsense
from services.core.judgements.replacing import foreseen_first, refuse_unseen
from services.core.metrics.fleet import after_commit
from services.core.outbox import publish

log = logging.getLogger(__name__)
JUDGEMENTS_LOCK = 0x44_4C_4A_47
"""Key of the advisory lock under which judgements are made ("DLJG"): whether one contradicts others is asked of all that stand."""

_SERIAL = text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=JUDGEMENTS_LOCK)
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
# Rows of articles are locked in the order of their ids, in one statement, by everybody who locks several.
_LOCK = text(
    """
    SELECT id FROM articles
    WHERE id = ANY(:ids) OR id = ANY(:heads) OR duplicate_of = ANY(:heads) ORDER BY id FOR NO KEY UPDATE
    """
).bindparams(_IDS, bindparam("heads", type_=ARRAY(BigInteger)))
_READ = text(
    """
    SELECT a.id, a.duplicate_of, a.listed, a.removed_at, a.removed_why, a.emptied, a.url, a.title, a.text, a.sort_at, a.language, s.key
    FROM articles a JOIN sources s ON s.id = a.source_id WHERE a.id = ANY(:ids) ORDER BY a.id
    """
).bindparams(_IDS)
_REPLACE = text(
    """
    UPDATE judgements SET withdrawn_at = now(), heard_at = NULL
    WHERE one = :one AND other IS NOT DISTINCT FROM CAST(:other AS bigint) AND withdrawn_at IS NULL
    """
)
_INSERT = text(
    """
    INSERT INTO judgements (one, other, says, note, author, documents)
    VALUES (:one, :other, :says, :note, :author, :documents) RETURNING id
    """
).bindparams(bindparam("documents", type_=JSONB))
_WITHDRAW = text("UPDATE judgements SET withdrawn_at = now(), heard_at = NULL WHERE id = :id")
# Whatever a worker has in hand of them is dropped, and tries begin anew: a person has looked at it.
_WAIT = text(
    """
    UPDATE articles SET waiting_since = now(), lease_until = 'epoch', lease_token = NULL, attempts = 0, quarantined = NULL
    WHERE id = ANY(:ids) AND removed_at IS NULL
    """
).bindparams(_IDS)


def say(
    session: Session,
    one: int,
    other: int | None,
    says: str,
    *,
    author: str,
    note: str = "",
    replaces: Collection[int] | None = None,
) -> tuple[Judged, Foreseen]:
    """Store what an editor says of two articles, or of one (`not_news`, `other` None), in place of what was said of them before;
    what is stored, and what it changes. `replaces`: the judgements whose place it may take, 0 for none; whatever stands, when
    not given.

    Raises ConflictError where something else stands of them; NotFoundError for no such article; InvalidInputError for the same article twice, one whose text is gone, what
    contradicts other judgements (naming them), one text with what was taken out as no news, and a copy that is said to be no
    news (its article is the one to say it of).
    """
    refuse_nonsense(one, other, says, note)
    refuse_author(author)
    pair = (one, None) if other is None else ordered(one, other)
    rows = _held(session, [number for number in pair if number is not None])
    changes = _changes(session, rows, pair, says, replaces)
    session.execute(_REPLACE, {"one": pair[0], "other": pair[1]})
    number = session.execute(
        _INSERT,
        {
            "one": pair[0],
            "other": pair[1],
            "says": says,
            "note": note,
            "author": author,
            "documents": [_document(row) for row in rows],
        },
    ).scalar_one()
    judged = find(session, int(number))
    _apply(session, judged, rows)
    _tell(session, judged, f"says {SHORT[says]}")
    return judged, changes


def would(
    session: Session, one: int, other: int | None, says: str, *, replaces: Collection[int] | None = None
) -> Foreseen:
    """What `say` would change; nothing is changed. Raises what `say` raises."""
    refuse_nonsense(one, other, says, "")
    pair = (one, None) if other is None else ordered(one, other)
    articles = [number for number in pair if number is not None]
    heads_of(session, articles)
    return _changes(session, session.execute(_READ, {"ids": articles}).all(), pair, says, replaces)


def _changes(
    session: Session,
    rows: Sequence[Row[Any]],
    pair: tuple[int, int | None],
    says: str,
    replaces: Collection[int] | None,
) -> Foreseen:
    """What it changes to say this. Raises InvalidInputError and ConflictError where it is not to be said."""
    stands = standing_of(session, pair)
    refuse_unseen(stands, replaces)
    refuse(session, rows, pair, says)
    changes = foresee(known(session, [row.id for row in rows]), pair[0], pair[1], says)
    return foreseen_first(stands, says, changes)


def withdraw(session: Session, number: int) -> tuple[Judged, Foreseen]:
    """Take back what was said: the articles are left to the machine again; what it was, and what that changes.

    Raises NotFoundError for no such judgement, and for one that was withdrawn already.
    """
    session.execute(_SERIAL)
    judged = _standing(session, number)
    articles = [article for article in judged.articles if article is not None]
    rows = _held(session, articles)
    changes = _taken_back(session, judged, articles)
    session.execute(_WITHDRAW, {"id": number})
    if judged.says == NOT_NEWS:
        removal.restore(session, articles)
    _let_wait(session, rows)
    _tell(session, judged, "is withdrawn")
    return find(session, number), changes


def would_withdraw(session: Session, number: int) -> Foreseen:
    """What `withdraw` would change; nothing is changed. Raises what `withdraw` raises."""
    judged = _standing(session, number)
    return _taken_back(session, judged, [article for article in judged.articles if article is not None])


def _standing(session: Session, number: int) -> Judged:
    judged = find(session, number)
    if judged.withdrawn_at is not None:
        by = judged.replaced_by
        told = f"judgement {by['id']} of {by['author']} took its place" if by else "it was withdrawn already"
        raise NotFoundError(f"Judgement {number} holds no more: {told}.")
    return judged


def _taken_back(session: Session, judged: Judged, articles: Sequence[int]) -> Foreseen:
    if len(articles) < len(judged.articles):
        return Foreseen(sentences=("Nothing changes: what it was said of is gone.",))
    return foresee(known(session, articles), articles[0], judged.other, None)


def _held(session: Session, articles: Sequence[int]) -> Sequence[Row[Any]]:
    """The articles as they stand, locked with all that are one with them. Raises NotFoundError."""
    session.execute(_SERIAL)
    heads = sorted(set(heads_of(session, articles).values()))
    session.execute(_LOCK, {"ids": list(articles), "heads": heads})
    return session.execute(_READ, {"ids": list(articles)}).all()


def _apply(session: Session, judged: Judged, rows: Sequence[Row[Any]]) -> None:
    if judged.says != NOT_NEWS:
        _let_wait(session, rows)
        return
    note = f": {judged.note.rstrip('.')}" if judged.note else ""
    # Last of all: it takes the lock of the stream. Everybody may read why; who said it is for editors.
    removal.remove(session, [rows[0].id], why=f"No news, says the desk{note}.", keep_text=True)


def _tell(session: Session, judged: Judged, what: str) -> None:
    said = {"articles": [number for number in judged.articles if number is not None]}
    after_commit(
        session, lambda: log.info("judgement %d of %s %s", judged.id, judged.author, what, extra=said)
    )


def _let_wait(session: Session, rows: Sequence[Row[Any]]) -> None:
    """Let the articles and all that are one with them be grouped anew."""
    heads = sorted({row.duplicate_of or row.id for row in rows})
    found = session.execute(_LOCK, {"ids": [row.id for row in rows], "heads": heads}).scalars()
    session.execute(_WAIT, {"ids": list(found)})
    publish(session, ArticlesJudged())


def _document(row: Row[Any]) -> dict[str, Any]:
    """The text that was judged, as a side of a labelled pair."""
    return {
        "id": row.id,
        "url": row.url,
        "title": row.title,
        "body": row.text,
        "date": row.sort_at.isoformat(),
        "source": row.key,
        "lang": row.language,
    }
