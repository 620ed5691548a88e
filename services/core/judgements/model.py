"""What is said of articles, and what is known of them when something is said. Plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.core.models.copies import JUDGEMENTS

Says = Literal["duplicate", "story", "no", "not_news"]
LONGEST_NOTE = 1000
NOT_NEWS = "not_news"
OF_PAIRS = tuple(says for says in JUDGEMENTS if says != NOT_NEWS)
"""What can be said of two articles."""
WORDS: Mapping[str, str] = {
    "duplicate": "are one text",
    "story": "are of one event, and not one text",
    "no": "are two things",
}
"""What is said of two articles, as the middle of a sentence."""
SHORT: Mapping[str, str] = {
    "duplicate": "one text",
    "story": "one event",
    "no": "two things",
    NOT_NEWS: "no news",
}
"""What is said, in two words."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A stored judgement. `one` is the smaller id, NULL where the article is gone; `documents` are the texts that were
    judged, in the same order. `replaced_by`: `id`, `author` and `says` of what took its place in the moment it ceased to hold;
    None where nothing did.
    """

    id: int
    one: int | None
    other: int | None
    says: str
    note: str
    author: str
    documents: Sequence[Mapping[str, Any]]
    created_at: datetime
    withdrawn_at: datetime | None
    heard_at: datetime | None
    replaced_by: Mapping[str, Any] | None

    @property
    def articles(self) -> tuple[int | None, ...]:
        """The articles that it is of: two, or one that is no news."""
        return (self.one,) if self.says == NOT_NEWS else (self.one, self.other)


@dataclass(frozen=True, slots=True)
class Bond:
    """A judgement of two articles as far as it binds others: who said what, under which number (0: not stored yet)."""

    one: int
    other: int
    says: str
    id: int = 0
    author: str = ""

    def told(self) -> str:
        """In words."""
        return f"{self.one} and {self.other} {WORDS[self.says]} (judgement {self.id}, {self.author})"


@dataclass(frozen=True, slots=True)
class Member:
    """An article as copies and stories see it. `removed`: an editor said that it is no news; `emptied`: it expired. `number`: its
    place in the order in which stories were decided. `judgement`: by which it stands
    where it does. `muted_by`: who keeps its story out of Trending.
    """

    id: int
    duplicate_of: int | None
    listed: bool
    removed: bool
    emptied: bool
    quarantined: bool
    title: str
    publisher: str
    url: str
    language: str | None
    teaser: str
    at: datetime
    story: int | None = None
    number: int | None = None
    judgement: int | None = None
    muted_by: str | None = None

    @property
    def head(self) -> int:
        """The article that is shown for it."""
        return self.duplicate_of or self.id


@dataclass(frozen=True, slots=True)
class Known:
    """The articles that a judgement concerns with everything that is one with them: pairs found by their texts, and what
    editors have said among them.
    """

    members: Mapping[int, Member]
    edges: tuple[tuple[int, int], ...]
    bonds: tuple[Bond, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a judgement changes, as far as the database can tell: articles that get hidden (behind which), articles that
    are shown again, the judgement that it takes the place of, and all of it in sentences.
    """

    hides: tuple[tuple[int, int], ...] = ()
    shows: tuple[int, ...] = ()
    replaces: int | None = None
    sentences: tuple[str, ...] = ()


def ordered(one: int, other: int) -> tuple[int, int]:
    """The pair as it is stored."""
    return (one, other) if one < other else (other, one)


def as_pair(judged: Judged) -> dict[str, Any]:
    """A judgement of two articles as a labelled pair, as `dateline dedupe evaluate` reads it."""
    a, b = judged.documents
    return {
        "a": dict(a),
        "b": dict(b),
        "same": judged.says,
        "author": judged.author,
        "note": judged.note,
        "judged_at": judged.created_at.isoformat(),
    }
