"""/editor/articles/{id}: say what the labels of an article should have been; /editor/corrections: all that was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.api.asked import desk
from services.api.asked.bodies import CorrectionGiven, told
from services.api.errors import Problem
from services.api.pages import reasons, rule_words
from services.api.queries import articles, rulebooks
from services.api.reading.labels import label_tree
from services.api.routes.articles import ArticleId, require_standing
from services.api.routes.corrections import KeptId, judgement_of
from services.api.routes.editor.bench import bench_of
from services.api.routes.editor.common import (
    Form,
    Number,
    Sent,
    Signed,
    Slip,
    awaited,
    go,
    shown,
    slip_of,
    still_waiting,
)
from services.core import corrections
from services.core.corrections import Standing
from services.core.db import in_transaction, snapshot
from services.core.errors import InvalidInputError
from services.core.tokens import Bearer

router = APIRouter()
LISTED = 30
KINDS = ("regions", "topics", "places")


@router.get("/editor/articles/{article_id}", response_class=Response)
async def article(editor: Signed, article_id: ArticleId, saved: str = "") -> Response:
    """One article's labels, and the form to correct them."""
    return await _article_page(editor, article_id, saved=saved)


async def _article_page(
    editor: Bearer, article_id: int, *, saved: str = "", slip: Slip | None = None
) -> Response:
    async with snapshot() as connection:
        await require_standing(connection, article_id)
        tree = await label_tree(connection)
        found = await articles.article(connection, article_id)
    said = await in_transaction(lambda session: corrections.of_article(session, article_id))
    if found is None:
        raise Problem(404, "not-found", f"There is no article {article_id}.")
    stands = next((row for row in said if row.withdrawn_at is None), None)
    return await shown(
        editor,
        "editor_article.html",
        title="Correct an article",
        here="corrections",
        article=found,
        item=found.item,
        labels=reasons.labels(found.verdict, tree, reasons.whole_of(found)),
        stands=stands,
        filled=_as_sent(slip.form) if slip else _filled(found.verdict, stands),
        earlier=[row for row in said if row.withdrawn_at is not None],
        words=rule_words,
        saved=saved == "yes",
        withdrawn=saved == "withdrawn",
        slip=slip,
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form. `said`: kinds of which it says something."""

    chosen: Mapping[str, Sequence[str]]
    said: frozenset[str]
    note: str


def _filled(verdict: Mapping[str, Any], stands: Standing | None) -> Filled:
    """What the form begins with: what was said, else what rules give; those above a label follow by themselves."""
    chosen, kinds = {}, set()
    for kind in KINDS:
        said = getattr(stands, kind) if stands else None
        given = [str(g["slug"]) for g in verdict.get(kind) or () if g.get("origin") != "parent"]
        chosen[kind] = given if said is None else list(said)
        if said is not None:
            kinds.add(kind)
    return Filled(chosen, frozenset(kinds), stands.note if stands else "")


def _as_sent(form: Form) -> Filled:
    """The form as it was filled in."""
    primary = form.one("primary")
    regions = [primary, *(slug for slug in form.all("region") if slug != primary)]
    chosen = {"regions": regions, "topics": form.all("topic"), "places": form.one("places").split()}
    return Filled(
        chosen, frozenset(kind for kind in KINDS if form.one(f"say_{kind}") == "yes"), form.one("note")
    )


@router.post("/editor/articles/{article_id}", include_in_schema=False)
async def correct(editor: Signed, form: Sent, article_id: ArticleId) -> Response:
    """Store the correction, or take it back."""
    if form.one("do") == "withdraw":
        await in_transaction(lambda session: corrections.withdraw(session, article_id))
        return go(f"/editor/articles/{article_id}", saved="withdrawn")
    try:
        # The form shows every kind: what is not ticked there is meant to be left to the rules.
        judgement = replace(judgement_of(_said(form, article_id)), keeps=frozenset())
        await in_transaction(
            lambda session: corrections.correct(session, article_id, judgement, author=editor.name)
        )
    except (Problem, InvalidInputError) as error:
        return await _article_page(editor, article_id, slip=slip_of(error, form))
    return go(f"/editor/articles/{article_id}", saved="yes")


def _said(form: Form, article_id: int) -> CorrectionGiven:
    """The correction of a form. The primary region comes first, whatever order boxes have."""
    said: dict[str, Any] = {"article_id": article_id, "note": form.one("note").strip()}
    if form.one("say_regions") == "yes":
        said["regions"] = [slug for slug in dict.fromkeys([form.one("primary"), *form.all("region")]) if slug]
    if form.one("say_topics") == "yes":
        said["topics"] = list(dict.fromkeys(form.all("topic")))
    if form.one("say_places") == "yes":
        said["places"] = list(dict.fromkeys(form.one("places").replace(",", " ").upper().split()))
    try:
        return CorrectionGiven.model_validate(said)
    except ValidationError as error:
        raise Problem(400, "invalid-body", *told(error, CorrectionGiven)) from None


@router.get("/editor/corrections", response_class=Response)
async def listed(
    request: Request,
    editor: Signed,
    below: Annotated[int | None, Query(ge=1, lt=2**63, description="Only what was said before this.")] = None,
    *,
    in_force: Number = None,
    draft: Number = None,
    saved: str = "",
) -> Response:
    """What editors corrected, and how well the rules do on it, those in force and yours."""
    found = await awaited(request, editor, in_force=in_force, draft=draft)
    waiting = await still_waiting(editor, "Measuring", "corrections", *found.values())
    if waiting:
        return waiting
    rows = await in_transaction(lambda session: corrections.standing(session, limit=LISTED + 1, below=below))
    async with snapshot() as connection:
        total = await rulebooks.corrections_standing(connection)
    return await shown(
        editor,
        "editor_corrections.html",
        title="Corrections",
        here="corrections",
        bench=await bench_of(editor),
        rows=rows[:LISTED],
        more=rows[LISTED - 1].id if len(rows) > LISTED else None,
        total=total,
        withdrawn=saved == "withdrawn",
        words=rule_words,
        measured={side: asked for side, asked in found.items() if asked},
    )


@router.post("/editor/corrections/kept/{correction_id}/withdraw", include_in_schema=False)
async def let_go(editor: Signed, form: Sent, correction_id: KeptId) -> Response:  # noqa: ARG001 - sent from a page of ours
    """Withdraw what was kept of an article that is not here. Of two who ask at once the second finds it done."""
    await in_transaction(lambda session: corrections.let_go(session, correction_id))
    return go("/editor/corrections", saved="withdrawn", anchor="all")


@router.post("/editor/corrections/measure", include_in_schema=False)
async def measure(editor: Signed, form: Sent) -> Response:  # noqa: ARG001 - sent from a page of ours
    """Measure the rules in force, and the draft where there is one, on what was corrected."""
    bench = await bench_of(editor)
    in_force = await desk.ask("evaluate", {}, editor.name)
    draft = None
    if bench.draft is not None:
        draft = await desk.ask("evaluate", {"rulebook": {"texts": dict(bench.texts)}}, editor.name)
    return go("/editor/corrections", in_force=in_force, draft=draft, anchor="measured")
