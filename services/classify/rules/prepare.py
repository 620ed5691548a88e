"""A document made ready for the scan: its fields folded and joined, with the way back to the original."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

from services.classify.rules.dateline import cut_dateline
from services.classify.rules.fold import Origin, fold, is_unspaced
from services.classify.rules.model import Document

# Characters of a field that are read: what an article is about shows long before, and a hostile one stays cheap.
MAX_FIELD = 20_000
FAR = 4096  # characters from which a table of words beats counting spaces
UNSPACED_LEAD = 120  # characters; a script without spaces has no words to count


_WORD = re.compile(r"[^ ]+")


@dataclass(slots=True)
class FieldText:
    """One field. `base` is where its folded text begins in the joined one, `shift` where its original does."""

    name: str
    original: str
    shift: int
    folded: str
    base: int = 0
    _origin: Origin | None = field(default=None)
    _starts: list[int] = field(default_factory=list)
    _shouts: bool | None = field(default=None)

    @property
    def origin(self) -> Origin:
        """The way back; made when first asked for."""
        if self._origin is None:
            self._origin = Origin(self.original)
        return self._origin

    @property
    def shouts(self) -> bool:
        """Whether all of it stands in capitals."""
        if self._shouts is None:
            self._shouts = self.original.isupper()
        return self._shouts

    def word_starts(self) -> list[int]:
        """Where every word of the folded text begins."""
        if not self._starts:
            self._starts = [match.start() for match in _WORD.finditer(self.folded)]
        return self._starts

    def _word_at(self, position: int) -> int:
        """Number of the word that holds a place of the folded text."""
        if position < FAR:
            return self.folded.count(" ", 0, position) - 1
        return bisect_right(self.word_starts(), position) - 1

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of the field's own original for a span of the joined text."""
        low, high = start - self.base, end - self.base
        folded = self.folded
        first = self._word_at(low)
        last = first + folded.count(" ", low, high)
        begin, finish = self.origin.span(first, last)
        if first == last:
            token_start = folded.rfind(" ", 0, low) + 1
            token_end = folded.find(" ", high - 1)
            if token_end - token_start == finish - begin:  # inside one long word (Chinese, or a stem)
                return begin + low - token_start, begin + high - token_start
        return begin, finish

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The same, counted in the document's text that the field was taken from."""
        begin, finish = self.original_span(start, end)
        return begin + self.shift, finish + self.shift


@dataclass(slots=True)
class Prepared:
    """All fields of a document, and their folded texts joined: nothing matches across a joint."""

    fields: list[FieldText]
    joined: str
    bases: list[int]

    def field_at(self, position: int) -> int:
        """Index of the field that holds a place in the joined text."""
        return bisect_right(self.bases, position) - 1


def prepare(document: Document, lead_words: int) -> Prepared:
    """Split a document into fields, fold them, join them."""
    body = document.body[:MAX_FIELD]
    parts = [("title", document.title[:MAX_FIELD], 0)]
    cut = cut_dateline(body)
    if document.dateline:
        parts.append(("dateline", document.dateline[:MAX_FIELD], 0))
    elif cut.end > cut.start:
        parts.append(("dateline", body[cut.start : cut.end], cut.start))
    lead_end = _lead_end(body, cut.rest, lead_words)
    parts.append(("lead", body[cut.rest : lead_end], cut.rest))
    parts.append(("body", body[lead_end:], lead_end))
    if document.tags:
        parts.append(("tag", " ".join(document.tags)[:MAX_FIELD], 0))
    if document.section:
        parts.append(("section", document.section[:MAX_FIELD], 0))
    return _join([FieldText(name, text, shift, _padded(text)) for name, text, shift in parts if text])


def _padded(text: str) -> str:
    return f" {fold(text)} "


def _join(fields: list[FieldText]) -> Prepared:
    base = 0
    for part in fields:
        part.base = base
        base += len(part.folded) + 1
    return Prepared(fields, "|".join(part.folded for part in fields), [part.base for part in fields])


@lru_cache(maxsize=16)
def _lead_pattern(words: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\S+\s+){{{words - 1}}}\S+")


def _lead_end(body: str, start: int, words: int) -> int:
    """Where the first `words` words of a body end."""
    match = _lead_pattern(words).match(body, start)
    end = match.end() if match else len(body)
    limit = start + UNSPACED_LEAD
    return limit if end > limit * 3 and is_unspaced(body[start:limit]) else end
