"""Taking over what others published meanwhile into a draft; where both changed the same thing, the editor chooses."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from services.api.editing.merge import Choice, Merged, merge
from services.api.routes.editor.bench import Bench, bench_of, put, texts_of
from services.api.routes.editor.common import Form, Sent, Signed, go, shown
from services.api.routes.editor.draft import overtaken_elsewhere
from services.core.tokens import Bearer

router = APIRouter()
CHOICES: dict[str, Choice] = {"mine": "mine", "theirs": "theirs", "both": "both"}


@router.post("/editor/draft/rebase", include_in_schema=False)
async def rebase(editor: Signed, form: Sent) -> Response:
    """Put what others published meanwhile into the draft; ask where it touches what the editor changed too."""
    bench = await bench_of(editor)
    if bench.draft is None or bench.revision != form.number("revision"):
        raise overtaken_elsewhere()
    done = await asyncio.to_thread(merge, bench.before, bench.texts, await texts_of(bench.in_force.version))
    newer = form.one("newer") not in {"", bench.in_force.version}
    chosen = {} if newer else _chosen(form, done)
    if any(
        (name, number) not in chosen for name, places in done.torn.items() for number in range(len(places))
    ):
        return await _torn_page(editor, bench, done, chosen, asked=bool(form.one("newer")), newer=newer)
    saved = await put(
        editor,
        done.texts(chosen),
        revision=bench.revision,
        base=bench.draft.base,
        new_base=bench.in_force.version,
    )
    if not saved:
        raise overtaken_elsewhere()
    return go("/editor/draft")


def _chosen(form: Form, done: Merged) -> dict[tuple[str, int], Choice]:
    """What was chosen; places are named by the number of their file among the torn ones, and their own."""
    chosen = {}
    for at, (name, places) in enumerate(done.torn.items()):
        for number in range(len(places)):
            said = CHOICES.get(form.one(f"place-{at}-{number}"))
            if said is not None:
                chosen[name, number] = said
    return chosen


async def _torn_page(
    editor: Bearer,
    bench: Bench,
    done: Merged,
    chosen: dict[tuple[str, int], Choice],
    *,
    asked: bool,
    newer: bool,
) -> Response:
    wrong = "Choose at each place, then take it over." if asked else ""
    if newer:
        wrong = "Something was published again meanwhile; choose anew."
    return await shown(
        editor,
        "editor_torn.html",
        title="Both changed the same lines",
        here="draft",
        status=400 if asked and not newer else 409 if newer else 200,
        bench=bench,
        torn=done.torn,
        chosen=chosen,
        wrong=wrong,
    )
