"""A great database beside a small one: the same work in both, in turns, and old articles leaving while new ones come."""

import logging
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
from sqlalchemy import text

from services.classify.labelling import label
from services.core import schema
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.settings import PREFIX
from services.embedded.prepare import load_starter
from services.ingest import finishing, retention
from services.ingest.entry import FetchResponse
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import catalogue, expiring, leases
from tests.bench import asked, cpu, grown
from tests.bench.figures import Line, percentile
from tests.bench.side import Side, at
from tests.bench.stage import Stage

FEW = 10_000
"""The yardstick: a page needs something to show, so it is the first day of an installation and not an empty one."""
FEEDS, ENTRIES = 5, 10
"""One round of new articles: so many feeds bring so many each, and one batch of labels takes all of them."""
RETENTION_DAYS, STEPS_AT_LEAST = 60, 10
_RUN = secrets.token_hex(3)
"""In the names of all entries, so that none was there before, whoever measured in this database."""


@dataclass(slots=True)
class Volume:
    """Everything found. `waits_ms`: what publications took alone and while old articles left; `steps_ms`: those of retention; `sizes`:
    how many articles each took.
    """

    articles: int
    bytes: int
    few: Side
    full: Side
    alone_ms: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    steps_ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    pages: list[Line] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def part(self) -> str:
        """The heading of its lines."""
        return f"a database of {self.articles:,} articles, {self.bytes / 1e9:.1f} GB, beside one of {FEW:,}"


def measure(
    stage: Stage,
    *,
    articles: int,
    words: range,
    rounds: int,
    retention_s: float,
    pages: int,
    tell: Callable[[str], None],
) -> Volume:
    """Grow the database of the stage, make a small one beside it, and work in both by turns."""
    full = Side(os.environ[PREFIX + "DATABASE_URL"])
    few = Side(full.url.replace("/dateline?", "/beside?"))
    with psycopg.connect(full.plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE beside")
    schema.upgrade(few.url)
    load_starter(few.url, stage.folder / "press.opml")
    for side, count in ((few, FEW), (full, articles)):
        grown.grow(side.url, count, words=words, tell=lambda done: tell(f"volume: {done:,} articles"))
    found = Volume(articles, grown.size(full.url), few, full)
    work(stage, found, rounds=rounds, retention_s=retention_s, pages=pages, tell=tell)
    return found


def work(
    stage: Stage,
    found: Volume,
    *,
    rounds: int,
    retention_s: float,
    pages: int,
    tell: Callable[[str], None],
) -> None:
    """What is measured, once both are there."""
    few, full = found.few, found.full
    for side in (few, full):
        prepare(side)
    tell("volume: new articles")
    for number in range(rounds):
        for side in (few, full) if number % 2 == 0 else (full, few):
            _one_round(stage, side, number)
    tell("volume: questions")
    for side in (few, full):
        with at(side):
            store(bodies("asked"))  # so that there is something to claim
    asked.ask(few, full)
    tell("volume: pages")
    found.pages = asked.pages_of(stage, few, full, asked=pages, part=found.part)
    tell("volume: retention")
    _retention(found, retention_s)


def _urls(number: int) -> list[str]:
    return [f"https://bench-{number}-{feed}.example/feed" for feed in range(FEEDS)]


def prepare(side: Side) -> None:
    """Feeds to fetch, connections, the compiled rulebook, the server's own caches."""
    logging.getLogger("services").setLevel(
        logging.ERROR
    )  # feeds that show nothing they showed before have gaps
    with at(side):
        with transaction() as session:
            catalogue.add(session, [catalogue.FeedToAdd(url) for url in _urls(0)])
            session.execute(
                text("UPDATE feeds SET next_check_at = now() + interval '9 days'")
            )  # those of the press
        label.warm_up()
        store(bodies("warm"))
        label.label_waiting()


def bodies(name: str) -> list[bytes]:
    """What each feed shows: nothing that was shown before."""
    return [body(f"{name}-{feed}") for feed in range(FEEDS)]


def body(name: str) -> bytes:
    """A feed whose entries are called after `name`."""
    now = utc_now()
    items = "".join(_item(f"{_RUN}-{name}-{n}", now - timedelta(seconds=n)) for n in range(ENTRIES))
    return f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode()


def _item(name: str, at: object) -> str:
    dice = random.Random(name)
    words = " ".join(f"w{dice.randrange(100_000)}" for _ in range(120))
    return (
        f"<item><guid>{name}</guid><link>https://bench.example/{name}</link><pubDate>{at:%d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<title>Council of Tashkent meets {name} {words[:40]}</title><description>{words}</description></item>"
    )


def store(bodies: Sequence[bytes]) -> None:
    """From the bytes of fetches to stored articles, as an ingest worker does it."""
    urls = _urls(0)
    with transaction() as session:
        session.execute(
            text("UPDATE feeds SET next_check_at = now(), lease_until = 'epoch' WHERE url = ANY(:urls)"),
            {"urls": urls},
        )
        session.execute(text("UPDATE hosts SET free_at = 'epoch' WHERE host LIKE 'bench-%'"))
    with transaction() as session:
        held = {feed.url: feed for feed in leases.claim(session, limit=FEEDS)}
    looks = []
    for url, body in zip(urls, bodies, strict=True):
        response = FetchResponse(feed_id=held[url].id, url=url, status=200, headers={}, body=body)
        looks.append(Look(held[url], response, read(held[url], response, now=utc_now())))
    finishing.finish(looks)


def _one_round(stage: Stage, side: Side, number: int) -> None:
    with at(side):
        with transaction() as session:
            session.execute(text("SELECT 1"))
        shown = bodies(f"round{number}")
        spent = time.process_time() + cpu.all_seconds(stage.leaders)["postgres"]
        begun = time.perf_counter()
        store(shown)
        stored = time.perf_counter()
        label.label_waiting()
        side.labelled_s.append(time.perf_counter() - stored)
        side.stored_s.append(stored - begun)
        side.cpu_s.append(time.process_time() + cpu.all_seconds(stage.leaders)["postgres"] - spent)


def _retention(found: Volume, seconds: float) -> None:
    """Publications one after the other, first alone, then while another thread lets go of what is older than 60 days."""
    with at(found.full):
        stop = threading.Event()
        found.alone_ms = _published(seconds / 2, "alone", stop)
        leaving = threading.Thread(target=_let_go, args=(found, stop))
        leaving.start()
        try:
            found.waits_ms = _published(seconds, "beside", stop)
        finally:
            stop.set()
            leaving.join()
    if len(found.steps_ms) < STEPS_AT_LEAST:
        found.faults.append(f"volume: old articles left in {len(found.steps_ms)} steps, which tells nothing")


def _published(seconds: float, name: str, stop: threading.Event) -> list[float]:
    """What labelling and publishing a batch takes, again and again, until the time is over or nothing old is left."""
    taken, end, number = [], time.monotonic() + seconds, 0
    while time.monotonic() < end and not stop.is_set():
        store(bodies(f"{name}{number}"))
        taken.append(asked.timed(label.label_waiting))
        number += 1
    return taken


def _let_go(found: Volume, stop: threading.Event) -> None:
    size = retention.first_size(retention.BATCH)
    while not stop.is_set():
        count, took = retention.take(
            lambda session, limit: expiring.expire(session, days=RETENTION_DAYS, limit=limit), size
        )
        if not count:
            stop.set()
            return
        found.steps_ms.append(took * 1000)
        found.sizes.append(size)
        size = retention.next_size(size, took, most=retention.BATCH)


def lines(found: Volume) -> list[Line]:
    """One line a figure; the yardstick is the small database."""
    part, few, full = found.part, found.few, found.full
    new = f"{FEEDS * ENTRIES} new articles of {FEEDS} feeds"
    rows = [
        ("from bytes to stored", "s", full.stored_s, few.stored_s, new),
        ("from stored to Latest", "s", full.labelled_s, few.labelled_s, "labels, copies, the stream, one batch"),
        ("CPU of both", "s", full.cpu_s, few.cpu_s, "of this process and of PostgreSQL"),
    ]  # fmt: skip
    told = [Line(part=part, what=w, unit=u, values=v, yardstick=y, note=n) for w, u, v, y, n in rows]
    told += asked.lines(few, full, part)
    told += found.pages
    step = f"{sum(found.sizes)} articles left meanwhile; yardstick: alone"
    for what, share in (("a batch published while old ones leave", 0.5), ("the slowest of twenty", 0.95)):
        values, beside = [percentile(found.waits_ms, share)], [percentile(found.alone_ms, share)]
        told.append(Line(part=part, what=what, unit="ms", values=values, yardstick=beside, note=step))
    told.append(
        Line(
            part=part,
            what="one step of retention",
            unit="ms",
            values=found.steps_ms,
            note=f"95 of 100 within {percentile(found.steps_ms, 0.95):.0f} ms",
        )
    )
    told.append(Line(part=part, what="articles in one step", unit="", values=found.sizes))
    return told
