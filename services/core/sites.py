"""Whose an address is: the server that answers it, and the publisher's site it belongs to (pure)."""

import re
from urllib.parse import urlsplit

from services.core.urls import host_of

_USUAL = {"http": 80, "https": 443}
_SIMPLE = re.compile(r"(https?)://([a-z0-9_.-]+)(?::([0-9]{1,4}|[1-5][0-9]{4}))?(?:[/?#]|\Z)")
"""An address of which the standard library would say no more than this pattern."""


def authority_of(url: str) -> str:
    """Host of a URL, with the port where it is not the scheme's own: one server, as politeness counts them.

    >>> authority_of("https://News.example:443/a"), authority_of("http://127.0.0.1:8001/feed")
    ('news.example', '127.0.0.1:8001')
    """
    if simple := _SIMPLE.match(url.strip()):
        scheme, host, digits = simple.groups()
        return _authority(host.rstrip("."), scheme, int(digits) if digits else None)
    return _any_authority(url)


def _any_authority(url: str) -> str:
    """`authority_of` for every text there is."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return host_of(url)
    return _authority(host_of(url), parts.scheme, port)


def _authority(host: str, scheme: str, port: int | None) -> str:
    return host if port in {None, _USUAL.get(scheme)} else f"{host}:{port}"


def same_site(url: str, authority: str) -> bool:
    """Whether an address belongs to the site at `authority`: the same host, `www.` aside, or one below it.

    >>> same_site("https://news.example/1", "www.news.example"), same_site("https://other.example/1", "news.example")
    (True, False)
    """
    host, site = (name.removeprefix("www.") for name in (authority_of(url), authority))
    return bool(site) and (host == site or host.endswith("." + site))
