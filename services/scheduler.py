"""The ticker: what hints at jobs where rows wait for them."""

import itertools
import logging
import signal
from collections.abc import Callable
from types import FrameType

from sqlalchemy.orm import Session

from services.classify.copies import looking
from services.classify.labelling import indexing, orphans, walk
from services.classify.labelling import store as classify_store
from services.classify.storykeeping import store as story_store
from services.core import backlog, cache, desk, outbox
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.liveness import beats, stopping
from services.core.liveness.notify import MARK_EVERY_S, Notifier
from services.core.metrics import fleet
from services.core.queues import QUEUE_OF, Job, hints_wanted
from services.core.settings import settings
from services.ingest import rekeying, replacements, retention, websub
from services.ingest.store import leases

log = logging.getLogger(__name__)


def run_scheduler() -> None:
    """Tick until told to stop. Any number of copies may run: what they do is safe to do twice."""
    stop = stopping.Asked()
    notifier = Notifier()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        stopping.within(LONGEST_STOP_S)
        notifier.stopping()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    beats.start(
        "scheduler",
        beats.process_name(),
        dict,
        silence=lambda: max(0.0, notifier.silence() - LONGEST_STEP_S),
    )
    fleet.start()
    notifier.ready()
    for number in itertools.count():
        if _rests(settings().scheduler_tick, stop, notifier):
            return
        try:
            tick(rare=number % RARELY == 0, goes_on=notifier.goes_on)
        except (
            DatelineError
        ) as error:  # a server that is away, a schema that is behind: it passes when somebody has seen to it
            log.warning("%s", error)
            stop.wait(1)


LONGEST_STEP_S = 40
"""A step of a tick may take so long on a busy database before it counts as silence; each statement is ended after 30 s."""
LONGEST_STOP_S = 4
"""A tick that waits for its database is given up so long after a request to stop; whatever it has not committed is nobody's loss."""
RARELY = 20
"""Work that is never urgent is looked for at every so many ticks."""


def _rests(seconds: float, stop: stopping.Asked, notifier: Notifier) -> bool:
    """Wait until the next tick, which is rest and no silence; whether somebody has asked to stop."""
    whole, rest = divmod(seconds, MARK_EVERY_S)
    for part in (*itertools.repeat(MARK_EVERY_S, int(whole)), rest):
        notifier.goes_on()
        if stop.wait(part):
            return True
    notifier.goes_on()
    return False


def _free_feeds(session: Session) -> None:
    leases.free_orphans(session, pause_s=settings().fetch_host_pause)


_CHORES: tuple[Callable[[Session], object], ...] = (_free_feeds, orphans.free_orphans, desk.free_orphans)
_RARE_CHORES = (leases.put_aside, backlog.note, desk.forget, looking.prune)
_WAITING: dict[Job, tuple[Callable[[Session], int], int | None]] = {
    Job.FETCH_FEEDS: (leases.due, None),
    Job.LABEL_ARTICLES: (classify_store.waiting, classify_store.BATCH),
    Job.SERVE_DESK: (desk.waiting, 1),
    Job.RELABEL_ARTICLES: (walk.due, 1),
    Job.GROUP_STORIES: (story_store.waiting, 1),
}
"""What waits for each job, and how much of it one hint is for; None: as many as `DATELINE_FETCH_BATCH` says."""
_RARELY_WAITING: dict[Job, tuple[Callable[[Session], int], int | None]] = {
    Job.SEEK_REPLACEMENTS: (replacements.waiting, replacements.BATCH),
    Job.EXPIRE_ARTICLES: (retention.waiting, retention.BATCH),
    Job.REKEY_ARTICLES: (rekeying.waiting, 1),
    Job.REINDEX_ARTICLES: (indexing.due, 1),
    Job.RENEW_SUBSCRIPTIONS: (websub.waiting, websub.BATCH),
}


def _nothing() -> None:
    return None


def tick(*, rare: bool = True, goes_on: Callable[[], None] = _nothing) -> dict[Job, int]:
    """Hint where rows wait and no hint says so yet; the hints sent. `rare`: also for what is never urgent. `goes_on` is called before each
    step: on a busy database many short ones may take long.
    """
    waiting: dict[Job, tuple[int, int]] = {}
    with transaction() as session:
        for chore in (*_CHORES, *(_RARE_CHORES if rare else ())):
            goes_on()
            chore(session)
        for job, (count_in, batch) in (_WAITING | (_RARELY_WAITING if rare else {})).items():
            goes_on()
            waiting[job] = (count_in(session), batch or settings().fetch_batch)
        goes_on()
    sent = dict.fromkeys(waiting, 0)
    for job, (count, batch) in waiting.items():
        goes_on()
        queued = cache.queue_length(QUEUE_OF[job]) if count else None
        if queued is None:
            continue
        for _ in range(hints_wanted(waiting=count, batch=batch, queued=queued)):
            sent[job] += outbox.hint(job)
    return sent
