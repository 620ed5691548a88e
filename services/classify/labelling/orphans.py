"""Leases on articles that end before their time: their worker has died, or is told to stop."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.orm import Session

from services.classify.labelling import store
from services.classify.work import Waiting
from services.core.liveness import holder

_FREE_ORPHANS = text(
    f"""
    UPDATE articles SET lease_until = {holder.FREE_AT}, lease_token = NULL, attempts = attempts - {holder.BLAMELESS}
    WHERE id IN (
        SELECT id FROM (
            SELECT id, lease_until, lease_token FROM articles
            WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL ORDER BY id LIMIT {holder.LOOKED_AT}) w
        WHERE {holder.ORPHANED} ORDER BY id)
      AND {holder.ORPHANED}
    """  # noqa: S608 - constants of ours
)

_RELEASE = text(
    """
    UPDATE articles SET lease_until = 'epoch', lease_token = NULL, attempts = attempts - 1
    WHERE id IN (SELECT id FROM articles WHERE id = ANY(:ids) AND lease_token = ANY(:tokens) ORDER BY id FOR NO KEY UPDATE)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("tokens", type_=ARRAY(Text)))


def release(session: Session, batch: Sequence[Waiting]) -> None:
    """End our leases on articles that were not labelled because this process stops; the attempts do not count."""
    if batch:
        session.execute(_RELEASE, {"ids": [w.id for w in batch], "tokens": [w.lease_token for w in batch]})


def free_orphans(session: Session) -> None:
    """Free what dead workers had in hand; it counts as an attempt, unless the database itself had ended."""
    session.execute(_FREE_ORPHANS, {"lease": store.LEASE_S})
