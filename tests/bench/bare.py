"""The yardstick of ingest: fetch and parse, nothing else. No database, no cleaning, no rules: a floor, not a product.

python -m tests.bench.bare FILE       one address a line; answers the steps that it reads (see `yardstick`)
Counted from the first request to the last entry; starting Python and importing are left out, as with a running worker.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import feedparser

from tests.bench.yardstick import Went, steps, tell

AT_ONCE = 20
"""As many as one ingest job has in flight."""


async def run(urls: Sequence[str]) -> None:
    """A pass over all feeds for each step asked for: `cold` knows nothing, all others send the validators that came last."""
    validators: dict[str, dict[str, str]] = {}
    connector = aiohttp.TCPConnector(force_close=True, limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        for step in steps():
            if step == "cold":
                validators.clear()
            tell(await _pass(session, urls, validators))


async def _pass(
    session: aiohttp.ClientSession, urls: Sequence[str], validators: dict[str, dict[str, str]]
) -> Went:
    wall, cpu = time.perf_counter(), time.process_time()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> int:
        async with gate, session.get(url, headers=validators.get(url)) as answer:
            body = await answer.read()
        if answer.status == 304:
            return 0
        given = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        validators[url] = {ask: answer.headers[name] for ask, name in given.items() if name in answer.headers}
        return len(feedparser.parse(body).entries)

    counts = await asyncio.gather(*(one(url) for url in urls))
    return Went(
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
        entries=sum(counts),
    )


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]).read_text().split()))
