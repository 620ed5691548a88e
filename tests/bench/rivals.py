"""What stories and duplicates are measured beside: the methods that feed readers and papers use, each in a few lines."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from services.classify.stories.model import Document
from services.classify.stories.vectors import read
from services.classify.tokens import tokens
from services.core.text import fold_title

WINDOW = timedelta(days=7)
SKETCH = 64


@dataclass(frozen=True, slots=True)
class Item:
    """A text of a stream."""

    title: str
    body: str
    at: datetime | None = None


def _near(one: Item, other: Item) -> bool:
    return one.at is None or other.at is None or abs(one.at - other.at) <= WINDOW


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def title_words(item: Item) -> frozenset[str]:
    """Distinct words of the headline."""
    return frozenset(read(Document(0, item.title)).words)


def telling(item: Item) -> Counter[str]:
    """The words that stories are compared by, without stop words and endings, headline words three times: the same for rivals."""
    words = read(Document(0, item.title, item.body))
    return Counter(dict(zip(words.words, words.counts, strict=True)))


def simhash(item: Item) -> int:
    """64 bits, each the majority of that bit in the hashes of the words."""
    counts = [0] * 64
    for word, times in telling(item).items():
        bits = _hash(word)
        for place in range(64):
            counts[place] += times if bits >> place & 1 else -times
    return sum(1 << place for place in range(64) if counts[place] > 0)


def sketch(item: Item, size: int) -> tuple[int, ...]:
    """MinHash by one function: the least `SKETCH` hashes of all runs of `size` words."""
    words = tokens(f"{item.title} {item.body[:600]}")
    grams = {" ".join(words[start : start + size]) for start in range(max(len(words) - size + 1, 1))}
    return tuple(sorted(map(_hash, grams))[:SKETCH])


def sketch_of_words(item: Item) -> tuple[int, ...]:
    """The same of the telling words."""
    return tuple(sorted(map(_hash, telling(item)))[:SKETCH])


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of the least hashes of both together that both have."""
    a, b = set(one), set(other)
    least = sorted(a | b)[: min(SKETCH, max(len(a), len(b)))]
    return sum(value in a and value in b for value in least) / max(len(least), 1)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of all elements that both have."""
    return len(one & other) / len(one | other) if one or other else 0.0


def _linked(
    items: Sequence[Item], of: Callable[[Item], Any], alike: Callable[[Any, Any], float], wanted: float
) -> list[int]:
    """Each item joins the group of the nearest earlier one that is near enough."""
    made, groups = [of(item) for item in items], list(range(len(items)))
    for number, item in enumerate(items):
        best, nearest = wanted, None
        for earlier in range(number):
            if _near(item, items[earlier]) and (value := alike(made[number], made[earlier])) >= best:
                best, nearest = value, earlier
        if nearest is not None:
            groups[number] = groups[nearest]
    return groups


def by_exact_title(items: Sequence[Item]) -> list[int]:
    """One group for one normalised headline."""
    seen: dict[str, int] = {}
    return [seen.setdefault(fold_title(item.title), number) for number, item in enumerate(items)]


STORY_RIVALS: dict[str, Callable[[Sequence[Item]], list[int]]] = {
    "exact title": by_exact_title,
    "title Jaccard .20": lambda items: _linked(items, title_words, jaccard, 0.20),
    "SimHash 18": lambda items: _linked(items, simhash, lambda a, b: 64 - (a ^ b).bit_count(), 64 - 18),
    "MinHash .15": lambda items: _linked(items, sketch_of_words, resemblance, 0.15),
}
"""Groups of a stream; thresholds as they were found best on the development half of AllSides."""


def _pairs_of(buckets: Iterable[Sequence[int]], most: int = 60) -> set[tuple[int, int]]:
    return {
        (a, b)
        for bucket in buckets
        if len(bucket) <= most
        for i, a in enumerate(bucket)
        for b in bucket[i + 1 :]
    }


def _bucketed(items: Sequence[Item], keys: Callable[[Item], Iterable[object]]) -> set[tuple[int, int]]:
    buckets: defaultdict[object, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        for key in keys(item):
            buckets[key].append(number)
    return _pairs_of(buckets.values())


def same_text(items: Sequence[Item]) -> set[tuple[int, int]]:
    """Equal words of headline and text."""
    return _bucketed(
        items, lambda item: [" ".join(re.findall(r"\w+", f"{item.title} {item.body}".casefold()))]
    )


def same_title(items: Sequence[Item]) -> set[tuple[int, int]]:
    """Equal normalised headlines of four words or more."""
    return _bucketed(
        items, lambda item: [fold_title(item.title)] if len(fold_title(item.title).split()) >= 4 else []
    )


def like_title(items: Sequence[Item]) -> set[tuple[int, int]]:
    """Headlines that share seven words of ten: candidates share their two rarest words."""
    words = [title_words(item) for item in items]
    counts = Counter(word for found in words for word in found)
    rare = [sorted(found, key=lambda word: (counts[word], word))[:2] for found in words]
    numbers = {id(item): number for number, item in enumerate(items)}
    return {
        (a, b)
        for a, b in _bucketed(items, lambda item: rare[numbers[id(item)]])
        if jaccard(words[a], words[b]) >= 0.7
    }


def near_simhash(items: Sequence[Item]) -> set[tuple[int, int]]:
    """Three of 64 bits differ at most: one of four parts is equal."""
    made = [simhash(item) for item in items]
    numbers = {id(item): number for number, item in enumerate(items)}

    def parts(item: Item) -> list[object]:
        bits = made[numbers[id(item)]]
        return [(place, bits >> place & 0xFFFF) for place in range(0, 64, 16)]

    return {(a, b) for a, b in _bucketed(items, parts) if (made[a] ^ made[b]).bit_count() <= 3}


def near_minhash(items: Sequence[Item]) -> set[tuple[int, int]]:
    """Half of the runs of three words are shared: candidates share one of the eight least hashes."""
    made = [sketch(item, 3) for item in items]
    numbers = {id(item): number for number, item in enumerate(items)}
    found = _bucketed(items, lambda item: made[numbers[id(item)]][:8])
    return {(a, b) for a, b in found if resemblance(made[a], made[b]) >= 0.5}


COPY_RIVALS: dict[str, Callable[[Sequence[Item]], set[tuple[int, int]]]] = {
    "exact text": same_text,
    "exact title": same_title,
    "title Jaccard .7": like_title,
    "SimHash 3": near_simhash,
    "MinHash .5": near_minhash,
}
"""Pairs of copies."""
