"""/editor/stats: how the terms of a label do, and what would find more of it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.api.asked import desk
from services.api.routes.editor.bench import bench_of
from services.api.routes.editor.common import Sent, Signed, Slip, go, shown
from services.core.tokens import Bearer

router = APIRouter()


@router.get("/editor/stats", response_class=Response)
async def stats(
    editor: Signed, label: Annotated[str, Query(max_length=120, description="The label that is chosen.")] = ""
) -> Response:
    """Choose a label: statistics of its terms, or suggestions for it."""
    return await _stats_page(editor, label)


async def _stats_page(editor: Bearer, label: str, slip: Slip | None = None) -> Response:
    return await shown(
        editor,
        "editor_stats.html",
        title="Statistics",
        here="stats",
        bench=await bench_of(editor),
        label=label,
        slip=slip,
    )


@router.post("/editor/stats", include_in_schema=False)
async def ask(editor: Signed, form: Sent) -> Response:
    """Ask a worker for the one or the other."""
    label, kind = form.one("label"), form.one("do", "stats")
    if kind not in {"stats", "suggest"} or (kind == "suggest" and not label) or len(label) > 120:
        return await _stats_page(editor, label, Slip("Choose a label first.", 400, form))
    asked = {"label": label} if label else {}
    return go(f"/editor/answers/{await desk.ask(kind, asked, editor.name)}")
