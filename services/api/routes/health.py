"""/health/… for orchestrators, /metrics for Prometheus."""

from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from services.api.deps import known_parameters
from services.api.formats import json_api
from services.api.watching.metrics import render
from services.api.watching.scrape import watch_of
from services.core.errors import without_place
from services.core.health import NEEDED_BY_READERS, Finding

router = APIRouter(tags=["operations"], dependencies=[Depends(known_parameters)])


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. Only `needed` ones decide whether this process can answer readers."""

    name: str
    ok: bool
    needed: bool
    sentence: str


@router.get("/health/live")
async def live() -> Response:
    """Whether this process runs."""
    return _plain({"status": "live"}, 200)


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether readers can be answered: 503 when not. It is judged by the checks of `dateline doctor`. A role without a sign of life,
    or Redis away, is told, and is no reason for 503: what was published can still be read.
    """
    checks = [_check(finding) for finding in await watch_of(request).ready()]
    able = all(check.ok for check in checks if check.needed)
    status = "not ready" if not able else "ready" if all(check.ok for check in checks) else "degraded"
    return _plain({"status": status, "checks": [asdict(check) for check in checks]}, 200 if able else 503)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Everything that can be measured, in Prometheus' text format."""
    found = await watch_of(request).scrape()
    body = render(found.readings, found.counted)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def _plain(body: dict[str, Any], status: int) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    return Response(json_api.dump(body), status_code=status, media_type=json_api.MEDIA_TYPE, headers=headers)


def _check(finding: Finding) -> Check:
    return Check(
        finding.about, finding.ok, finding.about in NEEDED_BY_READERS, without_place(finding.sentence)
    )
