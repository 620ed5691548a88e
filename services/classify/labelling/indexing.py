"""What articles are found by: made where they are labelled, and anew where another version of `core.search` is in use. All its SQL."""

from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.rules import Document
from services.classify.tokens import guess_language, tokens
from services.core import search

_OPENING = 400
"""Characters of a text that tell its language where no feed does."""
_LOOK = text("SELECT version, finished_at FROM search_state")
_HOLD = text("SELECT version, at_id, finished_at FROM search_state FOR UPDATE SKIP LOCKED")
_BEGIN = text(
    """
    UPDATE search_state SET version = :version, at_id = NULL, started_at = now(), finished_at = NULL, looked = 0
    """
)
_NEXT = text(
    "SELECT id FROM articles WHERE CAST(:at AS bigint) IS NULL OR id < :at ORDER BY id DESC LIMIT :n"
)
# Rows are locked in the order of their ids, as everybody locks them. What nobody could find is found by nothing afterwards.
_LOCK = text(
    """
    SELECT id, title, text, language FROM articles
    WHERE id = ANY(:ids) AND search IS NOT NULL ORDER BY id FOR NO KEY UPDATE
    """
)
_WRITE = text(
    """
    UPDATE articles a SET search = CAST(d.search AS tsvector)
    FROM jsonb_to_recordset(:rows) AS d (id bigint, search text) WHERE a.id = d.id
    """
).bindparams(bindparam("rows", type_=JSONB))
_GO_ON = text("UPDATE search_state SET at_id = :at, looked = looked + :looked")
_END = text("UPDATE search_state SET finished_at = now()")


def found_by(document: Document) -> str:
    """What an article is found by, as the text of a `tsvector`; in the language that its words tell where no feed names one."""
    return _vector(document.title, document.body, document.language)


def _vector(title: str, body: str, language: str | None) -> str:
    spoken = language or guess_language(tokens(f"{title} {body[:_OPENING]}"))
    return search.vector(title, body, spoken)


def due(session: Session) -> int:
    """1 where stored articles are found by another version than the one in use."""
    state = session.execute(_LOOK).one_or_none()
    return int(state is not None and not _is_done(state))


def step(session: Session, *, limit: int) -> int:
    """Index the next `limit` articles anew, newest first; how many were passed, 0 where all are, or another one is at it."""
    state = session.execute(_HOLD).one_or_none()
    if state is None or _is_done(state):
        return 0
    at = state.at_id
    if state.version != search.VERSION:
        session.execute(_BEGIN, {"version": search.VERSION})
        at = None
    ids = list(session.scalars(_NEXT, {"at": at, "n": limit}))
    if not ids:
        session.execute(_END)
        return 0
    rows = [
        {"id": row.id, "search": _vector(row.title, row.text, row.language)}
        for row in session.execute(_LOCK, {"ids": ids})
    ]
    if rows:
        session.execute(_WRITE, {"rows": rows})
    session.execute(_GO_ON, {"at": ids[-1], "looked": len(ids)})
    return len(ids)


def _is_done(state: Row[Any]) -> bool:
    return state.version == search.VERSION and state.finished_at is not None
