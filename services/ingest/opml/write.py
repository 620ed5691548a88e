"""Writes OPML: the same feeds give the same bytes, so that exports can be compared and kept under version control."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from services.core.text import plain_text
from services.ingest.opml.model import HINTS, MAX_FOLDERS, MAX_TEXT, ListedFeed

_MOST_PASSES = 8


def write_opml(feeds: Iterable[ListedFeed], *, title: str) -> bytes:
    """A feed list in OPML 2.0, UTF-8, that `read_opml` reads to the same feeds, and that carries no date.

    Feeds stand in the order given; those of one folder together, where the first of them stands.
    """
    root: dict[str, Any] = {}
    for feed in feeds:
        place = root
        for folder in _folders(feed):
            place = place.setdefault("folder " + folder, {})
        place.setdefault("feed " + feed.url, feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        f"    <title>{escape(settled(title))}</title>",
        "  </head>",
        "  <body>",
        *_lines(root, "    "),
        "  </body>",
        "</opml>",
        "",
    ]
    return "\n".join(lines).encode()


def settled(text: str) -> str:
    """`text` as reading it will leave it: plain, and plain again for what was escaped several times."""
    for _ in range(_MOST_PASSES):
        plainer = plain_text(text, limit=MAX_TEXT)
        if plainer == text:
            break
        text = plainer
    return text


def _folders(feed: ListedFeed) -> list[str]:
    """Names of folders as they are read again: without empty ones, and no deeper than reading goes."""
    return [name for folder in feed.folders if (name := settled(folder))][: MAX_FOLDERS - 1]


def _lines(place: Mapping[str, Any], indent: str) -> Iterable[str]:
    for key, inner in place.items():
        if isinstance(inner, ListedFeed):
            yield f"{indent}<outline {_attributes(inner)}/>"
        else:
            yield f"{indent}<outline text={_quoted(key.removeprefix('folder '))}>"
            yield from _lines(inner, indent + "  ")
            yield f"{indent}</outline>"


def _attributes(feed: ListedFeed) -> str:
    named = {
        "text": settled(feed.title) or feed.url,
        "type": "rss",
        "xmlUrl": feed.url,
        "htmlUrl": feed.site_url or None,
    } | {hint: getattr(feed, hint) for hint in HINTS}
    return " ".join(f"{name}={_quoted(value)}" for name, value in named.items() if value is not None)


def _quoted(value: str) -> str:
    return quoteattr(value, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
