"""/editor/try: a headline and a text in, labels with why and why not out, by your draft and by what is in force."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.api.asked import desk
from services.api.deps import require_languages
from services.api.errors import Problem
from services.api.pages import rule_words, tried
from services.api.queries.articles import LARGEST_ID
from services.api.reading.labels import label_tree
from services.api.routes.editor.bench import Bench, bench_of
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
from services.core.db import snapshot
from services.core.desk import Asked
from services.core.tokens import Bearer

router = APIRouter()
LONGEST_TITLE, LONGEST_BODY, LONGEST_LANG = 2000, 100_000, 40


@router.get("/editor/try", response_class=Response)
async def try_(
    request: Request,
    editor: Signed,
    in_force: Number = None,
    draft: Number = None,
    article: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="The article that was tried.")
    ] = None,
) -> Response:
    """Try rules on a text: which labels it gets and why, what did not count, what came near."""
    found = await awaited(request, editor, in_force=in_force, draft=draft)
    waiting = await still_waiting(editor, "Try it", "try", *found.values())
    if waiting:
        return waiting
    return await try_page(editor, await bench_of(editor), found, article=article)


async def try_page(
    editor: Bearer,
    bench: Bench,
    found: Mapping[str, Asked | None],
    *,
    article: int | None = None,
    document: Mapping[str, Any] | None = None,
    slip: Slip | None = None,
) -> Response:
    """What was answered, or the form as it was filled in (`document`) with what is wrong with it."""
    async with snapshot() as connection:
        tree = await label_tree(connection)
    answers = {side: asked.answer or {} for side, asked in found.items() if asked and asked.state == "done"}
    if document is None:
        document = next((answer["document"] for answer in answers.values() if answer.get("document")), {})
    return await shown(
        editor,
        "editor_try.html",
        title="Try it",
        here="try",
        bench=bench,
        found=found,
        article=article,
        document=document,
        errors={side: asked.error or {} for side, asked in found.items() if asked and asked.state != "done"},
        tries={side: tried.of(answer, document, tree) for side, answer in answers.items()},
        difference=tried.difference(answers.get("in_force"), answers.get("draft"), tree),
        words=rule_words,
        slip=slip,
    )


@router.post("/editor/try", include_in_schema=False)
async def ask(editor: Signed, form: Sent) -> Response:
    """Ask for both at once."""
    bench = await bench_of(editor)
    try:
        given = _given(form)
    except Problem as error:
        return await try_page(editor, bench, {}, document=typed(form), slip=slip_of(error, form))
    in_force = await desk.ask("explain", given, editor.name)
    draft = None
    if bench.draft is not None:
        asked = given | {"rulebook": {"texts": dict(bench.texts)}}
        draft = await desk.ask("explain", asked, editor.name)
    return go("/editor/try", in_force=in_force, draft=draft, article=given.get("article_id"), anchor="found")


def typed(form: Form) -> dict[str, str]:
    """The text as it was typed."""
    return {name: form.one(name) for name in ("title", "body", "lang")}


def _given(form: Form) -> dict[str, Any]:
    number = form.number("article") if form.one("article") else 0
    if number:
        return {"article_id": number}
    title, body, lang = form.one("title").strip(), form.one("body").strip(), form.one("lang").strip()
    if not title and not body:
        raise Problem(400, "invalid-body", "Give a headline or a text.", {"member": "title"})
    for name, text, most in (("headline", title, LONGEST_TITLE), ("text", body, LONGEST_BODY)):
        if len(text) > most:
            raise Problem(400, "invalid-body", f"A {name} has at most {most:,} characters.")
    if len(lang) > LONGEST_LANG:
        raise Problem(400, "invalid-body", "A language is a code such as en or pt-BR.", {"member": "lang"})
    require_languages([lang] if lang else [])
    document = {"title": title, "body": body, "lang": lang}
    return {"document": {name: value for name, value in document.items() if value}}
