"""The schema comes from its migrations alone, both ways, and promises are constraints of the database."""

import subprocess
import sys

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from services.core import schema
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
