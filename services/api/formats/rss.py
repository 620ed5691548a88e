"""RSS 2.0, with Atom's links for paging and Dublin Core's creators."""

from email.utils import format_datetime
from xml.etree.ElementTree import Element

from services.api.formats.view import FeedView, child, document, item_id
from services.api.shapes import Item

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
SUFFIX = "rss"
_SPACES = {"xmlns:atom": "http://www.w3.org/2005/Atom", "xmlns:dc": "http://purl.org/dc/elements/1.1/"}


def render(view: FeedView) -> bytes:
    """The page as an RSS channel."""
    root = Element("rss", {"version": "2.0", **_SPACES})
    channel = child(root, "channel")
    child(channel, "title", view.title)
    child(channel, "link", view.page_url)
    child(channel, "description", view.subtitle)
    child(channel, "lastBuildDate", format_datetime(view.updated.replace(microsecond=0), usegmt=True))
    child(channel, "generator", "Dateline")
    child(channel, "docs", "https://www.rssboard.org/rss-specification")
    child(channel, "atom:link", rel="self", type="application/rss+xml", href=view.self_url)
    child(channel, "atom:link", rel="first", href=view.first_url)
    if view.next_url:
        child(channel, "atom:link", rel="next", href=view.next_url)
    for item in view.items:
        _item(channel, view, item)
    return document(root)


def _item(channel: Element, view: FeedView, item: Item) -> None:
    entry = child(channel, "item")
    child(entry, "title", item.title)
    child(entry, "link", item.url)
    child(entry, "guid", item_id(item), isPermaLink="false")
    child(entry, "pubDate", format_datetime(item.sort_at.replace(microsecond=0), usegmt=True))
    child(entry, "description", item.teaser)
    for name in item.authors or [item.source.name]:
        child(entry, "dc:creator", name)
    if item.language:
        child(entry, "dc:language", item.language)
    for label, name in view.labels(item):
        child(entry, "category", name, domain=f"tag:dateline.example,2026:{label.partition('/')[0]}")
    child(entry, "source", item.source.name, url=item.source.url or f"https://{item.source.id}/")
