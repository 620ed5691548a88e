"""How two readings of one document differ, in sentences that name the fields: for the comparison of a sample in production.

The fast reader is to give exactly what the reference gives; a sentence from here is a defect of it, and its document a
new test.
"""

import dataclasses
from collections.abc import Iterator

from services.ingest.entry import ParsedFeed, RawEntry

MAX_SENTENCES = 10
"""Differences told of one document; the rest is counted."""

_SHOWN = 80


def differences(fast: ParsedFeed, reference: ParsedFeed) -> tuple[str, ...]:
    """One sentence for each field that differs, the first ten and then how many more; empty where the two are equal."""
    found = list(_sentences(fast, reference))
    more = len(found) - MAX_SENTENCES
    return (*found[:MAX_SENTENCES], f"And {more} more differences.") if more > 0 else tuple(found)


def _sentences(fast: ParsedFeed, reference: ParsedFeed) -> Iterator[str]:
    for name, one, other in _unequal(fast, reference):
        if name != "entries":
            yield f"The feed's {name} is {_shown(one)} by the fast reader and {_shown(other)} by the reference."
    if len(fast.entries) != len(reference.entries):
        yield f"The fast reader finds {len(fast.entries)} entries, the reference {len(reference.entries)}."
    for number, (one, other) in enumerate(zip(fast.entries, reference.entries, strict=False), start=1):
        yield from _entry_sentences(number, one, other)


def _entry_sentences(number: int, fast: RawEntry, reference: RawEntry) -> Iterator[str]:
    for name, one, other in _unequal(fast, reference):
        yield (
            f"Entry {number}: {name} is {_shown(one)} by the fast reader and {_shown(other)} by the reference."
        )


def _unequal(
    fast: ParsedFeed | RawEntry, reference: ParsedFeed | RawEntry
) -> Iterator[tuple[str, object, object]]:
    """Name and both values of each field that differs."""
    for field in dataclasses.fields(fast):
        one, other = getattr(fast, field.name), getattr(reference, field.name)
        if one != other:
            yield field.name, one, other


def _shown(value: object) -> str:
    """A value as a sentence shows it: from where it is long, its beginning."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
