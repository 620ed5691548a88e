"""Members as the snapshot of the version before has them, so that nothing need be rebuilt after an update."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.story import Member
from services.classify.stories.vectors import NUMBERS, Vector

VERSION = 3


def members(rows: Iterable[list[Any]], frequencies: Frequencies) -> Iterator[tuple[Member, int]]:
    """The articles, each with its story. What several have is held once, as in the memory that the data was taken of."""
    for number, story, place, at, source, language, places, title_only, text, weights, names in rows:
        words = tuple(frequencies.shared(text.split("\n"))) if text else ()
        told = tuple([NUMBERS[ord(weight)] for weight in weights])
        named = {words[index]: told[index] ** 2 for index in names}
        vector = Vector(words, told, named, title_only)
        publisher, code = (
            None if name is None else frequencies.shared([name])[0] for name in (source, language)
        )
        yield Member(number, vector, at, publisher, code or "", frozenset(places), place), story
