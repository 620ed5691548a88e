"""Uncached pages over a great many stored articles beside the same pages over few: two databases of one server, an API each."""

import http.client
import itertools
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from services.core import schema
from services.core.settings import PREFIX
from services.embedded.prepare import load_starter
from services.embedded.roles import answers
from tests.bench import cpu, many
from tests.bench.figures import BenchError, Line
from tests.bench.stage import ROOT, Stage
from tests.fixtures.roles import free_port

FEW = 10_000
SLOW_MS, WIDE = 10.0, 2.0
"""What is aimed at: the median of an uncached page of one region and one topic, and how many times that over few."""


def measure(stage: Stage, *, stored: int, asked: int) -> list[Line]:
    """Pages of every kind of filter, each asked for `asked` times by another address that nobody asked before, alternately."""
    part = f"Pages: GET /v1/latest, not cached, one reader, {stored:,} articles stored beside {FEW:,}"
    urls = [_filled(stage, name, count) for name, count in (("few", FEW), ("many", stored))]
    with api(stage, "few", urls[0]) as few, api(stage, "many", urls[1]) as many_:
        stage.wait_quiet()
        kinds = addresses(few)
        sides = {"few": (few, kinds), "many": (many_, kinds)}
        return compare(stage, sides, asked=asked, part=part, note=f"{FEW:,} stored")


def compare(
    stage: Stage,
    sides: Mapping[str, tuple[str, Mapping[str, Sequence[str]]]],
    *,
    asked: int,
    part: str,
    note: str,
) -> list[Line]:
    """Every kind of address of two APIs by turns: of each side its process, where it listens, and addresses by kind. `{limit}` in an
    address is another number each time. The first side is the yardstick.
    """
    (first, (few, few_kinds)), (second, (many_, many_kinds)) = sides.items()
    found: list[Line] = []
    for kind in few_kinds:
        taken: dict[str, list[float]] = {few: [], many_: []}
        before = {name: _cpu(stage, name) for name in sides}
        cycles = {few: itertools.cycle(few_kinds[kind]), many_: itertools.cycle(many_kinds[kind])}
        for n in range(asked + 2):
            limit = 50 + n // max(len(few_kinds[kind]), 1)
            for address in (few, many_) if n % 2 else (many_, few):
                took = _page(address, next(cycles[address]).replace("{limit}", str(limit)))
                if n >= 2:  # the first meet nobody's statements
                    taken[address].append(took * 1000)
        spent = {name: (_cpu(stage, name) - before[name]) / (asked + 2) * 1e3 for name in before}
        told = f"{note}; CPU of the API {spent[second]:.1f} ms a page, over few {spent[first]:.1f}"
        found.append(
            Line(part=part, what=f"{kind}: median", unit="ms", values=taken[many_], yardstick=taken[few], note=told)
        )  # fmt: skip
    return found


def faults(lines: Sequence[Line]) -> list[str]:
    """A page that reads what is stored, not what it shows, is a fault on any machine; the time alone is none."""
    return [
        f"pages, {line.what}: {line.ratio:.1f} times that over few; an index is missing"
        for line in lines
        if line.ratio and line.ratio > 10 * WIDE and line.value > 10 * SLOW_MS
    ]


def addresses(api: str) -> dict[str, list[str]]:
    """Addresses by kind of filter, in an order that is the same in every run; `{limit}` makes each another one."""
    return {
        kind: [f"/v1/latest?{query}&limit={{limit}}" for query in queries]
        for kind, queries in _queries(api).items()
    }


def _queries(address: str) -> dict[str, list[str]]:
    regions = [row["slug"] for row in _rows(address, "/v1/regions")]
    topics = [row["slug"] for row in _rows(address, "/v1/topics")]
    dice = random.Random(11)
    pairs = [f"region={r}&topic={t}" for r, t in itertools.product(regions, topics)]
    dice.shuffle(pairs)
    two = [f"{pair}&region={dice.choice(regions)}&topic={dice.choice(topics)}" for pair in pairs]
    return {
        "region and topic": pairs,
        "two regions and two topics": two,
        "region": [f"region={r}" for r in regions],
        "language": [f"language={tag}" for tag in ("en", "de", "pt", "sw")],
        "source": [f"source=many-{n}.example" for n in (1, 9, 99, 400)],
        "common words": [f"q={word}" for word in many.WORDS.split()[:9]],
        "words that hardly anybody wrote": [f"q={n}" for n in range(700, 730)],
        "everything": [""],
    }


def _rows(address: str, path: str) -> list[dict[str, str]]:
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", path)
    found = json.loads(connection.getresponse().read())
    connection.close()
    return next(rows for rows in found.values() if isinstance(rows, list))


def _page(address: str, path: str) -> float:
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.connect()
    started = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - started
    connection.close()
    if answer.status != 200:
        raise BenchError(f"Pages: {path} answered {answer.status}.")
    return took


def _cpu(stage: Stage, name: str) -> float:
    return cpu.seconds(stage.running[name][1].pid)


def _filled(stage: Stage, name: str, stored: int) -> str:
    """A database of its own with so many articles; its address."""
    url = stage.children["api"].env[f"{PREFIX}DATABASE_URL"]
    own = url.replace("/dateline?", f"/{name}?", 1)
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    schema.upgrade(own)
    load_starter(own, stage.folder / "press.opml")
    with psycopg.connect(own.replace("+psycopg", "", 1), autocommit=True) as connection:
        many.fill(connection, stored)
    return own


@contextmanager
def api(stage: Stage, name: str, url: str) -> Iterator[str]:
    """An API over the database at `url`, as a process `name`; where it listens."""
    like = stage.children["api"]
    address = f"127.0.0.1:{free_port()}"
    env = {**like.env, f"{PREFIX}DATABASE_URL": url, f"{PREFIX}BIND": address, "PYTHONPATH": str(ROOT)}
    stage.start(replace(like, name=name, env=env, ready=lambda: answers(address)))
    try:
        yield address
    finally:
        stage.stop(name)
