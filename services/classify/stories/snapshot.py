"""The state as plain data and back; and rebuilt from stored articles where there is no snapshot."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.model import Document, Limits
from services.classify.stories.state import Stories
from services.classify.stories.story import Member
from services.classify.stories.vectors import Vector
from services.core.errors import InvalidInputError

VERSION = 1
"""Of the data, and of how words are cut and weighed: a snapshot of another version is refused."""


def export(stories: Stories) -> dict[str, Any]:
    """Everything that later decisions depend on, fit for JSON: the open stories, and how often words occur."""
    members = sorted(
        ((member, story.id) for story in stories.open.values() for member in story.members.values()),
        key=lambda pair: pair[0].number,
    )
    return {
        "version": VERSION,
        "next_id": stories.next_id,
        "decided": stories.decided,
        "swept": stories.swept,
        "stories": [[number, stories.open[number].touched] for number in sorted(stories.open)],
        "members": [_row(member, story) for member, story in members],
        "frequencies": stories.frequencies.export(),
    }


def load(data: Mapping[str, Any], limits: Limits | None = None) -> Stories:
    """The state that `export` gave: it decides whatever comes next exactly as that one would have.

    Raises InvalidInputError for data of another version; the state is then to be rebuilt.
    """
    if data.get("version") != VERSION:
        raise InvalidInputError(
            f"The snapshot of stories has version {data.get('version')}; {VERSION} is read. Rebuild it from the articles."
        )
    stories = Stories(limits)
    stories.frequencies = Frequencies.load(data["frequencies"])
    touched = {int(number): float(at) for number, at in data["stories"]}
    for number, at in touched.items():
        stories.reopen(number, at)
    for row in data["members"]:
        stories.enter(_member(row), row["story"], touched[row["story"]])
    stories.next_id, stories.decided, stories.swept = data["next_id"], data["decided"], data["swept"]
    return stories


def rebuild(
    placed: Iterable[tuple[Document, int, datetime]],
    *,
    frequencies: Frequencies | None = None,
    limits: Limits | None = None,
    first_id: int = 1,
) -> Stories:
    """The state after articles whose stories are known, each with the time it was decided, in that order.

    With the frequencies as they were before the first of them, it is the state that decided them, merges included.
    """
    stories = Stories(limits, first_id=first_id)
    if frequencies is not None:
        stories.frequencies = frequencies
    for document, story, now in placed:
        stories.decide(document, now, pinned=story)
    return stories


def _row(member: Member, story: int) -> dict[str, Any]:
    vector = member.vector
    return {
        "id": member.id,
        "story": story,
        "number": member.number,
        "at": member.at,
        "source": member.source,
        "language": member.language,
        "places": sorted(member.places),
        "title_only": vector.title_only,
        "words": list(vector.words),
        "weights": list(vector.weights),
        "names": sorted(vector.names),
    }


def _member(row: Mapping[str, Any]) -> Member:
    weights = dict(zip(row["words"], row["weights"], strict=True))
    names = {word: weights[word] ** 2 for word in row["names"]}
    return Member(
        id=row["id"],
        vector=Vector(tuple(row["words"]), tuple(row["weights"]), names, row["title_only"]),
        at=row["at"],
        source=row["source"],
        language=row["language"],
        places=frozenset(row["places"]),
        number=row["number"],
    )
