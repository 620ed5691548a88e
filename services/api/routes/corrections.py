"""/v1/corrections: what editors say the labels of articles are. They stand above the rules, and measure them."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api.asked.bodies import CorrectionGiven, body, described
from services.api.auth import EDITS, Editor
from services.api.deps import known_parameters
from services.api.errors import Problem
from services.api.formats import json_api
from services.api.queries.articles import LARGEST_ID
from services.api.respond import NO_STORE, private
from services.api.schemas.answers import problems
from services.api.schemas.desk import ArticleCorrectionsBody, CorrectionsBody, CorrectionShape
from services.core import corrections
from services.core.corrections import Judgement, Standing
from services.core.db import in_transaction

router = APIRouter(tags=["corrections"], dependencies=[Depends(known_parameters), EDITS])
LINES = "application/jsonl"
SET_PAGE = 500
"""Corrections that are read at a time for the labelled set."""
KeptId = Annotated[int, Path(ge=1, lt=2**63, description="Id of a correction of which `article_id` is null.")]
ArticleId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of an article.")]


@router.get(
    "/v1/corrections",
    response_model=CorrectionsBody,
    responses={200: {"content": {LINES: {}}}, **problems(400, 401, 403, 503)},
)
async def listed(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    below: Annotated[int | None, Query(ge=1, lt=2**63, description="The `next` of the page before.")] = None,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["json", "jsonl"] | None,
        Query(description="`jsonl` (or `Accept: application/jsonl`): all of them as the labelled set."),
    ] = None,
) -> Response:
    """Corrections that stand, the newest first; as `jsonl` all of them, as rows for `dateline rules evaluate`."""
    if format == "jsonl" or (format is None and LINES in request.headers.get("accept", "")):
        lines = await in_transaction(_labelled_set)
        return Response(lines, headers={"Cache-Control": NO_STORE, "Content-Type": f"{LINES}; charset=utf-8"})
    found = await in_transaction(lambda session: corrections.standing(session, limit=limit + 1, below=below))
    more = found[limit - 1].id if len(found) > limit else None
    return private(request, {"items": [asdict(row) for row in found[:limit]], "next": more})


def _labelled_set(session: Session) -> bytes:
    lines, below = [], None
    while page := corrections.standing(session, limit=SET_PAGE, below=below):
        lines += [json_api.dump(corrections.as_row(row)) + b"\n" for row in page]
        below = page[-1].id
    return b"".join(lines)


@router.post(
    "/v1/corrections",
    status_code=201,
    response_model=CorrectionShape,
    responses=problems(400, 401, 403, 404, 413, 503),
    openapi_extra=described(CorrectionGiven),
)
async def correct(
    request: Request, editor: Editor, given: Annotated[CorrectionGiven, Depends(body(CorrectionGiven))]
) -> Response:
    """Say what the labels of an article are. A key that is left out stays as an earlier correction has it; null leaves a
    kind to the rules. Followers hear of it within seconds.
    """
    judgement = judgement_of(given)

    def done(session: Session) -> Standing:
        corrections.correct(session, given.article_id, judgement, author=editor.name)
        return corrections.of_article(session, given.article_id)[0]

    location = {"Location": f"/v1/corrections/{given.article_id}"}
    return private(request, asdict(await in_transaction(done)), status=201, headers=location)


def judgement_of(given: CorrectionGiven) -> Judgement:
    """What was sent, as corrections are stored: a key that was not sent stays as it was, null leaves a kind to the rules."""
    lists = {
        kind: None if slugs is None else tuple(slugs)
        for kind, slugs in (("regions", given.regions), ("topics", given.topics), ("places", given.places))
    }
    kinds = frozenset(lists)
    return Judgement(**lists, note=given.note, keeps=kinds - given.model_fields_set)


@router.get(
    "/v1/corrections/{article_id}",
    response_model=ArticleCorrectionsBody,
    responses=problems(401, 403, 503),
)
async def of_article(request: Request, article_id: ArticleId) -> Response:
    """Every correction of an article, the newest first, withdrawn ones too."""
    found = await in_transaction(lambda session: corrections.of_article(session, article_id))
    return private(request, {"items": [asdict(row) for row in found]})


@router.delete(
    "/v1/corrections/{article_id}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def withdraw(article_id: ArticleId) -> Response:
    """Leave an article to the rules again."""
    stood = await in_transaction(lambda session: corrections.withdraw(session, article_id))
    if not stood:
        raise Problem(404, "not-found", f"No correction of article {article_id} stands.")
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})


@router.delete(
    "/v1/corrections/kept/{correction_id}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
)
async def let_go(correction_id: KeptId) -> Response:
    """Withdraw what was kept of an article that is not here, by the `id` of the correction."""
    if not await in_transaction(lambda session: corrections.let_go(session, correction_id)):
        detail = f"No correction {correction_id} of an article that is not here stands; those of one that is here go by its number."
        raise Problem(404, "not-found", detail)
    return Response(status_code=204, headers={"Cache-Control": NO_STORE})
