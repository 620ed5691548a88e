"""The yardstick of ingest: fetch and parse, nothing else. No database, no cleaning, no rules: a floor, not a product.

python -m tests.bench.bare FILE       one address a line; prints one line of JSON
Counted from the first request to the last entry; starting Python and importing are left out, as with a running worker.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import feedparser

AT_ONCE = 20
"""As many as one ingest job has in flight."""


@dataclass(frozen=True, slots=True)
class Went:
    """One pass over all feeds: seconds of wall and CPU, entries parsed, answers that said "not modified"."""

    wall: float
    cpu: float
    entries: int
    not_modified: int


async def run(urls: Sequence[str]) -> dict[str, Went]:
    """Everything anew (`cold`), then once more with the validators that came (`warm`)."""
    validators: dict[str, dict[str, str]] = {}
    connector = aiohttp.TCPConnector(force_close=True, limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        return {step: await _pass(session, urls, validators) for step in ("cold", "warm")}


async def _pass(
    session: aiohttp.ClientSession, urls: Sequence[str], validators: dict[str, dict[str, str]]
) -> Went:
    wall, cpu = time.perf_counter(), time.process_time()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> int | None:
        async with gate, session.get(url, headers=validators.get(url)) as answer:
            body = await answer.read()
        if answer.status == 304:
            return None
        given = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        validators[url] = {ask: answer.headers[name] for ask, name in given.items() if name in answer.headers}
        return len(feedparser.parse(body).entries)

    counts = await asyncio.gather(*(one(url) for url in urls))
    return Went(
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
        entries=sum(count or 0 for count in counts),
        not_modified=counts.count(None),
    )


if __name__ == "__main__":
    done = asyncio.run(run(Path(sys.argv[1]).read_text().split()))
    print(json.dumps({step: asdict(went) for step, went in done.items()}))
