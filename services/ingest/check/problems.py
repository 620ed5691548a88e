"""What is wrong with a feed, in sentences for whoever thinks of adding it (pure)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from services.ingest.entry import Entry, FetchResponse, ParsedFeed

SLOW_SHARE = 0.5
"""A fetch that takes this share of the time it may is called slow."""

_RELATIVE = re.compile(
    rb"""<link>\s{0,20}+(?:<!\[CDATA\[)?\s{0,20}+(?P<text>(?![a-zA-Z][a-zA-Z0-9+.-]{0,20}:)[^<\s\]][^<\]]{0,80})
       | <link\s[^>]{0,200}?href=["'](?P<href>(?![a-zA-Z][a-zA-Z0-9+.-]{0,20}:)[^"'\s][^"']{0,80})""",
    re.VERBOSE,
)
_HEAD = 1_000_000


def problems(
    answer: FetchResponse,
    parsed: ParsedFeed,
    entries: Sequence[Entry],
    skipped: Iterable[str],
    *,
    total_s: float,
) -> list[str]:
    """Everything about a feed that costs it or us something, the address first, the entries last.

    `total_s`: the seconds that a fetch may take.
    """
    return [
        *_of_address(answer, total_s),
        *_of_document(answer, parsed),
        *parsed.problems,
        *_of_entries(parsed, entries),
        *dict.fromkeys(skipped),
    ]


def _of_address(answer: FetchResponse, total_s: float) -> Iterator[str]:
    if answer.permanent_url:
        yield f"It has moved for good to {answer.permanent_url}: that is the address to add."
    if answer.elapsed_s > SLOW_SHARE * total_s:
        yield f"It took {answer.elapsed_s:.0f} s to answer; after {total_s:g} s a fetch counts as failed."
    if not {"etag", "last-modified"} & answer.headers.keys():
        yield "It gives neither ETag nor Last-Modified, so that every look costs the whole feed."


def _of_document(answer: FetchResponse, parsed: ParsedFeed) -> Iterator[str]:
    if not parsed.entries:
        yield "It holds no entries."
    if (
        parsed.entries
        and not parsed.format.startswith("json")
        and (found := _RELATIVE.search(answer.body, 0, _HEAD))
    ):
        link = (found["text"] or found["href"]).strip().decode("utf-8", "replace")
        yield f"It has relative links (“{link:.60}”); they are taken as relative to the feed or its site."


def _of_entries(parsed: ParsedFeed, entries: Sequence[Entry]) -> Iterator[str]:
    guids = Counter(entry.guid for entry in parsed.entries if entry.guid)
    if doubled := sum(count - 1 for count in guids.values()):
        yield f"{_count(doubled, 'entry', 'entries')} of {len(parsed.entries)} reuse the guid of another one."
    if nameless := sum(not entry.guid for entry in parsed.entries):
        yield f"{_count(nameless, 'entry', 'entries')} of {len(parsed.entries)} have no guid; their link stands in."
    if entries and all(entry.published_at is None for entry in entries):
        yield "No entry has a date; each will count as published when it is first seen."
    elif undated := sum(entry.date_guessed for entry in entries):
        yield f"{_count(undated, 'entry', 'entries')} of {len(entries)} have no date, or one from the future."


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
