"""What is asked of a database all the time, by workers, by who looks after them and by readers: of a great one and a small one in turns."""

import time
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.classify.labelling import store as classify_store
from services.classify.storykeeping import store as story_store
from services.core import db, health
from services.ingest.store import expiring, leases
from tests.bench import pages
from tests.bench.figures import Line
from tests.bench.side import Side, at
from tests.bench.stage import Stage

ASKED, TURNS = 5, 6
"""Each question so many times in a turn of each side, and so many turns."""


def _stories_behind(session: Session) -> None:
    story_store.waiting(session)


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "scheduler: due feeds": leases.due,
    "scheduler: articles that wait": classify_store.waiting,
    "scheduler: is anything to expire": lambda session: expiring.waiting(session, days=90),
    "scheduler: stories that wait": _stories_behind,
    "classify: a claim of 50": classify_store.claim,
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


def ask(few: Side, full: Side) -> None:
    """Every question of both sides, by turns."""
    for turn in range(TURNS):
        for side in (few, full) if turn % 2 else (full, few):
            with at(side):
                for name, question in QUESTIONS.items():
                    side.asked_ms.setdefault(name, []).extend(_times(lambda q=question: _rolled_back(q)))
                for name, look in WHOLE.items():
                    side.asked_ms.setdefault(name, []).extend(_times(lambda one=look: timed(one)))


def lines(few: Side, full: Side, part: str) -> list[Line]:
    """One line a question."""
    return [
        Line(part=part, what=name, unit="ms", values=took, yardstick=few.asked_ms[name])
        for name, took in full.asked_ms.items()
    ]


def pages_of(stage: Stage, few: Side, full: Side, *, asked: int, part: str) -> list[Line]:
    """Pages that an API over each of the two gives to readers and to Prometheus."""
    kinds = [addresses(side) for side in (few, full)]
    with pages.api(stage, "few", few.url) as a, pages.api(stage, "full", full.url) as b:
        stage.wait_quiet()
        return pages.compare(
            stage, {"few": (a, kinds[0]), "full": (b, kinds[1])}, asked=asked, part=part, note="API"
        )


def addresses(side: Side) -> dict[str, list[str]]:
    """Addresses by what they ask for; `{limit}` makes each another one."""
    with psycopg.connect(side.plain) as connection:
        regions = _slugs(connection, "region")
        topics = _slugs(connection, "topic")
        stories = connection.execute(
            "SELECT id FROM stories WHERE articles = 12 ORDER BY id DESC LIMIT 40"
        ).fetchall()
        words = connection.execute(
            "SELECT split_part(text, ' ', 2) FROM articles WHERE url LIKE 'https://grown-%' ORDER BY id DESC LIMIT 9"
        ).fetchall()
        sources = connection.execute(
            "SELECT key FROM sources WHERE key LIKE 'grown-%' ORDER BY id LIMIT 100"
        ).fetchall()[::25]
    latest = "/v1/latest?limit={limit}"
    return {
        "latest": [latest],
        "region": [f"{latest}&region={r}" for r in regions],
        "topic": [f"{latest}&topic={t}" for t in topics],
        "region and topic": [f"{latest}&region={r}&topic={t}" for r in regions for t in topics],
        "source": [f"{latest}&source={key}" for (key,) in sources],
        "language": [f"{latest}&language={tag}" for tag in ("en", "de", "pt", "sw")],
        "a word": [f"{latest}&q={word}" for (word,) in words],
        "changes, from the oldest": ["/v1/changes?limit={limit}"],
        "a story of twelve": [f"/v1/stories/{number}" for (number,) in stories],
        "trending": ["/v1/trending"],
        "metrics": ["/metrics"],
    }


def _slugs(connection: "psycopg.Connection[tuple[str]]", kind: str) -> list[str]:
    """Those that most of the newest articles have: of these the small database can fill a page, too."""
    rows = connection.execute(
        "SELECT split_part(label, '/', 2) FROM (SELECT label FROM article_labels ORDER BY article_id DESC LIMIT 30000) l"
        " WHERE label LIKE %s GROUP BY label ORDER BY count(*) DESC",
        (f"{kind}/%",),
    ).fetchall()
    return [slug for (slug,) in rows[:6]]


def _rolled_back(question: Callable[[Session], object]) -> float:
    with Session(db.engine()) as session:
        session.execute(text("SELECT 1"))
        taken = timed(lambda: question(session))
        session.rollback()
    return taken


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _times(once: Callable[[], float]) -> list[float]:
    once()  # the first one of a new connection meets nobody's plans
    return [once() for _ in range(ASKED)]
