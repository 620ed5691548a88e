"""OPML 2.0: the list of every stream that can be read as a feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from services.api.formats.view import child, document

MEDIA_TYPE = "text/x-opml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Outline:
    """One stream: its name, its page and its feed."""

    title: str
    page_url: str
    feed_url: str


def render(title: str, groups: Sequence[tuple[str, Sequence[Outline]]]) -> bytes:
    """The list, in named groups."""
    root = Element("opml", {"version": "2.0"})
    child(child(root, "head"), "title", title)
    body = child(root, "body")
    for name, outlines in groups:
        group = child(body, "outline", text=name, title=name)
        for outline in outlines:
            child(
                group,
                "outline",
                type="rss",
                text=outline.title,
                title=outline.title,
                xmlUrl=outline.feed_url,
                htmlUrl=outline.page_url,
            )
    return document(root)
