"""How the memory of stories comes back: from its snapshot and the steps since, or from the articles where there is none.

Nothing here holds the lock for long: what is read was committed, and whoever decides looks whether the memory is of the
step that stands. Only what was rebuilt is stored, under the lock, so that all go on from the same.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.classify.stories.effects import Effects
from services.classify.stories.memory import VERSION, Article, Memory
from services.classify.storykeeping import keep, store
from services.classify.storykeeping.keep import Place
from services.classify.storykeeping.store import State
from services.core.clock import monotonic
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.core.memory import give_back, read_to_keep, uncollected

log = logging.getLogger(__name__)

OPEN = timedelta(days=7)
"""Articles that were decided since are open; where nothing is known of the stream, it is read from there on."""
USUAL = timedelta(days=14)
"""Those that tell what is usual."""
_STEPS = 20
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Held:
    """A memory, and of which step it is."""

    memory: Memory
    epoch: str
    step: int
    older: bool = False
    """Whether its snapshot is of the version before. It is stored anew before a step is: whoever reads but that form must find no step
    that he cannot do.
    """
    unsaved: int = 0
    """Steps of the memory since its snapshot: what a process that begins has to do again."""
    untried: bool = True
    """Whether it has come back and not yet gone on."""
    saved_at: float = field(default_factory=monotonic)
    told_at: float = 0.0
    cost: float = 0.0
    """Seconds that its last snapshot took."""

    @property
    def mark(self) -> tuple[str, int]:
        """As `State.mark`."""
        return self.epoch, self.step


def packed_memory(memory: Memory) -> bytes:
    """Its snapshot."""
    with uncollected():
        return keep.pack_memory(memory.export())


def recall(held: Held | None, until: float, *, patience: int = 3) -> Held | None:
    """The memory of the step that stands, from what is held or from the snapshot; None where it must be rebuilt.

    Of an earlier step where there is so much to do again that it takes until after `until`: go on from there.

    Raises InvalidInputError where the snapshot is of another version.
    """
    found = None
    with transaction() as session:
        state = store.state(session)
        if state.torn or not state.has_snapshot:
            return None
        if held is None or held.epoch != state.epoch or not state.snapshot_step <= held.step <= state.step:
            held, found = None, keep.snapshot(session)
    if found is not None:
        held = _unpacked(*found, state)
    if held is None:
        return None
    while held.step < state.step and monotonic() < until:
        if not _do_again(held, state.step):
            return (
                recall(None, until, patience=patience - 1) if patience else None
            )  # overtaken by a snapshot, which took the steps away
    return held


def _unpacked(packed: bytes, step: int, state: State) -> Held:
    """The memory as it was after a step. It counts as saved when that was: processes that die soon would else never save it."""
    with read_to_keep():
        data = keep.unpack_memory(packed)
        memory, older = Memory.load(data), data["version"] != VERSION
        del data
    give_back()  # what was unpacked is larger than what it became
    age = (state.now - state.snapshot_at).total_seconds() if state.snapshot_at else 0.0
    return Held(memory, state.epoch, step, older=older, saved_at=monotonic() - age)


def _do_again(held: Held, upto: int) -> int:
    """Do some of the steps again that follow; how many."""
    with transaction() as session:
        found = keep.steps(session, held.step, limit=_STEPS)
    done = 0
    for step, parts in found:
        if step != held.step + 1 or step > upto:
            break
        for part in parts:
            held.memory.do(part, Effects())
        held.step, held.unsaved, done = step, held.unsaved + len(parts), done + 1
    return done


class Rebuild:
    """A memory in the making, from the articles of the last days in the order in which they were decided."""

    def __init__(self) -> None:
        with transaction() as session:
            self.state = store.state(session)
        self.memory = Memory()
        self._open_since = self.state.now - OPEN
        self._at: tuple[datetime, int] = (self.state.now - USUAL, 0)
        log.info("the memory of stories is rebuilt from the articles of the last days")

    def go_on(self, until: float) -> bool:
        """Take in more, until that moment (`clock.monotonic`); whether everything is in."""
        while monotonic() < until:
            with transaction() as session:
                found = keep.placed(session, self._at)
                stored = store.articles(session, [place.article_id for place in found])
            for place in found:
                if (article := stored[place.article_id].article) is not None:
                    self._take_in(article, place)
            if not found:
                return True
            self._at = (found[-1].decided_at, found[-1].number)
        return False

    def _take_in(self, article: Article, place: Place) -> None:
        still_open = place.decided_at >= self._open_since
        try:
            self.memory.recall(article, place.story, place.decided_at, still_open=still_open)
        except Exception:
            log.exception("article %d cannot be read for stories", article.id, extra={"article": article.id})

    def store(self) -> Held | None:
        """Let it be the memory of stories; None where somebody else decides, or was faster."""
        with transaction() as session:
            state = store.lock(session)
            if state is None or state.mark != self.state.mark:
                return None
            stories = self.memory.stories
            story, number = keep.last_numbers(session)
            stories.next_id = max(stories.next_id, state.next_story, story + 1)
            stories.decided = max(stories.decided, number)
            for word in keep.standing(session):
                if word.shown is not None:
                    found = store.articles(session, word.shown)
                    one, other = word.in_order(word.shown, found)
                    places = store.stories_of((one, other), found)
                    stories.judged.say(one, other, places, same=word.same, ruling=word.ruling)
            keep.forget_scopes(session)
            trends = self.memory.trends
            store.write_scopes(session, {scope: trends.row(scope) for scope in trends.scopes()}, state.now)
            trends.changed.clear()
            step, seq = state.step + 1, state.seq
            if state.torn:
                seq = max(state.floor, keep.seq_before(session, self._open_since))
            keep.keep_snapshot(session, step, packed_memory(self.memory))
            store.advance(
                session, epoch=state.stream_epoch, seq=seq, step=step, seen=True,
                next_story=stories.next_id, careful_until=0,
            )  # fmt: skip
        log.info("stories go on from position %d with %d articles in mind", seq, len(stories.story_of))
        return Held(self.memory, state.stream_epoch, step)


def recalled(held: Held | None, until: float) -> Held | None:
    """As `recall`; where the snapshot cannot be read, None: it must be rebuilt."""
    try:
        return recall(held, until)
    except InvalidInputError as error:
        log.warning("%s", error)
        return None
