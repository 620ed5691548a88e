"""/v1/rules: what is in force, every version that was, and who put it there. Any token may read it."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth import READS
from services.api.deps import known_parameters
from services.api.errors import VERSION, Problem
from services.api.queries import rulebooks
from services.api.queries.rulebooks import Version
from services.api.respond import NO_STORE, private
from services.api.schemas.answers import problems
from services.api.schemas.desk import HistoryBody, RulesBody, VersionBody
from services.core.db import snapshot

router = APIRouter(tags=["rules"], dependencies=[Depends(known_parameters), READS])
Prefix = Annotated[str, Path(pattern=VERSION, description="A version, or the first letters of one.")]
HistoryLimit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Below = Annotated[int | None, Query(ge=1, lt=2**63, description="The `next` of the page before.")]


@router.get("/v1/rules", response_model=RulesBody, responses=problems(401, 403, 404, 503))
async def rules(request: Request) -> Response:
    """The rulebook in force: who put it there, when and why, its files, and how far relabelling is."""
    async with snapshot() as connection:
        found = await rulebooks.in_force(connection)
        walk = await rulebooks.relabelling(connection)
    return private(request, shown(found) | {"relabelling": asdict(walk) if walk else None})


@router.get("/v1/rules/history", response_model=HistoryBody, responses=problems(400, 401, 403, 503))
async def history(request: Request, limit: HistoryLimit = 50, below: Below = None) -> Response:
    """Which version was put in force when, by whom and why, the latest first."""
    async with snapshot() as connection:
        found = await rulebooks.history(connection, limit=limit + 1, below=below)
    more = found[limit - 1].id if len(found) > limit else None
    return private(request, {"items": [asdict(row) for row in found[:limit]], "next": more})


@router.get(
    "/v1/rules/versions/{version}", response_model=VersionBody, responses=problems(401, 403, 404, 503)
)
async def version(request: Request, version: Prefix) -> Response:
    """A published rulebook with its texts."""
    async with snapshot() as connection:
        found = await rulebooks.version(connection, version)
        texts = await rulebooks.texts(connection, found.version)
    return private(request, shown(found) | {"texts": texts})


@router.get(
    "/v1/rules/versions/{version}/files/{name:path}",
    response_class=Response,
    responses={200: {"content": {"application/yaml": {}}}, **problems(401, 403, 404, 503)},
)
async def file(version: Prefix, name: str) -> Response:
    """One file of a version, as YAML."""
    async with snapshot() as connection:
        found = await rulebooks.version(connection, version)
        text = await rulebooks.file(connection, found.version, name) if "\x00" not in name else None
    if text is None:
        known = ", ".join(list(found.files)[:12])
        raise Problem(
            404, "not-found", f"Version {found.version[:12]} has no file {name[:120]!r}; it has {known} …."
        )
    return Response(
        text, headers={"Cache-Control": NO_STORE, "Content-Type": "application/yaml; charset=utf-8"}
    )


def shown(found: Version) -> dict[str, Any]:
    """A version as answers have it."""
    return {
        "version": found.version,
        "in_force": found.active,
        "author": found.by,
        "message": found.why,
        "since": found.since,
        "created_at": found.created_at,
        "files": [{"name": name, "bytes": size} for name, size in found.files.items()],
    }
