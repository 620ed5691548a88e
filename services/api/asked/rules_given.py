"""From what somebody means by a rulebook to what a worker is asked with. Raises Problem where it does not exist."""

from collections.abc import Mapping
from typing import Any

from services.api.asked.bodies import RulesGiven
from services.api.errors import Problem
from services.api.queries import drafts, rulebooks
from services.api.queries.drafts import Draft
from services.core.db import async_engine, snapshot
from services.core.tokens import Bearer

NO_DRAFT = "You have no draft; begin one with PUT /v1/rules/draft."


async def draft_of(bearer: Bearer) -> Draft | None:
    """The draft of an editor."""
    async with async_engine().begin() as connection:
        return await connection.run_sync(drafts.find, bearer.name)


async def require_draft(bearer: Bearer) -> Draft:
    """The draft of an editor. Raises Problem (404) where there is none."""
    found = await draft_of(bearer)
    if found is None:
        raise Problem(404, "not-found", NO_DRAFT)
    return found


async def reference(given: RulesGiven | None, bearer: Bearer) -> Mapping[str, Any] | None:
    """The rulebook of a request as `services.core.desk` has it: texts, a version, or None for what is in force."""
    if given is None:
        return None
    if given.draft:
        return {"texts": dict((await require_draft(bearer)).texts)}
    if given.texts is not None:
        return {"texts": given.texts}
    if given.version is not None:
        return {"version": (await require_version(given.version)).version}
    return None


async def require_version(prefix: str) -> rulebooks.Version:
    """A published version by its first letters. Raises Problem (404)."""
    async with snapshot() as connection:
        return await rulebooks.version(connection, prefix)
