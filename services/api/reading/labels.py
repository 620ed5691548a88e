"""Loads the labels of the rulebook in force."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.tree import LabelTree, tree_of
from services.core.models import Rulebook

_loaded: dict[str, LabelTree] = {}
_IN_FORCE = select(Rulebook.version).where(Rulebook.active)


async def label_tree(connection: AsyncConnection) -> LabelTree:
    """The tree of the active rulebook; empty when there is none.

    Kept by version: a published rulebook is never changed, so only its version is asked for each time.
    """
    version = await connection.scalar(_IN_FORCE)
    if version is None:
        return tree_of(None, ())
    if version not in _loaded:
        rows = await connection.scalar(select(Rulebook.labels).where(Rulebook.version == version))
        _loaded.clear()
        _loaded[version] = tree_of(version, rows or ())
    return _loaded[version]
