"""/editor/judgements: all that was said of copies and stories, how often the machine would have said the same, and the way back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api.asked import desk
from services.api.routes.editor.common import Number, Sent, Signed, awaited, go, shown, still_waiting
from services.api.routes.judgements import JudgementId
from services.core import judgements
from services.core.db import in_transaction
from services.core.errors import NotFoundError
from services.core.judgements import Foreseen, Judged, StoryLine

router = APIRouter()
LISTED = 30
Below = Annotated[int | None, Query(ge=1, lt=2**63, description="Only what was said before this.")]
Withdrawn = Annotated[bool, Query(description="Also what does not hold any more.")]


@router.get("/editor/judgements", response_class=Response)
async def listed(
    request: Request,
    editor: Signed,
    *,
    below: Below = None,
    withdrawn: Withdrawn = False,
    agreement: Number = None,
) -> Response:
    """What editors said of copies and stories, and how the machine does on it."""
    measured = (await awaited(request, editor, agreement=agreement))["agreement"]
    waiting = await still_waiting(editor, "Measuring", "judgements", measured)
    if waiting:
        return waiting

    def read(session: Session) -> tuple[list[Judged], int, list[StoryLine]]:
        rows = judgements.listing(session, limit=LISTED + 1, below=below, withdrawn=withdrawn)
        return rows, judgements.standing_count(session), judgements.muted(session)

    rows, total, muted = await in_transaction(read)
    return await shown(
        editor,
        "editor_judgements.html",
        title="Judgements",
        here="judgements",
        rows=rows[:LISTED],
        more=rows[LISTED - 1].id if len(rows) > LISTED else None,
        withdrawn=withdrawn,
        total=total,
        muted=muted,
        measured=measured,
        words=judgements.WORDS,
    )


@router.post("/editor/judgements/measure", include_in_schema=False)
async def measure(editor: Signed, form: Sent) -> Response:  # noqa: ARG001 - sent from a page of ours
    """Ask a worker what the machine would have said, by the texts alone."""
    return go("/editor/judgements", agreement=await desk.ask("agreement", {}, editor.name), anchor="measured")


@router.get("/editor/judgements/{judgement_id}", response_class=Response)
async def one_of_them(editor: Signed, judgement_id: JudgementId) -> Response:
    """One judgement with the texts that were judged, and what taking it back would change."""

    def read(session: Session) -> tuple[Judged, Foreseen | None]:
        judged = judgements.find(session, judgement_id)
        return judged, None if judged.withdrawn_at else judgements.would_withdraw(session, judgement_id)

    judged, foreseen = await in_transaction(read)
    return await shown(
        editor,
        "editor_judgement.html",
        title=f"Judgement {judgement_id}",
        here="judgements",
        judged=judged,
        foreseen=foreseen,
        words=judgements.WORDS,
    )


@router.post("/editor/judgements/{judgement_id}/withdraw", include_in_schema=False)
async def withdraw(editor: Signed, form: Sent, judgement_id: JudgementId) -> Response:  # noqa: ARG001 - as above
    """Take it back; one that was taken back meanwhile is shown as it stands."""
    try:
        await in_transaction(lambda session: judgements.withdraw(session, judgement_id))
    except NotFoundError:
        await in_transaction(lambda session: judgements.find(session, judgement_id))
    return go(f"/editor/judgements/{judgement_id}")
