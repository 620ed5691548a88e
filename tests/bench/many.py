"""A database of many stored articles, filled by SQL: regions and topics as unevenly spread as news is, everything hung on them."""

import random
from typing import Any

import psycopg

SOURCES = 500
WORDS = (  # a headline has six of them
    "parliament budget election minister court trial protest strike border talks treaty sanctions missile army "
    "flood quake storm drought harvest wheat gas oil pipeline rail port airline bank rates inflation currency "
    "vaccine hospital school exam film museum football league final champion satellite chip software outage"
)
SKEW = 2.5
"""The greater, the more of all articles stand under the first labels. At 2.5 a region of 60 has from 19 % to 0.7 %."""

_SOURCES = """
INSERT INTO sources (key, name) SELECT 'many-' || n || '.example', 'Publisher ' || n FROM generate_series(1, %(sources)s) n
ON CONFLICT DO NOTHING
"""
_FEEDS = """
INSERT INTO feeds (source_id, url, host, title, next_check_at, checked_at, ok_at)
SELECT id, 'http://' || key || '/feed', key, name, now() + interval '1 day', now(), now() FROM sources WHERE key LIKE 'many-%%'
"""
_HOSTS = "INSERT INTO hosts (host) SELECT key FROM sources WHERE key LIKE 'many-%' ON CONFLICT DO NOTHING"
_LABELS = "CREATE TEMP TABLE many_labels (kind text, place int, slug text, path text[])"
_ARTICLES = """
WITH s AS MATERIALIZED (SELECT array_agg(s.id ORDER BY s.id) AS sources, array_agg(f.id ORDER BY s.id) AS feeds
                        FROM sources s JOIN feeds f ON f.source_id = s.id WHERE s.key LIKE 'many-%%'),
     r AS MATERIALIZED (SELECT array_agg(slug ORDER BY place) AS slugs FROM many_labels WHERE kind = 'region'),
     t AS MATERIALIZED (SELECT array_agg(slug ORDER BY place) AS slugs FROM many_labels WHERE kind = 'topic'),
     n AS MATERIALIZED (
        SELECT n, 1 + floor(cardinality(sources) * power(random(), 2))::int AS source,
               slugs[1 + floor(cardinality(slugs) * power(random(), %(skew)s))::int] AS region, random() < 0.85 AS placed,
               (SELECT slugs[1 + floor(cardinality(slugs) * power(random() + n * 0, %(skew)s))::int] FROM t) AS topic,
               random() < 0.9 AS topical, array_agg(w.word) AS words
        FROM s, r, generate_series(%(from)s::bigint, %(to)s::bigint) n,
             LATERAL (SELECT %(words)s::text[], n) AS all_words(words, m),
             LATERAL (SELECT words[1 + floor(cardinality(words) * power(random() + m * 0, 2))::int] AS word
                      FROM generate_series(1, 12)) AS w
        GROUP BY n, sources, slugs)
INSERT INTO articles (feed_id, source_id, url, title, teaser, text, html, authors, tags, language, content_hash, published_at,
    date_guessed, first_seen_at, updated_at, sort_at, listed, published_revision, rulebook_version, region, regions, topics, search)
SELECT feeds[source], sources[source], 'http://many.example/' || n, 'Article ' || n || ' on ' || array_to_string(words[1:6], ' '),
    repeat(array_to_string(words, ' ') || '. ', 2), repeat(array_to_string(words, ' ') || '. ', 6), '', '{}', '{}',
    (ARRAY['en','en','en','en','en','en','de','fr','es','ru','ar','pt-BR'])[1 + floor(12 * random())::int], '\\x00', at, false,
    at, at, at, true, 1, %(version)s, CASE WHEN placed THEN region END, CASE WHEN placed THEN ARRAY[region] ELSE '{}' END,
    CASE WHEN topical THEN ARRAY[topic] ELSE '{}' END, to_tsvector('simple', n || ' ' || array_to_string(words, ' '))
FROM (SELECT n.*, now() - interval '1 hour' - (%(total)s - n) * interval '6 seconds' AS at FROM n) n, s
"""
_PLACES = """
INSERT INTO article_labels (article_id, label, sort_at)
SELECT DISTINCT a.id, l.kind || '/' || p, a.sort_at
FROM articles a JOIN many_labels l ON l.kind = 'region' AND l.slug = ANY(a.regions) OR l.kind = 'topic' AND l.slug = ANY(a.topics),
     unnest(l.path) p WHERE a.id > %s
"""
_SIGHTINGS = """
INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
SELECT feed_id, url, url, id, content_hash, first_seen_at, first_seen_at FROM articles WHERE id > %s
"""
_CHANGES = """
INSERT INTO changes (seq, article_id, change, revision, at, labels_before, labels_after)
SELECT nextval('changes_seq'), id, 'added', 1, sort_at, '{}', (SELECT array_agg(label) FROM article_labels WHERE article_id = a.id)
FROM articles a WHERE id > %s AND EXISTS (SELECT FROM article_labels WHERE article_id = a.id) ORDER BY id
"""
_INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname
WHERE i.schemaname = 'public' AND i.tablename IN ('articles', 'article_labels', 'sightings', 'changes') AND c.conname IS NULL
"""
_STEP = 50_000


def fill(connection: psycopg.Connection[Any], total: int) -> None:
    """Store articles until there are `total` of ours, with labels, sightings and changes. Needs an active rulebook."""
    found, version = labels(connection)
    connection.execute("SET synchronous_commit = off")
    connection.execute(_SOURCES, {"sources": SOURCES})
    connection.execute(_HOSTS)
    connection.execute(f"{_FEEDS} ON CONFLICT DO NOTHING")
    connection.execute(_LABELS)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO many_labels VALUES (%s, %s, %s, %s)", found)
    connection.execute("ANALYZE many_labels")
    connection.execute("SELECT setseed(0.5)")
    # Foreign keys are not looked up, and indexes are made at the end: a fifth of the time.
    connection.execute("SET session_replication_role = replica")
    definitions = _indexes_dropped(connection)
    for start in range(1, total + 1, _STEP):
        before = _highest(connection)
        given = {"from": start, "to": min(start + _STEP - 1, total), "total": total}
        connection.execute(_ARTICLES, {**given, "skew": SKEW, "words": WORDS.split(), "version": version})
        for statement in (_PLACES, _SIGHTINGS, _CHANGES):
            connection.execute(statement, (before,))
    connection.execute("DROP TABLE many_labels")
    for definition in definitions:
        connection.execute(definition)
    connection.execute("RESET session_replication_role")
    connection.execute("VACUUM ANALYZE")


def labels(connection: psycopg.Connection[Any]) -> tuple[list[tuple[str, int, str, list[str]]], str]:
    """Of the rulebook in force: kind, place by frequency, slug, and the slug with all above it, of each label; and its version."""
    row = connection.execute("SELECT labels, version FROM rulebooks WHERE active").fetchone()
    assert row, "a rulebook must be in force"
    found = []
    for kind in ("region", "topic"):
        parents = {label["slug"]: label["parent"] for label in row[0] if label["kind"] == kind}
        slugs = sorted(parents)
        random.Random(7).shuffle(slugs)
        for place, slug in enumerate(slugs):
            path = [slug]
            while parent := parents[path[-1]]:
                path.append(parent)
            found.append((kind, place, slug, path))
    return found, row[1]


def _indexes_dropped(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes of the large tables that no constraint needs; how to make them again."""
    found = connection.execute(_INDEXES).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _highest(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
    return int(row[0]) if row else 0
