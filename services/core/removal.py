"""Taking articles out for good, and bringing them back: what is left of one is a tombstone, so that no feed brings it again.

Two kinds: of what expired the texts are let go too (`emptied`); of what an editor calls no news they are kept, so that it
can come back.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, TextClause, bindparam, text
from sqlalchemy.orm import Session

from services.core import latest
from services.core.events import ArticlesStored
from services.core.outbox import publish

# One list of numbers, not "these or those": with an OR every article that is stored would be read.
_LOCK = text(
    """
    SELECT id, revision, listed, removed_at IS NOT NULL AS removed, emptied, regions, topics, duplicate_of
    FROM articles WHERE id IN (SELECT unnest(:ids) UNION SELECT duplicate_of FROM articles WHERE id = ANY(:ids))
    ORDER BY id FOR NO KEY UPDATE
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_TOUCH = text(
    "UPDATE articles SET revision = revision + 1, waiting_since = coalesce(waiting_since, now()) WHERE id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# Without its labels and its words, but with title, address, publisher and place: that is what it is recognised by.
_OUT = """
    removed_at = now(), listed = false, revision = revision + 1, published_revision = revision + 1, waiting_since = NULL,
    lease_until = 'epoch', lease_token = NULL, attempts = 0, quarantined = NULL, region = NULL, regions = '{}', topics = '{}', places = '{}',
    rulebook_version = NULL, search = NULL"""
_EMPTY = """
    emptied = true, teaser = '', text = '', html = '', authors = '{}', tags = '{}', image = NULL, verdict = NULL"""


def _set(*columns: str) -> TextClause:
    statement = f"UPDATE articles SET {', '.join(columns)}, removed_why = :why WHERE id = ANY(:ids)"  # noqa: S608 - texts of ours
    return text(statement).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


_TAKE_OUT, _TAKE_ALL, _EMPTY_ONLY = _set(_OUT), _set(_OUT, _EMPTY), _set(_EMPTY)
_UNLABEL = text("DELETE FROM article_labels WHERE article_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_RESTORE = text(
    """
    UPDATE articles SET removed_at = NULL, removed_why = NULL, revision = revision + 1, waiting_since = now(),
        lease_until = 'epoch', lease_token = NULL, attempts = 0, quarantined = NULL
    WHERE id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def remove(session: Session, ids: Collection[int], *, why: str, keep_text: bool) -> list[int]:
    """Take articles out for good; those that were not out before. `why`: a sentence that readers see.

    Followers of those that stood in Latest are told `removed`. Without `keep_text` the texts are let go, also of articles
    that are out already; of those nothing else changes. The last statements of a transaction, please: it publishes.
    """
    held, asked = _lock(session, ids), set(ids)
    found = [row for row in held if row.id in asked]
    fresh = [row for row in found if not row.removed]
    if fresh:
        numbers = [row.id for row in fresh]
        session.execute(_TAKE_OUT if keep_text else _TAKE_ALL, {"ids": numbers, "why": why})
        session.execute(_UNLABEL, {"ids": numbers})
    full = [] if keep_text else [row.id for row in found if row.removed and not row.emptied]
    if full:
        session.execute(_EMPTY_ONLY, {"ids": full, "why": why})
    _touch(session, {row.id for row in held if row.listed} - asked, {row.duplicate_of for row in fresh})
    latest.publish(session, [_told(row) for row in fresh if row.listed])
    return [row.id for row in fresh]


def restore(session: Session, ids: Collection[int]) -> list[int]:
    """Bring removed articles back; those that were brought back. They wait for labels, and are `added` with them.

    One whose text was let go stays removed, and one that is not removed stays as it is.
    """
    asked = set(ids)
    back = [row.id for row in _lock(session, ids) if row.id in asked and row.removed and not row.emptied]
    if back:
        session.execute(_RESTORE, {"ids": back})
        publish(session, ArticlesStored())
    return back


def _touch(session: Session, listed: Collection[int], heads: Collection[int | None]) -> None:
    """Articles that stay and whose copies are gone: their "also at" is another one, which followers hear with their labels."""
    touched = sorted({head for head in heads if head in listed and head is not None})
    if touched:
        session.execute(_TOUCH, {"ids": touched})
        publish(session, ArticlesStored())


def _lock(session: Session, ids: Collection[int]) -> list[Row[Any]]:
    """These articles, and those that are shown for them."""
    return list(session.execute(_LOCK, {"ids": sorted(set(ids))})) if ids else []


def _told(row: Row[Any]) -> latest.Draft:
    before = sorted([f"region/{slug}" for slug in row.regions] + [f"topic/{slug}" for slug in row.topics])
    return latest.Draft(row.id, "removed", row.revision + 1, before, ())
