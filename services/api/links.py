"""Absolute addresses in answers: under the name by which the world knows this site, each page with what it was asked for."""

from urllib.parse import quote, urlencode

from fastapi import Request

from services.core.settings import settings
from services.core.urls import is_decoration


def base_url(request: Request) -> str:
    """Where the world reaches us, without a slash at its end: DATELINE_PUBLIC_URL, else the host that was asked.

    A Host that is no host is not repeated; then it is the address at which we listen.
    """
    return (settings().public_url or str(request.base_url)).rstrip("/")


def with_query(request: Request, path: str) -> str:
    """A path of this site, asked for what this request asks for."""
    return f"{quote(path)}?{request.url.query}" if request.url.query else quote(path)


def page_address(request: Request, **changed: str | None) -> str:
    """The address of this page with other parameters: those that are None go, the rest stay as they were asked."""
    pairs = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in changed and not is_decoration(name)
    ]
    pairs += [(name, value) for name, value in changed.items() if value is not None]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return f"{base_url(request)}{request.url.path}{query}"
