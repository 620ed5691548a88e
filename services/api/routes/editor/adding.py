"""Adding one line to the draft without opening a file: a term of a label, or a headline as a test of it."""

import asyncio
import re

from fastapi import APIRouter
from starlette.responses import Response

from services.api import desk
from services.api.editing.insert import LISTS, add_term, add_test
from services.api.errors import Problem
from services.api.routes.editor.bench import Bench, bench_of
from services.api.routes.editor.common import Form, Sent, Signed, go
from services.api.routes.editor.draft import overtaken_elsewhere, put_over
from services.core.tokens import Bearer

router = APIRouter()
LONGEST_TERM, LONGEST_TITLE, LONGEST_BODY = 200, 500, 2000
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@router.post("/editor/draft/term", include_in_schema=False)
async def term(editor: Signed, form: Sent) -> Response:
    """Add one term to a list of a label."""
    label, written, tier = form.one("label"), " ".join(form.one("term").split()), form.one("tier", "terms")
    if not written or len(written) > LONGEST_TERM or not LISTS.fullmatch(tier):
        raise Problem(400, "invalid-body", f"A term has 1 to {LONGEST_TERM} characters.", {"member": "term"})
    bench = await bench_of(editor)
    done = await asyncio.to_thread(add_term, bench.texts, label, written, tier=tier)
    return await _added(editor, bench, form, done)


@router.post("/editor/draft/example", include_in_schema=False)
async def example(editor: Signed, form: Sent) -> Response:
    """Add a headline that must get a label, or must not, to the tests of that label."""
    title, body = " ".join(form.one("title").split()), " ".join(form.one("body").split())
    if not title or len(title) > LONGEST_TITLE:
        raise Problem(
            400,
            "invalid-body",
            f"A test has a headline of at most {LONGEST_TITLE} characters.",
            {"member": "title"},
        )
    lang = form.one("lang").strip().lower().partition("-")[0]
    bench = await bench_of(editor)
    done = await asyncio.to_thread(
        add_test,
        bench.texts,
        form.one("label"),
        title,
        expect=form.one("must", "expect") != "reject",
        body=body[:LONGEST_BODY],
        lang=lang if _LANGUAGE.fullmatch(lang) else None,
    )
    return await _added(editor, bench, form, done)


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
    return go("/editor/file", name=name, line=line, check=number, anchor=f"L{line}")
