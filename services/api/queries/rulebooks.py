"""What editors read of published rules: the version in force, any version, the history, how far relabelling is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.core.errors import NotFoundError

# Sizes are counted by the database, so that the texts of a whole rulebook do not travel for their lengths.
_SIZES = "(SELECT coalesce(jsonb_object_agg(key, octet_length(value)), '{}') FROM jsonb_each_text(r.texts)) AS files"
_VERSION = f"""
    SELECT r.version, r.author, r.message, r.created_at, r.active, {_SIZES}, p.id AS publication,
           coalesce(p.author, r.author) AS by, coalesce(p.message, r.message) AS why, coalesce(p.at, r.created_at) AS since
    FROM rulebooks r LEFT JOIN LATERAL (
        SELECT id, author, message, at FROM publications p WHERE p.version = r.version ORDER BY id DESC LIMIT 1) p ON true
"""  # noqa: S608 - texts of ours
_IN_FORCE = text(_VERSION + " WHERE r.active")
_BY_PREFIX = text(_VERSION + " WHERE starts_with(r.version, :prefix) ORDER BY r.version LIMIT 2")
_TEXTS = text("SELECT texts FROM rulebooks WHERE version = :version")
_FILE = text("SELECT texts ->> :name FROM rulebooks WHERE version = :version")
_HISTORY = text(
    """
    SELECT p.id, p.version, p.before, p.author, p.message, p.at, p.figures,
           EXISTS (SELECT 1 FROM publications earlier WHERE earlier.version = p.version AND earlier.id < p.id) AS again,
           r.active AND NOT EXISTS (SELECT 1 FROM publications later WHERE later.version = p.version AND later.id > p.id)
               AS in_force
    FROM publications p JOIN rulebooks r ON r.version = p.version
    WHERE CAST(:below AS bigint) IS NULL OR p.id < :below ORDER BY p.id DESC LIMIT :n
    """
)
_RELABELLING = text(
    """
    SELECT id, version, started_at, at_sort AS back_to, looked, relabelled, moved, finished_at, ended
    FROM relabellings ORDER BY id DESC LIMIT 1
    """
)
_CORRECTED = text("SELECT count(*) FROM corrections WHERE withdrawn_at IS NULL")


@dataclass(frozen=True, slots=True)
class Version:
    """A published rulebook. `by`, `why`, `since`: who put it in force last. `files`: name to bytes."""

    version: str
    author: str
    message: str
    created_at: datetime
    active: bool
    files: Mapping[str, int]
    publication: int | None
    by: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Publishing:
    """One time that a version was put in force. `again`: it was before, so this went back to it. `in_force`: the one that made
    it stand now.
    """

    id: int
    version: str
    before: str | None
    author: str
    message: str
    at: datetime
    figures: Mapping[str, Any]
    again: bool
    in_force: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """The last walk over stored articles that gives them the labels of a version; `back_to`: how far it is."""

    id: int
    version: str
    started_at: datetime
    back_to: datetime | None
    looked: int
    relabelled: int
    moved: int
    finished_at: datetime | None
    ended: str | None


async def in_force(connection: AsyncConnection) -> Version:
    """The version in force. Raises NotFoundError when none was ever published."""
    row = (await connection.execute(_IN_FORCE)).one_or_none()
    if row is None:
        raise NotFoundError("No rulebook is in force; `dateline migrate` publishes the starter rulebook.")
    return _version(row)


async def version(connection: AsyncConnection, prefix: str) -> Version:
    """The one version that begins so. Raises NotFoundError for none and for several."""
    rows = (await connection.execute(_BY_PREFIX, {"prefix": prefix})).all()
    if len(rows) != 1:
        many = "more than one version begins" if rows else "no version begins"
        raise NotFoundError(
            f"Of the published rulebooks {many} with {prefix[:64]!r}; /v1/rules/history lists them."
        )
    return _version(rows[0])


async def texts(connection: AsyncConnection, version: str) -> dict[str, str]:
    """File name to YAML, in the order of the names."""
    found: Mapping[str, str] = await connection.scalar(_TEXTS, {"version": version}) or {}
    return {name: found[name] for name in sorted(found)}


async def file(connection: AsyncConnection, version: str, name: str) -> str | None:
    """One file of a version."""
    found: str | None = await connection.scalar(_FILE, {"version": version, "name": name})
    return found


async def history(connection: AsyncConnection, *, limit: int, below: int | None = None) -> list[Publishing]:
    """When which version was put in force, the latest first; `below`: only those with a smaller number."""
    rows = await connection.execute(_HISTORY, {"n": limit, "below": below})
    return [Publishing(**row._mapping) for row in rows]  # noqa: SLF001 - the public name of a row's dictionary


async def relabelling(connection: AsyncConnection) -> Walk | None:
    """The walk that runs, or the last one that did."""
    row = (await connection.execute(_RELABELLING)).one_or_none()
    return None if row is None else Walk(**row._mapping)  # noqa: SLF001 - as above


def _version(row: Any) -> Version:
    found = dict(row._mapping)  # noqa: SLF001 - as above
    return Version(**found | {"files": {name: found["files"][name] for name in sorted(found["files"])}})


async def corrections_standing(connection: AsyncConnection) -> int:
    """How many corrections stand."""
    return int(await connection.scalar(_CORRECTED) or 0)
