"""Adding one line to the draft without opening a file: a term of a label, or a headline as a test of it."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from services.api.asked import desk
from services.api.deps import require_languages
from services.api.editing.insert import LISTS, add_term, add_test
from services.api.errors import Problem
from services.api.routes.editor.bench import Bench, bench_of
from services.api.routes.editor.common import Form, Sent, Signed, go, slip_of
from services.api.routes.editor.draft import draft_page, overtaken_elsewhere, put_over
from services.api.routes.editor.trying import try_page, typed
from services.core import languages
from services.core.tokens import Bearer

router = APIRouter()
LONGEST_TERM, LONGEST_TITLE, LONGEST_BODY = 200, 500, 2000


@router.post("/editor/draft/term", include_in_schema=False)
async def term(editor: Signed, form: Sent) -> Response:
    """Add one term to a list of a label."""
    bench = await bench_of(editor)
    try:
        return await _added(editor, bench, form, await _with_term(bench, form))
    except Problem as error:
        return await draft_page(editor, bench, slip_of(error, form, "term"))


async def _with_term(bench: Bench, form: Form) -> tuple[str, str, int] | None:
    label, written, tier = form.one("label"), " ".join(form.one("term").split()), form.one("tier", "terms")
    if not written or len(written) > LONGEST_TERM:
        raise Problem(400, "invalid-body", f"A term has 1 to {LONGEST_TERM} characters.", {"member": "term"})
    if not LISTS.fullmatch(tier):
        raise Problem(400, "invalid-body", f"There is no list {tier[:40]!r} of terms.", {"member": "tier"})
    return await asyncio.to_thread(add_term, bench.texts, label, written, tier=tier)


@router.post("/editor/draft/example", include_in_schema=False)
async def example(editor: Signed, form: Sent) -> Response:
    """Add a headline that must get a label, or must not, to the tests of that label."""
    bench = await bench_of(editor)
    try:
        return await _added(editor, bench, form, await _with_test(bench, form))
    except Problem as error:
        return await try_page(editor, bench, {}, document=typed(form), slip=slip_of(error, form, "example"))


async def _with_test(bench: Bench, form: Form) -> tuple[str, str, int] | None:
    title, body = (" ".join(form.one(name).split()) for name in ("title", "body"))
    if not title or len(title) > LONGEST_TITLE:
        told = f"A test has a headline of at most {LONGEST_TITLE} characters."
        raise Problem(400, "invalid-body", told, {"member": "title"})
    lang = languages.canonical(form.one("lang")).partition("-")[0]
    require_languages([lang] if lang else [])
    return await asyncio.to_thread(
        add_test,
        bench.texts,
        form.one("label"),
        title,
        expect=form.one("must", "expect") != "reject",
        body=body[:LONGEST_BODY],
        lang=lang or None,
    )


async def _added(editor: Bearer, bench: Bench, form: Form, done: tuple[str, str, int] | None) -> Response:
    """Save what was added, and show it in its file, checked."""
    if done is None:
        raise Problem(
            422,
            "invalid-rules",
            f"Where {form.one('label')[:120] or 'no label'} stands in your rules cannot be told surely; add the line in its file yourself.",
        )
    name, text, line = done
    texts = {**bench.texts, name: text}
    if not await put_over(editor, bench, form, texts):
        raise overtaken_elsewhere()
    number = await desk.ask("check", {"rulebook": {"texts": texts}}, editor.name)
    end = len(text.splitlines()[line - 1])  # what was added stands there, of a list of many on one line
    return go("/editor/file", name=name, line=line, column=max(end, 1), check=number, anchor=f"L{line}")
