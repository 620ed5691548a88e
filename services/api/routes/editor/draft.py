"""/editor/draft and /editor/file: your own rulebook in the making, file by file, checked at every save."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from services.api.asked import desk
from services.api.errors import Problem
from services.api.pages import rule_words
from services.api.queries import drafts
from services.api.routes.editor.bench import Bench, bench_of, put
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
from services.core.db import async_engine
from services.core.desk import Asked
from services.core.tokens import Bearer

router = APIRouter()
FileName = Annotated[str, Query(max_length=120, description="A file of the rulebook.")]
LineAsked = Annotated[int | None, Query(ge=1, le=1_000_000, description="A line of it.")]
ColumnAsked = Annotated[int | None, Query(ge=1, le=1_000_000, description="A column of that line.")]


@router.get("/editor/draft", response_class=Response)
async def draft(editor: Signed) -> Response:
    """Your draft: its files, what differs, and what can be done with it."""
    return await draft_page(editor, await bench_of(editor))


async def draft_page(editor: Bearer, bench: Bench, slip: Slip | None = None) -> Response:
    """The draft, with what is wrong with a form that was sent from there."""
    return await shown(
        editor,
        "editor_draft.html",
        title="Draft",
        here="draft",
        bench=bench,
        folders=rule_words.folders(bench.texts),
        slip=slip,
    )


@router.get("/editor/file", response_class=Response)
async def file(  # noqa: PLR0917 (the framework calls it by keyword)
    request: Request,
    editor: Signed,
    name: FileName,
    line: LineAsked = None,
    column: ColumnAsked = None,
    check: Number = None,
) -> Response:
    """One file of your draft, to be changed; what is wrong with it stands beside its lines."""
    bench = await bench_of(editor)
    if name not in bench.texts:
        raise Problem(404, "not-found", f"There is no file {name!r} in your rules; the draft lists them.")
    found = (await awaited(request, editor, check=check))["check"]
    waiting = await still_waiting(editor, name, "draft", found)
    return waiting or await _file_page(
        editor, bench, name, bench.texts[name], line=line, column=column, check=found
    )


async def _file_page(
    editor: Bearer,
    bench: Bench,
    name: str,
    text: str,
    *,
    line: int | None = None,
    column: int | None = None,
    check: Asked | None = None,
    status: int = 200,
    overtaken: bool = False,
    slip: Slip | None = None,
) -> Response:
    told = ((check.answer if check.state == "done" else check.error) or {}) if check else {}
    findings = list(told.get("findings") or [])
    here = [finding for finding in findings if finding.get("file") == name]
    return await shown(
        editor,
        "editor_file.html",
        title=name,
        here="draft",
        status=status,
        bench=bench,
        name=name,
        text=text,
        lines=text.count("\n") + 1,
        line=line,
        column=column,
        overtaken=overtaken,
        slip=slip,
        check=check,
        accepted=told.get("accepted"),
        words=rule_words,
        findings_here=here,
        marked=rule_words.marked_lines(here),
        elsewhere=[finding for finding in findings if finding.get("file") != name],
    )


@router.post("/editor/file", include_in_schema=False)
async def save(editor: Signed, form: Sent) -> Response:
    """Save one file into the draft (which begins with the first save), and have the whole checked."""
    name, text = form.one("name"), form.one("text")
    bench = await bench_of(editor)
    if name not in bench.texts:
        raise Problem(404, "not-found", f"There is no file {name[:120]!r} in your rules any more.")
    try:
        saved = await put_over(editor, bench, form, {**bench.texts, name: text})
    except Problem as error:
        return await _file_page(editor, bench, name, text, slip=slip_of(error, form))
    if not saved:
        return await _file_page(editor, bench, name, text, status=409, overtaken=True)
    number = await desk.ask("check", {"rulebook": {"texts": {**bench.texts, name: text}}}, editor.name)
    return go("/editor/file", name=name, check=number)


async def put_over(editor: Bearer, bench: Bench, form: Form, texts: dict[str, str]) -> bool:
    """Save over what the form was made from; False when the draft is another by now."""
    revision, base = form.number("revision"), form.one("base")
    began = bench.draft.base if bench.draft else bench.in_force.version
    if revision != bench.revision or base != began:
        return False
    return await put(editor, texts, revision=revision, base=base)


@router.post("/editor/draft/file", include_in_schema=False)
async def new_file(editor: Signed, form: Sent) -> Response:
    """Add an empty file, take one away, or put one back to what the draft began from."""
    name, bench = form.one("name").strip(), await bench_of(editor)
    if form.one("do") == "remove":
        texts = {kept: text for kept, text in bench.texts.items() if kept != name}
    elif form.one("do") == "restore":
        if name not in bench.before:
            raise Problem(404, "not-found", f"Your draft did not begin with a file {name[:120]!r}.")
        texts = {**bench.texts, name: bench.before[name]}
    elif name in bench.texts:
        return go("/editor/file", name=name)
    else:
        texts = {**bench.texts, name: "labels:\n"}
    try:
        saved = await put_over(editor, bench, form, texts)
    except Problem as error:
        return await draft_page(editor, bench, slip_of(error, form, "file"))
    if not saved:
        raise overtaken_elsewhere()
    return go("/editor/draft") if name not in texts else go("/editor/file", name=name)


@router.post("/editor/draft/drop", include_in_schema=False)
async def drop(editor: Signed, form: Sent) -> Response:
    """Forget the draft."""
    revision = form.number("revision")

    def dropped(connection: Connection) -> bool:
        return drafts.drop(connection, editor.name, revision=revision)

    async with async_engine().begin() as connection:
        if not await connection.run_sync(dropped):
            raise overtaken_elsewhere()
    return go("/editor")


def overtaken_elsewhere() -> Problem:
    """What is said when another window of the same editor was faster."""
    return Problem(
        409,
        "conflict",
        "The draft was changed in another window meanwhile; look at it again, then send this again.",
    )
