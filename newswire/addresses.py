"""The addresses of articles: how each outlet builds them, and what aggregators do to them."""

import random
import re
from datetime import datetime
from urllib.parse import quote

from newswire.model import Outlet, Story

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_WORD = re.compile(r"[^\w]+")


def article_path(outlet: Outlet, story: Story, *, number: int, now: datetime) -> str:
    """The path (and query) of an article in the outlet's manner; different for each `number`."""
    words = _NOT_SLUG.sub("-", story.title.lower()).strip("-") if story.language == "en" else story.scene
    if outlet.links == "query":
        return f"/article?id={number}"
    if outlet.links == "dated":
        return f"/{now:%Y/%m/%d}/{words[:70].strip('-')}-{number}"
    if outlet.links == "native":
        return "/" + quote(f"{_NOT_WORD.sub('-', story.title.lower()).strip('-')}-{number}")
    return f"/news/{words[:70].strip('-')}-{number}"


def relayed_link(url: str, *, source: str, rng: random.Random) -> str:
    """The link an aggregator gives to an article: the same page under an address that looks different."""
    joint = "&" if "?" in url else "?"
    dressed = [
        f"{url}{joint}utm_source={source}&utm_medium=rss&utm_campaign=feed",
        f"{url}{joint}fbclid=IwAR{rng.getrandbits(64):016x}",
        f"{url}{joint}ref=rss",
        f"{url}{joint}utm_source={source}&gclid={rng.getrandbits(48):012x}#comments",
        url,
    ]
    if joint == "?":
        dressed.append(f"{url}/?utm_source={source}")
    return rng.choice(dressed)
