"""How well articles are grouped, on labelled rows (pure): stories over a stream, and pairs of articles.

The same decisions as in the service, in its order: a copy takes the story of the article it copies, everything else is decided.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.classify import duplicates, stories
from services.classify.duplicates.grouping import Filed
from services.core.errors import InvalidInputError
from services.core.urls import canonical_url, host_of, is_front_page

_LEVELS = ("article", "duplicate", "story")
_SAID = {**{level: level for level in _LEVELS}, "no": "no"}
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """An article of a labelled file; `story` is what people say, None where they say nothing."""

    text: duplicates.Text
    url_key: str | None
    at: datetime | None
    story: str | None


def read_row(row: Mapping[str, Any], *, address_alone: bool = False) -> Row:
    """A row as it stands in a file. Raises InvalidInputError with what is wrong with it.

    With `address_alone` a URL without a text will do.
    """
    for name in ("title", "body", "url", "date", "source", "publisher", "lang"):
        if not isinstance(row.get(name), str | None):
            raise InvalidInputError(f"{name} is a text.")
    title, body, url = (str(row.get(name) or "") for name in ("title", "body", "url"))
    if not title.strip() and not body.strip() and not (address_alone and url):
        raise InvalidInputError("A row needs a title or a body.")
    source = row.get("source") or row.get("publisher") or (host_of(url) if url else None)
    gold: Any = row.get("story")
    if not isinstance(gold, str | int | None):
        raise InvalidInputError("story is a name or a number.")
    key = canonical_url(url) if url else None
    return Row(
        text=duplicates.Text(title, body, row.get("lang") or None, source or None),
        url_key=None if key is None or is_front_page(key) else key,
        at=_date(row.get("date")),
        story=None if gold is None else str(gold),
    )


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"date “{text}” is not in ISO 8601, such as 2026-11-23T12:00:00Z.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class StreamEvaluation:
    """Add the rows of a stream one by one, then read `result()`."""

    def __init__(self, limits: stories.Limits | None = None) -> None:
        self.stories = stories.Stories(limits)
        self.rows = 0
        self.copies = 0
        self._now = _UNDATED
        self._span: tuple[datetime, datetime] | None = None
        self._in_order = True
        self._filed = Filed()
        self._ids: set[object] = set()
        self._gold: list[str | None] = []
        self._given: list[int] = []
        self._head: list[int] = []
        self._kept: dict[int, int] = {}

    def add(self, row: Mapping[str, Any]) -> stories.Decision | None:
        """Decide one row; None for a copy. Raises InvalidInputError where the row is not as it must be."""
        read = read_row(row)
        if (name := row.get("id")) is not None:
            if not isinstance(name, str | int):
                raise InvalidInputError("id is a name or a number.")
            if name in self._ids:
                raise InvalidInputError(f"The id {name} stands in the file twice.")
            self._ids.add(name)
        self._now = self._clock(read.at)
        number, self.rows = self.rows, self.rows + 1
        earlier = self._filed.add(duplicates.prepare(read.text), read.at)
        self._gold.append(read.story)
        self._head.append(self._head[earlier[0]] if earlier else number)
        if earlier:
            self.copies += 1
            self._given.append(self._given[self._head[number]])
            return None
        decision = self.stories.decide(_document(number, read), self._now)
        self._given.append(decision.story)
        self._kept |= {merge.lost: merge.kept for merge in decision.merges}
        return decision

    def _clock(self, at: datetime | None) -> datetime:
        """When a row is decided: at its date, as long as dates go forth or back with the file.

        A file in no order of time has no clock: then no story ends, and the dates alone keep apart what is far apart.
        """
        if at is None:
            return self._now
        first, last = self._span or (at, at)
        window = self.stories.limits.window
        self._in_order &= at >= last - window or at <= first + window
        self._span = min(first, at), max(last, at)
        return at if self._in_order else self._now

    def result(self) -> dict[str, Any]:
        """The figures. Raises InvalidInputError where no row says its story."""
        rows = [
            (gold, given) for gold, given in zip(self._gold, self.given(), strict=True) if gold is not None
        ]
        if not rows:
            raise InvalidInputError("No row says its story.")
        gold, given = [label for label, _ in rows], [group for _, group in rows]
        return {
            "rows": self.rows,
            "stories": len(set(given)),
            "gold_stories": len(set(gold)),
            "copies": self.copies,
            "bcubed": stories.bcubed(gold, given).figures(),
            "pairs": stories.pairs(gold, given).figures(),
        }

    def given(self) -> list[int]:
        """The story of each row by now."""
        return [self._final(story) for story in self._given]

    def _final(self, story: int) -> int:
        while story in self._kept:
            story = self._kept[story]
        return story


@dataclass(slots=True)
class PairEvaluation:
    """Add pairs one by one, then read `result()`: how often words occur is known only when all are there."""

    pairs: list[tuple[Row, Row, str | bool]] = field(default_factory=list)
    frequencies: stories.Frequencies = field(default_factory=stories.Frequencies)

    def add(self, row: Mapping[str, Any]) -> None:
        """Read one pair. Raises InvalidInputError where it is not as it must be."""
        sides = []
        for side in ("a", "b"):
            inner = row.get(side)
            if not isinstance(inner, Mapping):
                raise InvalidInputError(f"{side} is an object with url, title and body.")
            try:
                sides.append(read_row({"lang": row.get("lang"), **inner}, address_alone=True))
            except InvalidInputError as error:
                raise InvalidInputError(f"{side}: {error}") from error
        same = row.get("same")
        if not isinstance(same, bool) and same not in _SAID:
            raise InvalidInputError(
                "same is “article”, “duplicate”, “story” or “no” (or true or false, of stories)."
            )
        self.pairs.append((sides[0], sides[1], same))
        for read in sides:
            stories.learn(_document(0, read), self.frequencies)

    def judge(self, one: Row, other: Row) -> str:
        """What the service says of two articles: the same article, a duplicate, one story, or no."""
        if one.url_key is not None and one.url_key == other.url_key:
            return "article"
        near = one.at is None or other.at is None or abs(one.at - other.at) <= duplicates.WINDOW
        if near and duplicates.same_text(duplicates.prepare(one.text), duplicates.prepare(other.text)).same:
            return "duplicate"
        return (
            "story" if stories.one_story(_document(0, one), _document(1, other), self.frequencies) else "no"
        )

    def answers(self) -> list[tuple[str | bool, str]]:
        """For each pair what people say, and what the service would."""
        return [(gold, self.judge(one, other)) for one, other, gold in self.pairs]

    def result(self) -> dict[str, Any]:
        """The figures: for each level, what is said to be that or nearer; `pairs` is what would be hidden, or one story."""
        said = self.answers()
        named = [(gold, given) for gold, given in said if isinstance(gold, str)]
        levels = {level: _level(level, named) for level in _LEVELS} if named else {}
        if len(named) < len(said):
            plain = [
                ("story" if gold is True else "no" if gold is False else gold, given) for gold, given in said
            ]
            levels["story"] = _level("story", plain)
        confusion: dict[str, Counter[str]] = {}
        for gold, given in said:
            confusion.setdefault(str(gold).lower(), Counter())[given] += 1
        return {
            "rows": len(said),
            "pairs": {
                key: value
                for key, value in levels["duplicate" if named else "story"].items()
                if key != "support"
            },
            "levels": levels,
            "said": {gold: dict(counts) for gold, counts in sorted(confusion.items())},
        }


def _level(level: str, said: list[tuple[str, str]]) -> dict[str, float]:
    near = set(_LEVELS[: _LEVELS.index(level) + 1])
    hit = sum(gold in near and given in near for gold, given in said)
    wrong = sum(gold not in near and given in near for gold, given in said)
    missed = sum(gold in near and given not in near for gold, given in said)
    return {**stories.binary(hit, wrong, missed).figures(), "support": hit + missed}


def _document(number: int, row: Row) -> stories.Document:
    text = row.text
    return stories.Document(number, text.title, text.body, row.at, text.source, text.language)
