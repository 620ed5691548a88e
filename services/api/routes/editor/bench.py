"""What lies on an editor's bench: the rules in force and, where he has one, his draft beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from services.api.asked.bodies import LARGEST, refuse_file_names
from services.api.errors import Problem
from services.api.queries import drafts, rulebooks
from services.api.queries.drafts import Draft
from services.api.queries.rulebooks import Version
from services.core.db import async_engine
from services.core.tokens import Bearer


@dataclass(frozen=True, slots=True)
class Bench:
    """`texts`: what is worked on, the draft or else what is in force. `before`: the texts that it began from."""

    in_force: Version
    draft: Draft | None
    texts: Mapping[str, str]
    before: Mapping[str, str]

    @property
    def changed(self) -> list[str]:
        """Files that differ from those the draft began from; those that came or went too."""
        names = sorted({*self.texts, *self.before})
        return [name for name in names if self.texts.get(name) != self.before.get(name)]

    @property
    def overtaken(self) -> bool:
        """Whether somebody published since the draft was begun."""
        return self.draft is not None and self.draft.base != self.in_force.version

    @property
    def base(self) -> str:
        """The version that the work began from."""
        return self.draft.base if self.draft else self.in_force.version

    @property
    def revision(self) -> int:
        """Of the draft; 0 where there is none."""
        return self.draft.revision if self.draft else 0


async def bench_of(editor: Bearer) -> Bench:
    """What an editor works on. Raises NotFoundError when no rulebook was ever published."""
    async with async_engine().begin() as connection:
        in_force = await rulebooks.in_force(connection)
        draft = await connection.run_sync(drafts.find, editor.name)
        before = await rulebooks.texts(connection, draft.base if draft else in_force.version)
    return Bench(in_force, draft, draft.texts if draft else before, before)


async def put(
    editor: Bearer, texts: Mapping[str, str], *, revision: int, base: str, new_base: str | None = None
) -> bool:
    """Save a draft that stands at `revision` (0: begin one from `base`); False when another window was faster.

    Raises Problem for what is too large or has names that no file can have.
    """
    if sum(len(text.encode()) for text in texts.values()) > LARGEST:
        raise Problem(413, "too-large", f"A rulebook has at most {LARGEST:,} bytes.")
    try:
        refuse_file_names(dict(texts))
    except ValueError as error:
        raise Problem(400, "invalid-body", f"{error}.".capitalize()) from None

    def written(connection: Connection) -> int | None:
        if revision == 0:
            return drafts.begin(connection, editor.name, texts, base=base)
        return drafts.save(connection, editor.name, texts, revision=revision, base=new_base)

    async with async_engine().begin() as connection:
        if revision == 0:
            base = (await rulebooks.version(connection, base)).version
        return await connection.run_sync(written) is not None


async def texts_of(version: str) -> dict[str, str]:
    """The files of a published version."""
    async with async_engine().connect() as connection:
        return await rulebooks.texts(connection, version)
