"""GET /v1/trending: the stories that rise, each with the arithmetic of its score."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.conditional import etag_of
from services.api.deps import Limit, known_parameters, require_label
from services.api.errors import Problem
from services.api.formats import json_api, story_json
from services.api.reading.labels import label_tree
from services.api.reading.streams import REPRESENTATION
from services.api.reading.trending import trending
from services.api.respond import STREAM_CACHE, Terms, not_modified, respond
from services.api.schemas.answers import problems
from services.api.schemas.stories import TrendingBody
from services.core.clock import utc_now
from services.core.db import snapshot
from services.core.trends import PACE

router = APIRouter(tags=["read"], dependencies=[Depends(known_parameters)])
STEP = timedelta(seconds=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def this_half_minute() -> datetime:
    """Now, to 30 s: scores decay, and one tag must stand for one text."""
    now = utc_now()
    return now - timedelta(seconds=now.second % STEP.seconds, microseconds=now.microsecond)


@router.get("/v1/trending", response_model=TrendingBody, responses=problems(400, 503))
async def what_is_rising(
    request: Request,
    region: Annotated[
        str | None, Query(description="Slug of a region; includes the regions below it.")
    ] = None,
    topic: Annotated[str | None, Query(description="Slug of a topic.")] = None,
    window: Annotated[
        str, Query(description="Publishers heard longer ago do not count: `1h` to `48h`, `1d`, `2d`.")
    ] = "48h",
    limit: Limit = 10,
) -> Response:
    """What rises: more publishers on a story, and sooner, than its region or topic is used to."""
    length, now = window_of(window), this_half_minute()
    async with snapshot() as connection:
        tree = await label_tree(connection)
        if region is not None:
            require_label(tree, "region", region, status=400)
        if topic is not None:
            require_label(tree, "topic", topic, status=400)
        found = await trending(
            connection, tree, region=region, topic=topic, window=length, limit=limit, now=now
        )
    body = story_json.trending(found)
    terms = Terms(etag_of(REPRESENTATION, body), STREAM_CACHE)
    return not_modified(request, terms) or respond(request, terms, body, json_api.MEDIA_TYPE)


def window_of(text: str) -> timedelta:
    """A length of time such as `6h` or `2d`, an hour at least and at most as long as a voice is heard. Raises Problem (400)."""
    written = re.fullmatch(r"([0-9]{1,3})([hd])", text.strip().lower())
    length = int(written[1]) * (DAY if written[2] == "d" else HOUR) if written else timedelta(0)
    if not HOUR <= length <= PACE.window:
        longest = PACE.window // HOUR
        detail = f"window: hours from 1h to {longest}h are expected, such as 6h, not {text[:80]!r}."
        raise Problem(400, "invalid-parameter", detail, {"parameter": "window"})
    return length
