"""What a web page says of feeds: links that announce one, and addresses that look like one.

The page is hostile until proven otherwise: it is gone through once, by hand, in time linear in its length, whatever it
is made of. Tags inside comments and scripts are none.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urljoin, urlsplit

from services.core.text import plain_text
from services.ingest.discover.addresses import checked, spellings

Origin = Literal["address", "link", "anchor", "guess"]

MAX_PAGE = 2 * 1024 * 1024
"""Characters of a page that are looked at."""

MAX_CANDIDATES = 200
_MAX_TITLE = 200

_TAG = re.compile(
    r"<(?:(?P<comment>!--)|(?P<hidden>script|style|template|textarea)\b|(?P<name>link|a|base)(?=[\s/]))",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""[\s/]*+ (?P<name>[^\s=<>"'/]{1,64}+) (?:\s{0,20}+ = \s{0,20}+
        (?:"(?P<double>[^"<]{0,4096}+)" | '(?P<single>[^'<]{0,4096}+)' | (?P<bare>[^\s"'<>]{1,4096}+)))?""",
    re.VERBOSE,
)
_MAX_ATTRIBUTES = 40
_FEED_TYPES = re.compile(
    r"(?:application|text)/(?:x[.-])?(?:rss|atom|rdf|feed)\+(?:xml|json)|text/rss|application/rss",
    re.IGNORECASE,
)
_VAGUE_TYPES = {"", "application/xml", "text/xml", "application/json", "application/rdf"}

_FEED_PATH = re.compile(
    r"/(?:feeds?|rss\d?|atom\d?|rdf|syndication)(?:[/.]|$)|[-_/](?:feed|rss|atom)\.(?:php|aspx?|jsp|cfm|html?)$"
    r"|\.(?:rss|atom|rdf|xml|feed)$|/rss[-_]?feeds?(?:[/.]|$)|/feeds?\.json$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:(?:feed|f|format|type|output|outputtype|view|alt|service)=(?:(?:comments-)?(?:rss\d?|atom\d?)|rdf|feed|xml)"
    r"|rss=1)(?:&|$)",
    re.IGNORECASE,
)
_FEED_HOST = re.compile(r"(?:feeds?|rss)\d?\.")
_NO_FEED = re.compile(
    r"sitemap|opensearch|/osd|wlwmanifest|xmlrpc|browserconfig|manifest\.|oembed|/wp-json|podcast-?player|crossdomain"
    r"|\.(?:png|jpe?g|gif|svg|ico|css|js|pdf|zip|mp3|mp4|apk)$",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|newsblur\.com|facebook\.com|twitter\.com|x\.com|t\.me|w3\.org)$"
)
"""Services that pages link to beside their feeds. What carries another address inside is one, whatever its name."""

# The plural, in English: "Comment" and "Kommentare" are what papers call their opinion pages.
_COMMENTS_PATH = re.compile(r"(?<![a-z])comments(?:[-_]?(?:feed|rss))?(?![a-z])", re.IGNORECASE)
_COMMENTS_TITLE = re.compile(
    r"(?<![a-z])comments(?![a-z])|kommentar-feed|des commentaires|los comentarios|de coment[aá]rios|dei commenti"
    r"|комментари(?:ев|и к)|коментар(?:ів|ите)|пікірлер|izohlar|yorumlar|reacties|评论|評論|コメント|댓글|تعليقات",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed, where it was found, and whether it looks like one of readers' comments."""

    url: str
    origin: Origin
    title: str = ""
    comments: bool = False


def candidates(text: str, *, url: str) -> tuple[Candidate, ...]:
    """The feeds that a page offers, in the page's order: announced ones, then links that look like one; comments last.

    `url` is the page's own address, which is never among them. The same feed spelt twice stands once.
    """
    found: list[Candidate] = []
    seen = set(spellings(url))
    base = url
    for name, attributes in _tags(text[:MAX_PAGE]):
        if name == "base":
            base = _absolute(url, attributes) or base if base == url else base
        elif (candidate := _candidate(name, attributes, base)) and candidate.url not in seen:
            seen.update(spellings(candidate.url))
            found.append(candidate)
        if len(found) >= MAX_CANDIDATES:
            break
    return tuple(sorted(found, key=lambda c: (c.comments, c.origin != "link")))


def is_like_a_feed(url: str) -> bool:
    """Whether an address by itself looks like that of a feed."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path)
    if _NO_FEED.search(path) or _ELSEWHERE.search(host) or "://" in path + unquote(parts.query):
        return False
    return bool(_FEED_PATH.search(path) or _FEED_QUERY.search(parts.query) or _FEED_HOST.match(host))


def is_of_comments(url: str, title: str = "") -> bool:
    """Whether a feed is one of readers' comments, by its address or title."""
    parts = urlsplit(url)
    return any(
        pattern.search(text)
        for pattern, text in (
            (_COMMENTS_PATH, unquote(parts.path)),
            (_COMMENTS_PATH, parts.query),
            (_COMMENTS_TITLE, title),
        )
    )


def _candidate(name: str, attributes: dict[str, str], base: str) -> Candidate | None:
    address = attributes.get("href", "").strip()
    url = _absolute(base, attributes)
    if url is None:
        return None
    title = plain_text(attributes.get("title", ""), limit=_MAX_TITLE)
    if name == "link":
        return (
            Candidate(url, "link", title, is_of_comments(url, title)) if _announces(attributes, url) else None
        )
    asked = address[:5].lower() == "feed:" or is_like_a_feed(url)
    return Candidate(url, "anchor", title, is_of_comments(url, title)) if asked else None


def _absolute(base: str, attributes: dict[str, str]) -> str | None:
    """Where a tag leads, without a fragment; None where that is no http address. Lenient as browsers are."""
    address = re.sub(r"[\t\r\n]+", "", attributes.get("href", "").strip()).replace(" ", "%20")
    try:
        url = checked(urljoin(base, address)) if address else None
    except ValueError:
        return None
    return url.partition("#")[0] if url else None


def _announces(attributes: dict[str, str], url: str) -> bool:
    """Whether a link tag names a feed: https://html.spec.whatwg.org/#rel-alternate, and rel=feed, which is older."""
    rel = set(attributes.get("rel", "").lower().split())
    kind = attributes.get("type", "").partition(";")[0].strip()
    if _FEED_TYPES.fullmatch(kind):
        return bool(rel & {"alternate", "feed", "alternative"}) and "stylesheet" not in rel
    if "feed" in rel:
        return True
    return "alternate" in rel and kind != "" and kind.lower() in _VAGUE_TYPES and is_like_a_feed(url)


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every link, a and base tag with its attributes."""
    position = 0
    while found := _TAG.search(text, position):
        position = found.end()
        if found["comment"]:
            position = text.find("-->", position)
        elif hidden := found["hidden"]:
            position = _end_of(hidden, text, position)
        else:
            attributes, position = _attributes(text, position)
            yield found["name"].lower(), attributes
        if position < 0:
            return


def _end_of(hidden: str, text: str, position: int) -> int:
    """Where an element of which nothing shows ends; -1 where it does not."""
    end = re.compile(f"</{hidden}", re.IGNORECASE).search(text, position)
    return end.end() if end else -1


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    for _ in range(_MAX_ATTRIBUTES):
        part = _ATTRIBUTE.match(text, position)
        if part is None:
            break
        position = part.end()
        value = part["double"] or part["single"] or part["bare"] or ""
        found.setdefault(part["name"].lower(), html.unescape(value))
    return found, position
