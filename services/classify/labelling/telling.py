"""What is counted and said of labelling, once it is committed."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from services.classify.work import Labelled
from services.core.metrics import meters
from services.core.metrics.fleet import after_commit

log = logging.getLogger(__name__)
NONE = "none"
"""In place of a slug, where an article has no label of a kind."""


def came_into_latest(session: Session, shown: Sequence[Labelled], written: Sequence[Row[Any]]) -> None:
    """Articles that were written as listed. `written`: seconds since each was first seen and, where that says something, published."""
    ways = {row.id: (row.since_seen, row.since_published) for row in written}
    fresh = [item for item in shown if not item.waiting.listed]

    def count() -> None:
        meters.listed.inc(len(fresh))
        for item in fresh:
            seen, published = ways.get(item.waiting.id, (None, None))
            if seen is not None:
                meters.seen_to_latest.observe(max(seen, 0))
            if published is not None:
                meters.published_to_latest.observe(max(published, 0))
            for kind, slugs in (("region", item.regions), ("topic", item.topics)):
                for slug in slugs or (NONE,):
                    meters.labels_given.labels(kind, slug).inc()

    if fresh:
        after_commit(session, count)


def leases_ran_out(session: Session, articles: int) -> None:
    """So many articles were in hand when a worker died, and are tried again."""

    def count() -> None:
        meters.leases_expired.labels("article").inc(articles)
        meters.retries.labels("article").inc(articles)

    if articles:
        after_commit(session, count)


def given_back(session: Session, articles: int) -> None:
    """So many articles were worked on in vain: overtaken, or another rulebook came into force."""
    after_commit(session, lambda: meters.retries.labels("article").inc(articles))


def put_aside(session: Session, rows: Sequence[Row[Any]]) -> None:
    """Articles that were looked at anew; those marked `aside` are quarantined from now on."""
    ids = [row.id for row in rows if row.aside]

    def count() -> None:
        meters.quarantined.labels("article").inc(len(ids))
        log.warning(
            "%d articles were put aside: workers died of them", len(ids), extra={"articles": list(ids)}
        )

    if ids:
        after_commit(session, count)
