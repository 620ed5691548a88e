"""Keys under which a text is filed, so that a copy is found without comparing it with everything stored."""

from datetime import timedelta
from hashlib import blake2b

from services.classify.duplicates.text import RUN, Prepared

KEY_VERSION = 1
"""Raise it with every change of what keys or words are made of: stored keys of another version find nothing."""
ENOUGH = 2
"""Shared keys, by their `weight`, that make two texts candidates."""
WINDOW = timedelta(hours=72)
"""How far apart two texts may be published and still be looked at."""
NEWEST = 40
"""Texts that are looked at under one key: the newest of a list; where all are stored, half before and half after, those nearest in time."""

_OPENING = 40
_OPENING_GRAMS = 80
"""Tokens of a text from which keys are made; twice as many where a token is a run of characters."""
_WINNOW = 4
_TITLE_WORDS = 4
_TITLE_WEIGHT = 3


def fingerprint(prepared: Prepared) -> frozenset[int]:
    """The keys of a text: whole numbers of 63 bits, that of the headline even, those of the body odd.

    Of the runs that the first words make, every fourth or so is taken, the least in any four that stand together:
    two texts that share seven runs in a row share a key, wherever those stand.
    """
    keys = {_hash("title", prepared.title) & ~1} if len(prepared.title_words) >= _TITLE_WORDS else set()
    opening = prepared.words[: _OPENING_GRAMS if prepared.unspaced else _OPENING]
    hashes = [
        _hash("body", " ".join(opening[start : start + RUN])) | 1 for start in range(len(opening) - RUN + 1)
    ]
    keys.update(min(hashes[start : start + _WINNOW]) for start in range(max(len(hashes) - _WINNOW + 1, 0)))
    if hashes and len(hashes) < _WINNOW:
        keys.add(min(hashes))
    return frozenset(keys)


def weight(keys: frozenset[int]) -> int:
    """What shared keys are worth: a headline is worth three runs of the body."""
    return sum(1 if key & 1 else _TITLE_WEIGHT for key in keys)


def _hash(kind: str, text: str) -> int:
    return int.from_bytes(blake2b(f"{kind}\x1f{text}".encode(), digest_size=8).digest()) >> 1
