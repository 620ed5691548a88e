"""Checks the work, not only the clock: does what the press published stand in Latest?"""

import json
from urllib.parse import quote

from services.core.urls import canonical_url
from tests.bench.stage import Stage

_PAGES_AT_MOST = 200


def published(stage: Stage) -> set[str]:
    """Canonical addresses of all that the feeds show at this moment."""
    return {canonical_url(row["url"]) for row in stage.ask_press("/truth.json") if row["listed_by"]}


def in_latest(stage: Stage) -> set[str]:
    """Canonical addresses of all pages of `GET /v1/latest`, those under "also at" included."""
    found: set[str] = set()
    path = "/v1/latest?limit=200"
    for _ in range(_PAGES_AT_MOST):
        page = json.loads(stage.get(path)[0])
        for item in page["items"]:
            found.add(canonical_url(item["url"]))
            found |= {canonical_url(other["url"]) for other in item["also_at"]}
        if page["next"] is None:
            break
        path = f"/v1/latest?limit=200&before={quote(page['next'])}"
    return found


def faults(stage: Stage, *, where: str) -> list[str]:
    """A sentence for each way in which the work is not done."""
    expected, found = published(stage), in_latest(stage)
    told = []
    hidden = {canonical_url(url) for url in stage.database.hidden()}
    if missing := sorted(expected - found - hidden):
        told.append(f"{where}: {len(missing)} of {len(expected)} articles are missing, such as {missing[0]}")
    if extra := sorted(found - expected):
        told.append(f"{where}: {len(extra)} articles that the press does not show, such as {extra[0]}")
    labelled = {canonical_url(url) for url in stage.database.listed()}
    if lack := found - labelled - hidden:
        told.append(f"{where}: {len(lack)} articles lack labels of the rulebook in force")
    return told
