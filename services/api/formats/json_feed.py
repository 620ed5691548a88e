"""JSON Feed 1.1."""

from dataclasses import asdict
from typing import Any

import orjson

from services.api.formats.view import FeedView, item_id, stamp
from services.api.shapes import Item

MEDIA_TYPE = "application/feed+json"
SUFFIX = "json"


def render(view: FeedView) -> bytes:
    """The page as a JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": view.title,
        "description": view.subtitle,
        "home_page_url": view.page_url,
        "feed_url": view.self_url,
        "next_url": view.next_url,
        "items": [_item(view, item) for item in view.items],
    }
    return orjson.dumps(_present(feed))


def _item(view: FeedView, item: Item) -> dict[str, Any]:
    return _present(
        {
            "id": item_id(item),
            "url": item.url,
            "title": item.title,
            "content_text": item.teaser,
            "image": item.image,
            "date_published": stamp(item.sort_at),
            "date_modified": stamp(max(item.updated_at, item.sort_at)),
            "authors": [{"name": name} for name in item.authors or [item.source.name]],
            "tags": [name for _, name in view.labels(item)],
            "language": item.language,
            "_dateline": {
                "article": view.article_url(item),
                "source": item.source.id,
                "region": item.region,
                "regions": list(item.regions),
                "topics": list(item.topics),
                "story": None if item.story is None else asdict(item.story),
            },
        }
    )


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
