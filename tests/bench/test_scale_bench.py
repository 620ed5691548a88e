"""The great database is one that the service could have written; lines say what was measured."""

from collections import Counter

import psycopg
import pytest

from services.core import schema
from tests.bench import asked, crew, due, grown, pages, volume
from tests.bench.crew import Turn
from tests.bench.side import Side
from tests.fixtures.api_site import Site
from tests.fixtures.rulebooks import ECONOMY, publish


def ask(url: str, statement: str):
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def grown_url(service, database_url, monkeypatch):
    publish(ECONOMY)
    monkeypatch.setattr(grown, "CHUNK", 200)
    monkeypatch.setattr(grown, "OF_EACH", 25)
    grown.grow(database_url, 500, tell=lambda _: None)
    return database_url


def test_what_is_made_hangs_together_and_the_schema_is_whole_again(grown_url):
    schema.check(grown_url)
    assert ask(
        grown_url, "SELECT count(*), count(DISTINCT url), count(*) FILTER (WHERE listed) FROM articles"
    ) == [(500, 500, 500)]
    for table in ("article_urls", "sightings", "article_labels", "changes", "story_articles"):
        orphans = (
            f"SELECT count(*) FROM {table} t LEFT JOIN articles a ON a.id = t.article_id WHERE a.id IS NULL"
        )
        assert ask(grown_url, orphans) == [(0,)]
        assert ask(grown_url, f"SELECT count(*) > 0 FROM {table}") == [(True,)]
    assert ask(
        grown_url, "SELECT count(*) FROM changes c JOIN changes d ON d.seq > c.seq AND d.at < c.at"
    ) == [(0,)]
    assert ask(
        grown_url, "SELECT min(sort_at) > now() - interval '90 days', max(sort_at) <= now() FROM articles"
    ) == [(True, True)]


def test_new_articles_of_the_bench_come_into_latest(grown_url):
    side = Side(grown_url)
    volume.prepare(side)
    many = volume.FEEDS * volume.ENTRIES
    assert ask(
        grown_url, "SELECT count(*) FROM articles WHERE url LIKE 'https://bench.example/%' AND listed"
    ) == [(many,)]


def test_the_api_has_every_page_that_the_bench_asks_for(grown_url, site: Site):
    """A page that is refused would end the bench, half an hour after it began."""
    others = pages.addresses(site.url.removeprefix("http://"))
    del others["source"]  # of its own database
    for kind, found in [*asked.addresses(Side(grown_url)).items(), *others.items()]:
        for address in found[:50]:
            answer = site.get(address.format(limit=7))
            assert answer.status == 200, f"{kind}: {address}: {answer.text}"


def test_a_share_is_of_the_time_of_one():
    seen = Counter({"stream": 20, "disk": 50, "itself": 100})
    turns = [
        Turn("classify", 1, 100, 10.0, 2.0, 2.0, 1.0, Counter(), 100),
        Turn("classify", 2, 100, 5.0, 2.0, 2.0, 2.0, seen, 100),
    ]
    found = {line.what: line for line in crew.lines(turns)}
    assert found["2 at once"].ratio == 2
    assert found["1 at once, with the stream's lock"].value == 0.1
    assert found["2 at once, waiting for the stream's lock"].value == 0.1
    assert found["2 at once, with the stream's lock"].value == pytest.approx(2.0 / 2 / 5.0 - 0.1)
    assert found["2 at once, waiting for the disk"].value == 0.25
    assert found["1 at once, CPU of one article"].value == 40


def test_a_feed_that_was_due_and_not_fetched_is_a_fault():
    assert due.Due(delays=[0.1], due=2).faults == ["1 of 2 feeds that were due were not fetched once"]
    assert due.Due(delays=[0.1, 0.2], due=2, seconds=2.0, cpu={"ingest": 0.5}).faults == []
