"""RSS 0.9x to 2.0, RDF and Atom through feedparser, the reference parser. The only caller of `feedparser.parse`.

feedparser opens files and addresses that it is handed, so it gets a `BytesIO` and nothing else; its cleaning of HTML
is off, since it is slow, can be made quadratic, and lets forms and scripts through: `clean` does that for every field.
It is not told the address of the document either: it would make guids such as `7` absolute, and they would change
with the address. Links are made absolute here.
"""

import calendar
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parsers import sniff
from services.ingest.parsers.dates import read_date
from services.ingest.parsers.limits import MAX_ENTRIES, MAX_FIELD
from services.ingest.parsers.xml_shape import shape

_FORMATS = {
    "rss20": "rss20",
    "rss": "rss20",
    "rss10": "rss10",
    "atom10": "atom10",
    "atom": "atom10",
    "atom03": "atom03",
}
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_FEED_TAG = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|rdf|feed|channel|item|entry)[\s>]", re.IGNORECASE)
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)

Fields = dict[str, Any]


def parse(text: str, *, url: str) -> ParsedFeed:
    """Read one XML document. Raises NotAFeedError where it is none or holds no feed."""
    if not re.search(r"<\s*[A-Za-z!?]", text) or sniff.looks_like_html(text):
        raise sniff.refusal(text)
    shaped = shape(text)
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
    return _feed(result.feed, version, entries, url=url, problems=(*shaped.problems, *unread))


def _feed(
    feed: Fields, version: str, entries: tuple[RawEntry, ...], *, url: str, problems: tuple[str, ...]
) -> ParsedFeed:
    links = _dicts(feed, "links")
    return ParsedFeed(
        format=_FORMATS.get(version) or ("atom03" if version.startswith("atom") else "rss09x"),
        title=_text(feed, "title"),
        site_url=_absolute(_text(feed, "link"), url),
        language=_text(feed, "language") or None,
        entries=entries,
        interval_s=_interval(feed),
        problems=problems,
        self_url=next(_hrefs(links, "self", url), None),
        hubs=tuple(_hrefs(links, "hub", url)),
    )


def _entries(found: list[Fields], url: str) -> tuple[tuple[RawEntry, ...], int]:
    """The entries that can be read, and how many cannot: one odd entry does not cost the others."""
    entries: list[RawEntry] = []
    for item in found:
        try:
            entries.append(_entry(item, url))
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError):
            continue
    return tuple(entries), len(found) - len(entries)


def _entry(item: Fields, url: str) -> RawEntry:
    content = next(iter(sorted(_dicts(item, "content"), key=_rank)), {})
    declared = next((base for base in _declared_bases(content, item) if base), None)
    base = _absolute(declared or "", url) or url
    published, updated = _date(item, "published"), _date(item, "updated")
    return RawEntry(
        guid=_text(item, "id") or None,
        url=_link(item, base),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=_text(content, "value"),
        published_at=published or _date(item, "created") or updated,
        updated_at=updated,
        authors=tuple(_authors(item)),
        tags=tuple(tag for t in _dicts(item, "tags") if (tag := _text(t, "label") or _text(t, "term"))),
        image=_image(item, base),
        language=_text(item, "language") or _text(_dict(item, "title_detail"), "language") or None,
        base=base if declared else None,
    )


def _declared_bases(content: Fields, item: Fields) -> Iterator[str]:
    """What xml:base says about an entry; empty texts where it says nothing."""
    yield _text(content, "base")
    yield from (_text(_dict(item, name), "base") for name in ("summary_detail", "title_detail"))


def _rank(content: Fields) -> tuple[bool, int]:
    """HTML before text before the rest, then the longest."""
    value = _text(content, "value")
    return (not value or "html" not in _text(content, "type"), -len(value))


def _link(item: Fields, base: str) -> str | None:
    """The address of the article: before FeedBurner's own, the one it stands for; at last an enclosure's."""
    links, guid = _dicts(item, "links"), _text(item, "id")
    # Without a link feedparser gives the guid for one, even where it is a bare number.
    guid_as_link = _text(item, "link") == guid and not re.match(r"https?://|/", guid)
    candidates = (
        _text(item, "feedburner_origlink"),
        "" if guid_as_link else _text(item, "link"),
        "" if guid_as_link else next(_hrefs(links, "alternate", base), ""),
        next(_hrefs(links, "enclosure", base), ""),
        next(_hrefs(links, "related", base), ""),
    )
    return next((found for text in candidates if (found := _absolute(text, base))), None)


def _hrefs(links: list[Fields], rel: str, base: str) -> Iterator[str]:
    for link in links:
        if _text(link, "rel") == rel and (found := _absolute(_text(link, "href"), base)):
            yield found


def _date(item: Fields, name: str) -> datetime | None:
    if moment := read_date(_text(item, name)):
        return moment
    struct = dict.get(item, name + "_parsed")
    if not struct:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(struct), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _authors(item: Fields) -> Iterator[str]:
    for author in _dicts(item, "authors") or [_dict(item, "author_detail")]:
        name = _text(author, "name") or _text(author, "email").partition("@")[0]
        if name:
            yield name


def _image(item: Fields, base: str) -> str | None:
    """The picture that the publisher chose: media content, thumbnail, enclosure, in this order."""
    for media in _dicts(item, "media_content"):
        kind = (_text(media, "medium") + " " + _text(media, "type")).lower()
        if "image" in kind or (not kind.strip() and _IMAGE.search(_text(media, "url"))):
            return _absolute(_text(media, "url"), base)
    for media in _dicts(item, "media_thumbnail"):
        return _absolute(_text(media, "url"), base)
    for link in _dicts(item, "links"):
        if _text(link, "rel") == "enclosure" and _text(link, "type").startswith("image"):
            return _absolute(_text(link, "href"), base)
    return _absolute(_text(_dict(item, "image"), "href"), base)


def _interval(feed: Fields) -> int | None:
    """The publisher's wish in seconds: ttl (minutes) or sy:updatePeriod by updateFrequency, whichever is longer."""
    wishes = [60 * _number(_text(feed, "ttl"))]
    period = _PERIODS.get(_text(feed, "sy_updateperiod").lower(), 0)
    wishes.append(period / (_number(_text(feed, "sy_updatefrequency")) or 1))
    longest = int(max(wishes))
    return longest if longest > 0 else None


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", text) else 0.0


def _text(fields: Fields, name: str) -> str:
    """A text field, cut and trimmed; `dict.get`, because feedparser's own answers another field for a missing one."""
    value = dict.get(fields, name)
    return value.strip()[:MAX_FIELD] if isinstance(value, str) else ""


def _dict(fields: Fields, name: str) -> Fields:
    value = dict.get(fields, name)
    return value if isinstance(value, dict) else {}


def _dicts(fields: Fields, name: str) -> list[Fields]:
    value = dict.get(fields, name)
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _absolute(text: str, base: str) -> str | None:
    try:
        return urljoin(base, text.strip()) if text else None
    except ValueError:
        return None
