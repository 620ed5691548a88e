"""Two people changed the same rulebook: put both changes into one, and name the places where somebody has to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from services.api.editing.lines import together

Choice = Literal["mine", "theirs", "both"]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines that both changed, as each has them; None: the whole file is gone there. `line`: of mine, from 1."""

    line: int
    mine: str | None
    theirs: str | None


Part = str | Place


@dataclass(frozen=True, slots=True)
class Merged:
    """Files in parts: text on which all agree by now, and places to choose at. `taken`: what came from the others."""

    files: Mapping[str, tuple[Part, ...]]
    taken: tuple[str, ...]

    @property
    def torn(self) -> dict[str, list[Place]]:
        """The places to choose at, file by file."""
        found = {name: [p for p in parts if isinstance(p, Place)] for name, parts in self.files.items()}
        return {name: places for name, places in found.items() if places}

    def texts(self, chosen: Mapping[tuple[str, int], Choice]) -> dict[str, str]:
        """All files; for each place (file, number from 0) what was chosen. Raises KeyError for one without a choice."""
        made: dict[str, str] = {}
        for name, parts in self.files.items():
            number, text = 0, []
            for part in parts:
                if isinstance(part, Place):
                    text.append(_chosen(part, chosen[name, number]))
                    number += 1
                else:
                    text.append(part)
            if not any(one is None for one in text):
                made[name] = "".join(one for one in text if one is not None)
        return made


def _chosen(place: Place, choice: Choice) -> str | None:
    if choice == "both":
        first, second = place.mine or "", place.theirs or ""
        lines = [text.splitlines(keepends=True) for text in (first, second)]
        listed = together([], lines[0], lines[1])  # one list of both, where they are lists of one name
        if listed is not None:
            return listed
        return f"{first}{'' if not first or first.endswith(chr(10)) else chr(10)}{second}"
    return place.mine if choice == "mine" else place.theirs


def merge(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Merged:
    """My changes since `base` and theirs, together. A file that only one of us changed, added or removed is as he has it."""
    files: dict[str, tuple[Part, ...]] = {}
    taken: list[str] = []
    for name in sorted({*base, *mine, *theirs}):
        was, one, other = base.get(name), mine.get(name), theirs.get(name)
        if other not in (was, one):
            taken.append(name)
        if other in (was, one) or one == was:
            result = one if other in (was, one) else other
            if result is not None:
                files[name] = (result,)
        elif one is None or other is None:
            files[name] = (Place(1, one, other),)
        else:
            files[name] = merged(was or "", one, other)
    return Merged(files, tuple(taken))


def merged(base: str, mine: str, theirs: str) -> tuple[Part, ...]:
    r"""Both changes in one text: line by line, and item by item where both changed a line with a list.

    >>> merged("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nc\nD\n")
    ('a\nB\nc\nD\n',)
    >>> merged("terms: [oil]\n", "terms: [oil, gas]\n", "terms: [oil, coal]\n")
    ('terms: [oil, gas, coal]\n',)
    """
    old, own, other = (text.splitlines(keepends=True) for text in (base, mine, theirs))
    parts: list[Part] = []
    at = here = there = 0
    for start, end, begin, stop, first, last in _both_keep(old, own, other):
        was, one, two = old[at:start], own[here:begin], other[there:first]
        if one in (was, two):
            parts.append("".join(two))
        elif two == was:
            parts.append("".join(one))
        else:
            both = together(was, one, two, old[start] if start < len(old) else "")
            parts.append(Place(here + 1, "".join(one), "".join(two)) if both is None else both)
        parts.append("".join(old[start:end]))
        at, here, there = end, stop, last
    return _tidy(parts)


def _both_keep(
    old: Sequence[str], own: Sequence[str], other: Sequence[str]
) -> list[tuple[int, int, int, int, int, int]]:
    """Stretches of the base that both have still: from and to in the base, in mine, in theirs; an empty one at the end."""
    mine, theirs = (
        SequenceMatcher(None, old, now, autojunk=False).get_matching_blocks() for now in (own, other)
    )
    found = []
    for one in mine:
        for two in theirs:
            start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
            if start < end:
                left, right = start - one.a + one.b, start - two.a + two.b
                size = end - start
                found.append((start, end, left, left + size, right, right + size))
    last = (len(old), len(old), len(own), len(own), len(other), len(other))
    return [*sorted(found), last]


def _tidy(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same parts, texts beside each other as one."""
    made: list[Part] = []
    for part in parts:
        before = made[-1] if made else None
        if isinstance(part, str) and isinstance(before, str):
            made[-1] = before + part
        elif part != "" or isinstance(part, Place):
            made.append(part)
    return tuple(made)
