"""JSON Feed 1.1."""

from dataclasses import asdict
from typing import Any

import orjson

from services.api.formats.view import (
    FeedView,
    address,
    bylines,
    changed_at,
    heading,
    item_id,
    language,
    on_one_line,
    picture,
    stamp,
    summary,
)
from services.api.shapes import Item

MEDIA_TYPE = "application/feed+json"
SUFFIX = "json"


def render(view: FeedView) -> bytes:
    """The page as a JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": on_one_line(view.title),
        "description": view.subtitle,
        "language": view.language,
        "home_page_url": view.page_url,
        "feed_url": view.self_url,
        "next_url": view.next_url,
        "authors": [{"name": "Dateline"}],
        "items": [_item(view, item) for item in view.items],
    }
    return orjson.dumps(_present(feed))


def _item(view: FeedView, item: Item) -> dict[str, Any]:
    return _present(
        {
            "id": item_id(view.identity, item),
            "url": address(item.url),
            "title": heading(item),
            "content_text": summary(item),
            "image": picture(item),
            "date_published": stamp(item.sort_at),
            "date_modified": stamp(changed_at(item)),
            "authors": [{"name": name} for name in bylines(item)],
            "tags": list(dict.fromkeys(name for _, name in view.labels(item))),
            "language": language(item.language),
            "_dateline": _ours(view, item),
        }
    )


def _ours(view: FeedView, item: Item) -> dict[str, Any]:
    return {
        "about": f"{view.base_url}/docs",
        "article": view.article_url(item),
        "source": item.source.id,
        "source_name": item.source.name,
        "source_url": item.source.url,
        "region": item.region,
        "regions": list(item.regions),
        "topics": list(item.topics),
        "also_at": [
            {"source": other.source.id, "name": other.source.name, "url": other.url} for other in item.also_at
        ],
        "story": None if item.story is None else asdict(item.story),
        "story_page": view.story_url(item),
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
