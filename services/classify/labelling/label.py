"""Label what waits, in order; decides nothing.

rulebook in force -> claim -> publish keys -> look for copies -> classify -> save and publish, a batch at a time, each step a
transaction. The claim commits before the work starts, so that an article that kills its worker is known by its attempts; a
crash later leaves a lease that runs out, and keys that whoever comes next would write again.
"""

import logging
from contextlib import suppress

from services.classify import rulebook
from services.classify.copies import groups, looking
from services.classify.copies.regroup import Looks, filed
from services.classify.labelling import batches, orphans, store
from services.classify.rules import CompiledRulebook, classify, corrected, to_json
from services.classify.work import Labelled, Waiting
from services.core import traces
from services.core.clock import monotonic
from services.core.db import transaction
from services.core.errors import DatelineError, UnavailableError

log = logging.getLogger(__name__)

BUDGET_S = 5
"""After this long a job claims nothing more: the next hint finds a fresh one, and an editor who asks gets a turn."""


def warm_up() -> None:
    """Compile the rulebook in force before the first job needs it."""
    rulebook.prepare()


def label_waiting() -> int:
    """Label batches until nothing waits or the budget is spent; how many articles were labelled."""
    started, done, size = monotonic(), 0, batches.LEAST
    while (begun := monotonic()) - started < BUDGET_S:
        batch, compiled = _claim(size)
        if not batch:
            break
        try:
            label_batch(batch, compiled)
        except (UnavailableError, SystemExit):  # the database is away, or this process is told to stop
            _release(batch)
            raise
        done += len(batch)
        size = batches.next_size(size, got=len(batch), took_s=monotonic() - begun)
    return done


def _release(batch: list[Waiting]) -> None:
    """Best effort: nothing is held against these articles; where the database is away too, their leases end with this job."""
    with suppress(DatelineError), transaction() as session:
        orphans.release(session, batch)


def _claim(size: int) -> tuple[list[Waiting], CompiledRulebook]:
    """What to label now, and by what: without a rulebook nothing is claimed, for a claim counts as an attempt."""
    compiled = rulebook.prepare()
    with transaction() as session:
        store.quarantine(session)
        return store.claim(session, limit=size) or store.claim(session, limit=1, suspects=True), compiled


def label_batch(batch: list[Waiting], compiled: CompiledRulebook) -> None:
    """Label claimed articles and publish them, those at least that are still to be had and were not overtaken."""
    with traces.span("articles.label.batch", dateline__articles=[w.id for w in batch]):
        _label_batch(batch, compiled)


def _label_batch(batch: list[Waiting], compiled: CompiledRulebook) -> None:
    looks = look_for_copies(batch)
    labelled = [label_one(waiting, compiled) for waiting in batch]
    saved = False
    while (
        not saved
    ):  # it ends: whoever beat us has committed, and a lease that ran out meanwhile leaves nothing to save
        with suppress(groups.GrownError), transaction() as session:
            store.save(session, labelled, looks)
            saved = True
    version = labelled[0].version[:12]
    log.info(
        "labelled %d articles with rulebook %s",
        len(batch),
        version,
        extra={"articles": [w.id for w in batch], "rulebook": version},
    )


def look_for_copies(batch: list[Waiting]) -> Looks:
    """What each of these articles is a copy of.

    In two transactions: keys are committed before anybody looks, so that of two copies at least the later to look sees the other.
    """
    articles = [filed(waiting) for waiting in batch]
    with transaction() as session:
        looking.publish(session, articles)
    with transaction() as session:
        return looking.scan(session, articles)


def label_one(waiting: Waiting, compiled: CompiledRulebook) -> Labelled:
    """The labels of one article, with their reasons. What an editor said of it stands above the rules."""
    verdict = classify(waiting.document, compiled)
    if waiting.correction is not None:
        verdict = corrected(verdict, waiting.correction, compiled.rulebook)
    return Labelled(
        waiting=waiting,
        version=verdict.version,
        region=verdict.region,
        regions=tuple(label.slug for label in verdict.regions),
        topics=tuple(label.slug for label in verdict.topics),
        places=tuple(label.slug for label in verdict.places),
        verdict=to_json(verdict),
    )
