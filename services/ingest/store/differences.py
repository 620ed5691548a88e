"""Bodies that two parsers read differently: the newest few are kept, to become tests."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from services.core.models import ParseDifference

KEPT = 50
LARGEST = 1_000_000
"""Bytes of a body that is kept whole; of a larger one only the sentences are."""


def keep(session: Session, *, feed_id: int, what: Sequence[str], body: bytes) -> None:
    """Store one; the oldest go."""
    kept = body if len(body) <= LARGEST else b""
    session.execute(insert(ParseDifference).values(feed_id=feed_id, what="\n".join(what)[:4000], body=kept))
    newest = select(ParseDifference.id).order_by(ParseDifference.id.desc()).limit(KEPT)
    session.execute(delete(ParseDifference).where(ParseDifference.id.not_in(newest)))
