"""A stream as bytes: `FORMATS` maps the ending of an address to the module that renders it. All pure."""

from types import ModuleType

from services.api.formats import atom, json_feed, rss

FORMATS: dict[str, ModuleType] = {module.SUFFIX: module for module in (atom, rss, json_feed)}
"""Each has MEDIA_TYPE, SUFFIX and `render(view: FeedView) -> bytes`."""
