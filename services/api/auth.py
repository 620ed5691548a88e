"""Who asks: the bearer of a token, by header or, on the pages of editors, by the cookie that signing in left.

Addresses for programs take the header alone, so no other site can make a browser ask them in an editor's name.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import text

from services.api.errors import Problem
from services.core import tokens
from services.core.db import async_engine
from services.core.settings import settings
from services.core.tokens import ADMIN, Bearer

COOKIE = "dateline_editor"
"""Holds the token itself: what ends the token ends every window that was signed in with it."""
COOKIE_PATH = "/editor"
COOKIE_S = 30 * 86_400
_REVOKED = text("SELECT name, revoked_at FROM tokens WHERE hash = :hash AND revoked_at IS NOT NULL")
_CHALLENGE = 'Bearer realm="Dateline"'


async def bearer_of(secret: str) -> Bearer | None:
    """Whose token this is; None when it is nobody's."""
    secret = secret.strip()
    if tokens.is_admin(secret, settings().admin_token):
        return tokens.bearer(ADMIN, tokens.INCLUDED)
    if not secret.startswith(tokens.PREFIX):
        return None
    async with async_engine().begin() as connection:
        return await connection.run_sync(tokens.find, secret)


async def _asking(request: Request, scope: str) -> Bearer:
    """The bearer of the token in the header. Raises Problem (401), which says how to come by one of `scope`, when there is
    none, or it is nobody's.
    """
    how = f"`dateline tokens add NAME --scope {scope}` makes one"
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise _unknown(
            f"This needs a token: send `Authorization: Bearer dl_…` ({how}).", challenge=_CHALLENGE
        )
    if scheme.lower() != "bearer":
        raise _unknown(
            f"Authorization: a Bearer token is expected, not {scheme[:20]!r}.", challenge=_CHALLENGE
        )
    found = await bearer_of(secret)
    if found is None:
        raise _unknown(
            f"This token is nobody's, or was revoked; {how}.",
            challenge=f'{_CHALLENGE}, error="invalid_token"',
        )
    return found


def _unknown(detail: str, *, challenge: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def require(bearer: Bearer, scope: str) -> None:
    """Raises Problem (403), naming the scope that is missing."""
    if scope not in bearer.scopes:
        has = ", ".join(sorted(bearer.scopes))
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        raise Problem(
            403,
            "forbidden",
            f"This needs the scope {scope}; the token of {bearer.name} has {has}.",
            {"scope": scope},
            headers={"WWW-Authenticate": challenge},
        )


_DESCRIBED = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token of `dateline tokens add`."
)


async def _reader(request: Request, _described: Annotated[object, Depends(_DESCRIBED)]) -> Bearer:
    """Somebody with a token; the header is read by ourselves, to say what is wrong with it."""
    return await _holder(request, "read")


async def _editor(request: Request, _described: Annotated[object, Depends(_DESCRIBED)]) -> Bearer:
    return await _holder(request, "editor")


async def _operator(request: Request, _described: Annotated[object, Depends(_DESCRIBED)]) -> Bearer:
    return await _holder(request, "operator")


async def _holder(request: Request, scope: str) -> Bearer:
    found = await _asking(request, scope)
    require(found, scope)
    return found


Reader = Annotated[Bearer, Depends(_reader)]
"""Anybody with a token."""
Editor = Annotated[Bearer, Depends(_editor)]
"""Somebody who may change rules and labels."""
Operator = Annotated[Bearer, Depends(_operator)]
"""Somebody who may decide what goes in and out."""
READS, EDITS, OPERATES = Depends(_reader), Depends(_editor), Depends(_operator)
"""The same, for routes that need not know who it is."""


async def signed_in(request: Request) -> Bearer | None:
    """The editor whose cookie this is; None for everybody else."""
    found = await bearer_of(cookie_of(request))
    return found if found and "editor" in found.scopes else None


@dataclass(frozen=True, slots=True)
class Revoked:
    """A token that opens nothing any more, for whoever still has it."""

    name: str
    at: datetime


async def revoked(secret: str) -> Revoked | None:
    """Whose token this was; None when it is in use or was never anybody's."""
    secret = secret.strip()
    if not secret.startswith(tokens.PREFIX) or len(secret) > tokens.LONGEST_SECRET or "\x00" in secret:
        return None
    digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
    async with async_engine().connect() as connection:
        row = (await connection.execute(_REVOKED, {"hash": digest})).one_or_none()
    return Revoked(row.name, row.revoked_at) if row else None


def cookie_of(request: Request) -> str:
    """The token in the cookie, empty without one."""
    return unquote(request.cookies.get(COOKIE, ""))


def refuse_other_sites(request: Request) -> None:
    """Refuse a form that another site sent in an editor's name. Raises Problem (403).

    Browsers say where a form comes from: in `Sec-Fetch-Site`, and in `Origin` where the address is no secure one.
    The cookie is not sent along from other sites either (SameSite=Strict); this also holds for sign-in, which has none.
    """
    told = request.headers.get("sec-fetch-site")
    if told is not None and told in {"same-origin", "none"}:
        return
    origin = request.headers.get("origin", "")
    if told is None and origin and _host(origin) in own_hosts(request):
        return
    raise Problem(
        403,
        "cross-site",
        "This form was not sent from a page of this site; open the page here and send it again.",
    )


def own_hosts(request: Request) -> set[str]:
    """The hosts, with their ports, under which this site is reached."""
    public = settings().public_url
    return {request.headers.get("host", ""), *([_host(public)] if public else [])}


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def is_secure(request: Request) -> bool:
    """Whether the browser speaks to us, or to the proxy before us, over TLS."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
