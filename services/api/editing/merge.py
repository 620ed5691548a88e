"""Two people changed the same text: put both changes into one where they do not touch, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Merged:
    """All files, and the names of those in which both changed the same lines: there `texts` holds mine."""

    texts: dict[str, str]
    taken: tuple[str, ...]
    torn: tuple[str, ...]


def merge(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Merged:
    """My changes since `base` and theirs, together. A file that only one of us changed, added or removed is as he has it."""
    texts: dict[str, str] = {}
    taken: list[str] = []
    torn: list[str] = []
    for name in sorted({*base, *mine, *theirs}):
        was, one, other = base.get(name), mine.get(name), theirs.get(name)
        if other in (was, one):
            result = one
        elif one == was:
            result = other
            taken.append(name)
        else:
            result = None if was is None or one is None or other is None else merged(was, one, other)
            (torn if result is None else taken).append(name)
            result = one if result is None else result
        if result is not None:
            texts[name] = result
    return Merged(texts, tuple(taken), tuple(torn))


def merged(base: str, mine: str, theirs: str) -> str | None:
    r"""Both changes in one text; None where they touch the same or neighbouring lines.

    >>> merged("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nc\nD\n")
    'a\nB\nc\nD\n'
    """
    lines = base.splitlines(keepends=True)
    ours, others = _changes(lines, mine), _changes(lines, theirs)
    for start, end, new in ours:
        for begin, stop, other in others:
            if (start, end, new) != (begin, stop, other) and start <= stop and begin <= end:
                return None
    both = sorted({*ours, *others}, reverse=True)
    for start, end, new in both:
        lines[start:end] = new
    return "".join(lines)


def _changes(base: list[str], text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Stretches of the base that were replaced, and by which lines."""
    lines = text.splitlines(keepends=True)
    matcher = SequenceMatcher(None, base, lines, autojunk=False)
    return [
        (start, end, tuple(lines[begin:stop]))
        for tag, start, end, begin, stop in matcher.get_opcodes()
        if tag != "equal"
    ]
