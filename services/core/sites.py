"""Whose an address is: the server that answers it, and the publisher's site it belongs to (pure)."""

from urllib.parse import urlsplit

from services.core.urls import host_of


def authority_of(url: str) -> str:
    """Host of a URL, with the port where it is not the scheme's own: one server, as politeness counts them.

    >>> authority_of("https://News.example:443/a"), authority_of("http://127.0.0.1:8001/feed")
    ('news.example', '127.0.0.1:8001')
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return host_of(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host_of(url) if port in {None, usual} else f"{host_of(url)}:{port}"


def same_site(url: str, authority: str) -> bool:
    """Whether an address belongs to the site at `authority`: the same host, `www.` aside, or one below it.

    >>> same_site("https://news.example/1", "www.news.example"), same_site("https://other.example/1", "news.example")
    (True, False)
    """
    host, site = (name.removeprefix("www.") for name in (authority_of(url), authority))
    return bool(site) and (host == site or host.endswith("." + site))
