"""The state as plain data and back; and rebuilt from stored articles where there is no snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from services.classify.stories import older, sheaf
from services.classify.stories.frequencies import Frequencies
from services.classify.stories.judged import Judged
from services.classify.stories.model import Document, Limits
from services.classify.stories.sheaf import SHEAF, Sheaf
from services.classify.stories.state import Stories
from services.classify.stories.story import Member
from services.core.errors import InvalidInputError

VERSION = 4
"""Of the data, of how words are cut and weighed, and of how is decided, since some steps are decided again: a snapshot of another version is
refused, but for `older.VERSION`, which holds the same in another way.
"""


def export(stories: Stories) -> dict[str, Any]:
    """Everything that later decisions depend on: the open stories, and how often words occur. Fit for JSON but for `sheaves`, which are
    bytes; those of articles that are the same as in the export before are not made again.
    """
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
        "members": _columns(members),
        "sheaves": _sheaves(stories, [member for member, _ in members]),
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
    if data["version"] == older.VERSION:
        members: Iterable[tuple[Member, int]] = older.members(data["members"], stories.frequencies)
    else:
        members = _members(stories, data["members"], data["sheaves"])
    _put_back(stories, members)
    stories.next_id, stories.decided, stories.swept = data["next_id"], data["decided"], data["swept"]
    return stories


def _put_back(stories: Stories, members: Iterable[tuple[Member, int]]) -> None:
    """Articles into stories that are open, in the order in which they were decided; as `enter` for each of them."""
    heavy, rows = stories.limits.heavy, list(members)
    for member, number in rows:
        stories.open[number].put_back(member)
        stories.story_of[member.id] = number
    stories.filed.restore((m.vector.words[:heavy], number, m.number) for m, number in reversed(rows))
    for story in stories.open.values():
        story.rest()


def check(data: Mapping[str, Any], version: int) -> None:
    """Raises InvalidInputError for data of another version, unless it is of the one before."""
    if data.get("version") not in {version, older.VERSION}:
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


def _columns(members: Sequence[tuple[Member, int]]) -> dict[str, Any]:
    """What is known of articles beside their words, in the order in which they were decided. What many share is there once."""
    found = [member for member, _ in members]
    names = sorted(
        {member.source for member in found if member.source is not None}
        | {member.language for member in found}
    )
    name = {text: place for place, text in enumerate(names)}
    places = sorted({tuple(sorted(member.places)) for member in found})
    place = {frozenset(codes): number for number, codes in enumerate(places)}
    return {
        "names": names,
        "places": places,
        "columns": [
            [member.id for member in found],
            [story for _, story in members],
            [member.number for member in found],
            [member.at for member in found],
            [None if member.source is None else name[member.source] for member in found],
            [name[member.language] for member in found],
            [place[member.places] for member in found],
        ],
    }


def _members(
    stories: Stories, data: Mapping[str, Any], sheaves: Sequence[bytes]
) -> Iterable[tuple[Member, int]]:
    """What `_columns` and `_sheaves` gave. What several articles have is held once, as in the memory that the data was taken of."""
    shared = stories.frequencies.shared
    names, places = shared(data["names"]), [frozenset(shared(codes)) for codes in data["places"]]
    ids, open_, numbers, times, sources, languages, found = data["columns"]
    kept = [Sheaf(sheaf.unpack(packed, shared), packed) for packed in sheaves]
    stories.sheaves = dict(zip(dict.fromkeys(number // SHEAF for number in numbers), kept, strict=True))
    vectors = chain.from_iterable(one.vectors for one in kept)
    rows = zip(ids, vectors, times, sources, languages, found, numbers, open_, strict=True)
    for number, vector, at, source, language, where, decided, story in rows:
        publisher = None if source is None else names[source]
        yield Member(number, vector, at, publisher, names[language], places[where], decided), story


def _sheaves(stories: Stories, members: Iterable[Member]) -> list[bytes]:
    """The words of articles, of each sheaf as it was packed the last time where that holds the same vectors."""
    known, kept = stories.sheaves, dict[int, Sheaf]()
    for number, those in groupby(members, key=lambda member: member.number // SHEAF):
        vectors = [member.vector for member in those]
        before = known.get(number)
        same = before is not None and before.vectors == vectors
        kept[number] = before if before is not None and same else Sheaf(vectors, sheaf.pack(vectors))
    stories.sheaves = kept
    return [one.packed for one in kept.values()]
