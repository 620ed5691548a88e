"""Writes a feed in its outlet's format: bytes and content type from the lines of the feed, nothing else."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from newswire.model import Format, Listing, Outlet

_OFFSETS = {
    "KZ": 5,
    "UZ": 5,
    "TJ": 5,
    "TM": 5,
    "KG": 6,
    "TR": 3,
    "RU": 3,
    "JP": 9,
    "CN": 8,
    "AR": -3,
    "IN": 5.5,
}
_CONTENT_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.RDF: "application/rdf+xml",
    Format.ATOM: "application/atom+xml",
    Format.JSON: "application/feed+json",
}


class _Place(NamedTuple):
    """Where a feed lies, the site that it names, and its hub if it has one."""

    base: str
    home: str
    hub: str | None = None

    def link(self, prefix: str = "") -> str:
        """The hub as a link of Atom, which RSS borrows under a prefix."""
        return f'<{prefix}link rel="hub" href={quoteattr(self.hub)}/>' if self.hub else ""


def content_type(outlet: Outlet) -> str:
    """The content type of an outlet's feed, with its charset."""
    return f"{_CONTENT_TYPES[outlet.format]}; charset={outlet.charset}"


def feed_bytes(
    outlet: Outlet,
    lines: Sequence[Listing],
    *,
    base: str,
    updated: datetime,
    home: str | None = None,
    hub: str | None = None,
) -> bytes:
    """The feed as an outlet serves it; `base` is the outlet's own address, `home` its publisher's where that is another,
    `hub` the hub that pushes it.
    """
    text = _WRITERS[outlet.format](outlet, lines, _Place(base, home or base, hub), updated)
    return text.encode(outlet.charset, "xmlcharrefreplace")


def full_text(line: Listing) -> str:
    """The whole article as simple HTML, with its dateline."""
    story = line.article.story
    opening = f"{story.dateline.upper()} — {story.lead}" if story.dateline else story.lead
    return "".join(f"<p>{escape(text)}</p>" for text in (opening, *line.article.paragraphs))


def _rss(outlet: Outlet, lines: Sequence[Listing], place: _Place, updated: datetime) -> str:
    items = "".join(_rss_item(outlet, line, place.base) for line in lines)
    return (
        f'<?xml version="1.0" encoding="{outlet.charset.upper()}"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">\n'
        f"<channel><title>{escape(outlet.name)}</title><link>{place.home}/</link>"
        f'<atom:link href="{place.base}/feed.xml" rel="self" type="application/rss+xml"/>'
        f"{place.link('atom:')}"
        f"<description>{escape(outlet.tagline)}</description><language>{outlet.language}</language>"
        f"<lastBuildDate>{_rfc822(updated, outlet)}</lastBuildDate>\n{items}</channel></rss>\n"
    )


def _rss_item(outlet: Outlet, line: Listing, base: str) -> str:
    article, story = line.article, line.article.story
    parts = [
        f"<title>{escape(article.title + line.title_suffix)}</title>",
        f"<link>{escape(line.link)}</link>",
        f"<description>{escape(_teaser(outlet, line))}</description>",
        *(f"<category>{escape(topic)}</category>" for topic in story.topics[:1]),
    ]
    if outlet.guids != "none":
        permalink = "true" if outlet.guids == "url" else "false"
        parts.append(f'<guid isPermaLink="{permalink}">{escape(_guid(outlet, line))}</guid>')
    if outlet.dated:
        parts.append(f"<pubDate>{_rfc822(article.published, outlet)}</pubDate>")
    if story.author:
        parts.append(f"<dc:creator>{escape(story.author)}</dc:creator>")
    if outlet.full_text:
        parts.append(f"<content:encoded><![CDATA[{full_text(line)}]]></content:encoded>")
    parts.append(
        f'<media:content url="{base}/picture/{article.id}.svg" type="image/svg+xml" medium="image"/>'
    )
    return f"<item>{''.join(parts)}</item>\n"


def _rdf(outlet: Outlet, lines: Sequence[Listing], place: _Place, updated: datetime) -> str:
    order = "".join(f"<rdf:li rdf:resource={quoteattr(line.link)}/>" for line in lines)
    items = "".join(
        f"<item rdf:about={quoteattr(line.link)}><title>{escape(line.article.title)}</title>"
        f"<link>{escape(line.link)}</link><description>{escape(_teaser(outlet, line))}</description>"
        f"<dc:date>{_rfc3339(line.article.published, outlet)}</dc:date>"
        f"<dc:creator>{escape(line.article.story.author)}</dc:creator></item>\n"
        for line in lines
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{place.base}/feed.xml"><title>{escape(outlet.name)}</title><link>{place.home}/</link>'
        f"<description>{escape(outlet.tagline)}</description><dc:language>{outlet.language}</dc:language>"
        f"<dc:date>{_rfc3339(updated, outlet)}</dc:date><items><rdf:Seq>{order}</rdf:Seq></items></channel>\n"
        f"{items}</rdf:RDF>\n"
    )


def _atom(outlet: Outlet, lines: Sequence[Listing], place: _Place, updated: datetime) -> str:
    entries = "".join(
        f"<entry><id>{escape(_guid(outlet, line))}</id><title>{escape(line.article.title)}</title>"
        f'<link rel="alternate" type="text/html" href={quoteattr(line.link)}/>'
        f"<published>{_rfc3339(line.article.published, outlet)}</published>"
        f"<updated>{_rfc3339(line.article.updated, outlet)}</updated>"
        f"<author><name>{escape(line.article.story.author or outlet.name)}</name></author>"
        f"<summary>{escape(_teaser(outlet, line))}</summary></entry>\n"
        for line in lines
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">'
        f"<id>{place.base}/</id><title>{escape(outlet.name)}</title><subtitle>{escape(outlet.tagline)}</subtitle>"
        f'<link rel="alternate" type="text/html" href="{place.home}/"/><link rel="self" href="{place.base}/feed.xml"/>{place.link()}'
        f"<updated>{_rfc3339(updated, outlet)}</updated>\n{entries}</feed>\n"
    )


def _json(outlet: Outlet, lines: Sequence[Listing], place: _Place, _updated: datetime) -> str:
    items = [
        {
            "id": _guid(outlet, line),
            "url": line.link,
            "title": line.article.title,
            "summary": _teaser(outlet, line),
            "content_html": full_text(line),
            "image": f"{place.base}/picture/{line.article.id}.svg",
            "date_published": _rfc3339(line.article.published, outlet),
            "date_modified": _rfc3339(line.article.updated, outlet),
            "authors": [{"name": line.article.story.author}] if line.article.story.author else [],
        }
        for line in lines
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{place.home}/",
        "feed_url": f"{place.base}/feed.json",
        "description": outlet.tagline,
        "language": outlet.language,
        **({"hubs": [{"type": "WebSub", "url": place.hub}]} if place.hub else {}),
    }
    return json.dumps({**head, "items": items}, ensure_ascii=False)


_WRITERS: dict[Format, Callable[[Outlet, Sequence[Listing], _Place, datetime], str]] = {
    Format.RSS: _rss,
    Format.RDF: _rdf,
    Format.ATOM: _atom,
    Format.JSON: _json,
}


def _guid(outlet: Outlet, line: Listing) -> str:
    return f"urn:{outlet.slug}:{line.article.id}" if outlet.guids == "urn" else line.article.url


def _teaser(outlet: Outlet, line: Listing) -> str:
    story = line.article.story
    if outlet.takes or not story.dateline:
        return story.lead
    return f"{story.dateline.upper()} — {story.lead}" if outlet.full_text else story.lead


def _local(moment: datetime, outlet: Outlet) -> datetime:
    return moment.astimezone(timezone(timedelta(hours=_OFFSETS.get(outlet.country, 0))))


def _rfc822(moment: datetime, outlet: Outlet) -> str:
    return format_datetime(_local(moment, outlet))


def _rfc3339(moment: datetime, outlet: Outlet) -> str:
    return _local(moment, outlet).isoformat(timespec="seconds")
