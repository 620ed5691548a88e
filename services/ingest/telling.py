"""What is said and counted of a look at a feed that is stored: one line of the log, and the meters."""

import logging
from collections.abc import Sequence

from services.core.metrics import meters
from services.ingest.plan import Outcome

log = logging.getLogger(__name__)

NAMED = 100
"""Articles named in one line; a feed that brings more is told in several."""


def tell(outcome: Outcome, made: Sequence[int]) -> None:
    """One look. `made`: ids of its new articles. What brought something or failed is a line; nothing new is one only when
    somebody looks closely.

    A failing feed is no warning: it is an everyday thing, shown wherever feeds are, and asked again.
    """
    _count(outcome)
    feed, reading, plan = outcome.feed, outcome.reading, outcome.plan
    about = {"feed": feed.id, "status": outcome.response.status, "ms": int(outcome.response.elapsed_s * 1000)}
    again = [a.article_id for a in plan.again]
    if reading.error:
        log.info("feed %s: %s", feed.id, reading.error, extra=about | {"error_kind": reading.error_kind})
    elif plan.new or plan.again:
        named = [*made, *again]
        for start in range(0, len(named), NAMED):
            log.info(
                "feed %s: %d new, %d changed or seen here first",
                feed.id,
                len(plan.new),
                len(again),
                extra=about | {"articles": named[start : start + NAMED]},
            )
    else:
        log.debug("feed %s: %s", feed.id, reading.outcome, extra=about)
    if plan.gap:
        cost = f"about {plan.missed} items were missed" if plan.missed else "perhaps nothing was missed"
        log.warning("feed %s: nothing of what it shows was known, a gap; %s", feed.id, cost, extra=about)


def _count(outcome: Outcome) -> None:
    response = outcome.response
    meters.fetches.labels(outcome.reading.outcome, meters.status_class(response.status)).inc()
    meters.fetch_seconds.observe(response.elapsed_s)
    meters.fetch_bytes.inc(response.size)
    if outcome.plan.gap:
        meters.gap_missed.inc(outcome.plan.missed)
