"""Atom 1.0 (RFC 4287), paged as RFC 5005 has it, with pictures as Media RSS has them."""

from html import escape
from xml.etree.ElementTree import Element

from services.api.formats.view import (
    FeedView,
    address,
    bylines,
    changed_at,
    child,
    document,
    heading,
    item_id,
    language,
    on_one_line,
    picture,
    source_url,
    stamp,
    summary,
)
from services.api.shapes import Item

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
SUFFIX = "atom"
_SPACES = {"xmlns": "http://www.w3.org/2005/Atom", "xmlns:media": "http://search.yahoo.com/mrss/"}


def render(view: FeedView) -> bytes:
    """The page as an Atom feed."""
    feed = Element("feed", _SPACES)
    child(feed, "id", view.id)
    _text(feed, "title", on_one_line(view.title))
    child(feed, "subtitle", view.subtitle, xml_lang="en")
    child(feed, "updated", stamp(view.updated))
    child(child(feed, "author"), "name", "Dateline")
    child(feed, "generator", "Dateline")
    child(feed, "link", rel="self", type="application/atom+xml", href=view.self_url)
    child(feed, "link", rel="alternate", type="text/html", href=view.page_url)
    for relation, page in view.paging():
        child(feed, "link", rel=relation, type="application/atom+xml", href=page)
    for item in view.items:
        _entry(feed, view, item)
    return document(feed)


def _entry(feed: Element, view: FeedView, item: Item) -> None:
    entry = child(feed, "entry", xml_lang=language(item.language))
    child(entry, "id", item_id(view.identity, item))
    _text(entry, "title", heading(item))
    child(entry, "link", rel="alternate", type="text/html", href=address(item.url))
    for url, title in view.related(item):
        child(entry, "link", rel="related", href=address(url), title=on_one_line(title))
    child(entry, "published", stamp(item.sort_at))
    child(entry, "updated", stamp(changed_at(item)))
    for name in bylines(item):
        child(child(entry, "author"), "name", name)
    for label, name in view.labels(item):
        child(entry, "category", term=label.partition("/")[2], scheme=view.scheme(label), label=name)
    _text(entry, "summary", summary(item))
    if image := picture(item):
        child(entry, "media:thumbnail", url=image)
    origin = child(entry, "source")
    child(origin, "id", source_url(item))
    child(origin, "title", on_one_line(item.source.name))
    child(origin, "updated", stamp(item.sort_at))
    child(origin, "link", rel="alternate", href=source_url(item))


def _text(parent: Element, tag: str, text: str) -> None:
    """A text in words. What could be taken for markup says that it is HTML, and is none: nobody needs to guess."""
    if "<" in text or "&" in text:
        child(parent, tag, escape(text, quote=False), type="html")
    else:
        child(parent, tag, text)
