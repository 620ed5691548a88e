"""/v1/rules/draft: your own rulebook in the making. Two windows of one editor cannot overwrite each other unseen."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from services.api.asked.bodies import DraftGiven, body, described
from services.api.asked.rules_given import NO_DRAFT, require_draft
from services.api.auth import Editor
from services.api.deps import known_parameters
from services.api.errors import Problem
from services.api.queries import drafts, rulebooks
from services.api.queries.drafts import Draft
from services.api.respond import NO_STORE, private
from services.api.schemas.answers import problems
from services.api.schemas.desk import DraftBody
from services.core.db import async_engine

router = APIRouter(tags=["rules"], dependencies=[Depends(known_parameters)])
IfMatch = Annotated[str | None, Header(description="The ETag of the draft that you mean.")]


@router.get("/v1/rules/draft", response_model=DraftBody, responses=problems(401, 403, 404, 503))
async def draft(request: Request, editor: Editor) -> Response:
    """Your draft. A draft that was published is none any more."""
    return await _shown(request, await require_draft(editor), status=200)


@router.put(
    "/v1/rules/draft",
    response_model=DraftBody,
    responses={201: {"description": "It was begun."}, **problems(400, 401, 403, 404, 412, 413, 428, 503)},
    openapi_extra=described(DraftGiven),
)
async def save(
    request: Request,
    editor: Editor,
    given: Annotated[DraftGiven, Depends(body(DraftGiven))],
    if_match: IfMatch = None,
) -> Response:
    """Begin your draft, or replace the revision that `If-Match` names. It may be wrong; only publishing asks for more."""
    async with async_engine().begin() as connection:
        base = (await rulebooks.version(connection, given.base)).version if given.base else None
        there = await connection.run_sync(drafts.revision, editor.name)
        if there is None:
            if if_match is not None:
                raise Problem(412, "precondition-failed", f"If-Match: {NO_DRAFT.lower()}")
            base = base or (await rulebooks.in_force(connection)).version
            made = await connection.run_sync(drafts.begin, editor.name, given.texts, base=base)
        else:
            revision = _meant(if_match, there)
            made = await connection.run_sync(
                drafts.save, editor.name, given.texts, revision=revision, base=base
            )
    if made is None:
        raise _changed()
    return await _shown(request, await require_draft(editor), status=201 if there is None else 200)


@router.delete(
    "/v1/rules/draft",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 412, 428, 503),
)
async def drop(editor: Editor, if_match: IfMatch = None) -> Response:
    """Forget your draft, if it stands at the revision that `If-Match` names."""
    async with async_engine().begin() as connection:
        there = await connection.run_sync(drafts.revision, editor.name)
        if there is None:
            raise Problem(404, "not-found", NO_DRAFT)
        await connection.run_sync(drafts.drop, editor.name, revision=_meant(if_match, there))
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})


def _meant(if_match: str | None, there: int) -> int:
    """The revision that stands, when it is the one that was named. Raises Problem: 428 unnamed, 412 another."""
    if if_match is None:
        raise Problem(
            428,
            "precondition-required",
            f"You have a draft at revision {there}: name it with `If-Match`, so that no other window of yours is overwritten.",
        )
    named = re.findall(r'(?:W/)?"(\d+)"', if_match)
    if if_match.strip() != "*" and str(there) not in named:
        raise _changed()
    return there


def _changed() -> Problem:
    return Problem(
        412,
        "precondition-failed",
        "The draft was changed since you read it; read it again, take your change over, and save.",
    )


async def _shown(request: Request, found: Draft, *, status: int) -> Response:
    async with async_engine().connect() as connection:
        in_force = (await rulebooks.in_force(connection)).version
    told = {
        "author": found.author,
        "base": found.base,
        "in_force": in_force,
        "revision": found.revision,
        "updated_at": found.updated_at,
        "texts": found.texts,
    }
    return private(request, told, status=status, headers={"ETag": f'"{found.revision}"'})
