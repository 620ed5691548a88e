"""Asking the API: the one that stands beside the command line on `DATELINE_BIND`, or any other that is named."""

import functools
import json
import os
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import click

from services.core.errors import InvalidInputError, UnavailableError
from services.core.setting_kinds import web_address
from services.core.settings import bind_beside, dotenv_here, settings

TIMEOUT_S, AT_ONCE_S = 70, 20
"""Longer than the API holds an answer; and than one takes that it does not hold."""


class BusyError(UnavailableError):
    """The API answers, and not with what was asked: `wait_s` says when it may."""

    def __init__(self, sentence: str, wait_s: float) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows what leads to the same host; a token is carried to no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:  # fmt: skip
        """The next request. Raises InvalidInputError where it would go elsewhere."""
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise InvalidInputError(f"{req.full_url} leads to {newurl}; give that address as --url.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)
"""A proxy for the outside world has no business between this command and the API it stands beside."""
_OUTSIDE = urllib.request.build_opener(_StayHere)


@dataclass(frozen=True, slots=True)
class Api:
    """An API to ask. `beside`: whether it is the one of `DATELINE_BIND`."""

    url: str
    token: str | None = None
    beside: bool = False

    @property
    def named(self) -> str:
        """Its address, as sentences have it."""
        return urlsplit(self.url).netloc if self.beside else self.url

    def ask(self, path: str, query: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """The JSON at a path.

        Raises InvalidInputError with the reason of a refusal, UnavailableError where no API answers, BusyError where it says when
        to come again.
        """
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(  # noqa: S310 - http and https alone: `web_address` saw to it
            f"{self.url}{path}?{urllib.parse.urlencode(query)}", headers=headers
        )
        patience = TIMEOUT_S if "wait" in dict(query) else AT_ONCE_S
        try:
            with (_DIRECT if self.beside else _OUTSIDE).open(request, timeout=patience) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except HTTPError as error:
            with error:
                raise self._refused(error) from error
        except ValueError as error:
            raise UnavailableError(f"What answers on {self.named} is not Dateline; {self._where}.") from error
        except (URLError, HTTPException, OSError) as error:
            if TimeoutError in {type(error), type(getattr(error, "reason", None))}:
                how = "`dateline doctor` says why" if self.beside else self._where
                raise UnavailableError(f"No answer from {self.named} within {patience} s; {how}.") from error
            how = "start it with `dateline up`" if self.beside else self._where
            raise UnavailableError(f"No API answers on {self.named}; {how}.") from error

    @property
    def _where(self) -> str:
        return "see DATELINE_BIND" if self.beside else "look at --url, or DATELINE_URL"

    def _refused(self, error: HTTPError) -> InvalidInputError | UnavailableError:
        try:
            told = json.load(error)
            sentence = str(told.get("detail") or told.get("title") or error)
        except (ValueError, AttributeError, HTTPException, OSError):
            sentence = f"{error.url} answers {error.code}, and not as Dateline does; {self._where}."
        if error.code == 401:
            how = "Give one with --token, DATELINE_TOKEN or DATELINE_TOKEN_FILE."
            return InvalidInputError(f"{sentence} {how}" if self.token is None else sentence)
        if error.code in {429, 502, 503, 504}:
            after = error.headers.get("Retry-After", "")
            return BusyError(sentence, float(after) if after.isdecimal() else 1.0)
        return InvalidInputError(sentence)


def _address(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    try:
        return None if given is None else web_address(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def asks_the_api(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options `--url` and `--token`, and the API that they mean as `api`."""

    @click.option(
        "--url",
        callback=_address,
        help="Address of the API to ask (or DATELINE_URL); the one on DATELINE_BIND when left out.",
    )
    @click.option(
        "--token",
        help="Token for reading where that is closed (or DATELINE_TOKEN, DATELINE_TOKEN_FILE, which no list of processes shows).",
    )
    @functools.wraps(command)
    def with_api(url: str | None, token: str | None, **options: Any) -> None:
        command(api=api_at(url, token), **options)

    return with_api


def api_at(url: str | None, token: str | None) -> Api:
    """The API of an address, else that of the settings, else the one that stands beside the command line."""
    chosen = settings()
    address = url or chosen.url
    if address is None:
        host, _, port = bind_beside(os.environ, dotenv_here()).rpartition(":")
        host = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104 - an address to ask, not to bind
        return Api(f"http://{host}:{port}", token or chosen.token, beside=True)
    return Api(address.rstrip("/"), token or chosen.token)


def waits(*, longest: float = 30.0) -> Iterator[float]:
    """Seconds to wait before each further attempt: soon at first, then seldom."""
    seconds = 0.5
    while True:
        yield seconds
        seconds = min(2 * seconds, longest)
