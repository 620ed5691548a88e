"""What the pages of the workbench have in common: who is signed in, what a form says, waiting for workers, the frame."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.asked import desk
from services.api.asked.bodies import read
from services.api.auth import refuse_other_sites, signed_in
from services.api.errors import Problem, problem_of
from services.api.pages import render
from services.api.reading.labels import label_tree
from services.api.respond import NO_STORE
from services.core.clock import utc_now
from services.core.db import snapshot
from services.core.desk import Asked
from services.core.tokens import Bearer

LARGEST_FORM = 16_000_000
"""Bytes of a form: a letter that is not Latin takes six of them."""
PAGE_WAIT_S = 8
"""Seconds that a page waits for a worker before it shows itself and looks again."""
LONGEST_MESSAGE = 1000
SIGN_IN = "/editor/sign-in"

Number = Annotated[int | None, Query(ge=1, lt=2**63, description="Number of a request at the desk.")]


async def _signed(request: Request) -> Bearer:
    """The editor who is signed in; others are sent to the door."""
    found = await signed_in(request)
    if found is not None:
        return found
    if request.method == "GET":
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {"Location": f"{SIGN_IN}?next={quote(there)}"}
        raise Problem(303, "unauthorized", "Sign in first.", headers=headers)
    raise Problem(
        401,
        "unauthorized",
        "You are not signed in any more. Sign in in another window, then come back to this one and send the form again.",
        headers={"WWW-Authenticate": 'Bearer realm="Dateline"'},
    )


Signed = Annotated[Bearer, Depends(_signed)]


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says. A field that was left empty is the empty text."""

    fields: tuple[tuple[str, str], ...]

    def one(self, name: str, default: str = "") -> str:
        """The value of a field, without the carriage returns that browsers send."""
        found = next((value for key, value in self.fields if key == name), default)
        return found.replace("\r\n", "\n").replace("\r", "\n")

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self.fields if key == name]

    def number(self, name: str) -> int:
        """A whole number. Raises Problem (400)."""
        text = self.one(name, "0")
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Problem(400, "invalid-body", f"{name}: a whole number is expected.", {"member": name})
        return int(text)


@dataclass(frozen=True, slots=True)
class Slip:
    """A form that could not be used: what is wrong, and the form, which is shown again as it was filled in.

    `at`: which form of the page it is.
    """

    sentence: str = ""
    status: int = 200
    form: Form = Form(())
    at: str = ""


def slip_of(error: Exception, form: Form, at: str = "") -> Slip:
    """A mistake in a form, to be told beside it. Raises the error itself where it is no such mistake."""
    problem = problem_of(error)
    if problem.status not in {400, 413, 422}:
        raise error
    return Slip(problem.for_people, problem.status, form, at)


def message_of(form: Form, asked: str) -> str:
    """Why something is put in force. Raises Problem (400) that says `asked` when it is empty."""
    message = form.one("message").strip()
    if not message:
        raise Problem(400, "invalid-body", f"{asked}; the history shows it.", {"member": "message"})
    if len(message) > LONGEST_MESSAGE:
        told = f"This is too long: at most {LONGEST_MESSAGE:,} characters, and it has {len(message):,}."
        raise Problem(400, "invalid-body", told, {"member": "message"})
    return message


async def _sent(request: Request, _editor: Signed) -> Form:
    """The form that was sent from a page of ours. Raises Problem."""
    return await form_of(request)


async def form_of(request: Request) -> Form:
    """The form that was sent. Raises Problem: 403 from another site, 413 too large, 400 unreadable."""
    refuse_other_sites(request)
    raw = await read(request, at_most=LARGEST_FORM)
    try:
        fields = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=2000, errors="strict")
    except ValueError:
        raise Problem(400, "invalid-body", "The form cannot be read.") from None
    if any("\x00" in value for _, value in fields):
        raise Problem(400, "invalid-body", "The form holds a NUL character.")
    return Form(tuple(fields))


Sent = Annotated[Form, Depends(_sent)]


def go(path: str, *, anchor: str | None = None, **query: Any) -> Response:
    """Send the browser on after a form, so that going back or reloading does nothing twice."""
    given = {name: value for name, value in query.items() if value not in {None, ""}}
    target = f"{path}?{urlencode(given)}" if given else path
    return RedirectResponse(target + (f"#{anchor}" if anchor else ""), 303, {"Cache-Control": NO_STORE})


async def shown(
    editor: Bearer | None,
    template: str,
    *,
    title: str,
    here: str,
    status: int = 200,
    slip: Slip | None = None,
    **values: Any,
) -> Response:
    """A page of the workbench; kept by nobody. `slip`: what is wrong with the form that was sent from it."""
    slip = slip or Slip()
    async with snapshot() as connection:
        tree = await label_tree(connection)
    values |= {"slip": slip, "title": title, "here": here, "editor": editor, "tree": tree, "now": utc_now()}
    body = render.page(template, **values)
    headers = {"Cache-Control": NO_STORE, "Content-Type": render.MEDIA_TYPE}
    return Response(body, status_code=slip.status if slip.sentence else status, headers=headers)


async def awaited(request: Request, editor: Bearer, **numbers: int | None) -> dict[str, Asked | None]:
    """What became of requests of this editor, each waited for a little."""

    async def stop() -> bool:
        return bool(request.app.state.bell.stopping) or await request.is_disconnected()

    asked = {name: number for name, number in numbers.items() if number is not None}
    waits = (desk.wait(number, editor, PAGE_WAIT_S, stop=stop) for number in asked.values())
    found = dict(zip(asked, await asyncio.gather(*waits), strict=True))
    return {name: found.get(name) for name in numbers}


async def still_waiting(editor: Bearer, title: str, here: str, *found: Asked | None) -> Response | None:
    """A page that says so and looks again by itself, where something is not answered yet."""
    waiting = [asked for asked in found if asked is not None and asked.state == "waiting"]
    if not waiting:
        return None
    workers = await desk.workers()
    return await shown(
        editor, "editor_waiting.html", title=title, here=here, workers=workers, progress=waiting[0].progress
    )
