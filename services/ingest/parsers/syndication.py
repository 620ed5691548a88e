"""RSS 0.9x to 2.0, RDF and Atom through feedparser, the reference parser. The only caller of `feedparser.parse`.

feedparser opens files and addresses that it is handed, so it gets a `BytesIO` and nothing else; its cleaning of HTML
is off, since it is slow, can be made quadratic, and lets forms and scripts through: `clean` does that for every field.
"""

import calendar
import io
import re
from datetime import UTC, datetime

import feedparser

from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parsers import sitemap, sniff
from services.ingest.parsers.dates import read_date
from services.ingest.parsers.fields import Fields, entry_from, feed_from, text_of
from services.ingest.parsers.limits import MAX_ENTRIES
from services.ingest.parsers.xml_shape import shape

_FEED_TAG = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|rdf|feed|channel|item|entry)[\s>]", re.IGNORECASE)


def parse(text: str, *, url: str) -> ParsedFeed:
    """Read one XML document. Raises NotAFeedError where it is none or holds no feed."""
    if not re.search(r"<\s*[A-Za-z!?]", text) or sniff.looks_like_html(text):
        raise sniff.refusal(text)
    shaped = shape(text)
    if shaped.well_formed and sniff.looks_like_sitemap(text):
        return sitemap.parse(shaped.data, url=url, problems=shaped.problems)
    if not shaped.well_formed and not _FEED_TAG.search(text):
        raise sniff.refusal(text)
    result = feedparser.parse(
        io.BytesIO(shaped.data),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    version = result.get("version") or ""
    found: list[Fields] = result.entries[:MAX_ENTRIES]
    if not version and not found:
        raise sniff.refusal(text)
    entries, broken = _entries(found, url)
    unread = (f"Entries that could not be read were skipped: {broken}.",) if broken else ()
    return feed_from(
        result.feed,
        version=version,
        entries=entries,
        url=url,
        skips=shaped.skips,
        problems=(*shaped.problems, *unread),
    )


def _entries(found: list[Fields], url: str) -> tuple[tuple[RawEntry, ...], int]:
    """The entries that can be read, and how many cannot: one odd entry does not cost the others."""
    entries: list[RawEntry] = []
    for item in found:
        try:
            entries.append(entry_from(item, url=url, date=_date))
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError):
            continue
    return tuple(entries), len(found) - len(entries)


def _date(item: Fields, name: str) -> datetime | None:
    """By our own reader; where that is at a loss, by feedparser's, which knows Korean, Greek and Hungarian forms."""
    if moment := read_date(text_of(item, name)):
        return moment
    struct = dict.get(item, name + "_parsed")
    if not struct:
        return None
    try:
        # The very epoch is a clock that nobody set: no date, so that another one of the entry can speak.
        seconds = calendar.timegm(struct)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None
