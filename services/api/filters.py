"""What a reader asked a stream for. Pure: one filter has one canonical text and one digest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol
from unicodedata import normalize
from urllib.parse import urlencode

from services.core import search
from services.core.languages import canonical


class Asked(Protocol):
    """What a page was asked for; a cursor of that page goes with it."""

    @property
    def digest(self) -> bytes:
        """Six bytes that differ where what is shown can differ."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Any of the regions AND any of the topics AND any of the languages AND any of the sources AND the words `q`."""

    regions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    q: str | None = None

    @property
    def digest(self) -> bytes:
        """Six bytes that differ between any two filters that can differ in what they show. Words in capitals find the same."""
        told = asdict(self) | {"q": self.q and normalize("NFKC", self.q).casefold()}
        return hashlib.blake2b(json.dumps(told).encode(), digest_size=6).digest()

    @property
    def labels(self) -> tuple[frozenset[str], ...]:
        """The part that labels decide: a conjunction of sets of stream labels."""
        kinds = (("region", self.regions), ("topic", self.topics))
        return tuple(frozenset(f"{kind}/{slug}" for slug in slugs) for kind, slugs in kinds if slugs)

    @property
    def words(self) -> str | None:
        """What `q` looks for, as PostgreSQL reads a `tsquery`; None where it has neither a letter nor a digit."""
        return search.query(self.q) if self.q else None

    @property
    def query(self) -> str:
        """The same as a query string, empty when nothing is filtered."""
        pairs = [("region", s) for s in self.regions] + [("topic", s) for s in self.topics]
        pairs += [("language", s) for s in self.languages] + [("source", s) for s in self.sources]
        return urlencode([*pairs, *([("q", self.q)] if self.q else [])])


@dataclass(frozen=True, slots=True)
class OfAStory:
    """The articles of a story: any one, so that paging goes on where two became one while somebody read."""

    @property
    def digest(self) -> bytes:
        """The same for every story."""
        return hashlib.blake2b(b"story", digest_size=6).digest()


def filters_of(
    *,
    regions: Sequence[str] = (),
    topics: Sequence[str] = (),
    languages: Sequence[str] = (),
    sources: Sequence[str] = (),
    q: str | None = None,
) -> Filters:
    """The canonical filter: order, repetition, case of codes, space around, and another code for one language do not matter.

    >>> filters_of(regions=["europe", "asia", "asia"]) == filters_of(regions=["asia", "europe"])
    True
    """
    return Filters(
        regions=_canonical(regions),
        topics=_canonical(topics),
        languages=_canonical([canonical(tag) for tag in languages]),
        sources=_canonical(sources),
        q=" ".join(q.split()) or None if q else None,
    )


def _canonical(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({value.strip().lower() for value in values if value.strip()}))
