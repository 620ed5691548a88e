"""OPML 2.0: the list of every stream that can be read as a feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from services.api.formats.view import child, document, on_one_line

MEDIA_TYPE = "text/x-opml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Outline:
    """One stream: its name, its page and its feed."""

    title: str
    page_url: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Streams under one name."""

    name: str
    outlines: Sequence[Outline]


def render(title: str, folders: Sequence[Folder]) -> bytes:
    """The list, folder by folder."""
    root = Element("opml", {"version": "2.0"})
    child(child(root, "head"), "title", title)
    body = child(root, "body")
    for folder in folders:
        name = on_one_line(folder.name)
        group = child(body, "outline", text=name, title=name)
        for outline in folder.outlines:
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
