"""Drafts of rules: one for each editor. What is written names the revision it was made from, so nothing is lost unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

# A draft that was published is no draft any more, whoever published it and whatever died meanwhile. One that says with other
# words what was in force already (no walk began) is kept: what is new in it stands nowhere else.
_SETTLE = text(
    """
    DELETE FROM drafts d WHERE d.author = :author AND (
        EXISTS (SELECT 1 FROM rulebooks r WHERE r.active AND r.version <> d.base AND r.texts = d.texts)
        OR EXISTS (SELECT 1 FROM desk_requests q
                   WHERE q.kind = 'publish' AND q.state = 'done' AND q.author = d.author AND q.finished_at >= d.updated_at
                     AND q.answer ->> 'relabelling' IS NOT NULL AND q.input -> 'texts' = d.texts))
    """
)
_FIND = text("SELECT author, base, texts, revision, updated_at FROM drafts WHERE author = :author")
_HEAD = text("SELECT revision FROM drafts WHERE author = :author FOR NO KEY UPDATE")
_BEGIN = text(
    """
    INSERT INTO drafts (author, base, texts) VALUES (:author, :base, :texts)
    ON CONFLICT (author) DO NOTHING RETURNING revision
    """
).bindparams(bindparam("texts", type_=JSONB))
_SAVE = text(
    """
    UPDATE drafts SET texts = :texts, base = coalesce(:base, base), revision = revision + 1, updated_at = now()
    WHERE author = :author AND revision = :revision RETURNING revision
    """
).bindparams(bindparam("texts", type_=JSONB))
_DROP = text(
    "DELETE FROM drafts WHERE author = :author AND (CAST(:revision AS bigint) IS NULL OR revision = :revision)"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rulebook in the making. `base`: the version in force when it was begun."""

    author: str
    base: str
    texts: Mapping[str, str]
    revision: int
    updated_at: datetime


def find(connection: Connection, author: str) -> Draft | None:
    """The draft of an editor; None where there is none, or where it was published meanwhile."""
    connection.execute(_SETTLE, {"author": author})
    row = connection.execute(_FIND, {"author": author}).one_or_none()
    if row is None:
        return None
    return Draft(
        row.author,
        row.base,
        {name: row.texts[name] for name in sorted(row.texts)},
        row.revision,
        row.updated_at,
    )


def begin(connection: Connection, author: str, texts: Mapping[str, str], *, base: str) -> int | None:
    """A new draft; its revision, None where there is one already."""
    given = {"author": author, "base": base, "texts": dict(texts)}
    found: int | None = connection.execute(_BEGIN, given).scalar_one_or_none()
    return found


def save(
    connection: Connection, author: str, texts: Mapping[str, str], *, revision: int, base: str | None = None
) -> int | None:
    """Replace a draft that stands at this revision; the new revision, None where it stands at another or is gone."""
    given = {"author": author, "base": base, "texts": dict(texts), "revision": revision}
    found: int | None = connection.execute(_SAVE, given).scalar_one_or_none()
    return found


def revision(connection: Connection, author: str) -> int | None:
    """Where a draft stands, held until the end of the transaction; None where there is none."""
    found: int | None = connection.execute(_HEAD, {"author": author}).scalar_one_or_none()
    return found


def drop(connection: Connection, author: str, *, revision: int | None = None) -> bool:
    """Forget a draft, if it stands at this revision; False where it does not."""
    return bool(connection.execute(_DROP, {"author": author, "revision": revision}).rowcount)
