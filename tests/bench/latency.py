"""The way of single items: published by the press one by one, until a reader of Latest finds them."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from services.core.urls import canonical_url
from tests.bench.database import Stored
from tests.bench.figures import BenchError, Line, percentile
from tests.bench.stage import Stage, eventually

PART = "Latency: items published one by one, feeds asked every second"
FEEDS = 10
EVERY_S = 0.2
LOOK_S = 0.05
"""The reader asks Latest this often, so a figure may be that much too great."""
_SETTLE_S, _AFTER_S = 30.0, 15.0


@dataclass(slots=True)
class Seen:
    """Canonical address to Unix time: when it was published, when it was first found in Latest."""

    published: dict[str, float] = field(default_factory=dict)
    found: dict[str, float] = field(default_factory=dict)
    stored: Sequence[Stored] = ()
    last: float | None = None
    """Monotonic time of the last publication, None before it."""

    @property
    def is_waited_for(self) -> bool:
        """Whether something is still to come, and not too late."""
        return self.last is None or (bool(self.open) and time.monotonic() < self.last + _AFTER_S)

    @property
    def open(self) -> set[str]:
        """Published and not found yet."""
        return self.published.keys() - self.found.keys()


def measure(stage: Stage, *, items: int) -> Seen:
    """Publish `items` items, mean pause EVERY_S, at the first FEEDS feeds."""
    slugs = _ask_every_second(stage)
    last = stage.database.last_article()
    seen = asyncio.run(_publish_and_look(stage, slugs, items))
    seen.stored = stage.database.stored_after(last)
    return seen


def faults(seen: Seen) -> list[str]:
    """What never came."""
    if not seen.open:
        return []
    return [
        f"latency: {len(seen.open)} of {len(seen.published)} items never stood in Latest, such as {min(seen.open)}"
    ]


def lines(seen: Seen) -> list[Line]:
    """Percentiles of the whole way and of its two legs."""
    rows = {canonical_url(row.url): row for row in seen.stored}
    came = [url for url in seen.published if url in seen.found and url in rows]
    ways = {
        "published to Latest": [seen.found[url] - seen.published[url] for url in came],
        "  of it until the feed was asked": [_unix(rows[u].first_seen_at) - seen.published[u] for u in came],
        "  of it stored to its row in the change log": [
            _unix(rows[u].changed_at) - _unix(rows[u].first_seen_at) for u in came
        ],
    }
    return [
        Line(
            part=PART,
            what=f"{way}: {name}",
            unit="s",
            values=[percentile(times, share)],
            note=f"{len(came)} items",
        )
        for way, times in ways.items()
        for name, share in (("median", 0.5), ("p99", 0.99))
        if times
    ]


def _ask_every_second(stage: Stage) -> list[str]:
    """Let ingest ask FEEDS feeds each second; the slugs of their outlets, once each was asked more than once."""
    stage.wait_quiet()
    before = _asked(stage)
    stage.database.ask_every_second(FEEDS)

    def again() -> list[str]:
        slugs = [slug for slug, count in _asked(stage).items() if count >= before[slug] + 2]
        return slugs if len(slugs) >= FEEDS else []

    found: list[str] = eventually(
        again,
        seconds=_SETTLE_S,
        what="A second look at each of the feeds that are asked every second",
        every=0.3,
    )
    return found


def _asked(stage: Stage) -> dict[str, int]:
    return {slug: row["requests"] for slug, row in stage.ask_press("/stats.json").items()}


async def _publish_and_look(stage: Stage, slugs: Sequence[str], items: int) -> Seen:
    seen = Seen()
    try:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            tasks.create_task(_look(session, f"http://{stage.address}/v1/latest?limit=100", seen))
            await _publish(session, stage.press, slugs, items, seen)
    except ExceptionGroup as group:
        raise BenchError(f"Latency could not be measured: {group.exceptions[0]}") from group
    return seen


async def _publish(
    session: aiohttp.ClientSession, press: str, slugs: Sequence[str], items: int, seen: Seen
) -> None:
    dice = random.Random(7)
    for number in range(items):
        await asyncio.sleep(EVERY_S * dice.uniform(0.5, 1.5))
        async with session.post(f"{press}/publish?outlet={slugs[number % len(slugs)]}") as answer:
            for row in await answer.json():
                seen.published[canonical_url(row["url"])] = _unix(datetime.fromisoformat(row["published"]))
    seen.last = time.monotonic()


async def _look(session: aiohttp.ClientSession, address: str, seen: Seen) -> None:
    """What a client does that always holds the newest page: asks again, with the validator of what it has."""
    tag = ""
    while seen.is_waited_for:
        async with session.get(address, headers={"If-None-Match": tag} if tag else {}) as answer:
            body = await answer.read()
            now = time.time()
            tag = answer.headers.get("ETag", "")
        if answer.status == 200:
            for item in json.loads(body)["items"]:
                for url in (item["url"], *(other["url"] for other in item["also_at"])):
                    seen.found.setdefault(canonical_url(url), now)
        await asyncio.sleep(LOOK_S)


def _unix(moment: datetime) -> float:
    return moment.timestamp()
