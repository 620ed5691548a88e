"""A great database beside an empty one: the same work in both, in turns, and old articles leaving while new ones come."""

import logging
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.classify.labelling import label
from services.classify.labelling import store as classify_store
from services.classify.storykeeping import store as story_store
from services.core import addresses, db, health, schema
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.settings import PREFIX, settings
from services.embedded.prepare import load_starter
from services.ingest import finishing
from services.ingest.entry import FetchResponse
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import catalogue, expiring, leases
from tests.bench import cpu, grown
from tests.bench.figures import Line, percentile
from tests.bench.stage import Stage

FEEDS, ENTRIES = 5, 10
"""One round of new articles: so many feeds bring so many each, and one batch of labels takes all of them."""
ASKED = 15
RETENTION_DAYS, STEP = 85, 200
LONG_MS = 100.0
"""What one step of retention may hold up a publication at most, in milliseconds."""


def _stories_behind(session: Session) -> None:
    story_store.waiting(session)


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "scheduler: due feeds": leases.due,
    "scheduler: articles that wait": classify_store.waiting,
    "scheduler: is anything to expire": lambda session: expiring.waiting(session, days=90),
    "scheduler: stories that wait": _stories_behind,
    "classify: a claim": classify_store.claim,
    "metrics: articles put aside": lambda session: session.execute(
        text("SELECT count(*) FROM articles WHERE quarantined IS NOT NULL")
    ).all(),
    "the stream's state": lambda session: session.execute(
        text("SELECT max(seq), (SELECT max(id) FROM sightings) FROM changes")
    ).all(),
    "a page of changes, the oldest": lambda session: session.execute(
        text("SELECT * FROM changes WHERE seq > (SELECT floor FROM stream_state) ORDER BY seq LIMIT 100")
    ).all(),
}
"""Statements of the service, each in a transaction that is rolled back."""
WHOLE: dict[str, Callable[[], object]] = {
    f"doctor: {about}": lambda look=look: list(look())
    for about, look in health.CHECKS.items()
    if about in {"waiting", "stories", "feeds"}
}


@dataclass(slots=True)
class Side:
    """One database and what was measured on it, a number a round: seconds, CPU seconds of this process and of PostgreSQL."""

    url: str
    stored_s: list[float] = field(default_factory=list)
    labelled_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    asked_ms: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Volume:
    """Everything found. `waits_ms`: what publications took alone and while old articles left; `steps_ms`: those of retention."""

    articles: int
    bytes: int
    grown_s: float
    empty: Side
    full: Side
    alone_ms: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    steps_ms: list[float] = field(default_factory=list)
    expired: int = 0
    faults: list[str] = field(default_factory=list)


def measure(
    stage: Stage, *, articles: int, rounds: int, retention_s: float, tell: Callable[[str], None]
) -> Volume:
    """Grow the database of the stage, make an empty one beside it, and work in both by turns."""
    full = Side(os.environ[PREFIX + "DATABASE_URL"])
    empty = Side(full.url.replace("/dateline?", "/beside?"))
    with psycopg.connect(full.url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("CREATE DATABASE beside")
    schema.upgrade(empty.url)
    load_starter(empty.url, stage.folder / "press.opml")
    seconds = grown.grow(full.url, articles, tell=lambda done: tell(f"volume: {done:,} articles"))
    found = Volume(articles, grown.size(full.url), seconds, empty, full)
    for side in (empty, full):
        prepare(side)
    with psycopg.connect(empty.url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(
            "ANALYZE"
        )  # as the great one was: a server that knows nothing of its tables plans badly
    for number in range(rounds):
        for side in (empty, full) if number % 2 == 0 else (full, empty):
            _one_round(stage, side, number)
    for side in (empty, full):
        _ask(side)
    _retention(found, retention_s)
    return found


@contextmanager
def _at(side: Side) -> Iterator[None]:
    """This process works in that database."""
    os.environ[PREFIX + "DATABASE_URL"] = side.url
    if db.engine.cache_info().currsize:
        db.engine().dispose()
    for cached in (settings, db.engine):
        cached.cache_clear()
    addresses.forget()
    yield


def _urls(number: int) -> list[str]:
    return [f"https://bench-{number}-{feed}.example/feed" for feed in range(FEEDS)]


def prepare(side: Side) -> None:
    """Feeds to fetch, connections, the compiled rulebook, the server's own caches."""
    logging.getLogger("services").setLevel(
        logging.ERROR
    )  # feeds that show nothing they showed before have gaps
    with _at(side):
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
    now = utc_now()
    return [
        b"<rss version='2.0'><channel><title>x</title>"
        + "".join(_item(f"{name}-{feed}-{n}", now - timedelta(seconds=n)) for n in range(ENTRIES)).encode()
        + b"</channel></rss>"
        for feed in range(FEEDS)
    ]


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
    with _at(side):
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


def _ask(side: Side) -> None:
    with _at(side):
        for name, ask in QUESTIONS.items():
            side.asked_ms[name] = _median_of(lambda ask=ask: _rolled_back(ask))
        for name, look in WHOLE.items():
            side.asked_ms[name] = _median_of(lambda look=look: _timed(look))


def _rolled_back(ask: Callable[[Session], object]) -> float:
    with Session(db.engine()) as session:
        session.execute(text("SELECT 1"))
        taken = _timed(lambda: ask(session))
        session.rollback()
    return taken


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _median_of(once: Callable[[], float]) -> float:
    once()
    return statistics.median(once() for _ in range(ASKED))


def _retention(found: Volume, seconds: float) -> None:
    """Publications one after the other, first alone, then while another thread lets go of what is older than 85 days."""
    with _at(found.full):
        found.alone_ms = _published(seconds / 2, "alone")
        stop = threading.Event()
        leaving = threading.Thread(target=_let_go, args=(found, stop))
        leaving.start()
        try:
            found.waits_ms = _published(seconds, "beside")
        finally:
            stop.set()
            leaving.join()


def _published(seconds: float, name: str) -> list[float]:
    """What labelling and publishing a batch takes, again and again."""
    taken, end, number = [], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        store(bodies(f"{name}{number}"))
        taken.append(_timed(label.label_waiting))
        number += 1
    return taken


def _let_go(found: Volume, stop: threading.Event) -> None:
    while not stop.is_set():
        begun = time.perf_counter()
        with transaction() as session:
            count = expiring.expire(session, days=RETENTION_DAYS, limit=STEP)
        found.steps_ms.append((time.perf_counter() - begun) * 1000)
        found.expired += count
        if not count:
            found.faults.append("volume: nothing was left to expire before the time was over")
            return


def lines(found: Volume) -> list[Line]:
    """One line a figure; the yardstick is the empty database."""
    part = f"a database of {found.articles:,} articles, {found.bytes / 1e9:.1f} GB, beside an empty one"
    many = FEEDS * ENTRIES
    rows = [
        (
            "from bytes to stored",
            "s",
            found.full.stored_s,
            found.empty.stored_s,
            f"{many} new articles of {FEEDS} feeds",
        ),
        (
            "from stored to Latest",
            "s",
            found.full.labelled_s,
            found.empty.labelled_s,
            "labels, copies, the stream, one batch",
        ),
        ("CPU of both", "s", found.full.cpu_s, found.empty.cpu_s, "of this process and of PostgreSQL"),
    ]
    told = [Line(part=part, what=w, unit=u, values=v, yardstick=y, note=n) for w, u, v, y, n in rows]
    told += [
        Line(part=part, what=name, unit="ms", values=[ms], yardstick=[found.empty.asked_ms[name]])
        for name, ms in found.full.asked_ms.items()
    ]
    step = f"{found.expired} articles left meanwhile, {STEP} at a time; yardstick: alone"
    for what, share in (("a batch published while old ones leave", 0.5), ("the slowest of twenty", 0.95)):
        values, beside = [percentile(found.waits_ms, share)], [percentile(found.alone_ms, share)]
        told.append(Line(part=part, what=what, unit="ms", values=values, yardstick=beside, note=step))
    told.append(Line(part=part, what="one step of retention", unit="ms", values=found.steps_ms))
    return told
