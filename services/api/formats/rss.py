"""RSS 2.0, with Atom's links for paging and relations, Dublin Core's creators and languages, Media RSS' pictures."""

import re
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element

from services.api.formats.view import (
    FeedView,
    address,
    bylines,
    child,
    document,
    heading,
    item_id,
    language,
    on_one_line,
    picture,
    source_url,
    summary,
)
from services.api.shapes import Item

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
SUFFIX = "rss"
_TAG = re.compile("<[A-Za-z/!?]")
_SPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def render(view: FeedView) -> bytes:
    """The page as an RSS channel. `&` and `<` are written as the RSS Advisory Board's profile asks: some readers decode names twice."""
    root = Element("rss", {"version": "2.0", **_SPACES})
    channel = child(root, "channel")
    child(channel, "title", _plain(on_one_line(view.title)))
    child(channel, "link", view.page_url)
    child(channel, "description", view.subtitle)
    if view.language:
        child(channel, "language", view.language)
    child(channel, "lastBuildDate", format_datetime(view.updated.replace(microsecond=0), usegmt=True))
    child(channel, "generator", "Dateline")
    child(channel, "docs", "https://www.rssboard.org/rss-specification")
    child(channel, "atom:link", rel="self", type="application/rss+xml", href=view.self_url)
    for relation, page in view.paging():
        child(channel, "atom:link", rel=relation, type="application/rss+xml", href=page)
    for item in view.items:
        _item(channel, view, item)
    return document(root).replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _item(channel: Element, view: FeedView, item: Item) -> None:
    entry = child(channel, "item")
    child(entry, "title", _plain(heading(item)))
    child(entry, "link", address(item.url))
    child(entry, "guid", item_id(view.identity, item), isPermaLink="false")
    child(entry, "pubDate", format_datetime(item.sort_at.replace(microsecond=0), usegmt=True))
    # Readers take it for HTML, whatever it looks like: "a < b & c" would lose its end.
    child(entry, "description", escape(summary(item), quote=False))
    for name in bylines(item):
        child(entry, "dc:creator", name)
    if tag := language(item.language):
        child(entry, "dc:language", tag)
    for label, name in view.labels(item):
        child(entry, "category", name, domain=view.scheme(label))
    for url, title in view.related(item):
        child(entry, "atom:link", rel="related", href=address(url), title=on_one_line(title))
    if image := picture(item):
        child(entry, "media:thumbnail", url=image)
    child(entry, "source", on_one_line(item.source.name), url=source_url(item))


def _plain(title: str) -> str:
    """A headline, which is plain text; only what readers would swallow as a tag is escaped once more."""
    return escape(title, quote=False) if _TAG.search(title) else title
