"""An article as the weights of its words, of length one, in whole numbers so that sums do not depend on their order."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import log, sqrt

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.model import Document
from services.classify.tokens import fold, guess_language, stems, stop_words, tokens

SCALE = 1 << 12
"""The length of a vector."""
NUMBERS = tuple(range(SCALE + 1))
"""Weights, each held once."""
TITLE_COUNTS = 3
BODY_TOKENS = 80
BODY_GRAMS = 160
"""Tokens of a body that are read; twice as many in scripts without spaces."""
TEASER_TOKENS = 5
"""Fewer tokens of a body are no teaser: such an article is a headline alone."""
_READ = 1200
_NAMED = 700
"""Characters of a body in which names are looked for."""
_NAME = re.compile(r"(?<![.!?…:\"“«„\n]\s)(?<!^)(?<=[\s(\"“«„'’-])([^\W\d_a-zа-яё][^\W\d_]{2,})")
_TELLING = 2
"""Letters of a word that counts; digits and signs of scripts without spaces always do."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is counted of an article: each distinct word once, how often it stands there, headline words more."""

    language: str
    words: list[str]
    counts: list[int]
    title_only: bool
    names: frozenset[str]
    tokens: list[str]
    """As they stand in the text, to show a word by."""
    headline: int
    """How many of these are the headline's."""

    def shown(self, stemmed: set[str]) -> dict[str, str]:
        """For stems the first word of this article that has each: people read words."""
        found: dict[str, str] = {}
        for token, short in zip(self.tokens, stems(self.tokens, self.language), strict=True):
            if short in stemmed:
                found.setdefault(short, token)
        return found


@dataclass(frozen=True, slots=True)
class Vector:
    """Words in the order of their weight, heaviest first, and their weights; which of them are names."""

    words: tuple[str, ...]
    weights: tuple[int, ...]
    names: Mapping[str, int] = field(default_factory=dict)
    """Of those that are names the square of the weight: what each brings to the length of the vector."""
    title_only: bool = False


def read(document: Document) -> Words:
    """The words of an article that can tell its event: folded, without stop words, without endings."""
    title = tokens(document.title)
    body = tokens(document.body[:_READ]) if document.body else []
    language = (document.language or "").partition("-")[0].lower() or guess_language(
        title + body[:BODY_TOKENS]
    )
    stops = stop_words(language)
    limit = BODY_GRAMS if any(word[0] > "\u2e7f" for word in title[:3]) else BODY_TOKENS
    counts: Counter[str] = Counter()
    for word in stems([w for w in title if w not in stops], language):
        counts[word] += TITLE_COUNTS
    counts.update(stems([w for w in islice(body, limit) if w not in stops], language))
    kept = [
        (word, n)
        for word, n in counts.items()
        if len(word) >= _TELLING or not word.isascii() or word.isdigit()
    ]
    return Words(
        language,
        [word for word, _ in kept],
        [n for _, n in kept],
        title_only=len(body) < TEASER_TOKENS,
        names=_names(document, language, stops),
        tokens=title + body,
        headline=len(title),
    )


def weigh(words: Words, frequencies: Frequencies) -> Vector:
    """The vector of an article by what the stream has shown so far."""
    rarity = frequencies.weights(words.words, words.language)
    raw = [(1 + log(n)) * weight for n, weight in zip(words.counts, rarity, strict=True)]
    length = sqrt(sum(weight * weight for weight in raw)) or 1.0
    shared = frequencies.shared(words.words)
    scaled = sorted(
        ((NUMBERS[round(weight / length * SCALE)], word) for word, weight in zip(shared, raw, strict=True)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return Vector(
        tuple(word for weight, word in scaled if weight),
        tuple(weight for weight, _ in scaled if weight),
        {word: weight * weight for weight, word in scaled if weight and word in words.names},
        words.title_only,
    )


def _names(document: Document, language: str, stops: frozenset[str]) -> frozenset[str]:
    """Stems of words written with a capital inside a sentence, in scripts that have capitals.

    A headline in which most words have one tells nothing and is left out.
    """
    title, found = document.title.split(), _NAME.findall(document.body[:_NAMED])
    if 2 * sum(word[0].isupper() for word in title[1:]) <= len(title):
        found += _NAME.findall(document.title)
    folded = [fold(word) for word in found if word[0].isupper()]
    return frozenset(
        stems([word for word in folded if word and " " not in word and word not in stops], language)
    )
