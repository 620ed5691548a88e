"""What the one consumer of the stream holds: stories, what is rising, what editors say. Pure; every step is plain data.

A step is what was read at one position: an article as it stands, one that is gone, a word of an editor. The same steps from the
same state give the same state, so what was done since a snapshot is done again from the steps, whatever has become of the
articles meanwhile. What a step changes for readers is noted in `Effects`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.classify.stories import entered, snapshot
from services.classify.stories.effects import Effects, Placed, reasons, stayed
from services.classify.stories.judged import pack, unpack
from services.classify.stories.model import Decision, Document, Limits, Merge, Ruling
from services.classify.stories.rising import Trends
from services.classify.stories.state import Stories
from services.classify.stories.voices import Said, Voice

Step = list[Any]
Pair = tuple[int | None, int | None]

VERSION = 4
"""Of steps, and of what surrounds the stories in a snapshot."""


_SPARE, _FEW = 1.25, 1000
"""What was read of articles that are over is forgotten when it is a quarter of what is known."""


@dataclass(frozen=True, slots=True)
class Article:
    """A listed article as it reads now, with who prints it and under which labels."""

    document: Document
    said: Said

    @property
    def id(self) -> int:
        """Articles of the service have numbers."""
        return int(self.document.id)


def heard(article: Article, now: datetime, story: int | None) -> Step:
    """An article is listed, and reads like that. `story`: the one that it is stored with."""
    return ["heard", _pack(article), now.timestamp(), story]


def lost(article: int, now: datetime, story: int | None) -> Step:
    """An article is not listed any more."""
    return ["lost", article, now.timestamp(), story]


@dataclass(frozen=True, slots=True)
class Word:
    """What an editor says of two articles. `stories`: those they are stored with; `later`: the second of the pair as it reads now,
    None where it is not listed; `ruling`: what readers are told of it.
    """

    pair: tuple[int, int]
    stories: Pair
    same: bool
    ruling: Ruling
    later: Article | None


def judged(word: Word, now: datetime) -> Step:
    """An editor says that two articles are of one event, or of two."""
    return ["judged", *_pack_word(word), now.timestamp()]


def withdrawn(word: Word, now: datetime) -> Step:
    """What was said of two articles does not hold any more. Without `later` nothing is decided anew."""
    return ["withdrawn", *_pack_word(word), now.timestamp()]


class Memory:
    """The state, moved on by steps."""

    def __init__(self, limits: Limits | None = None, *, first_id: int = 1) -> None:
        self.stories = Stories(limits, first_id=first_id)
        self.trends = Trends()
        self._read: dict[int, str] = {}
        """What each article of an open story said when it was last looked at, as a digest."""
        self._hour: int | None = None

    def do(self, step: Step, effects: Effects) -> Step:
        """One step, and that which does the same to this state again: of a decision what came of it, which says nothing to readers.

        Whatever it raises, the state is then to be thrown away.
        """
        match step:
            case ["heard", article, now, story]:
                return self._hear(_unpack(article), self._turn(now), story, effects) or step
            case [entered.NAME, *row, now]:
                self._enter(row, self._turn(now))
            case ["lost", article, now, story]:
                self._turn(now)
                self._lose(article, story, effects)
            case ["judged", *word, now]:
                self._judge(_unpack_word(*word), self._turn(now), effects)
            case ["withdrawn", *word, now]:
                self._take_back(_unpack_word(*word), self._turn(now), effects)
            case _:
                raise ValueError(f"This is no step: {step[:1]!r}.")
        return step

    def recall(self, article: Article, story: int, now: datetime, *, still_open: bool = True) -> None:
        """Take in what is stored: an article with the story that it was given, in the order in which that was.

        What is not `still_open` tells no more than what is usual.
        """
        self._turn(now.timestamp())
        if still_open and abs(now - (article.document.at or now)) <= self.stories.limits.window:
            self.stories.decide(article.document, now, pinned=story)
            self._read[article.id] = entered.digest(article.document)
        self.trends.tell(story, article.id, article.said)

    def _turn(self, now: float) -> datetime:
        """Every hour of the stream what is over is forgotten."""
        hour, at = int(now // 3600), datetime.fromtimestamp(now, UTC)
        if self._hour is None or hour > self._hour:
            self._hour = hour
            self.trends.forget(at)
            known = self.stories.story_of
            if len(self._read) > _SPARE * (len(known) + _FEW):
                self._read = {article: said for article, said in self._read.items() if article in known}
        return at

    def _hear(self, article: Article, now: datetime, story: int | None, effects: Effects) -> Step | None:
        known = self.stories.story_of.get(article.id)
        said = entered.digest(article.document)
        if known is None and story is not None:  # older than what is remembered: it stays where it is
            if self.trends.knows(story, article.id):
                self.trends.tell(story, article.id, article.said)
            effects.touched.add(story)
            return None
        done = None
        if known is None:
            decision = self.stories.decide(article.document, now)
            self._place(article, decision, None, now, effects)
            member = self.stories.open[decision.story].members[article.id]
            if member.vector.words is self.stories.counted:
                done = entered.pack(decision, member, said, article.said, now.timestamp())
        elif self._read.get(article.id) != said:
            self._place(article, self.stories.revise(article.document, now), known, now, effects)
        self._read[article.id] = said
        stands = self.stories.story_of[article.id]
        self.trends.tell(stands, article.id, article.said)
        effects.touched.add(stands)
        return done

    def _enter(self, row: Step, now: datetime) -> None:
        """As `_hear` of an article that was decided, without deciding."""
        found = entered.unpack(row, self.stories.decided + 1, self.stories.frequencies.shared)
        number = int(found.member.id)
        self.stories.follow(found.member, found.story, now.timestamp(), found.merged)
        for lost, kept in found.merged:
            self.trends.merge(lost, kept)
        self._read[number] = found.digest
        self.trends.tell(self.stories.story_of[number], number, found.said)

    def _place(
        self,
        article: Article,
        decision: Decision,
        before: int | None,
        now: datetime,
        effects: Effects,
        *,
        anew: bool = False,
    ) -> None:
        """Note where an article stands now; trends follow. `anew`: for another reason, wherever that is."""
        if before is not None and before not in (decision.story, *(merge.lost for merge in decision.merges)):
            self.trends.retract(before, article.id)
            effects.touched.add(before)
        for merge in decision.merges:
            self._merge(merge, effects)
        if decision.story != before or anew:
            number = self.stories.open[decision.story].members[article.id].number
            effects.placed[article.id] = Placed(decision.story, number, now, reasons(decision))
            effects.gone.discard(article.id)
            effects.anew.pop(article.id, None)
        if decision.founded:
            effects.founded[decision.story] = now
        effects.touched.add(decision.story)

    def _merge(self, merge: Merge, effects: Effects, because: Ruling | None = None) -> None:
        self.trends.merge(merge.lost, merge.kept)
        effects.merge(merge.lost, merge.kept, because)

    def _lose(self, article: int, story: int | None, effects: Effects) -> None:
        stood = self.stories.story_of.get(article, story)
        self._read.pop(article, None)
        if article in self.stories.story_of:
            self.stories.remove(article)
        if stood is not None:
            self.stories.judged.placed(article, None)
            self.trends.retract(stood, article)
            effects.touched.add(stood)
            effects.placed.pop(article, None)
            effects.gone.add(article)

    def _judge(self, word: Word, now: datetime, effects: Effects) -> None:
        find, said, later = self.stories.story_of.get, self.stories.judged, word.later
        one, other = (find(article, story) for article, story in zip(word.pair, word.stories, strict=True))
        said.say(*word.pair, (one, other), same=word.same, ruling=word.ruling)
        if one is None or other is None or (one != other and not word.same):
            return
        if word.same and (one == other or not said.parted(one, other)):
            if one != other:
                self._merge(self.stories.merge(one, other), effects, word.ruling)
            self._tell(word.pair[1], min(one, other), word.ruling, now, effects)
        elif later is not None and (not word.same or said.pinned(later.id) == one):
            decision = self.stories.place_anew(later.document, now)
            self._move(later, decision, other, now, effects)

    @staticmethod
    def _tell(article: int, story: int, ruling: Ruling, now: datetime, effects: Effects) -> None:
        """An article stands where it does because an editor said so."""
        decision = Decision(article, story, founded=False, by="editor", ruling=ruling)
        effects.anew[article] = now, reasons(decision)
        effects.touched.add(story)

    def _stay(self, article: int, story: int, ruling: Ruling, now: datetime, effects: Effects) -> None:
        """What held an article was taken back, which is too old to move."""
        if (held := self.stories.judged.held_by(article, story)) is not None:
            self._tell(article, story, held, now, effects)
            return
        effects.anew[article] = now, stayed(ruling, story)
        effects.touched.add(story)

    def _take_back(self, word: Word, now: datetime, effects: Effects) -> None:
        """The later article is decided anew, by what still stands. What is older than what is remembered stays where it is."""
        find, later = self.stories.story_of.get, word.later
        self.stories.judged.unsay(*word.pair)
        if later is None or (stands := find(later.id)) is None:
            if later is not None and word.stories[1] is not None:
                self._stay(later.id, word.stories[1], word.ruling, now, effects)
            return
        brought = word.same and find(word.pair[0], word.stories[0]) == stands
        decision = self.stories.place_anew(later.document, now, leave=brought)
        self._move(later, decision, stands, now, effects)

    def _move(self, later: Article, decision: Decision, before: int, now: datetime, effects: Effects) -> None:
        self._read[later.id] = entered.digest(later.document)
        self._place(later, decision, before, now, effects, anew=True)
        self.trends.tell(decision.story, later.id, later.said)

    def export(self) -> dict[str, Any]:
        """Plain data. What changed in trends is taken to be written."""
        return {
            "version": VERSION,
            "stories": snapshot.export(self.stories),
            "trends": self.trends.export(),
            "read": sorted(self._read.items()),
            "hour": self._hour,
        }

    @classmethod
    def load(cls, data: Mapping[str, Any], limits: Limits | None = None) -> "Memory":
        """What `export` gave. Raises InvalidInputError for data of another version."""
        snapshot.check(data, VERSION)
        memory = cls()
        memory.stories = snapshot.load(data["stories"], limits)
        memory.trends = Trends.load(data["trends"])
        memory._read, memory._hour = dict(data["read"]), data["hour"]
        return memory


def _pack(article: Article) -> list[Any]:
    one = article.document
    at = None if one.at is None else one.at.timestamp()
    return [one.id, one.title, one.body, at, one.source, one.language, sorted(one.places), *article.said]


def _pack_word(word: Word) -> list[Any]:
    later = None if word.later is None else _pack(word.later)
    return [word.pair, word.stories, word.same, pack(word.ruling), later]


def _unpack_word(
    pair: list[int], stories: list[int | None], same: bool, ruling: list[Any], later: Any
) -> Word:
    (one, other), (first, second) = pair, stories
    return Word(
        (one, other), (first, second), same, unpack(ruling), None if later is None else _unpack(later)
    )


def _unpack(row: list[Any]) -> Article:
    number, title, body, at, source, language, places, voices, labels = row
    when = None if at is None else datetime.fromtimestamp(at, UTC)
    document = Document(number, title, body, when, source, language, frozenset(places))
    return Article(document, Said(tuple(Voice(*voice) for voice in voices), tuple(labels)))
