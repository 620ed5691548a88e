"""Vectors of articles as bytes: some hundred that were decided after each other, with the words that any of them has once.

What a vector is does not change any more, so a sheaf that was packed for one snapshot is as good for the next one while its articles
are the same: most are, and packing words is most of what a snapshot costs.
"""

import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from services.classify.stories.vectors import NUMBERS, Vector

SHEAF = 1024
"""Numbers of decisions whose articles are packed together."""
_LEVEL = 1
"""Of zlib: packing happens while deciding stands still."""
_COLUMNS = "IIIBIHI"
"""Of what size the numbers are: how much of each follows; then of each article how many words, names, whether it is a headline alone;
then all words by their places among those of the sheaf, weights, and names by their places among the words of the article.
"""


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Vectors, and what they are packed."""

    vectors: list[Vector]
    packed: bytes


class _Places(dict[str, int]):
    """The place of each word, given out as it is asked for."""

    __slots__ = ()

    def __missing__(self, word: str) -> int:
        self[word] = place = len(self)
        return place


def pack(vectors: Sequence[Vector]) -> bytes:
    """What `unpack` makes the vectors of again. The same vectors give the same bytes."""
    places = _Places()
    sizes, named, bare, words, weights, names = columns = [array(code) for code in _COLUMNS[1:]]
    for vector in vectors:
        found = [place for place, word in enumerate(vector.words) if word in vector.names]
        sizes.append(len(vector.words))
        named.append(len(found))
        bare.append(vector.title_only)
        words.extend(map(places.__getitem__, vector.words))
        weights.extend(vector.weights)
        names.extend(found)
    parts = [_bytes(column) for column in columns]
    vocabulary = "\n".join(places).encode()
    head = _bytes(array(_COLUMNS[0], map(len, parts)))
    return zlib.compress(b"".join((head, *parts, vocabulary)), _LEVEL)


def unpack(packed: bytes, shared: Callable[[Iterable[str]], list[str]]) -> list[Vector]:
    """The vectors. `shared`: what is to be held in place of words, so that each is there once."""
    data = memoryview(zlib.decompress(packed))
    columns = len(_COLUMNS) - 1
    start = columns * array(_COLUMNS[0]).itemsize
    ends = list(accumulate(_numbers(_COLUMNS[0], data[:start]), initial=start))
    sizes, named, bare, places, scaled, names = (
        _numbers(code, data[ends[column] : ends[column + 1]]) for column, code in enumerate(_COLUMNS[1:])
    )
    vocabulary = shared(str(data[ends[columns] :], "utf-8").split("\n"))
    words, weights = tuple(map(vocabulary.__getitem__, places)), tuple(map(NUMBERS.__getitem__, scaled))
    found, at, name = [], 0, 0
    for size, count, title_only in zip(sizes, named, bare, strict=True):
        mine, told = words[at : at + size], weights[at : at + size]
        known = {mine[place]: told[place] ** 2 for place in names[name : name + count]}
        found.append(Vector(mine, told, known, bool(title_only)))
        at, name = at + size, name + count
    return found


def _bytes(column: "array[int]") -> bytes:
    """The same on every machine."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _numbers(code: str, data: memoryview) -> "array[int]":
    column = array(code)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
