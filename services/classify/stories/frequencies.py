"""How many articles a word stands in, learned from the stream as it comes, for each language apart."""

from collections.abc import Iterable
from math import log
from typing import Any

PRIOR = 1000
"""Articles that a stream is taken to have shown before its first one, none of which had the word: without them every
word of the first hundred articles would be as rare as the next."""
_ROOM = 400_000
"""Words remembered of one language; beyond it all counts are halved and what is left without one is forgotten."""


class Frequencies:
    """Counts of words by language. A background of other texts was measured to do harm: the stream itself is best."""

    __slots__ = ("_counts", "_totals", "_words")

    def __init__(self) -> None:
        self._totals: dict[str, int] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._words: dict[str, str] = {}

    def shared(self, words: Iterable[str]) -> list[str]:
        """The same words, each as the one object that all articles hold which have it: half of the memory of stories was words."""
        once = self._words.setdefault
        return [once(word, word) for word in words]

    def learn(self, words: Iterable[str], language: str) -> None:
        """Count the distinct words of one article."""
        self._totals[language] = self._totals.get(language, 0) + 1
        counts = self._counts.setdefault(language, {})
        known = counts.get
        for word in words:
            counts[word] = known(word, 0) + 1
        if len(counts) > _ROOM:
            self._halve(language)

    def weights(self, words: list[str], language: str) -> list[float]:
        """How much each word says: the logarithm of how rarely it stands in an article."""
        total = self._totals.get(language, 0) + 1 + PRIOR
        known = self._counts.get(language, {}).get
        return [log(1 + total / (known(word, 0) + 1)) for word in words]

    def _halve(self, language: str) -> None:
        self._totals[language] = max(self._totals[language] // 2, 1)
        counts = self._counts[language]
        self._counts[language] = {word: count // 2 for word, count in counts.items() if count > 1}
        self._words = {word: word for known in self._counts.values() for word in known}

    def export(self) -> dict[str, Any]:
        """Plain data."""
        return {
            code: {"total": self._totals[code], "counts": dict(counts)}
            for code, counts in self._counts.items()
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Frequencies":
        """What `export` gave."""
        found = cls()
        for code, language in data.items():
            found._totals[code] = int(language["total"])
            counts = language["counts"]
            found._counts[code] = dict(zip(found.shared(counts), counts.values(), strict=True))
        return found
