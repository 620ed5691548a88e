"""Decide which story each article belongs to, in the order of the stream; one at a time, whoever is asked.

lock -> is the memory of the step that stands? -> read on -> decide -> write, each batch in one transaction. A process that dies loses
the batch it was in, and its memory; the next one recalls that from what was stored. A rollback throws the memory away.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from services.classify.stories import memory as steps
from services.classify.stories.effects import Effects
from services.classify.stories.memory import Step
from services.classify.storykeeping import keep, store, write
from services.classify.storykeeping.recall import Held, Rebuild, packed_memory, recalled
from services.classify.storykeeping.store import BATCH, State
from services.core import outbox
from services.core.clock import monotonic
from services.core.db import transaction
from services.core.metrics.fleet import after_commit
from services.core.queues import Job

log = logging.getLogger(__name__)

BUDGET_S = 5
"""After this long a job ends: the next hint finds a fresh one."""
TRIES, PATIENCE = 3, timedelta(seconds=20)
"""So often, and over so long a time, processes may die over the next changes before these are taken one by one, and over one
before it is passed over. Many kills in a moment are no article's fault.
"""
TELL_EVERY_S = 2
"""While much waits, trends are written once in so many seconds; otherwise with what changed them."""
SAVE_AFTER, SAVE_SOONEST_S, SAVE_LATEST_S = 2_000, 20, 300
"""A snapshot is taken after so many steps, but not before so many seconds since the last one, whoever took it; after so many in any case."""
_SAVE_SHARE = 20
"""Nor before so many times the seconds that the last one took."""


class PoisonError(Exception):
    """Deciding raised: the memory is spoilt, and the batch is to be rolled back. `at` is what it was about."""

    def __init__(self, at: tuple[str, int], about: str) -> None:
        super().__init__(about)
        self.at, self.about = at, about


@dataclass(slots=True)
class _Batch:
    """What is decided together: done, seen of it, and how far the stream is read then."""

    seq: int
    passed: int = 0
    last: bool = True
    """Whether nothing more waited."""
    done: list[Step] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects)
    articles: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Consumer:
    """One process, which decides when it is its turn. `skipped`: changes and judgements that it passes over."""

    held: Held | None = None
    stale: bool = False
    """Whether somebody else has gone on."""
    rebuild: Rebuild | None = None
    skipped: set[tuple[str, int]] = field(default_factory=set)

    def work(self, budget: float = BUDGET_S) -> int:
        """Decide until nothing is left, somebody else decides, or the budget is spent; how many changes were passed."""
        until, done = monotonic() + budget, 0
        while monotonic() < until:
            try:
                passed = self._go_on(until)
            except PoisonError as error:
                self.held, about = None, error.about
                self.skipped.add(error.at)
                log.exception("stories pass over %s", about)
                continue
            except BaseException:
                self.held = None  # it may have heard of what was rolled back
                raise
            if passed is None:
                break
            done += passed
        else:
            outbox.hint(Job.GROUP_STORIES)
        self.save()
        return done

    def save(self, *, at_end: bool = False) -> bool:
        """Store the memory where that is due, or the process ends; whether it was stored."""
        held = self.held
        if held is None or not (held.unsaved or held.older) or (held.untried and not at_end):
            return False
        since = monotonic() - held.saved_at
        soonest = max(SAVE_SOONEST_S, _SAVE_SHARE * held.cost)
        if not (at_end or held.older) and (
            since < soonest or (held.unsaved < SAVE_AFTER and since < SAVE_LATEST_S)
        ):
            return False
        held.saved_at = monotonic()
        packed = packed_memory(held.memory)
        with transaction() as session:
            state = store.lock(session)
            if state is None or state.mark != held.mark:
                return False
            self._tell_trends(session, state, held)
            keep.keep_snapshot(session, held.step, packed)
        held.unsaved, held.older, held.cost = 0, False, monotonic() - held.saved_at
        return True

    def _go_on(self, until: float) -> int | None:
        """One batch; how many changes it passed, None when there is nothing to do now."""
        held = self.held
        if held is None or held.untried or self.stale:
            return 0 if self._ready(until) else None
        if held.older and not self.save():
            self.stale = True
            return None
        with transaction() as session:
            state = store.lock(session)
            if state is None:
                return None
            if state.mark == held.mark and not state.torn:
                return self._decide(session, state, held)
        self.stale = True  # somebody else went on, or the stream is another one
        return 0

    def _ready(self, until: float) -> bool:
        """Come to hold the memory of the step that stands, or nearer to that. False when somebody else decides."""
        if self.rebuild is not None:
            if self.rebuild.go_on(until):
                self.held, self.rebuild = self.rebuild.store(), None
                return self.held is not None
            return True
        self.held, self.stale = recalled(self.held, until), False
        if self.held is None:
            self.rebuild = Rebuild()
            return True
        return not self.held.untried or self._try(self.held)

    def _try(self, held: Held) -> bool:
        """Note that a process which has just begun goes on from here: should it die over that, the others are warned."""
        with transaction() as session:
            state = store.lock(session)
            if state is None:
                return False
            if state.mark != held.mark or state.torn:
                return True
            held.untried = False
            ahead = store.changes(session, state.seq, limit=1)
            if not ahead:
                return True
            tries, tried_at, careful = state.tries + 1, state.tried_at or state.now, state.careful_until
            if tries > TRIES and state.now - tried_at >= PATIENCE:
                if state.seq < careful:
                    log.error(
                        "stories pass over article %d at position %d: %d processes died of it",
                        ahead[0].article_id, ahead[0].seq, state.tries, extra={"article": ahead[0].article_id},
                    )  # fmt: skip
                    self.skipped.add(("change", ahead[0].seq))
                else:
                    tries, tried_at, careful = 1, state.now, state.seq + BATCH
            store.advance(session, tries=tries, tried_at=tried_at, careful_until=careful)
        return True

    def _decide(self, session: Session, state: State, held: Held) -> int | None:
        word = keep.unheard(session)
        batch = self._read_on(session, state, held) if word is None else _Batch(state.seq)
        if batch is None:
            self._tell_trends(session, state, held)
            return None
        if word is not None:
            self._listen(session, state, held, word, batch)
        write.write(session, batch.effects, state.now)
        overdue = monotonic() - held.told_at > TELL_EVERY_S
        told = (batch.last or overdue) and self._tell_trends(session, state, held)
        held.step, held.unsaved = held.step + 1, held.unsaved + len(batch.done)
        keep.keep_step(session, held.step, batch.done)
        seen = bool(batch.effects.touched) and not told
        next_story = held.memory.stories.next_id
        store.advance(
            session,
            seq=batch.seq,
            step=held.step,
            seen=seen,
            next_story=next_story,
            tries=0,
            tried_at=None,
        )
        self._say(session, state, batch)
        return batch.passed

    @staticmethod
    def _say(session: Session, state: State, batch: _Batch) -> None:
        said = {"articles": batch.articles, "seqs": [state.seq + 1, batch.seq]}
        if batch.passed:
            told = "stories: decided on %d changes up to %d"
            after_commit(session, lambda: log.info(told, batch.passed, batch.seq, extra=said))

    def _read_on(self, session: Session, state: State, held: Held) -> _Batch | None:
        """The next changes, decided; None when there are none. What an article says is what it says now, so once is enough."""
        limit = 1 if state.seq < state.careful_until else BATCH
        found = store.changes(session, state.seq, limit=limit)
        if not found:
            return None
        batch = _Batch(found[-1].seq, len(found), last=len(found) < limit)
        looked: set[int] = set()
        stored = store.articles(session, {change.article_id for change in found})
        for change in found:
            at = ("change", change.seq)
            if change.article_id in looked or at in self.skipped:
                continue
            looked.add(change.article_id)
            batch.articles.append(change.article_id)
            one = stored[change.article_id]
            if one.article is not None:
                step = steps.heard(one.article, change.at, one.story)
            else:
                step = steps.lost(change.article_id, change.at, one.story)
            _do(held, step, batch, at, f"article {change.article_id}, which stays without a story")
        return batch

    def _listen(self, session: Session, state: State, held: Held, word: keep.Word, batch: _Batch) -> None:
        """Go by what an editor said, or do not any more."""
        at = ("judgement", word.id)
        if at not in self.skipped:
            for pair in word.pairs if word.withdrawn else (word.shown,):
                if pair is not None:
                    step = _step_of(session, state, word, pair)
                    _do(held, step, batch, at, f"judgement {word.id}")
        keep.hear(session, word.id)
        batch.last = False

    @staticmethod
    def _tell_trends(session: Session, state: State, held: Held) -> bool:
        """Write what has changed of trends, and whether readers see another thing. What is not written yet when a process dies
        is found changed again by whoever does its steps again.
        """
        trends, held.told_at = held.memory.trends, monotonic()
        scopes = sorted(trends.changed)
        if not scopes:
            return False
        told = store.write_scopes(session, {scope: trends.row(scope) for scope in scopes}, state.now)
        if told:
            store.advance(session, seen=True)
        trends.changed.clear()
        return told


def _do(held: Held, step: Step, batch: _Batch, at: tuple[str, int], about: str) -> None:
    try:
        done = held.memory.do(step, batch.effects)
    except Exception as error:
        raise PoisonError(at, about) from error
    batch.done.append(done)


def _step_of(session: Session, state: State, word: keep.Word, pair: tuple[int, int]) -> Step:
    found = store.articles(session, pair)
    earlier, later = word.in_order(pair, found)
    stories = store.stories_of((earlier, later), found)
    article = found[later].article if later in found else None
    if word.replaced or pair != word.shown:
        article = None  # another word on the two decides, or it is not about these as they are shown
    said = steps.Word((earlier, later), stories, word.same, word.ruling, article)
    return (steps.withdrawn if word.withdrawn else steps.judged)(said, state.now)


CONSUMER = Consumer()
"""The memory of this process."""


def group_articles() -> int:
    """Decide what waits; how many changes were passed."""
    return CONSUMER.work()


def save_memory() -> None:
    """Store the memory before the process ends."""
    CONSUMER.save(at_end=True)
