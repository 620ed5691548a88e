"""A database as it is after years: articles by the million, made by SQL, with all that hangs on them in usual shares.

Made for measuring, so it holds what the statements of the service look at: rows, their sizes, how they are spread over time, labels and
addresses. What only people read is the same few thousand paragraphs again and again.
"""

import time
from collections.abc import Callable

import psycopg

FEEDS = 2_000
DAYS = 89.0
"""Articles are spread evenly over so many days back from now: none is due to leave."""
CHUNK = 50_000
_BIG = (
    "articles",
    "article_urls",
    "sightings",
    "article_labels",
    "changes",
    "fingerprints",
    "story_articles",
)
_FINGERPRINTS, _FINGERPRINT_DAYS = 12, 4

_POOL = """
CREATE TEMP TABLE pool AS
SELECT n, body, to_tsvector('simple', body) AS words, 'Headline ' || left(body, 60) AS title
FROM (SELECT n, (SELECT string_agg(substr(md5((floor(random() * 9000) + g * 0)::text), 1, 7), ' ') FROM generate_series(1, 90 + n %% 60) g) AS body
      FROM generate_series(0, %s - 1) n) AS made
"""
_SOURCES = """
WITH n AS (SELECT generate_series(1, %s) AS n),
     s AS (INSERT INTO sources (key, name) SELECT 'grown-' || n || '.example', 'Grown ' || n FROM n RETURNING id, key),
     h AS (INSERT INTO hosts (host) SELECT key FROM s)
INSERT INTO feeds (source_id, url, host, title, next_check_at, checked_at, body_at, ok_at)
SELECT id, 'https://' || key || '/feed.xml', key, key, now() + interval '30 days', now(), now(), now() FROM s
"""
_FEED_LIST = "CREATE TEMP TABLE fed AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, source_id, host FROM feeds WHERE url LIKE 'https://grown-%'"
_ARTICLES = """
INSERT INTO articles (feed_id, source_id, url, title, teaser, text, html, authors, tags, language, content_hash, published_at, date_guessed,
    first_seen_at, updated_at, sort_at, listed, revision, published_revision, rulebook_version, region, regions, topics, places, verdict, search)
SELECT f.id, f.source_id, 'https://' || f.host || '/' || g.n, p.title || ' ' || g.n, left(p.body, 200), p.body, '<p>' || p.body || '</p>',
       '{}', '{}', 'en', decode(md5(g.n::text), 'hex'), t.at, false, t.at, t.at, t.at, true, 1, 1, %(version)s,
       (ARRAY['central-asia', 'europe', 'russia', 'africa'])[1 + g.n %% 4], ARRAY[(ARRAY['central-asia', 'europe', 'russia', 'africa'])[1 + g.n %% 4], 'world'],
       ARRAY[(ARRAY['politics', 'economy', 'health', 'energy', 'science'])[1 + g.n %% 5]], '{}',
       jsonb_build_object('regions', jsonb_build_array(jsonb_build_object('slug', 'europe', 'why', repeat('rule and term ', 20)))), p.words
FROM generate_series(%(low)s::bigint, %(high)s::bigint) AS g(n)
JOIN fed f ON f.n = g.n %% %(feeds)s JOIN pool p ON p.n = g.n %% %(pool)s
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => (%(total)s - g.n) * %(days)s * 86400.0 / %(total)s) AS at) t
ORDER BY g.n
"""
_NEW = "WITH a AS (SELECT * FROM articles WHERE id > %(after)s) "
_REST = (
    _NEW + "INSERT INTO article_urls SELECT substr(url, 9), id FROM a",
    _NEW
    + """INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
         SELECT feed_id, url, url, id, content_hash, first_seen_at, first_seen_at + interval '1 day' FROM a""",
    _NEW
    + """INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
         SELECT f.id, a.url, a.url, a.id, a.content_hash, a.first_seen_at, a.first_seen_at + interval '1 day'
         FROM a JOIN fed f ON f.n = (a.id * 7) %% %(feeds)s AND f.id <> a.feed_id WHERE a.id %% 3 = 0""",
    _NEW
    + """INSERT INTO article_labels SELECT id, label, sort_at FROM a, LATERAL unnest(
         ARRAY(SELECT 'region/' || r FROM unnest(regions) r) || ARRAY(SELECT 'topic/' || t FROM unnest(topics) t)) label""",
    _NEW
    + """INSERT INTO changes (seq, article_id, change, revision, at, labels_before, labels_after)
         SELECT nextval('changes_seq'), id, 'added', 1, sort_at, '{}',
                ARRAY(SELECT 'region/' || r FROM unnest(regions) r) || ARRAY(SELECT 'topic/' || t FROM unnest(topics) t) FROM a ORDER BY id""",
    _NEW
    + """INSERT INTO fingerprints (key, at, article_id, stored_at)
         SELECT hashtextextended(id || '/' || k, 0), sort_at, id, sort_at FROM a, generate_series(1, %(keys)s) k
         WHERE sort_at > now() - make_interval(days => %(key_days)s)""",
    _NEW
    + """INSERT INTO story_articles (article_id, story_id, number, decided_at, decision)
         SELECT id, (SELECT max(id) FROM stories), id, sort_at, '{"by": "alone", "sentence": "It tells of no event that others tell of."}' FROM a
         WHERE id %% 5 = 0""",
)  # fmt: skip
_STORY = """
INSERT INTO stories (id, founded_at, first_at, last_at, articles, publishers, updated_at)
SELECT coalesce(max(id), 0) + 1, now(), now(), now(), 1, 1, now() FROM stories
"""
_POOL_SIZE = 5_000
_PUT_ASIDE = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


def grow(url: str, articles: int, *, tell: Callable[[int], None]) -> float:
    """Add `articles` articles to the database at `url`; how many seconds that took. Foreign keys hold by what is written."""
    begun = time.perf_counter()
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '512MB'",
        ):
            connection.execute(f"SET {setting}")
        version = connection.execute("SELECT version FROM rulebooks WHERE active").fetchone()
        connection.execute(_POOL, (_POOL_SIZE,))
        connection.execute(_SOURCES, (FEEDS,))
        connection.execute(_FEED_LIST)
        connection.execute("ANALYZE pool, fed")
        connection.execute(_STORY)
        indexes = connection.execute(_PUT_ASIDE, (list(_BIG),)).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for low in range(1, articles + 1, CHUNK):
            _chunk(connection, low, min(low + CHUNK - 1, articles), articles, version[0] if version else None)
            tell(min(low + CHUNK - 1, articles))
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(
            "UPDATE story_state SET seq = (SELECT max(seq) FROM changes), epoch = (SELECT epoch FROM stream_state)"
        )
        connection.execute("SET session_replication_role = origin")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return time.perf_counter() - begun


def size(url: str) -> int:
    """Bytes of the database on the disk."""
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def _chunk(
    connection: "psycopg.Connection[tuple[object, ...]]", low: int, high: int, total: int, version: object
) -> None:
    row = connection.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
    values = {
        "low": low, "high": high, "total": total, "version": version, "feeds": FEEDS, "pool": _POOL_SIZE, "days": DAYS,
        "after": row[0] if row else 0, "keys": _FINGERPRINTS, "key_days": _FINGERPRINT_DAYS,
    }  # fmt: skip
    connection.execute(_ARTICLES, values)
    for statement in _REST:
        connection.execute(statement, values)
