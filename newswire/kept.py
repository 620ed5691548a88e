"""What a press shows, as plain data, and a newsroom that goes on from it: a paper that opens again still has yesterday's columns."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from newswire.model import Article, Listing, Story
from newswire.newsroom import Newsroom

Kept = Mapping[str, Any]
_TUPLES = ("paragraphs", "regions", "topics", "countries")
_SECOND = timedelta(seconds=1)


def kept(newsroom: Newsroom) -> dict[str, Any]:
    """The columns of every outlet with the articles in them. What no feed shows any more is forgotten."""
    desks = newsroom.desks.values()
    shown = {line.article.id for desk in desks for line in desk.lines}
    return {
        "articles": [_plain(asdict(article)) for name, article in newsroom.articles.items() if name in shown],
        "desks": {
            slug: {
                "base": newsroom.base_of(desk.outlet),
                "version": desk.version,
                "changed": desk.changed.isoformat(),
                "lines": [[line.article.id, line.link, line.title_suffix] for line in desk.lines],
            }
            for slug, desk in newsroom.desks.items()
        },
    }


def go_on(newsroom: Newsroom, before: Kept, *, now: datetime) -> bool:
    """Let an empty newsroom show what was kept, and what everybody has written since; False, and nothing is done, where that was another press:
    other outlets, or the same at other addresses.
    """
    bases = {slug: newsroom.base_of(desk.outlet) for slug, desk in newsroom.desks.items()}
    try:
        if bases != {slug: desk["base"] for slug, desk in before["desks"].items()}:
            return False
        articles = {row["id"]: _article(row) for row in before["articles"]}
        lines = {
            slug: [_line(line, articles) for line in desk["lines"]] for slug, desk in before["desks"].items()
        }
        marks = {
            slug: (int(desk["version"]), datetime.fromisoformat(desk["changed"]))
            for slug, desk in before["desks"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    for article in articles.values():
        newsroom.take(article)
    for slug, desk in newsroom.desks.items():
        desk.lines.extend(lines[slug])
        version, changed = marks[slug]
        desk.version, desk.changed = version + 1, changed + _SECOND
    newsroom.catch_up(now=now)
    return True


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: row[name].isoformat() for name in ("published", "updated")}


def _article(row: Mapping[str, Any]) -> Article:
    story: dict[str, Any] = {
        name: tuple(value) if name in _TUPLES else value for name, value in row["story"].items()
    }
    moments = {name: datetime.fromisoformat(row[name]) for name in ("published", "updated")}
    return Article(**{**row, **moments, "story": Story(**story), "paragraphs": tuple(row["paragraphs"])})


def _line(line: list[str], articles: Mapping[str, Article]) -> Listing:
    name, link, suffix = line
    return Listing(article=articles[name], link=link, title_suffix=suffix)
