"""Addresses as people type them, how one feed's address may be spelt, and where a site usually keeps its feed."""

import re
from urllib.parse import urljoin, urlsplit

from services.core.errors import InvalidInputError
from services.core.urls import check_http_url

MOST_GUESSES = 5
_USUAL = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json")
_BARE = re.compile(
    r"(?:[^\s/:?#@]+\.[^\s/:?#@]+|localhost|[^\s/:?#@]+(?=:\d)|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?(?:[/?#]|$)"
)
_FEED_SCHEME = re.compile(r"feed:(?=//|https?:)", re.IGNORECASE)


def addresses(text: str) -> tuple[str, ...]:
    """The addresses that somebody may mean, in the order to try them: with https, then http, where no scheme is given.

    `feed:` is taken off. Raises InvalidInputError where it is no address at all.
    """
    url = _FEED_SCHEME.sub("", text.strip(), count=1)
    if _BARE.match(bare := url.removeprefix("//")):
        return tuple(check_http_url(f"{scheme}://{bare}") for scheme in ("https", "http"))
    return (check_http_url(url),)


def spellings(url: str) -> tuple[str, ...]:
    """Every address that is the same feed as `url`: they differ in scheme, `www.` and a closing slash only.

    >>> spellings("https://a.example/feed")[:3]
    ('https://a.example/feed', 'https://a.example/feed/', 'http://a.example/feed')
    """
    parts = urlsplit(url)
    bare = parts.netloc.removeprefix("www.")
    hosts = sorted({parts.netloc, bare, "www." + bare}, key=lambda host: host != parts.netloc)
    plain = parts.path.rstrip("/")
    paths = [parts.path] if parts.query or not plain else [plain, plain + "/"]
    schemes = sorted(("https", "http"), key=lambda scheme: scheme != parts.scheme)
    found = (
        parts._replace(scheme=scheme, netloc=host, path=path).geturl()
        for host in hosts
        for scheme in schemes
        for path in paths
    )
    return tuple(dict.fromkeys((url, *found)))


def usual_places(page: str) -> tuple[str, ...]:
    """Where the site of a page most likely keeps a feed: beside the page first, then at its root."""
    parts = urlsplit(page)
    root = f"{parts.scheme}://{parts.netloc}"
    folder = parts.path.rpartition("/")[0]
    last = parts.path.rpartition("/")[2]
    if last and "." not in last:
        folder = parts.path
    beside = [root + folder + "/feed"] if folder.strip("/") else []
    return tuple(beside + [root + path for path in _USUAL])


def robots_of(page: str) -> str:
    """Where the robots.txt of a page's site lies."""
    return urljoin(page, "/robots.txt")


def checked(url: str) -> str | None:
    """`url` in its one spelling, `feed:` taken off; None where it is no http address."""
    try:
        found = addresses(url)
    except InvalidInputError:
        return None
    return found[0]
