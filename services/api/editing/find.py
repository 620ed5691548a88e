"""Where words stand in the files of a rulebook: file, line, and whose line it is. Case and accents do not matter."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_SHOWN = 240
"""Characters of a line that are shown around what was found."""
_LABEL = re.compile(r"^\s*-?\s*\{?\s*id:\s*[\"']?((?:region|topic)/[\w-]+)")
_PLACE = re.compile(r"^  [\"']?([A-Z]{2})[\"']?:")
_TEST = re.compile(r"^\s*-\s*\{?\s*title:")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; `found` where the words stand."""

    text: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One line with the words. `owner`: the label (`region/asia`) or place (`place/KZ`) that it belongs to. `fit`:
    0 where the words stand as whole words, 1 where they begin one, 2 inside one.
    """

    file: str
    line: int
    owner: str | None
    is_test: bool
    pieces: tuple[Piece, ...]
    fit: int = 0


def find(texts: Mapping[str, str], words: str, *, limit: int = 100) -> tuple[list[Found], int]:
    r"""Lines that hold the words as they were given, rules before tests, whole words before parts of others; and how many there are.

    >>> [(f.file, f.line, f.owner) for f in find({"a.yaml": "places:\n  KZ:\n    en: [Алматы, Astana]\n"}, "алматы")[0]]
    [('a.yaml', 3, 'place/KZ')]
    """
    wanted = folded(" ".join(words.split()))[0]
    if not wanted:
        return [], 0
    found = sorted(
        (hit for name, text in texts.items() for hit in _in_file(name, text, wanted)),
        key=lambda hit: (hit.is_test, hit.fit, hit.file, hit.line),
    )
    return found[:limit], len(found)


def _in_file(name: str, text: str, wanted: str) -> Iterator[Found]:
    owner = None
    begins = re.compile(rf"(?<!\w){re.escape(wanted)}(?P<on>\w)?")
    for number, line in enumerate(text.splitlines(), 1):
        label, place = _LABEL.match(line), _PLACE.match(line)
        owner = label[1] if label else f"place/{place[1]}" if place else owner
        if line.isascii() and wanted not in line.lower():
            continue  # what folding would find too, at a tenth of the cost
        plain, origin = folded(line)
        if wanted in plain:
            is_test = bool(_TEST.match(line))
            fits = [1 if begun["on"] else 0 for begun in begins.finditer(plain)]
            pieces = tuple(_pieces(line, plain, origin, wanted))
            yield Found(name, number, owner, is_test, pieces, min(fits, default=2))


def folded(text: str) -> tuple[str, list[int]]:
    """Text without case and accents, and for each character of it the place it came from (one more for the end)."""
    plain, origin = [], []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(part):
                plain.append(part)
                origin.append(place)
    return "".join(plain), [*origin, len(text)]


def _pieces(line: str, plain: str, origin: list[int], wanted: str) -> Iterator[Piece]:
    starts = [match.start() for match in re.finditer(re.escape(wanted), plain)]
    spans = [(origin[start], origin[start + len(wanted) - 1] + 1) for start in starts]
    room = max(0, LONGEST_SHOWN - (spans[0][1] - spans[0][0])) // 2
    begin, end = max(0, spans[0][0] - room), min(len(line), spans[0][1] + room)
    done = begin
    if begin:
        yield Piece("… ")
    for start, stop in spans:
        if start < done or stop > end:
            continue
        yield Piece(line[done:start])
        yield Piece(line[start:stop], found=True)
        done = stop
    yield Piece(line[done:end] + (" …" if end < len(line) else ""))
