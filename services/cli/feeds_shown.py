"""Feeds on a terminal: a list, and one whole, in the words of the pages; never wider than 100 columns but for addresses."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.api import words
from services.api.pages import feed_words
from services.api.pages.feed_shapes import FeedRow, FetchRow, GapRow, WholeFeed

WIDTH = 100
_TITLE, _SENTENCE = 34, 17
_FACT, _FETCH = 20, 54
"""Columns before the words of a fact, and of a fetch."""


def record(feed: FeedRow, articles: int) -> dict[str, Any]:
    """A feed as JSON has it."""
    return asdict(feed) | {"articles": articles}


def whole_record(whole: WholeFeed) -> dict[str, Any]:
    """One feed as JSON has it, with its history."""
    more = {name: value for name, value in asdict(whole).items() if name != "feed"}
    return record(whole.feed, whole.articles) | more


def listed(feeds: Sequence[FeedRow], now: datetime) -> Iterator[str]:
    """A line for each feed, and below it why, for those in which something is the matter."""
    for feed in feeds:
        title = padded(feed.name, _TITLE)
        yield f"{feed.id:>6}  {feed.state:8} {title}  {words.public_url(feed.url)}"
        if feed.state not in {"healthy", "new"}:
            yield from wrapped(feed_words.state_sentence(feed, now), indent=_SENTENCE)
        if feed.replacement_url:
            offered = words.public_url(feed.replacement_url)
            yield from wrapped(
                f"Offered: {offered}; `dateline feeds replace {feed.id}` takes it.", indent=_SENTENCE
            )


def shown(whole: WholeFeed, now: datetime) -> Iterator[str]:
    """One feed with everything that is remembered of it."""
    feed = whole.feed
    yield f"Feed {feed.id}: {printable(feed.name)}"
    yield words.public_url(feed.url)
    state = f"{feed.state.capitalize()}. {feed_words.state_sentence(feed, now)}"
    yield from wrapped(state)
    for group in feed_words.facts(whole, now):
        yield ""
        yield group.title
        for fact in group.facts:
            yield from _hanging(f"  {fact.name:{_FACT - 2}}", fact.says, _FACT)
    yield ""
    yield "Gaps"
    for gap in whole.gaps:
        yield from wrapped(_gap(gap, now), indent=2)
    if not whole.gaps:
        yield "  None noticed."
    yield ""
    yield "The last fetches"
    if not whole.fetches:
        yield "  It was not fetched yet."
    for fetch in whole.fetches:
        yield from _fetch(fetch)


def _gap(gap: GapRow, now: datetime) -> str:
    missed = f"about {gap.missed} missed" if gap.missed else "missed: not known"
    window = words.counted(gap.window, "entry", "entries")
    return (
        f"{feed_words.at(gap.from_at, now)} to {feed_words.at(gap.to_at, now)}: window of {window}, {missed}"
    )


def _fetch(fetch: FetchRow) -> Iterator[str]:
    outcome, weight = fetch.outcome.replace("-", " "), feed_words.weight(fetch.bytes)
    start = f"  {fetch.at:%d %b %H:%M:%S}  {fetch.status or '-':>4}  {outcome:9} {fetch.elapsed_ms:>6} ms {weight:>7}"
    reasons = feed_words.reasons_of(fetch)
    yield from _hanging(start, feed_words.brought(fetch) + (f" ({reasons})" if reasons else ""), _FETCH)


def _hanging(start: str, text: str, column: int) -> Iterator[str]:
    lines = wrapped(text, indent=column)
    first = next(lines, "")
    yield f"{start:{column}}{first[column:]}"
    yield from lines


def wrapped(text: str, *, indent: int = 0) -> Iterator[str]:
    """Lines of at most 100 columns; a word that is longer than a line, such as an address, stays whole."""
    return iter(
        textwrap.wrap(
            printable(text),
            WIDTH,
            initial_indent=" " * indent,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def printable(text: str) -> str:
    """What a publisher wrote, without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)


def padded(text: str, width: int) -> str:
    """Exactly `width` columns: cut with "…" or filled; East Asian characters take two.

    >>> padded("珠江晚报", 6), padded("ab", 4)
    ('珠江… ', 'ab  ')
    """
    shown_, used = [], 0
    for char in printable(text):
        used += _columns(char)
        shown_.append(char)
    while used > width:
        while used > width - 1:
            used -= _columns(shown_.pop())
        shown_.append("…")
        used += 1
    return "".join(shown_) + " " * (width - used)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
