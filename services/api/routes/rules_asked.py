"""/v1/rules/check and what else needs the engine: left at the desk for a classify worker, and waited for.

200 with the answer; 202 with `Location` where it takes longer than `wait`; what is wrong as a problem with its findings.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.asked import desk
from services.api.asked.bodies import (
    CheckGiven,
    DiffGiven,
    EvaluateGiven,
    ExplainGiven,
    ImpactGiven,
    PublishGiven,
    RollbackGiven,
    body,
    described,
)
from services.api.asked.desk import Wait
from services.api.asked.rules_given import draft_of, reference, require_draft, require_version
from services.api.auth import Editor
from services.api.deps import known_parameters, require_languages
from services.api.errors import LABEL
from services.api.respond import private
from services.api.schemas.answers import problems
from services.api.schemas.desk import RequestBody
from services.core.tokens import Bearer

router = APIRouter(tags=["rules"], dependencies=[Depends(known_parameters)])
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    202: {"description": "Not answered within `wait`; `Location` says where to ask on."},
    **problems(400, 401, 403, 404, 413, 422, 503),
}
_COMPUTED: dict[str, Any] = {"response_class": Response, "responses": _PROBLEMS}
_CHANGES = _COMPUTED | {"responses": _PROBLEMS | problems(409)}
LabelAsked = Annotated[
    str,
    Query(pattern=LABEL, description="Such as `region/central-asia`."),
]
Articles = Annotated[
    int | None, Query(ge=1, le=100_000, description="How many of the newest articles are looked at.")
]
Number = Annotated[int, Path(ge=1, lt=2**63, description="Number of a request.")]


async def _asked(request: Request, kind: str, given: dict[str, Any], editor: Bearer, wait: int) -> Response:
    number = await desk.ask(
        kind, {name: value for name, value in given.items() if value is not None}, editor.name
    )
    found = await desk.wait(number, editor, wait, stop=leaving(request))
    if found.state == "done" and kind == "publish":
        await draft_of(editor)  # which forgets a draft that is in force by now
    return await desk.respond(request, found)


def leaving(request: Request) -> desk.Stopping:
    """Whether nobody waits any more: the one who asked went away, or this process is told to stop."""

    async def stop() -> bool:
        return bool(request.app.state.bell.stopping) or await request.is_disconnected()

    return stop


@router.post("/v1/rules/check", openapi_extra=described(CheckGiven, required=False), **_COMPUTED)
async def check(
    request: Request,
    editor: Editor,
    given: Annotated[CheckGiven, Depends(body(CheckGiven))],
    wait: Wait = 30,
) -> Response:
    """Every mistake of a rulebook with file, line, column and a sentence, and what looks like one."""
    return await _asked(request, "check", {"rulebook": await reference(given.rulebook, editor)}, editor, wait)


@router.post("/v1/rules/test", openapi_extra=described(CheckGiven, required=False), **_COMPUTED)
async def examples(
    request: Request,
    editor: Editor,
    given: Annotated[CheckGiven, Depends(body(CheckGiven))],
    wait: Wait = 30,
) -> Response:
    """The tests that stand beside the rules, those that fail first."""
    return await _asked(request, "test", {"rulebook": await reference(given.rulebook, editor)}, editor, wait)


@router.post("/v1/rules/explain", openapi_extra=described(ExplainGiven), **_COMPUTED)
async def explain(
    request: Request,
    editor: Editor,
    given: Annotated[ExplainGiven, Depends(body(ExplainGiven))],
    wait: Wait = 30,
) -> Response:
    """Which labels a text or a stored article gets and why, which hits did not count, and what came near."""
    if given.document and given.document.lang:
        require_languages([given.document.lang], member="document.lang")
    asked = {
        "rulebook": await reference(given.rulebook, editor),
        "article_id": given.article_id,
        "document": given.document.model_dump(exclude_none=True) if given.document else None,
    }
    return await _asked(request, "explain", asked, editor, wait)


@router.post("/v1/rules/diff", openapi_extra=described(DiffGiven), **_COMPUTED)
async def diff(
    request: Request,
    editor: Editor,
    given: Annotated[DiffGiven, Depends(body(DiffGiven))],
    wait: Wait = 30,
) -> Response:
    """What one rulebook says that another does not, whatever their layout: labels, settings, terms, tests."""
    asked = {"before": await reference(given.before, editor), "after": await reference(given.after, editor)}
    return await _asked(request, "diff", asked, editor, wait)


@router.post("/v1/rules/impact", openapi_extra=described(ImpactGiven), **_COMPUTED)
async def impact(
    request: Request,
    editor: Editor,
    given: Annotated[ImpactGiven, Depends(body(ImpactGiven))],
    wait: Wait = 30,
) -> Response:
    """What rules would change of the newest articles: gained, lost, moved, with examples and the edit that did it."""
    asked = {
        "rulebook": await reference(given.rulebook, editor),
        "limit": given.limit,
        "examples": given.examples,
    }
    return await _asked(request, "impact", asked, editor, wait)


@router.post("/v1/rules/publish", openapi_extra=described(PublishGiven), **_CHANGES)
async def publish(
    request: Request,
    editor: Editor,
    given: Annotated[PublishGiven, Depends(body(PublishGiven))],
    wait: Wait = 30,
) -> Response:
    """Put rules in force, when their tests pass. Articles get their labels anew, newest first; a published draft is forgotten."""
    texts, base = given.rulebook.texts, given.base
    if given.rulebook.draft:
        draft = await require_draft(editor)
        texts, base = dict(draft.texts), base or draft.base
    if base is not None:
        base = (await require_version(base)).version
    asked = {"texts": texts, "message": given.message, "base": base, "force": given.force}
    return await _asked(request, "publish", asked, editor, wait)


@router.post("/v1/rules/rollback", openapi_extra=described(RollbackGiven), **_CHANGES)
async def rollback(
    request: Request,
    editor: Editor,
    given: Annotated[RollbackGiven, Depends(body(RollbackGiven))],
    wait: Wait = 30,
) -> Response:
    """Put an earlier version in force again."""
    version = (await require_version(given.version)).version
    return await _asked(request, "rollback", {"version": version, "message": given.message}, editor, wait)


@router.post("/v1/rules/evaluate", openapi_extra=described(EvaluateGiven, required=False), **_COMPUTED)
async def evaluate(
    request: Request,
    editor: Editor,
    given: Annotated[EvaluateGiven, Depends(body(EvaluateGiven))],
    wait: Wait = 30,
) -> Response:
    """Precision, recall and F1 of every label, on labelled rows or on the corrections that stand."""
    asked = {"rulebook": await reference(given.rulebook, editor), "rows": given.rows}
    return await _asked(request, "evaluate", asked, editor, wait)


@router.get("/v1/rules/stats", **_COMPUTED)
async def stats(
    request: Request,
    editor: Editor,
    label: LabelAsked | None = None,
    limit: Articles = None,
    wait: Wait = 30,
) -> Response:
    """Of every term: how often it hit, what it gave, and how often corrections say that it was right."""
    return await _asked(request, "stats", {"label": label, "limit": limit}, editor, wait)


@router.get("/v1/rules/suggest", **_COMPUTED)
async def suggest(
    request: Request, editor: Editor, label: LabelAsked, limit: Articles = None, wait: Wait = 30
) -> Response:
    """Terms that would find more articles of a label, with the evidence."""
    return await _asked(request, "suggest", {"label": label, "limit": limit}, editor, wait)


@router.get(
    "/v1/rules/requests/{request_id}",
    response_model=RequestBody,
    responses=problems(401, 403, 404, 503),
)
async def request_(request: Request, editor: Editor, request_id: Number, wait: Wait = 0) -> Response:
    """What became of something you asked for; kept for two days."""
    found = await desk.wait(request_id, editor, wait, stop=leaving(request))
    return private(request, await desk.told(found))
