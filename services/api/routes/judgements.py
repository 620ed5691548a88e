"""/v1/judgements: what editors say articles are to each other. It stands above the machine, which is measured by it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api.asked.bodies import JudgementGiven, body, described
from services.api.auth import EDITS, Editor
from services.api.deps import known_parameters
from services.api.formats import json_api
from services.api.queries.articles import LARGEST_ID
from services.api.respond import NO_STORE, private
from services.api.routes.corrections import LINES, SET_PAGE
from services.api.schemas.answers import problems
from services.api.schemas.desk import JudgementBody, JudgementsBody, SaidBody
from services.core import judgements
from services.core.db import in_transaction
from services.core.judgements import Foreseen, Judged

router = APIRouter(tags=["judgements"], dependencies=[Depends(known_parameters), EDITS])
JudgementId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of a judgement.")]
StoryId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of a story.")]


@router.get(
    "/v1/judgements",
    response_model=JudgementsBody,
    responses={200: {"content": {LINES: {}}}, **problems(400, 401, 403, 503)},
)
async def listed(
    request: Request,
    *,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    below: Annotated[int | None, Query(ge=1, lt=2**63, description="The `next` of the page before.")] = None,
    article: Annotated[int | None, Query(ge=1, lt=2**63, description="Only those of one article.")] = None,
    withdrawn: Annotated[
        bool, Query(description="Also those that were withdrawn, or whose place another took.")
    ] = False,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["json", "jsonl"] | None,
        Query(
            description="`jsonl` (or `Accept: application/jsonl`): all pairs that stand, as a labelled set."
        ),
    ] = None,
) -> Response:
    """Judgements that stand, the newest first; as `jsonl` all pairs, as rows for `dateline dedupe evaluate`."""
    if format == "jsonl" or (format is None and LINES in request.headers.get("accept", "")):
        lines = await in_transaction(_labelled_set)
        return Response(lines, headers={"Cache-Control": NO_STORE, "Content-Type": f"{LINES}; charset=utf-8"})
    found = await in_transaction(
        lambda session: judgements.listing(
            session, limit=limit + 1, below=below, article=article, withdrawn=withdrawn
        )
    )
    more = found[limit - 1].id if len(found) > limit else None
    return private(request, {"items": [asdict(row) for row in found[:limit]], "next": more})


def _labelled_set(session: Session) -> bytes:
    lines, below = [], None
    while page := judgements.listing(session, limit=SET_PAGE, below=below, pairs=True):
        lines += [json_api.dump(judgements.as_pair(row)) + b"\n" for row in page]
        below = page[-1].id
    return b"".join(lines)


@router.post(
    "/v1/judgements",
    status_code=201,
    response_model=SaidBody,
    responses={
        200: {"description": "A dry run: what it would change.", "model": SaidBody},
        **problems(400, 401, 403, 404, 409, 413, 503),
    },
    openapi_extra=described(JudgementGiven),
)
async def say(
    request: Request, editor: Editor, given: Annotated[JudgementGiven, Depends(body(JudgementGiven))]
) -> Response:
    """Say what two articles are to each other, or that one is no news, in place of what was said of them before. With `dry_run`
    nothing is said, and the answer is what it would change. `replaces` keeps two editors from replacing each other unseen.
    """
    one, other = given.articles[0], given.articles[1] if len(given.articles) > 1 else None

    def done(session: Session) -> tuple[Judged | None, Foreseen]:
        replaces = None if given.replaces is None else {given.replaces}
        if given.dry_run:
            return None, judgements.would(session, one, other, given.says, replaces=replaces)
        return judgements.say(
            session, one, other, given.says, author=editor.name, note=given.note, replaces=replaces
        )

    judged, foreseen = await in_transaction(done)
    told: dict[str, Any] = {"judgement": judged and asdict(judged), "foreseen": asdict(foreseen)}
    if judged is None:
        return private(request, told)
    return private(request, told, status=201, headers={"Location": f"/v1/judgements/{judged.id}"})


@router.get(
    "/v1/judgements/{judgement_id}", response_model=JudgementBody, responses=problems(401, 403, 404, 503)
)
async def one_of_them(request: Request, judgement_id: JudgementId) -> Response:
    """One judgement, withdrawn or not, and what withdrawing it would change."""

    def read(session: Session) -> tuple[Judged, Foreseen | None]:
        judged = judgements.find(session, judgement_id)
        return judged, None if judged.withdrawn_at else judgements.would_withdraw(session, judgement_id)

    judged, foreseen = await in_transaction(read)
    return private(request, {**asdict(judged), "withdrawing": foreseen and asdict(foreseen)})


@router.delete(
    "/v1/judgements/{judgement_id}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def withdraw(judgement_id: JudgementId) -> Response:
    """Take a judgement back: its articles are left to the machine again."""
    await in_transaction(lambda session: judgements.withdraw(session, judgement_id))
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})


@router.put(
    "/v1/stories/{story_id}/muted",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def mute(editor: Editor, story_id: StoryId) -> Response:
    """Keep a story out of Trending, whatever is written on it; its articles stay in Latest."""
    await in_transaction(lambda session: judgements.mute(session, story_id, author=editor.name))
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})


@router.delete(
    "/v1/stories/{story_id}/muted",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def unmute(story_id: StoryId) -> Response:
    """Let a story stand in Trending again where it rises."""
    await in_transaction(lambda session: judgements.unmute(session, story_id))
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})
