"""The state as plain data and back; and rebuilt from stored articles where there is no snapshot."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.judged import Judged
from services.classify.stories.model import Document, Limits
from services.classify.stories.state import Stories
from services.classify.stories.story import Member
from services.classify.stories.vectors import NUMBERS, Vector
from services.core.errors import InvalidInputError

VERSION = 3
"""Of the data, of how words are cut and weighed, and of how is decided, since steps are decided again: a snapshot of another version is
refused."""


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
        "judged": stories.judged.export(),
    }


def load(data: Mapping[str, Any], limits: Limits | None = None) -> Stories:
    """The state that `export` gave: it decides whatever comes next exactly as that one would have.

    Raises InvalidInputError for data of another version; the state is then to be rebuilt.
    """
    check(data, VERSION)
    stories = Stories(limits)
    stories.frequencies = Frequencies.load(data["frequencies"])
    stories.judged = Judged.load(data["judged"])
    touched = {int(number): float(at) for number, at in data["stories"]}
    for number, at in touched.items():
        stories.reopen(number, at)
    for row in data["members"]:
        stories.enter(_member(row, stories.frequencies), row[1], touched[row[1]])
    stories.next_id, stories.decided, stories.swept = data["next_id"], data["decided"], data["swept"]
    return stories


def check(data: Mapping[str, Any], version: int) -> None:
    """Raises InvalidInputError for data of another version."""
    if data.get("version") != version:
        raise InvalidInputError(
            f"The snapshot of stories has version {data.get('version')}; {version} is read. Rebuild it from the articles."
        )


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


def _row(member: Member, story: int) -> list[Any]:
    """Words and weights as one text each, names as places among them: a busy week is some hundred thousand of these."""
    vector = member.vector
    names = [place for place, word in enumerate(vector.words) if word in vector.names]
    words = "\n".join(vector.words)
    return [
        member.id, story, member.number, member.at, member.source, member.language, sorted(member.places), vector.title_only,
        words, "".join(map(chr, vector.weights)), names,
    ]  # fmt: skip


def _member(row: list[Any], frequencies: Frequencies) -> Member:
    """What several articles have is held once, as in the memory that the data was taken of."""
    number, _, place, at, source, language, places, title_only, text, weights, names = row
    words = tuple(frequencies.shared(text.split("\n"))) if text else ()
    told = tuple([NUMBERS[ord(weight)] for weight in weights])
    named = {words[index]: told[index] ** 2 for index in names}
    vector = Vector(words, told, named, title_only)
    source, language = (
        None if name is None else frequencies.shared([name])[0] for name in (source, language)
    )
    return Member(number, vector, at, source, language or "", frozenset(places), place)
