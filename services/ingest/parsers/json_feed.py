"""JSON Feed 1.0 and 1.1, as lenient as its readers are: numbers as ids, a missing version with items, odd types."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parsers.dates import read_date
from services.ingest.parsers.errors import NotAFeedError
from services.ingest.parsers.limits import MAX_ENTRIES

_VERSION = re.compile(r"jsonfeed\.org/version/1(?:\.(\d))?", re.IGNORECASE)


def parse(text: str, *, url: str) -> ParsedFeed:
    """Read a JSON Feed. Raises NotAFeedError of kind `json` with the place of a syntax error or with what is missing."""
    document = _load(text)
    items = document.get("items")
    version = _VERSION.search(_text(document.get("version")))
    if not isinstance(items, list) or not (version or _looks_like_feed(document)):
        raise NotAFeedError(
            "json", "The address answers JSON, but not a JSON Feed: “version” or “items” is missing."
        )
    base = _absolute(document.get("home_page_url"), url) or url
    entries = tuple(_entry(item, base) for item in items[:MAX_ENTRIES] if isinstance(item, dict))
    return ParsedFeed(
        format="json10" if version and not version[1] else "json11",
        title=_text(document.get("title")),
        site_url=_absolute(document.get("home_page_url"), url),
        language=_text(document.get("language")) or None,
        entries=entries,
        problems=tuple(_problems(items, entries)),
        self_url=_absolute(document.get("feed_url"), url),
        hubs=tuple(
            hub
            for h in _list(document.get("hubs"))
            if isinstance(h, dict) and (hub := _absolute(h.get("url"), url))
        ),
    )


def _load(text: str) -> dict[str, Any]:
    try:
        document = _without_surrogates(json.loads(text.lstrip("\ufeff \t\r\n"), strict=False))
    except json.JSONDecodeError as error:
        raise NotAFeedError(
            "json",
            f"The address answers broken JSON: line {error.lineno}, column {error.colno}: {error.msg}.",
        ) from None
    except (RecursionError, ValueError):
        raise NotAFeedError(
            "json", "The address answers JSON that is nested too deeply or holds endless numbers."
        ) from None
    if not isinstance(document, dict):
        raise NotAFeedError(
            "json", "The address answers JSON, but not a JSON Feed: an object with “items” is expected."
        )
    return document


_HALF = re.compile("[\ud800-\udfff]")


def _without_surrogates(value: Any) -> Any:
    """Halves of characters, which JSON's escapes can write and nothing can store, as the sign for what is unreadable."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def _looks_like_feed(document: dict[str, Any]) -> bool:
    return "title" in document and any(name in document for name in ("home_page_url", "feed_url"))


def _problems(items: list[Any], entries: tuple[RawEntry, ...]) -> Iterator[str]:
    if len(items) > MAX_ENTRIES:
        yield f"The document has {len(items):,} items; the first {MAX_ENTRIES} were read."
    if len(entries) < min(len(items), MAX_ENTRIES):
        yield f"Items that are no JSON objects were skipped: {min(len(items), MAX_ENTRIES) - len(entries)}."


def _entry(item: dict[str, Any], base: str) -> RawEntry:
    plain = _text(item.get("content_text"))
    content = _text(item.get("content_html")) or _escaped(plain)
    guid = _text(item.get("id"))
    return RawEntry(
        guid=guid or None,
        url=_absolute(item.get("url"), base) or _absolute(item.get("external_url"), base),
        title=_text(item.get("title")),
        summary=_escaped(_text(item.get("summary"))),
        content=content,
        published_at=read_date(_text(item.get("date_published"))),
        updated_at=read_date(_text(item.get("date_modified"))),
        authors=tuple(_authors(item)),
        tags=tuple(tag for tag in map(_text, _list(item.get("tags"))) if tag),
        image=_absolute(item.get("image"), base)
        or _absolute(item.get("banner_image"), base)
        or _attached(item, base),
        language=_text(item.get("language")) or None,
    )


def _authors(item: dict[str, Any]) -> Iterator[str]:
    """Names of 1.1's `authors`, else of 1.0's `author`."""
    for author in _list(item.get("authors")) or [item.get("author")]:
        name = _text(author.get("name")) if isinstance(author, dict) else _text(author)
        if name:
            yield name


def _attached(item: dict[str, Any], base: str) -> str | None:
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict) and _text(attachment.get("mime_type")).startswith("image/"):
            return _absolute(attachment.get("url"), base)
    return None


def _text(value: object) -> str:
    """A string as it is, a number as its digits, anything else as nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _escaped(plain: str) -> str:
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _absolute(value: object, base: str) -> str | None:
    text = _text(value)
    try:
        return urljoin(base, text) if text else None
    except ValueError:
        return None
