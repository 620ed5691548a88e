"""/editor/sign-in: a token for a cookie that scripts cannot read and other sites cannot send."""

from datetime import UTC
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.api import auth
from services.api.auth import COOKIE, COOKIE_PATH, COOKIE_S
from services.api.routes.editor.common import SIGN_IN, form_of, go, shown

router = APIRouter()
FRONT = "/editor"


@router.get(SIGN_IN, response_class=Response)
async def door(
    request: Request,
    next: Annotated[str, Query(max_length=2000, description="Where to go then, below /editor.")] = FRONT,  # noqa: A002 - the name of the parameter
) -> Response:
    """Where editors sign in with their token."""
    if await auth.signed_in(request):
        return go(_below(next))
    ended = await _ended(auth.cookie_of(request))
    return await shown(
        None, "editor_door.html", title="Sign in", here="", next=_below(next), wrong="", ended=ended
    )


@router.post(SIGN_IN, include_in_schema=False)
async def sign_in(request: Request) -> Response:
    """Leave the cookie when the token is an editor's."""
    form = await form_of(request)
    secret, target = form.one("token").strip(), _below(form.one("next", FRONT))
    found = await auth.bearer_of(secret)
    if found is None or "editor" not in found.scopes:
        wrong = await _ended(secret) or "This token is nobody's: look whether all of it was copied."
        if found is not None:
            wrong = f"The token of {found.name} has not the scope editor."
        return await shown(
            None, "editor_door.html", title="Sign in", here="", next=target, wrong=wrong, ended="", status=403
        )
    answer = go(target)
    answer.set_cookie(
        COOKIE,
        quote(secret, safe=""),
        max_age=COOKIE_S,
        path=COOKIE_PATH,
        secure=auth.is_secure(request),
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/editor/sign-out", include_in_schema=False)
async def sign_out(request: Request) -> Response:
    """Take the cookie away."""
    await form_of(request)
    answer = go(SIGN_IN)
    answer.delete_cookie(
        COOKIE, path=COOKIE_PATH, secure=auth.is_secure(request), httponly=True, samesite="strict"
    )
    return answer


async def _ended(secret: str) -> str:
    """That a token was revoked, and what to do; empty for every other."""
    found = await auth.revoked(secret)
    if found is None:
        return ""
    when = f"{found.at.astimezone(UTC):%Y-%m-%d, %H:%M} UTC"
    return f"The token of {found.name} was revoked ({when}); ask whoever runs this for another."


def _below(path: str) -> str:
    """A page of the workbench, whatever was asked for: nobody is sent elsewhere from here."""
    fine = path == FRONT or path.startswith((f"{FRONT}/", f"{FRONT}?"))
    return path if fine and "\\" not in path and path.isprintable() else FRONT
