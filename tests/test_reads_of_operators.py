"""What is asked every few seconds, by the scheduler, by Prometheus and by who looks after things, never reads all articles.

Tried by the plans of the statements themselves: with sequential reading switched off, what has no index of its own still shows.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, text

from services import scheduler
from services.classify.labelling import store
from services.core import db, health
from services.ingest.store import expiring
from tests.fixtures.articles import Desk
from tests.fixtures.plans import nodes

BIG = ("articles", "changes", "sightings", "article_labels", "article_urls", "fingerprints", "story_articles")


@pytest.fixture
def heard(service: pytest.MonkeyPatch) -> Iterator[list[tuple[str, object]]]:
    """Every statement that is asked from now on through the engines of this process, with its values."""
    found: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        if not many and statement.lstrip()[:6].upper() in {"SELECT", "UPDATE", "DELETE"}:
            found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def plan_of(statement: str, values: object) -> object:
    """How the server goes about a statement where tables are great."""
    with db.engine().connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        row = connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + statement, values).scalar_one()
    return row if isinstance(row, list) else json.loads(row)


def read_whole(statement: str, values: object) -> list[str]:
    """Great tables that a statement reads from one end to the other."""
    with db.engine().connect() as connection:
        partial = set(
            connection.execute(
                text("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
            ).scalars()
        )
    return [
        node["Relation Name"]
        for node in nodes(plan_of(statement, values), "Relation Name")
        if (node["Relation Name"] in BIG and node["Node Type"] == "Seq Scan")
        or (node["Relation Name"] == "articles" and "Index Name" in node
        and not {"Index Cond", "Recheck Cond"} & set(node) and node["Index Name"] not in partial)
    ]  # fmt: skip


def doctor() -> None:
    for about, look in health.CHECKS.items():
        if about in {"waiting", "stories", "feeds", "desk", "webhooks"}:
            list(look())


def retention() -> None:
    with db.transaction() as session:
        expiring.expire(session, days=30, limit=5)
        expiring.cut(session, days=30, limit=5)
        expiring.bury(session, days=30, limit=5)


ASKS: dict[str, Callable[[], object]] = {
    "the scheduler": lambda: scheduler.tick(rare=True),
    "the doctor": doctor,
}


@pytest.mark.parametrize("who", ASKS)
def test_no_great_table_is_read_whole(who, desk: Desk, heard):
    desk.article()
    old = desk.article(age=timedelta(days=50))
    desk.article(source="other.example", listed=False, duplicate_of=old, age=timedelta(days=50))
    heard.clear()
    ASKS[who]()
    asked = list(heard)
    assert any("articles" in statement for statement, _ in asked)
    assert {statement: found for statement, values in asked if (found := read_whole(statement, values))} == {}


def test_prometheus_reads_no_great_table_whole(desk: Desk, site, heard):
    desk.article()
    heard.clear()
    assert site.get("/metrics").status == 200
    asked = list(heard)
    assert any("quarantined" in statement for statement, _ in asked)
    assert {statement: found for statement, values in asked if (found := read_whole(statement, values))} == {}


def test_a_question_without_an_index_is_found_out(desk: Desk):
    assert read_whole("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL", ()) == ["articles"]
    assert read_whole("SELECT count(*) FROM changes WHERE at < now()", ()) != []


def test_before_a_claim_not_all_that_wait_are_read(desk: Desk, heard):
    """A hundred thousand articles that wait, as after a great list of feeds was added, made it dearer than labelling the batch."""
    for _ in range(60):
        desk.article(listed=False)
    with db.transaction() as session:
        session.execute(text("UPDATE articles SET waiting_since = now()"))
    heard.clear()
    with db.transaction() as session:
        store.quarantine(session)
    ((statement, values),) = heard
    assert {node.get("Index Name") for node in nodes(plan_of(statement, values), "Relation Name")} == {
        "ix_articles_tried"
    }


def test_a_claim_reads_nothing_that_is_in_hand(desk: Desk, heard):
    """Ten thousand articles in hand stand before everything that can be claimed, and each claim read all of them."""
    for _ in range(60):
        desk.article(listed=False)
    with db.transaction() as session:
        session.execute(
            text(
                "UPDATE articles SET waiting_since = now(), attempts = (id % 4 > 0)::int,"
                " lease_until = CASE WHEN id % 4 > 0 THEN now() + interval '1 hour' ELSE 'epoch' END"
            )
        )
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE articles"))
    heard.clear()
    with db.transaction() as session:
        claimed = store.claim(session)
    assert len(claimed) == 15
    statement, values = next(one for one in heard if "UPDATE articles" in one[0])
    read = {node.get("Index Name") for node in nodes(plan_of(statement, values), "Relation Name")}
    assert "ix_articles_untried" in read
    assert not {"ix_articles_waiting", "ix_articles_tried"} & read
