"""From the fields of a document, as feedparser names them, to `ParsedFeed`. Both readers of XML end here.

So that the two can differ only in what they read, never in what they make of it: links absolute, the picture
chosen, authors by name, dates as moments. Links are made absolute here and not by feedparser, which would make guids
such as `7` absolute too, and they would change with the address.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parsers import rhythm
from services.ingest.parsers.limits import MAX_FIELD

_FORMATS = {
    "rss20": "rss20",
    "rss": "rss20",
    "rss10": "rss10",
    "atom10": "atom10",
    "atom": "atom10",
    "atom03": "atom03",
}
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|/")
_WHOLE = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(?:/[^?#;\0-\x20]*)?(?:\?[^#;\0-\x20]+)?(?:#[^\0-\x20]+)?"
)

_get = dict.get  # because the one of feedparser's dictionaries answers another field for a missing one

Fields = dict[str, Any]
DateReader = Callable[[Fields, str], datetime | None]
"""Reads the date of one name (`published`, `updated`, `created`) out of the fields of an entry."""


@dataclass(frozen=True, slots=True)
class Skips:
    """The texts of `skipHours` and `skipDays`, as written."""

    hours: tuple[str, ...] = ()
    days: tuple[str, ...] = ()


def feed_from(
    feed: Fields,
    *,
    version: str,
    entries: tuple[RawEntry, ...],
    url: str,
    skips: Skips,
    problems: tuple[str, ...] = (),
) -> ParsedFeed:
    """The feed of one document. `version` as feedparser names it; `url`: what its links are relative to."""
    links = _dicts(feed, "links")
    return ParsedFeed(
        format=_FORMATS.get(version) or ("atom03" if version.startswith("atom") else "rss09x"),
        title=text_of(feed, "title"),
        site_url=absolute(text_of(feed, "link"), url),
        language=text_of(feed, "language") or None,
        entries=entries,
        interval_s=rhythm.interval_s(
            ttl=text_of(feed, "ttl"),
            period=text_of(feed, "sy_updateperiod"),
            frequency=text_of(feed, "sy_updatefrequency"),
        ),
        problems=problems,
        self_url=next(_hrefs(links, "self", url), None),
        hubs=tuple(_hrefs(links, "hub", url)),
        skip_hours=rhythm.skip_hours(skips.hours),
        skip_days=rhythm.skip_days(skips.days),
    )


def entry_from(item: Fields, *, url: str, date: DateReader) -> RawEntry:
    """One entry of a document at `url`."""
    contents = _dicts(item, "content")
    content: Fields = min(contents, key=_rank) if contents else {}
    heading = _dict(item, "title_detail")
    declared = (
        text_of(content, "base") or text_of(_dict(item, "summary_detail"), "base") or text_of(heading, "base")
    )
    base = (absolute(declared, url) or url) if declared else url
    published, updated = date(item, "published"), date(item, "updated")
    return RawEntry(
        guid=text_of(item, "id") or None,
        url=_link(item, base),
        title=text_of(item, "title"),
        summary=text_of(item, "summary"),
        content=text_of(content, "value"),
        published_at=published or date(item, "created") or updated,
        updated_at=updated,
        authors=tuple(_authors(item)),
        tags=tuple(tag for t in _dicts(item, "tags") if (tag := text_of(t, "label") or text_of(t, "term"))),
        image=_image(item, base),
        language=text_of(item, "language") or text_of(heading, "language") or None,
        base=base if declared else None,
    )


def text_of(fields: Fields, name: str) -> str:
    """A text field, cut and trimmed."""
    value = _get(fields, name)
    return value.strip()[:MAX_FIELD] if value and isinstance(value, str) else ""


def absolute(text: str, base: str) -> str | None:
    """`text` as an absolute address; None where it is empty or no address at all."""
    text = text.strip()
    if not text:
        return None
    if _WHOLE.fullmatch(text):
        return text  # what urljoin would answer, at a tenth of its price
    try:
        return urljoin(base, text)
    except ValueError:
        return None


def _rank(content: Fields) -> tuple[bool, int]:
    """HTML before text before the rest, then the longest."""
    value = text_of(content, "value")
    return (not value or "html" not in text_of(content, "type"), -len(value))


def _link(item: Fields, base: str) -> str | None:
    """The address of the article: before FeedBurner's own, the one it stands for; at last an enclosure's."""
    return next((found for text in _link_texts(item, base) if (found := absolute(text, base))), None)


def _link_texts(item: Fields, base: str) -> Iterator[str]:
    yield text_of(item, "feedburner_origlink")
    link, guid, links = text_of(item, "link"), text_of(item, "id"), _dicts(item, "links")
    # Without a link feedparser gives the guid for one, even where it is a bare number.
    if link != guid or _ADDRESS.match(guid):
        yield link
        yield next(_hrefs(links, "alternate", base), "")
    yield next(_hrefs(links, "enclosure", base), "")
    yield next(_hrefs(links, "related", base), "")


def _hrefs(links: Iterable[Fields], rel: str, base: str) -> Iterator[str]:
    for link in links:
        if text_of(link, "rel") == rel and (found := absolute(text_of(link, "href"), base)):
            yield found


def _authors(item: Fields) -> Iterator[str]:
    for author in _dicts(item, "authors") or [_dict(item, "author_detail")]:
        name = text_of(author, "name") or text_of(author, "email").partition("@")[0]
        if name:
            yield name


def _image(item: Fields, base: str) -> str | None:
    """The picture that the publisher chose: media content, thumbnail, enclosure, in this order."""
    for media in _dicts(item, "media_content"):
        kind = (text_of(media, "medium") + " " + text_of(media, "type")).lower()
        if "image" in kind or (not kind.strip() and _IMAGE.search(text_of(media, "url"))):
            return absolute(text_of(media, "url"), base)
    for media in _dicts(item, "media_thumbnail"):
        return absolute(text_of(media, "url"), base)
    for link in _dicts(item, "links"):
        if text_of(link, "rel") == "enclosure" and text_of(link, "type").startswith("image"):
            return absolute(text_of(link, "href"), base)
    return absolute(text_of(_dict(item, "image"), "href"), base)


def _dict(fields: Fields, name: str) -> Fields:
    value = _get(fields, name)
    return value if isinstance(value, dict) else {}


def _dicts(fields: Fields, name: str) -> list[Fields]:
    value = _get(fields, name)
    return [v for v in value if isinstance(v, dict)] if value and isinstance(value, list) else []
