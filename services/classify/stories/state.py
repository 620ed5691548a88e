"""All open stories, and the one decision about each article: join, found, merge. In one pass, in the order given."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from math import log10

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.index import Index
from services.classify.stories.judged import Judged
from services.classify.stories.model import Cost, Decision, Document, DocumentId, Limits, Merge
from services.classify.stories.nearest import most, spoken
from services.classify.stories.phrases import tempered
from services.classify.stories.sheaf import Sheaf
from services.classify.stories.story import Member, Story
from services.classify.stories.vectors import Words, read, weigh

_SWEEP = 3600.0
"""Seconds of the stream between two looks for stories that are over."""
_CROWD = 100
"""Open stories up to which a near one is hardly found by chance."""


class Stories:
    """The state of deciding. Plain memory: the same articles in the same order give the same state, everywhere.

    An article costs a bounded number of steps: `Limits.heavy` terms times `Limits.newest` stories, whatever is stored.
    """

    def __init__(self, limits: Limits | None = None, *, first_id: int = 1) -> None:
        self.limits = limits or Limits()
        self.frequencies = Frequencies()
        self.judged = Judged()
        self.open: dict[int, Story] = {}
        self.story_of: dict[DocumentId, int] = {}
        self.next_id = first_id
        self.decided = 0
        self.swept: float | None = None
        self.cost = Cost()
        self.filed = Index()
        self.counted: Sequence[str] = ()
        """The words of the article that was decided last, as they were counted."""
        self.sheaves = dict[int, Sheaf]()
        """What a snapshot has packed of them already; no part of the state."""

    def decide(
        self,
        document: Document,
        now: datetime,
        *,
        pinned: int | None = None,
        barred: frozenset[int] = frozenset(),
    ) -> Decision:
        """Which story an article belongs to; remembered in the state. Asked twice, the first answer stands.

        `now`: when the article is decided; stories not added to within the window around it are over. `pinned`: an
        editor has said which story it is (one that is over is opened again). `barred`: stories that it is not. What `judged`
        says of the article is heeded besides.
        """
        if (known := self.story_of.get(document.id)) is not None:
            return Decision(document.id, known, founded=False)
        self._close(now.timestamp())
        words = read(document)
        vector = weigh(words, self.frequencies)
        self.counted = vector.words if len(vector.words) == len(words.words) else words.words
        self.frequencies.learn(self.counted, words.language)
        at = document.at.timestamp() if document.at else None
        self.decided += 1
        member = Member(
            document.id, vector, at, document.source, words.language, document.places, self.decided
        )
        if pinned is None:
            pinned = self.judged.pinned(document.id)
        if pinned is not None:
            return self._put(member, pinned, now.timestamp())
        return self._place(member, words, now.timestamp(), barred | self.judged.barred(document.id))

    def follow(self, member: Member, story: int, now: float, merged: Iterable[tuple[int, int]]) -> None:
        """What `decide` did: an article, whose vector has all words that were `counted`, entered a story; then stories became one."""
        self._close(now)
        self.frequencies.learn(member.vector.words, member.language)
        self.decided += 1
        self.enter(member, story, now)
        for lost, kept in merged:
            self.merge(lost, kept)

    def _put(self, member: Member, story: int, now: float) -> Decision:
        """Where an editor said."""
        self.enter(member, story, now)
        ruling = self.judged.held_by(member.id, story)
        return Decision(member.id, story, founded=False, by="editor", ruling=ruling)

    def _place(
        self, member: Member, words: Words, now: float, barred: frozenset[int], stay: int | None = None
    ) -> Decision:
        """`stay`: the story that an article near to no other one is in, in place of a new one."""
        needed = self._needed(member)
        ranked = self._ranked(member, words, needed, barred)
        left, ruling = self.judged.kept_out(member.id) or (None, None)
        near, best = ranked[0] if ranked else (0.0, None)
        spoke = spoken(member.vector, best, words) if best else ()
        merges: tuple[Merge, ...] = ()
        if joined := best if near >= needed else None:
            story = joined.id
            second = [pair for pair in ranked[1:2] if not self.judged.parted(story, pair[1].id)]
            likeness = self._bridged(joined, second, title_only=words.title_only)
            self.enter(member, story, now)
            if likeness is not None:
                merges = (self.merge(story, ranked[1][1].id, likeness),)
        elif stay is not None:
            story = stay
            self.enter(member, story, now)
        else:
            story, self.next_id = self.next_id, self.next_id + 1
            self.enter(member, story, now)
        return Decision(
            document=member.id,
            story=merges[0].kept if merges else story,
            founded=joined is None and stay is None,
            stayed=joined is None and stay is not None,
            similarity=near,
            needed=needed,
            nearest=best.id if best else None,
            words=spoke,
            merges=merges,
            ruling=ruling,
            left=left,
        )

    def _needed(self, member: Member) -> float:
        """What an article needs to join: more among many open stories, the more so where it has no date."""
        limits = self.limits
        crowd = limits.crowd if member.at is not None else limits.crowd_undated
        join = limits.join_titles if member.vector.title_only else limits.join
        return join + crowd * log10(max(len(self.open) / _CROWD, 1.0))

    def revise(self, document: Document, now: datetime) -> Decision:
        """The text of an article was rewritten: it stays in its story unless it is far from what the others say.

        An article alone in its story always stays: ids never change once given out. So does one that an editor put there.
        Articles that are not known, or no longer since they are older than the window, are decided: their story is for the
        caller to keep.
        """
        number = self.story_of.get(document.id)
        if number is None or number not in self.open:
            return self.decide(document, now)
        story = self.open[number]
        member, words = self._anew(document)
        near = story.similarity(member, self.limits) if story.members else 1.0
        if near < self.limits.keep and self.judged.pinned(document.id) != number:
            barred = self.judged.barred(document.id) | {number}
            return self._place(member, words, now.timestamp(), barred)
        self.enter(member, number, now.timestamp())
        return Decision(
            document.id, number, founded=False, similarity=near, needed=self.limits.keep, nearest=number
        )

    def place_anew(self, document: Document, now: datetime, *, leave: bool = True) -> Decision:
        """An article leaves its story and is decided once more, by what `judged` says now. Its place in the order stays.

        Where it is near to none it founds one; without `leave` it comes back to the one that it was in, unless barred there.
        """
        if (before := self.story_of.get(document.id)) is None:
            return self.decide(document, now)
        member, words = self._anew(document)
        pinned, barred = self.judged.pinned(document.id), self.judged.barred(document.id)
        if pinned is not None:
            return self._put(member, pinned, now.timestamp())
        stay = None if leave or before in barred else before
        return self._place(member, words, now.timestamp(), barred, stay)

    def _anew(self, document: Document) -> tuple[Member, Words]:
        """Take an article out; as it reads now, at its old place in the order."""
        old, words = self.remove(document.id), read(document)
        vector = weigh(words, self.frequencies)
        at = document.at.timestamp() if document.at else None
        member = Member(document.id, vector, at, document.source, words.language, document.places, old.number)
        return member, words

    def remove(self, document: DocumentId) -> Member:
        """Take an article out of its story, as if it had never come. An empty story stays open until it is over.

        Raises KeyError where the article is in no open story.
        """
        member = self._take_out(document)
        self.judged.placed(document, None)
        return member

    def _take_out(self, document: DocumentId) -> Member:
        story = self.open[self.story_of.pop(document)]
        member = story.remove(document)
        for word in member.vector.words[: self.limits.heavy]:
            if self.filed[word][story.id] == member.number:  # else a later article of the story has the word
                others = [
                    m.number for m in story.members.values() if word in m.vector.words[: self.limits.heavy]
                ]
                self.filed.file(word, story.id, max(others, default=None))
        return member

    def _ranked(
        self, member: Member, words: Words, needed: float, barred: frozenset[int]
    ) -> list[tuple[float, Story]]:
        """The stories that share the most with an article, the most similar first; of equal ones the older."""
        limits, vector = self.limits, member.vector
        shared: defaultdict[int, int] = defaultdict(int)
        touches = 0
        for word, weight in islice(zip(vector.words, vector.weights, strict=True), limits.heavy):
            if filed := self.filed.get(word):
                square = weight * weight
                touches += min(len(filed), limits.newest)
                for number in islice(reversed(filed), limits.newest):
                    shared[number] += square
        self.cost.documents += 1
        self.cost.touches += touches
        window = limits.window.total_seconds()
        decisive = min(needed, limits.bridge_titles if vector.title_only else limits.bridge)
        ranked: list[tuple[float, Story]] = []
        for number in most(shared, limits.rescored + len(barred)):
            story = self.open[number]
            if number not in barred and story.apart(member.at, member.at) <= window:
                near = story.similarity(member, limits)
                if near >= decisive:
                    near = tempered(near, member, words, story, limits)
                ranked.append((near, story))
        ranked.sort(key=lambda pair: (-pair[0], pair[1].id))
        return ranked

    def _bridged(self, best: Story, second: list[tuple[float, Story]], *, title_only: bool) -> float | None:
        """How much the story joined and the second nearest are alike, where the article shows that they are one.

        To be asked before the article has entered: a round-up of two events is like both and makes them no more alike.
        """
        limits = self.limits
        bridge, merge = (limits.bridge, limits.merge)
        if title_only:
            bridge, merge = (limits.bridge_titles, limits.merge_titles)
        for near, other in second:
            if near >= bridge and (likeness := best.likeness(other, limits)) >= merge:
                return likeness
        return None

    def merge(self, one: int, other: int, similarity: float = 1.0) -> Merge:
        """Make two stories one: the one that was founded first stays. What is over of them is not looked for."""
        first, second = min(one, other), max(one, other)
        self.judged.merged(second, first)
        if (lost := self.open.pop(second, None)) is None:
            return Merge(second, first, similarity)
        kept = self.open.get(first) or self.reopen(first, lost.touched)
        for member in lost.members.values():
            kept.add(member)
            self.story_of[member.id] = kept.id
        kept.touched = max(kept.touched, lost.touched)
        self.filed.move(_heavy(lost, self.limits), lost.id, kept.id)
        return Merge(lost.id, kept.id, similarity)

    def enter(self, member: Member, number: int, now: float) -> None:
        """Put an article into a story without asking; the story is opened where it is not."""
        story = self.open.get(number) or self.reopen(number, now)
        story.add(member)
        story.touched = now
        self.story_of[member.id] = number
        self.judged.placed(member.id, number)
        self.filed.enter(member.vector.words[: self.limits.heavy], number, member.number)

    def reopen(self, number: int, now: float) -> Story:
        """An empty open story of a known number, touched at `now` (seconds since 1970)."""
        self.open[number] = Story(number, now)
        self.next_id = max(self.next_id, number + 1)
        return self.open[number]

    def _close(self, now: float) -> None:
        """Forget the stories that nobody has added to within the window, and of the others the articles older than it.

        A story that runs for months is compared by its last days: the event moves on, and the state does not grow.
        """
        if self.swept is not None and abs(now - self.swept) < _SWEEP:
            return
        self.swept, window = now, self.limits.window.total_seconds()
        for story in [story for story in self.open.values() if abs(now - story.touched) > window]:
            self._forget(story)
        for story in self.open.values():
            if max(abs(now - (story.first or now)), abs(now - (story.last or now))) > window:
                for member in [
                    m for m in story.members.values() if m.at is not None and abs(now - m.at) > window
                ]:
                    self._take_out(member.id)

    def _forget(self, story: Story) -> None:
        del self.open[story.id]
        for word in _heavy(story, self.limits):
            self.filed.file(word, story.id, None)
        for document in story.members:
            del self.story_of[document]


def _heavy(story: Story, limits: Limits) -> Iterable[str]:
    return {word for member in story.members.values() for word in member.vector.words[: limits.heavy]}
