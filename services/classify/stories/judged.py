"""What editors say of pairs of articles, as far as stories go by it: one event, or two."""

from collections import defaultdict
from typing import Any

from services.classify.stories.model import DocumentId, Ruling


class Judged:
    """Pairs that are together or apart, and the stories of the articles named, however old they are."""

    __slots__ = ("_apart", "_named", "_rulings", "_together")

    def __init__(self) -> None:
        self._together: defaultdict[DocumentId, set[DocumentId]] = defaultdict(set)
        self._apart: defaultdict[DocumentId, set[DocumentId]] = defaultdict(set)
        self._named: dict[DocumentId, int | None] = {}
        self._rulings: dict[tuple[DocumentId, DocumentId], tuple[DocumentId, Ruling]] = {}
        """With the later article of the two: the one that moves."""

    def say(
        self,
        one: DocumentId,
        other: DocumentId,
        stories: tuple[int | None, int | None],
        *,
        same: bool,
        ruling: Ruling,
    ) -> None:
        """Two articles, which stand in these stories, are of one event or of two; `other` is the later one. Another word on the same
        pair takes its place.
        """
        self.unsay(one, other)
        self._rulings[_key(one, other)] = other, ruling
        said = self._together if same else self._apart
        said[one].add(other)
        said[other].add(one)
        self._named |= dict(zip((one, other), stories, strict=True))

    def unsay(self, one: DocumentId, other: DocumentId) -> None:
        """Nothing holds of the pair any more."""
        self._rulings.pop(_key(one, other), None)
        for said in (self._together, self._apart):
            for this, that in ((one, other), (other, one)):
                if this in said:
                    said[this].discard(that)
                    if not said[this]:
                        del said[this]
        for document in (one, other):
            if document not in self._together and document not in self._apart:
                self._named.pop(document, None)

    def barred(self, document: DocumentId) -> frozenset[int]:
        """Stories that an article may not stand in."""
        found = (self._named.get(other) for other in self._apart.get(document, ()))
        return frozenset(story for story in found if story is not None)

    def pinned(self, document: DocumentId) -> int | None:
        """The story that an article must stand in; None where nobody says so, or says both."""
        found = {self._named.get(other) for other in self._together.get(document, ())}
        return min((story for story in found - self.barred(document) if story is not None), default=None)

    def held_by(self, document: DocumentId, story: int) -> Ruling | None:
        """The latest word by which an article stands in that story."""
        said = self._together.get(document, ())
        found = [self._rulings[_key(document, other)][1] for other in said if self._named.get(other) == story]
        return max(found, key=_number, default=None)

    def kept_out(self, document: DocumentId) -> tuple[int, Ruling] | None:
        """The story that an article had to leave, by the latest word of those that there are. Of an article that came first nobody said
        that it does not belong.
        """
        found = []
        for other in self._apart.get(document, ()):
            story, (later, ruling) = self._named.get(other), self._rulings[_key(document, other)]
            if story is not None and later == document:
                found.append((story, ruling))
        return max(found, key=lambda pair: _number(pair[1]), default=None)

    def parted(self, one: int, other: int) -> bool:
        """Whether two stories hold articles of which somebody said that they are of two events: they cannot become one."""
        return any(
            {self._named.get(this), self._named.get(that)} == {one, other}
            for this, others in self._apart.items()
            for that in others
        )

    def placed(self, document: DocumentId, story: int | None) -> None:
        """An article stands in that story now, or in none."""
        if document in self._named:
            self._named[document] = story

    def merged(self, lost: int, kept: int) -> None:
        """Two stories are one."""
        for document, story in self._named.items():
            if story == lost:
                self._named[document] = kept

    def export(self) -> dict[str, Any]:
        """Plain data, in an order of its own."""
        return {
            "together": sorted(_pairs(self._together)),
            "apart": sorted(_pairs(self._apart)),
            "named": sorted(self._named.items(), key=lambda item: str(item[0])),
            "rulings": [
                [*key, later, *pack(ruling)]
                for key, (later, ruling) in sorted(self._rulings.items(), key=str)
            ],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Judged":
        """What `export` gave."""
        judged = cls()
        for said, pairs in ((judged._together, data["together"]), (judged._apart, data["apart"])):
            for one, other in pairs:
                said[one].add(other)
                said[other].add(one)
        judged._named = dict(data["named"])
        judged._rulings = {(one, other): (later, unpack(row)) for one, other, later, *row in data["rulings"]}
        return judged


def pack(ruling: Ruling) -> list[Any]:
    """Plain data."""
    return [ruling.number, ruling.author, ruling.note, *ruling.pair]


def unpack(row: list[Any]) -> Ruling:
    """What `pack` gave."""
    number, author, note, one, other = row
    return Ruling(number, author, note, (one, other))


def _key(one: DocumentId, other: DocumentId) -> tuple[DocumentId, DocumentId]:
    return (one, other) if str(one) < str(other) else (other, one)


def _number(ruling: Ruling) -> int:
    return ruling.number


def _pairs(said: dict[DocumentId, set[DocumentId]]) -> list[list[Any]]:
    return [[one, other] for one, others in said.items() for other in others if str(one) < str(other)]
