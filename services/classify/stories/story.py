"""One open story: the sum of its articles, when they came, who published them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat
from math import exp, sqrt
from operator import mul
from typing import Any

from services.classify.stories.model import DocumentId, Limits
from services.classify.stories.vectors import SCALE, Vector

_SUMS = frozenset({"total", "square", "sources", "names", "places"})
"""What follows from the articles of a story."""
_SEVERAL = 2
"""Names that article and story need each before strangers are told."""


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a story, as far as deciding needs it. Times in seconds since 1970."""

    id: DocumentId
    vector: Vector
    at: float | None
    source: str | None
    language: str
    places: frozenset[str]
    number: int
    """The place of the article in the order in which articles were decided."""


@dataclass(slots=True)
class Story:
    """Articles on one event; `id` for ever, `touched` in seconds since 1970."""

    id: int
    touched: float
    members: dict[DocumentId, Member] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    """The sum of the vectors of the members."""
    square: int = 0
    """Of the length of that sum."""
    first: float | None = None
    last: float | None = None
    sources: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def publishers(self) -> int:
        """Distinct owners among its articles."""
        return len(self.sources)

    def dot(self, vector: Vector) -> int:
        """The sum of products with the sum of the members."""
        products: Iterable[int] = map(mul, vector.weights, map(self.total.get, vector.words, repeat(0)))
        return sum(products)

    def add(self, member: Member) -> None:
        """Take an article in. Sums of whole numbers: the order of additions leaves no trace."""
        vector = member.vector
        if not self.members:
            self.square = sum([w * w for w in vector.weights])
            self.total = dict(zip(vector.words, vector.weights, strict=True))
            self.names = dict.fromkeys(vector.names, 1)
        else:
            self.square += 2 * self.dot(vector) + sum([w * w for w in vector.weights])
            total = self.total
            for word, weight in zip(vector.words, vector.weights, strict=True):
                total[word] = total[word] + weight if word in total else weight
            _count(self.names, vector.names)
        self.members[member.id] = member
        _count(self.places, member.places)
        if member.source is not None:
            _count(self.sources, (member.source,))
        self._span(member)

    def put_back(self, member: Member) -> None:
        """Take an article in that stood here before; `rest` is to follow."""
        self.members[member.id] = member
        self._span(member)

    def rest(self) -> None:
        """What follows from the articles is worked out when somebody asks for it: most stories are over before that. Many are put back at once."""
        del self.total, self.square, self.sources, self.names, self.places
        self.__class__ = _Resting

    def _span(self, member: Member) -> None:
        if member.at is not None:
            self.first = member.at if self.first is None else min(self.first, member.at)
            self.last = member.at if self.last is None else max(self.last, member.at)

    def remove(self, document: DocumentId) -> Member:
        """Let an article go, as if it had never been in."""
        total = self.total
        member = self.members.pop(document)
        vector = member.vector
        self.square += sum([w * w for w in vector.weights]) - 2 * self.dot(vector)
        for word, weight in zip(vector.words, vector.weights, strict=True):
            total[word] -= weight
            if not total[word]:
                del total[word]
        _discount(self.names, vector.names)
        _discount(self.places, member.places)
        if member.source is not None:
            _discount(self.sources, (member.source,))
        times = [other.at for other in self.members.values() if other.at is not None]
        self.first, self.last = min(times, default=None), max(times, default=None)
        return member

    def similarity(self, member: Member, limits: Limits) -> float:
        """With an article: the geometric mean of cosine to the centre and average cosine to the members, decayed by time.

        The average holds back what the centre alone lets grow without end: chains of articles of which each is near the
        next. Less where nobody and nowhere named in the one is named in the other.
        """
        dot = self.dot(member.vector)
        if not dot:
            return 0.0
        near = dot / (SCALE * sqrt(len(self.members) * sqrt(self.square) * SCALE))
        if member.places and self.places and not member.places & self.places.keys():
            near *= limits.elsewhere
        return near * self._acquainted(member.vector, limits) * self._nearness(member.at, member.at, limits)

    def _acquainted(self, vector: Vector, limits: Limits) -> float:
        """1 where enough of an article's names occur in the story, less where not; names weigh by the square as in a cosine."""
        if len(vector.names) < _SEVERAL or len(self.names) < _SEVERAL:
            return 1.0
        known = self.names
        shared = sum([square for word, square in vector.names.items() if word in known])
        whole = sum(vector.names.values())
        return limits.strangers + (1 - limits.strangers) * min(shared / whole / limits.acquainted, 1.0)

    def likeness(self, other: "Story", limits: Limits) -> float:
        """The same between two stories."""
        small, great = (self, other) if len(self.total) <= len(other.total) else (other, self)
        products: Iterable[int] = map(mul, small.total.values(), map(great.total.get, small.total, repeat(0)))
        dot = sum(products)
        if not dot:
            return 0.0
        pairs = len(self.members) * len(other.members)
        near = dot / (SCALE * sqrt(pairs * sqrt(self.square) * sqrt(other.square)))
        if self.places and other.places and not self.places.keys() & other.places.keys():
            near *= limits.elsewhere
        if min(len(self.names), len(other.names)) >= _SEVERAL and not self.names.keys() & other.names.keys():
            near *= limits.strangers
        return near * self._nearness(other.first, other.last, limits)

    def apart(self, first: float | None, last: float | None) -> float:
        """Seconds between the time of this story and another time; 0 where they overlap or one is not known."""
        if self.first is None or self.last is None or first is None or last is None:
            return 0.0
        return max(first - self.last, self.first - last, 0.0)

    def _nearness(self, first: float | None, last: float | None, limits: Limits) -> float:
        gap, sigma = self.apart(first, last), limits.sigma.total_seconds()
        return exp(-gap * gap / (2 * sigma * sigma)) if gap else 1.0


class _Resting(Story):
    """A story of which nothing was asked since it was put back. A class of its own, since looking for what may be missing has a price."""

    __slots__ = ()

    def add(self, member: Member) -> None:
        """Take an article in. Nothing is asked by that."""
        self.put_back(member)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there."""
        if name not in _SUMS:
            raise AttributeError(name)
        self.__class__ = Story  # type: ignore[assignment]  # the same slots
        total: dict[str, int] = {}
        self.total, self.sources, self.names, self.places = total, {}, {}, {}
        known = total.get
        for member in self.members.values():
            vector = member.vector
            for word, weight in zip(vector.words, vector.weights, strict=True):
                total[word] = known(word, 0) + weight
            _count(self.names, vector.names)
            _count(self.places, member.places)
            if member.source is not None:
                _count(self.sources, (member.source,))
        self.square = sum([weight * weight for weight in total.values()])
        return getattr(self, name)


def _count(counted: dict[str, int], keys: Iterable[str]) -> None:
    known = counted.get
    for key in keys:
        counted[key] = known(key, 0) + 1


def _discount(counted: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        counted[key] -= 1
        if not counted[key]:
            del counted[key]
