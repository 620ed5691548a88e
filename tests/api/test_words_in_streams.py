"""Words in a stream: the very articles that a look at all of them finds, whichever ways are gone, and without looking at all of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.cursor import Before
from services.api.filters import Filters
from services.api.queries import searched
from services.api.reach import Way
from services.core import db
from tests.fixtures.articles import Desk
from tests.fixtures.plans import nodes

WORDS = {"gas": 0.6, "oil": 0.15, "tin": 0.03}
QUESTIONS = ("gas", "oil", "tin", "gas oil", "oil or tin", "gas -oil", '"gas oil"', "nothing")
BESIDE = (
    {},
    {"regions": ("central-asia",)},
    {"regions": ("asia", "europe"), "topics": ("economy",)},
    {"languages": ("de",)},
    {"languages": ("de", "pt-br")},
    {"sources": ("tribune.example",)},
    {"regions": ("asia",), "languages": ("en",), "sources": ("tribune.example", "other.example")},
)


def fill(desk: Desk, dice: random.Random, count: int) -> None:
    """Articles with some of the words, several at the same moment, and some that stand in Latest no more or never did."""
    shown = None
    for _ in range(count):
        title = " ".join([word for word, share in WORDS.items() if dice.random() < share] or ["news"])
        said = {
            "source": dice.choice(("tribune.example", "other.example")),
            "language": dice.choice(("en", "de", "pt-BR", None)),
            "age": timedelta(hours=dice.randrange(60)),
        }
        kind = dice.random()
        if kind < 0.05:
            desk.article(title, listed=False, **said)
        elif kind < 0.1 and shown:
            desk.article(title, listed=False, duplicate_of=shown, **said)
        else:
            regions = dice.choice(((), ("central-asia",), ("europe",), ("asia",)))
            shown = desk.article(title, regions=regions, topics=dice.choice(((), ("economy",))), **said)
            if kind > 0.9:
                desk.take_out(shown)
                shown = None


def plain(filters: Filters) -> list[Before]:
    """What a look at every article finds, newest first."""
    with db.transaction() as session:
        rows = session.execute(
            text(
                "SELECT a.id, a.sort_at, s.key, lower(a.language) AS language, a.listed, a.search @@ CAST(:q AS tsquery) AS has,"
                " ARRAY(SELECT label FROM article_labels WHERE article_id = a.id) AS labels"
                " FROM articles a JOIN sources s ON s.id = a.source_id"
            ),
            {"q": filters.words},
        ).all()
    found = [
        Before(row.sort_at, row.id)
        for row in rows
        if row.listed and row.has and all(wanted & {*row.labels} for wanted in filters.labels)
        and (not filters.sources or row.key in filters.sources)
        and (not filters.languages or any(f"{row.language}-".startswith(f"{tag}-") for tag in filters.languages))
    ]  # fmt: skip
    return sorted(found, key=lambda place: (place.at, place.id), reverse=True)


def in_the_database(work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
    """Do this with a connection as readers have it."""

    async def done() -> None:
        try:
            async with db.async_engine().connect() as connection:
                await work(connection)
        finally:
            await db.async_engine().dispose()

    asyncio.run(done())


@pytest.fixture
def any_way(service: pytest.MonkeyPatch) -> Iterator[random.Random]:
    """Ways are gone by chance and not by what they cost: what is found may not depend on it."""
    dice = random.Random(11)
    gone = set()

    def by_chance(*, stretches: int, **_: object) -> tuple[Way, int]:
        way = dice.choice([Way.WALK, Way.WALK, Way.ALL, *[Way.STRETCH] * (4 if stretches else 0)])
        gone.add(way)
        return way, dice.randint(1, 30)

    service.setattr(searched, "further", by_chance)
    service.setattr(searched, "LOOKED_THROUGH", 1)
    yield dice
    assert gone == {*Way}


@pytest.mark.parametrize("sampled", [False, True])
def test_pages_down_and_up_are_what_a_look_at_all_articles_finds(
    desk: Desk, any_way: random.Random, sampled: bool
):
    """Whether PostgreSQL has sampled how articles are spread over time, or has not been here yet."""
    fill(desk, any_way, 220)
    if sampled:
        with db.transaction() as session:
            session.execute(text("ANALYZE articles"))
    asked = [Filters(q=q, **beside) for q, beside in product(QUESTIONS, BESIDE)]
    expected = {filters: plain(filters) for filters in asked}
    assert sum(len(found) > 9 for found in expected.values()) > len(asked) / 4
    assert any(not found for found in expected.values())

    async def everything(connection: AsyncConnection) -> None:
        for filters, limit in product(asked, (3, 20)):
            whole, place = expected[filters], None
            pages = [whole[at : at + limit] for at in range(0, len(whole), limit)]
            for page in [*pages, []]:
                assert await searched.page(connection, filters=filters, before=place, limit=limit) == page, (
                    filters
                )
                if page:
                    place = page[-1]
                    until = whole.index(place) + 1
                    above = await searched.page_above(connection, filters=filters, place=place, limit=limit)
                    assert above == whole[max(0, until - limit) : until][::-1], filters

    in_the_database(everything)


MANY = 20_000
_ARTICLES = """
INSERT INTO articles (source_id, url, title, teaser, text, html, authors, tags, language, content_hash, date_guessed, first_seen_at, updated_at,
                      sort_at, listed, published_revision, search)
SELECT (SELECT min(id) FROM sources), 'https://tribune.example/' || n, 'x', '', '', '', '{}', '{}', 'en', '', false, at, at, at, true, 1,
       CAST('x' || CASE WHEN n % 2 = 0 THEN ' w2' ELSE '' END || CASE WHEN n % 50 = 0 THEN ' w50' ELSE '' END
            || CASE WHEN n % 500 = 0 THEN ' w500' ELSE '' END AS tsvector)
FROM generate_series(1, :many) n, LATERAL (SELECT now() - (:many - n) * interval '1 minute' AS at) t
"""
_BURST = """
INSERT INTO articles (source_id, url, title, teaser, text, html, authors, tags, language, content_hash, date_guessed, first_seen_at, updated_at,
                      sort_at, listed, published_revision, search)
SELECT (SELECT min(id) FROM sources), 'https://tribune.example/burst/' || n, 'x', '', '', '', '{}', '{}', 'en', '', false, now(), now(), now(),
       true, 1, CAST('x' AS tsvector) FROM generate_series(1, 600) n
"""
_LABELS = "INSERT INTO article_labels SELECT id, 'region/asia', sort_at FROM articles WHERE id % 2 = 0"


@pytest.fixture
def many(desk: Desk) -> None:
    """So many articles that it shows how they are looked for."""
    desk.feed()
    with db.transaction() as session:
        session.execute(text(_ARTICLES), {"many": MANY})
        session.execute(text(_LABELS))
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE articles, article_labels"))


_FETCHED = text(
    """
    SELECT pg_stat_get_xact_tuples_fetched('articles'::regclass)
         + (SELECT sum(pg_stat_get_xact_tuples_fetched(indexrelid)) FROM pg_index WHERE indrelid = 'articles'::regclass)
    """
)
"""Articles that this transaction has looked at so far: by a bitmap of several, and one after the other."""


def test_a_page_of_words_reads_a_small_part_of_all_articles(many: None):
    """Of 20,000: neither all that have a common word, nor all there are for one that nobody wrote."""
    oldest = Before(datetime.min.replace(tzinfo=UTC), 0)

    async def look(connection: AsyncConnection) -> None:
        for q, regions, up in product(
            ("w2", "w50", "w500", "w1 w2", "nothing"), ((), ("asia",)), (False, True)
        ):
            filters = Filters(q=q, regions=regions)
            before = (await connection.execute(_FETCHED)).scalar_one()
            if up:
                found = await searched.page_above(connection, filters=filters, place=oldest, limit=21)
            else:
                found = await searched.page(connection, filters=filters, before=None, limit=21)
            assert len(found) == (21 if q in {"w2", "w50", "w500"} else 0)
            fetched = (await connection.execute(_FETCHED)).scalar_one() - before
            assert fetched < 1_000, (filters, up)

    in_the_database(look)


def test_what_comes_in_a_burst_tells_nothing_of_what_was_before(many: None, monkeypatch):
    """A new feed's whole archive, all found at one moment, and the word in none of it: three thousand articles are more than that."""
    with db.transaction() as session:
        session.execute(text(_BURST))
    told: list[int] = []
    monkeypatch.setattr(searched, "further", lambda **met: told.append(met["found"]) or (Way.STRETCH, 3_000))

    async def look(connection: AsyncConnection) -> None:
        for filters in (Filters(q="w50"), Filters(q="w50", languages=("en",))):
            assert len(await searched.page(connection, filters=filters, before=None, limit=21)) == 21

    in_the_database(look)
    assert told == [0, 0]


def test_two_indexes_are_laid_over_each_other_and_the_newest_are_looked_at_without_the_one_of_words(
    many: None, monkeypatch
):
    """By the planner's guess all that have the words would be fetched, to find what is among the newest two hundred."""
    monkeypatch.setattr(searched, "further", lambda **_: (Way.STRETCH, 3_000))

    async def look(connection: AsyncConnection) -> None:
        heard: list[tuple[str, object]] = []
        asked = db.async_engine().sync_engine
        event.listen(
            asked, "before_cursor_execute", lambda _c, _u, said, values, *_: heard.append((said, values))
        )
        await searched.page(connection, filters=Filters(q="w50"), before=None, limit=21)
        walked, laid = [
            {
                node["Index Name"]
                for node in nodes((await connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + said, values)).scalar_one(), "Index Name")
            }
            for said, values in heard[:3]
            if "pg_stats" not in said
        ]  # fmt: skip
        assert walked == {"ix_articles_latest", "pg_class_oid_index"}
        assert laid == {"ix_articles_latest", "ix_articles_search"}

    in_the_database(look)
