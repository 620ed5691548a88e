"""What came of deciding about an article, as a step: done again it takes a tenth of the time, and reads and compares nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from services.classify.stories.model import Decision, Document
from services.classify.stories.story import Member
from services.classify.stories.vectors import NUMBERS, Vector
from services.classify.stories.voices import Said, Voice

NAME = "entered"


@dataclass(frozen=True, slots=True)
class Entered:
    """An article entered a story, and then stories became one, the first of each pair into the second. `digest`: of what it says."""

    member: Member
    digest: str
    story: int
    merged: list[tuple[int, int]]
    said: Said


def pack(decision: Decision, member: Member, digest: str, said: Said, now: float) -> list[Any]:
    """The step. Where stories became one, `nearest` is the one that the article entered."""
    vector, merges = member.vector, decision.merges
    story = decision.nearest if merges else decision.story
    return [
        NAME, member.id, digest, member.at, member.source, member.language, sorted(member.places), vector.title_only,
        "\n".join(vector.words), vector.weights, "\n".join(vector.names), story, [[one.lost, one.kept] for one in merges], *said, now,
    ]  # fmt: skip


def unpack(row: Sequence[Any], number: int, shared: Callable[[Iterable[str]], list[str]]) -> Entered:
    """What `pack` was given, but for name and time. `number`: the place of the article in the order of decisions; `shared`: what is to be
    held in place of words, so that each is there once.
    """
    (
        article,
        digest,
        at,
        source,
        language,
        places,
        title_only,
        text,
        told,
        names,
        story,
        merged,
        voices,
        labels,
    ) = row
    words = tuple(shared(text.split("\n"))) if text else ()
    weights = tuple([NUMBERS[weight] for weight in told])
    known = dict(zip(words, weights, strict=True))
    named = {word: known[word] ** 2 for word in shared(names.split("\n"))} if names else {}
    member = Member(
        article, Vector(words, weights, named, title_only), at, source, language, frozenset(places), number
    )
    told_by = tuple(Voice(*voice) for voice in voices)
    return Entered(
        member, digest, story, [(lost, kept) for lost, kept in merged], Said(told_by, tuple(labels))
    )


def digest(document: Document) -> str:
    """Of all that a decision depends on."""
    parts = (
        document.title,
        document.body,
        document.at,
        document.source,
        document.language,
        sorted(document.places),
    )
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()
