"""The ticker: what hints at jobs where rows wait for them."""

import itertools
import logging
import signal
from types import FrameType

from services.classify.copies import looking
from services.classify.labelling import indexing, orphans, walk
from services.classify.labelling import store as classify_store
from services.classify.storykeeping import store as story_store
from services.core import backlog, beats, cache, desk, fleet, outbox, stopping
from services.core.clock import monotonic
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.queues import QUEUE_OF, Job, hints_wanted
from services.core.settings import settings
from services.ingest import rekeying, replacements, retention, websub
from services.ingest.store import leases

log = logging.getLogger(__name__)


def run_scheduler() -> None:
    """Tick until told to stop. Any number of copies may run: what they do is safe to do twice."""
    stop = stopping.Asked()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        stopping.within(LONGEST_STOP_S)

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    went_on = [monotonic()]

    def silence() -> float:
        return max(0.0, monotonic() - went_on[0] - LONGEST_TICK_S)

    beats.start("scheduler", beats.process_name(), dict, silence=silence)
    fleet.start()
    for number in itertools.count():
        if stop.wait(settings().scheduler_tick):
            return
        went_on[0] = monotonic()
        try:
            tick(rare=number % RARELY == 0)
        except (
            DatelineError
        ) as error:  # a server that is away, a schema that is behind: it passes when somebody has seen to it
            log.warning("%s", error)
            stop.wait(1)


LONGEST_TICK_S = 40
"""A tick may take so long on a busy database before it counts as silence; each of its statements is ended after 30 s."""
LONGEST_STOP_S = 4
"""A tick that waits for its database is given up so long after a request to stop; whatever it has not committed is nobody's loss."""
RARELY = 20
"""Work that is never urgent is looked for at every so many ticks."""


def tick(*, rare: bool = True) -> dict[Job, int]:
    """Hint where rows wait and no hint says so yet; the hints sent. `rare`: also for what is never urgent."""
    with transaction() as session:
        leases.free_orphans(session, pause_s=settings().fetch_host_pause)
        orphans.free_orphans(session)
        desk.free_orphans(session)
        waiting = {
            Job.FETCH_FEEDS: (leases.due(session), settings().fetch_batch),
            Job.LABEL_ARTICLES: (classify_store.waiting(session), classify_store.BATCH),
            Job.SERVE_DESK: (desk.waiting(session), 1),
            Job.RELABEL_ARTICLES: (walk.due(session), 1),
            Job.GROUP_STORIES: (story_store.waiting(session), 1),
        }
        if rare:
            leases.put_aside(session)
            backlog.note(session)
            desk.forget(session)
            looking.prune(session)
            waiting[Job.SEEK_REPLACEMENTS] = (replacements.waiting(session), replacements.BATCH)
            waiting[Job.EXPIRE_ARTICLES] = (retention.waiting(session), retention.BATCH)
            waiting[Job.REKEY_ARTICLES] = (rekeying.waiting(session), 1)
            waiting[Job.REINDEX_ARTICLES] = (indexing.due(session), 1)
            waiting[Job.RENEW_SUBSCRIPTIONS] = (websub.waiting(session), websub.BATCH)
    sent = dict.fromkeys(waiting, 0)
    for job, (count, batch) in waiting.items():
        queued = cache.queue_length(QUEUE_OF[job]) if count else None
        if queued is None:
            continue
        for _ in range(hints_wanted(waiting=count, batch=batch, queued=queued)):
            sent[job] += outbox.hint(job)
    return sent
