"""/editor: what is in force, the draft, where a word stands in the rules, and the history with the way back."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.api.asked import desk
from services.api.deps import LONGEST_QUERY
from services.api.editing.find import find
from services.api.errors import Problem
from services.api.queries import rulebooks
from services.api.routes.editor.bench import bench_of
from services.api.routes.editor.common import Sent, Signed, Slip, go, message_of, shown, slip_of
from services.core.db import snapshot
from services.core.tokens import Bearer

router = APIRouter()
HISTORY_SHOWN, HISTORY_PAGE, FOUND_SHOWN = 5, 30, 60

Words = Annotated[
    str, Query(max_length=LONGEST_QUERY, description="A word of a rule, a label, a country code.")
]
Below = Annotated[int | None, Query(ge=1, lt=2**63, description="Only what came before this.")]


@router.get("/editor", response_class=Response)
async def overview(editor: Signed) -> Response:
    """The workbench: the rulebook in force, relabelling, your draft, the last publications."""
    bench = await bench_of(editor)
    async with snapshot() as connection:
        walk = await rulebooks.relabelling(connection)
        history = await rulebooks.history(connection, limit=HISTORY_SHOWN)
        corrected = await rulebooks.corrections_standing(connection)
    return await shown(
        editor,
        "editor.html",
        title="Rules",
        here="overview",
        bench=bench,
        walk=walk,
        history=history,
        corrected=corrected,
        workers=await desk.workers(),
    )


@router.get("/editor/find", response_class=Response)
async def find_(editor: Signed, q: Words = "") -> Response:
    """Where a word stands in the rules: file, line, and whose line it is."""
    bench = await bench_of(editor)
    hits, total = await asyncio.to_thread(find, bench.texts, q, limit=FOUND_SHOWN)
    return await shown(
        editor, "editor_find.html", title="Find a rule", here="find", bench=bench, q=q, hits=hits, total=total
    )


@router.get("/editor/history", response_class=Response)
async def history(editor: Signed, below: Below = None) -> Response:
    """Which version was put in force when, by whom and why."""
    return await _history_page(editor, below)


async def _history_page(editor: Bearer, below: int | None, slip: Slip | None = None) -> Response:
    async with snapshot() as connection:
        in_force = await rulebooks.in_force(connection)
        rows = await rulebooks.history(connection, limit=HISTORY_PAGE + 1, below=below)
    more = rows[HISTORY_PAGE - 1].id if len(rows) > HISTORY_PAGE else None
    return await shown(
        editor,
        "editor_history.html",
        title="History",
        here="history",
        in_force=in_force,
        rows=rows[:HISTORY_PAGE],
        more=more,
        below=below,
        slip=slip,
    )


@router.post("/editor/history/diff", include_in_schema=False)
async def compare(editor: Signed, form: Sent) -> Response:
    """What one version changed of another."""
    asked = {"before": {"version": form.one("before")}, "after": {"version": form.one("after")}}
    return go(f"/editor/answers/{await desk.ask('diff', asked, editor.name)}")


@router.post("/editor/history/rollback", include_in_schema=False)
async def roll_back(editor: Signed, form: Sent) -> Response:
    """Put an earlier version in force again."""
    try:
        message = message_of(form, "Say in a sentence why")
    except Problem as error:
        slip = slip_of(error, form, form.one("row"))
        return await _history_page(editor, form.number("below") or None, slip)
    asked = {"version": form.one("version"), "message": message}
    return go(f"/editor/answers/{await desk.ask('rollback', asked, editor.name)}")
