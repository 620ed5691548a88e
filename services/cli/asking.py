"""Asking the API that stands beside the command line, on `DATELINE_BIND`."""

import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from services.core.errors import InvalidInputError, UnavailableError
from services.core.settings import settings

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy for the outside world has no business between this command and the API it stands beside."""


def _problem(error: HTTPError) -> str:
    try:
        told = json.load(error)
        return str(told.get("detail") or told.get("title") or error)
    except (ValueError, AttributeError):
        return f"{error.url} answers {error.code}, and not as Dateline does; see DATELINE_BIND."


def ask(path: str, query: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """The JSON at a path. Raises InvalidInputError with the reason of a refusal, UnavailableError where no API answers."""
    host, _, port = settings().bind.rpartition(":")
    host = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104 - an address to ask, not to bind
    url = f"http://{host}:{port}{path}?" + urllib.parse.urlencode(query)
    try:
        with _DIRECT.open(url, timeout=70) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except HTTPError as error:
        raise InvalidInputError(_problem(error)) from error
    except ValueError as error:
        raise UnavailableError(
            f"What answers on {host}:{port} is not Dateline; see DATELINE_BIND."
        ) from error
    except (URLError, HTTPException, OSError) as error:
        raise UnavailableError(f"No API answers on {host}:{port}; start it with `dateline up`.") from error
