"""Atom 1.0 (RFC 4287), paged as RFC 5005 has it."""

from xml.etree.ElementTree import Element

from services.api.formats.view import FeedView, child, document, item_id, stamp
from services.api.shapes import Item

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
SUFFIX = "atom"


def render(view: FeedView) -> bytes:
    """The page as an Atom feed."""
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    child(feed, "id", view.first_url)
    child(feed, "title", view.title)
    child(feed, "subtitle", view.subtitle)
    child(feed, "updated", stamp(view.updated))
    child(child(feed, "author"), "name", "Dateline")
    child(feed, "generator", "Dateline")
    child(feed, "link", rel="self", type="application/atom+xml", href=view.self_url)
    child(feed, "link", rel="alternate", type="text/html", href=view.page_url)
    child(feed, "link", rel="first", href=view.first_url)
    if view.next_url:
        child(feed, "link", rel="next", href=view.next_url)
    for item in view.items:
        _entry(feed, view, item)
    return document(feed)


def _entry(feed: Element, view: FeedView, item: Item) -> None:
    entry = child(feed, "entry", xml_lang=item.language)
    child(entry, "id", item_id(item))
    child(entry, "title", item.title)
    child(entry, "link", rel="alternate", type="text/html", href=item.url)
    child(entry, "link", rel="related", type="text/html", href=view.article_url(item), title="Why it is here")
    for other in item.also_at:
        child(entry, "link", rel="related", href=other.url, title=f"Also at {other.source.name}")
    child(entry, "published", stamp(item.sort_at))
    child(entry, "updated", stamp(max(item.updated_at, item.sort_at)))
    for name in item.authors or [item.source.name]:
        child(child(entry, "author"), "name", name)
    for label, name in view.labels(item):
        scheme, _, slug = label.partition("/")
        child(entry, "category", term=slug, scheme=f"tag:dateline.example,2026:{scheme}", label=name)
    child(entry, "summary", item.teaser)
    origin = child(entry, "source")
    child(origin, "id", item.source.url or f"https://{item.source.id}/")
    child(origin, "title", item.source.name)
    child(origin, "updated", stamp(item.sort_at))
