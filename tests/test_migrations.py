"""The schema comes from its migrations alone, both ways, and promises are constraints of the database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from services.core import schema
from services.core.errors import UnavailableError
from services.core.models import Article


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_from_nothing_to_head_equals_the_models_and_back_again(empty_database_url):
    schema.upgrade(empty_database_url)
    schema.check(empty_database_url)
    assert "articles" in tables(empty_database_url)
    schema.downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == {"alembic_version"}
    schema.upgrade(empty_database_url)
    has, newest = schema.versions(empty_database_url)
    assert has == newest is not None


def test_two_migrations_at_once_leave_one_schema(empty_database_url):
    """As processes, which is how they meet: alembic itself keeps one migration a process."""
    command = [
        sys.executable,
        "-c",
        f"from services.core import schema; schema.upgrade({empty_database_url!r})",
    ]
    migrations = [subprocess.Popen(command) for _ in range(3)]
    assert [m.wait(timeout=60) for m in migrations] == [0, 0, 0]
    schema.check(empty_database_url)


@contextmanager
def reading(url: str, table: str) -> Iterator[None]:
    """Somebody has read a table, and stays in the transaction."""
    engine = create_engine(url)
    try:
        with engine.connect() as reader:
            reader.execute(text(f"SELECT count(*) FROM {table}"))
            yield
    finally:
        engine.dispose()


def index(url: str, name: str) -> tuple[int, bool]:
    """Which file an index is in, and whether it is finished."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            asked = text(
                "SELECT indexrelid::int, indisvalid FROM pg_index WHERE indexrelid = to_regclass(:n)"
            )
            return tuple(connection.execute(asked, {"n": name}).one())
    finally:
        engine.dispose()


def test_who_reads_all_the_time_delays_a_migration_and_is_not_held_up_by_it(empty_database_url, monkeypatch):
    """What was finished stays, and the next try, in the same process, does not wait for the one that failed."""
    schema.upgrade(empty_database_url, "2026_11_28_untried")
    finished = index(empty_database_url, "ix_articles_untried")
    made = schema.config(empty_database_url)
    made.attributes["moments"] = 2
    monkeypatch.setattr(schema, "config", lambda _url: made)
    with reading(empty_database_url, "articles"), pytest.raises(UnavailableError, match="reading or writing"):
        schema.upgrade(empty_database_url)
    schema.upgrade(empty_database_url)
    assert schema.versions(empty_database_url)[0] == schema.versions(empty_database_url)[1]
    assert index(empty_database_url, "ix_articles_untried") == finished


def test_an_index_that_was_not_finished_is_built_anew_and_others_are_not(empty_database_url):
    schema.upgrade(empty_database_url, "2026_11_28_untried")
    names = "ix_articles_untried", "ix_articles_waiting_since"
    before = [index(empty_database_url, name) for name in names]
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:  # as if its making had been cut short
        connection.execute(
            text(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{names[0]}'::regclass")
        )
        connection.execute(text("UPDATE alembic_version SET version_num = '2026_11_28_tried'"))
    engine.dispose()
    schema.upgrade(empty_database_url)
    after = [index(empty_database_url, name) for name in names]
    assert after[1] == before[1]
    assert after[0] != before[0]
    assert after[0][1]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO article_urls VALUES ('a.example/1', 1)", "pk_article_urls"),
        (
            (
                "INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at) "
                "VALUES (1, 'g', 'http://a.example/2', 1, '', now(), now())"
            ),
            "uq_sightings_feed_id_guid",
        ),
        (
            "INSERT INTO feeds (source_id, url, host, title) VALUES (1, 'http://a.example/', 'a.example', '')",
            "uq_feeds_url",
        ),
        ("UPDATE articles SET duplicate_of = 1", "ck_articles_duplicate_of_another"),
        ("INSERT INTO stream_state VALUES (2, 'x', 0)", "ck_stream_state_one_row"),
    ],
)
def test_a_promise_broken_on_purpose_is_refused(database_url, statement, constraint):
    """A canonical URL once, a sighting once per feed and guid, a feed once, no copy of itself, one stream."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for line in (
            "INSERT INTO sources (key, name) VALUES ('a.example', 'A')",
            "INSERT INTO hosts (host) VALUES ('a.example')",
            "INSERT INTO feeds (source_id, url, host, title) VALUES (1, 'http://a.example/', 'a.example', '')",
            (
                "INSERT INTO articles (source_id, url, title, teaser, text, html, authors, tags, content_hash, date_guessed,"
                " first_seen_at, updated_at, sort_at)"
                " VALUES (1, 'http://a.example/1', 't', '', '', '', '{}', '{}', '', false, now(), now(), now())"
            ),
            "INSERT INTO article_urls VALUES ('a.example/1', 1)",
            (
                "INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)"
                " VALUES (1, 'g', 'http://a.example/1', 1, '', now(), now())"
            ),
        ):
            connection.execute(text(line))
    with pytest.raises(IntegrityError, match=constraint), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_no_long_text_is_compressed_by_the_slow_method(database_url):
    """Where the server knows lz4 its setting decides; where it knows pglz alone long texts are kept as they are."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        methods = connection.scalar(
            text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
        )
        storage = connection.execute(
            text(
                "SELECT attname, attstorage::text FROM pg_attribute "
                "WHERE attrelid = 'articles'::regclass AND attname IN ('text', 'html')"
            )
        )
        expected = "x" if "lz4" in methods else "e"
        assert dict([tuple(row) for row in storage]) == {"text": expected, "html": expected}
    engine.dispose()


def test_the_index_of_words_keeps_to_small_lots_as_the_models_say(database_url):
    """Comparing schemas does not look at what an index is set to."""
    (index,) = [one for one in Article.__table__.indexes if one.name == "ix_articles_search"]
    said = index.dialect_options["postgresql"]["with"]
    with psycopg.connect(database_url.replace("+psycopg", "", 1)) as connection:
        row = connection.execute(
            "SELECT reloptions FROM pg_class WHERE relname = 'ix_articles_search'"
        ).fetchone()
    assert row == ([f"{name}={value}" for name, value in said.items()],)
