"""Checking, testing, foreseeing and publishing a draft, and the answers of workers as pages."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.asked import desk
from services.api.errors import Problem
from services.api.pages import rule_words
from services.api.routes.editor.bench import Bench, bench_of
from services.api.routes.editor.common import (
    Number,
    Sent,
    Signed,
    Slip,
    awaited,
    go,
    message_of,
    shown,
    slip_of,
    still_waiting,
)
from services.api.routes.rules_asked import Number as RequestId
from services.core.desk import Asked
from services.core.tokens import Bearer

router = APIRouter()
LOOKED_AT_BY = ("check", "test", "diff", "impact", "apart")
"""Requests whose answers are shown before publishing."""
LOOKED_AT = 10_000
"""Newest articles on which a draft is tried."""
HERE = {
    "check": "draft",
    "test": "draft",
    "impact": "draft",
    "publish": "draft",
    "rollback": "history",
    "diff": "history",
}
TITLES = {
    "check": "Check",
    "test": "Tests",
    "impact": "What would change",
    "publish": "Publish",
    "rollback": "Go back",
    "diff": "What changed",
    "stats": "Statistics",
    "suggest": "Suggestions",
    "evaluate": "Measured",
    "explain": "Why",
}


@router.post("/editor/draft/test", include_in_schema=False)
async def test_draft(editor: Signed, form: Sent) -> Response:  # noqa: ARG001 - sent from a page of ours
    """Check the draft and run its tests."""
    rulebook = {"texts": dict((await bench_of(editor)).texts)}
    check = await desk.ask("check", {"rulebook": rulebook}, editor.name)
    tests = await desk.ask("test", {"rulebook": rulebook}, editor.name)
    return go("/editor/review", check=check, test=tests)


@router.post("/editor/draft/review", include_in_schema=False)
async def foresee(editor: Signed, form: Sent) -> Response:  # noqa: ARG001 - as above
    """Check and test the draft, compare it with what it began from and with what is in force, try it on stored articles."""
    bench = await bench_of(editor)
    rulebook = {"texts": dict(bench.texts)}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "check": ("check", {"rulebook": rulebook}),
        "test": ("test", {"rulebook": rulebook}),
        "diff": ("diff", {"before": {"version": bench.base}, "after": rulebook}),
        "impact": ("impact", {"rulebook": rulebook, "limit": LOOKED_AT, "examples": 5}),
    }
    if bench.overtaken:
        asked["apart"] = ("diff", {"before": {"version": bench.in_force.version}, "after": rulebook})
    numbers: dict[str, Any] = {
        name: await desk.ask(kind, given, editor.name) for name, (kind, given) in asked.items()
    }
    return go("/editor/review", **numbers)


@router.get("/editor/review", response_class=Response)
async def review(  # noqa: PLR0917 (the framework calls it by keyword)
    request: Request,
    editor: Signed,
    check: Number = None,
    test: Number = None,
    diff: Number = None,
    impact: Number = None,
    apart: Number = None,
) -> Response:
    """What is wrong with your draft, how its tests do, what it changes, and the way to publish it."""
    found = await awaited(request, editor, check=check, test=test, diff=diff, impact=impact, apart=apart)
    waiting = await still_waiting(editor, "Looking at your draft", "draft", *found.values())
    return waiting or await _review_page(editor, await bench_of(editor), found)


async def _review_page(
    editor: Bearer, bench: Bench, found: dict[str, Asked | None], slip: Slip | None = None
) -> Response:
    return await shown(
        editor,
        "editor_review.html",
        title="What would change" if found["impact"] else "Check and tests",
        here="draft",
        bench=bench,
        found=found,
        error=_first_error(found),
        slip=slip,
        words=rule_words,
    )


def _first_error(found: dict[str, Asked | None]) -> dict[str, Any] | None:
    """Why something could not be done; wrong rules are told by the check alone."""
    errors = [
        dict(asked.error or {})
        for asked in found.values()
        if asked is not None and asked.state in {"refused", "failed"}
    ]
    return next((error for error in errors if error.get("kind") != "invalid-rules"), None)


@router.post("/editor/draft/publish", include_in_schema=False)
async def publish(request: Request, editor: Signed, form: Sent) -> Response:
    """Put the draft in force."""
    bench = await bench_of(editor)
    try:
        message = message_of(form, "Say in a sentence what changed and why")
    except Problem as error:
        numbers = {name: form.number(name) or None for name in LOOKED_AT_BY}
        found = await awaited(request, editor, **numbers)
        return await _review_page(editor, bench, found, slip_of(error, form))
    if bench.draft is None or bench.revision != form.number("revision"):
        raise Problem(
            409,
            "conflict",
            "The draft was changed since you looked at what it would do; look again, then publish.",
        )
    asked = {"texts": dict(bench.texts), "message": message, "base": bench.draft.base, "force": False}
    return go(f"/editor/answers/{await desk.ask('publish', asked, editor.name)}")


@router.get("/editor/answers/{request_id}", response_class=Response)
async def answer(request: Request, editor: Signed, request_id: RequestId) -> Response:
    """What a worker answered: of publishing, going back, comparing, statistics, suggestions."""
    found = (await awaited(request, editor, it=request_id))["it"]
    if found is None:
        raise Problem(404, "not-found", f"There is no request {request_id} of yours.")
    title, here = TITLES.get(found.kind, "Answer"), HERE.get(found.kind, "stats")
    waiting = await still_waiting(editor, title, here, found)
    return waiting or await _answer_page(editor, found, title, here)


async def _answer_page(editor: Bearer, found: Asked, title: str, here: str) -> Response:
    bench = await bench_of(editor)
    return await shown(
        editor,
        "editor_answer.html",
        title=title,
        here=here,
        status=desk.problem_of(found).status if found.state != "done" else 200,
        bench=bench,
        asked=found,
        given=await desk.given_to(found.id),
        answer=found.answer or {},
        error=found.error or {},
        words=rule_words,
    )
