"""A document made ready for the scan: its fields joined and folded in one go, with the way back to the original."""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from services.classify.rules.model import Document
from services.classify.rules.text.dateline import cut_dateline
from services.classify.rules.text.fold import JOINT, Folded, is_unspaced

# Characters of a field that are read: what an article is about shows long before, and a hostile one stays cheap.
MAX_FIELD = 20_000
UNSPACED_LEAD = 120  # characters; a script without spaces has no words to count

_BETWEEN = f" {JOINT} "  # a space on either side: words are found by the spaces around them
_WORD = re.compile(r"[^ ]+")


class FieldText(NamedTuple):
    """One field. `start` is where it begins in the joined original, `shift` where in the document's own text."""

    name: str
    original: str
    shift: int
    start: int


class Prepared:
    """All fields of a document, and their folded texts joined: nothing matches across a joint.

    `joined` is what is scanned; `bases` says where each field begins in it. `original_span` leads from a span of
    `joined` to characters of `text`, the joined originals.
    """

    __slots__ = ("_folded", "_shouts", "bases", "fields", "joined", "original_span", "steps")

    def __init__(self, fields: list[FieldText], text: str) -> None:
        self.fields = fields
        self._folded = Folded(text)
        self.joined = self._folded.folded
        self.original_span = self._folded.original
        self.steps = self._folded.steps
        self.bases = _bases(self.joined)
        self._shouts: dict[int, bool] = {}

    @property
    def text(self) -> str:
        """The originals of all fields, joined."""
        return self._folded.text

    def field_at(self, position: int) -> int:
        """Index of the field that holds a place in the joined text."""
        return bisect_right(self.bases, position) - 1

    def reach(self, field: int) -> tuple[int, int]:
        """Where a field begins and ends in the joined text."""
        last = field + 1 == len(self.bases)
        return self.bases[field], len(self.joined) if last else self.bases[field + 1] - 1

    def shouts(self, field: int) -> bool:
        """Whether all of a field stands in capitals."""
        known = self._shouts.get(field)
        if known is None:
            known = self._shouts[field] = self.fields[field].original.isupper()
        return known

    def shown(self, start: int, end: int, field: int) -> tuple[str, int, int, str]:
        """A span of the joined text in the document's own: name of its field, first and last character, the words."""
        name, original, shift, base = self.fields[field]
        first, last = self.original_span(start, end)
        return name, first - base + shift, last - base + shift, original[first - base : last - base]

    def words(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Where every word stands: in the joined originals, and in the joined text."""
        return self._folded.words(), [match.span() for match in _WORD.finditer(self.joined)]


def prepare(document: Document, lead_words: int) -> Prepared:
    """Split a document into fields, join them, fold them."""
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
    return _join(parts)


def _join(parts: list[tuple[str, str, int]]) -> Prepared:
    fields: list[FieldText] = []
    start = 1
    for name, text, shift in parts:
        if text:
            clean = text if JOINT not in text else text.replace(JOINT, " ")
            fields.append(FieldText(name, clean, shift, start))
            start += len(clean) + len(_BETWEEN)
    return Prepared(fields, f" {_BETWEEN.join([field.original for field in fields])} ")


def _bases(joined: str) -> list[int]:
    bases = [0]
    joint = joined.find("|")
    while joint >= 0:
        bases.append(joint + 1)
        joint = joined.find("|", joint + 1)
    return bases


@lru_cache(maxsize=16)
def _lead_pattern(words: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\S+\s+){{{words - 1}}}\S+")


def _lead_end(body: str, start: int, words: int) -> int:
    """Where the first `words` words of a body end."""
    match = _lead_pattern(words).match(body, start)
    end = match.end() if match else len(body)
    limit = start + UNSPACED_LEAD
    return limit if end > limit * 3 and is_unspaced(body[start:limit]) else end
