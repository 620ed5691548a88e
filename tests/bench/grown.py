"""A database as it is after years: articles by the million, made by SQL, with all that hangs on them in usual shares.

Made for measuring, so it holds what the statements of the service look at: rows, their sizes, how they are spread over time, labels and
addresses. Labels are as unevenly spread as in `many`. What only people read is the same few thousand paragraphs again and again.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from tests.bench import many

FEEDS, OF_EACH = 2_000, 100
"""Feeds at most, and articles of each at least."""
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

LONG, SHORT = range(90, 150), range(12, 20)
"""Words of a text, seven letters each: as an article has them, or so few that ten million fit on a small disk."""

_LABELS = "CREATE TEMP TABLE grown_labels (kind text, place int, slug text, path text[])"
_POOL = """
CREATE TEMP TABLE pool AS
WITH made AS (
    SELECT n, (SELECT string_agg(substr(md5((floor(random() * 9000) + g * 0)::text), 1, 7), ' ')
               FROM generate_series(1, %(least)s + n %% %(spread)s) g) AS body,
           floor(power(random(), %(skew)s) * (SELECT count(*) FROM grown_labels WHERE kind = 'region'))::int AS region,
           floor(power(random(), %(skew)s) * (SELECT count(*) FROM grown_labels WHERE kind = 'topic'))::int AS topic
    FROM generate_series(0, %(pool)s - 1) n)
SELECT n, body, to_tsvector('simple', body) AS words, 'Headline ' || left(body, 60) AS title, r.slug AS region, r.path AS regions, t.path AS topics
FROM made LEFT JOIN grown_labels r ON (r.kind, r.place) = ('region', made.region)
LEFT JOIN grown_labels t ON (t.kind, t.place) = ('topic', made.topic)
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
       '{}', '{}', (ARRAY['en', 'en', 'en', 'de', 'fr', 'es', 'ru', 'pt-BR'])[1 + g.n %% 8], decode(md5(g.n::text), 'hex'), t.at, false,
       t.at, t.at, t.at, true, 1, 1, %(version)s, p.region, coalesce(p.regions, '{}'), coalesce(p.topics, '{}'), '{}',
       jsonb_build_object('regions', jsonb_build_array(jsonb_build_object('slug', p.region, 'why', repeat('rule and term ', %(why)s)))), p.words
FROM generate_series(%(low)s::bigint, %(high)s::bigint) AS g(n)
JOIN fed f ON f.n = g.n %% %(feeds)s JOIN pool p ON p.n = (g.n + 7 * (g.n / %(pool)s)) %% %(pool)s
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => (%(total)s - g.n) * %(days)s * 86400.0 / %(total)s) AS at) t
ORDER BY g.n
"""
_NEW = "WITH a AS (SELECT * FROM articles WHERE id > %(after)s) "
_ALL_LABELS = (
    "ARRAY(SELECT 'region/' || r FROM unnest(regions) r) || ARRAY(SELECT 'topic/' || t FROM unnest(topics) t)"
)
# Of forty articles after each other twelve are of one event; everybody else is a story of his own.
_OF_STORY = "%(story)s + CASE WHEN id %% 40 < 12 THEN id - id %% 40 ELSE id END"
_REST = (
    _NEW + "INSERT INTO article_urls SELECT substr(url, 9), id FROM a",
    _NEW
    + """INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
         SELECT feed_id, url, url, id, content_hash, first_seen_at, first_seen_at + interval '1 day' FROM a""",
    _NEW
    + """INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at)
         SELECT f.id, a.url, a.url, a.id, a.content_hash, a.first_seen_at, a.first_seen_at + interval '1 day'
         FROM a JOIN fed f ON f.n = (a.id * 7) %% %(feeds)s AND f.id <> a.feed_id WHERE a.id %% 3 = 0""",
    _NEW + f"INSERT INTO article_labels SELECT id, label, sort_at FROM a, LATERAL unnest({_ALL_LABELS}) label",
    _NEW
    + f"""INSERT INTO changes (seq, article_id, change, revision, at, labels_before, labels_after)
         SELECT nextval('changes_seq'), id, 'added', 1, sort_at, '{{}}', {_ALL_LABELS} FROM a ORDER BY id""",
    _NEW
    + """INSERT INTO fingerprints (key, at, article_id, stored_at)
         SELECT hashtextextended(id || '/' || k, 0), sort_at, id, sort_at FROM a, generate_series(1, %(keys)s) k
         WHERE sort_at > now() - make_interval(days => %(key_days)s)""",
    _NEW
    + f"""INSERT INTO stories (id, founded_at, first_at, last_at, articles, publishers, lead_id, updated_at)
         SELECT {_OF_STORY}, min(sort_at), min(sort_at), max(sort_at), count(*), count(DISTINCT source_id), min(id), max(sort_at)
         FROM a GROUP BY 1 ON CONFLICT (id) DO UPDATE SET articles = stories.articles + excluded.articles,
             publishers = stories.publishers + excluded.publishers, last_at = excluded.last_at""",
    _NEW
    + f"""INSERT INTO story_articles (article_id, story_id, number, decided_at, decision)
         SELECT id, {_OF_STORY}, id, sort_at, '{{"by": "alone", "sentence": "It tells of no event that others tell of."}}' FROM a""",
)  # fmt: skip
_STORIES_READ = """
UPDATE story_state SET seq = (SELECT max(seq) FROM changes), epoch = (SELECT epoch FROM stream_state),
                       next_story = (SELECT max(id) + 1 FROM stories)
"""
_POOL_SIZE = 5_000
_PUT_ASIDE = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
# Keys that no other table refers to; the order in which they come is random for some, and then each costs a page.
_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint c
WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('p', 'u')
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)
"""


def grow(url: str, articles: int, *, tell: Callable[[int], None], words: range = LONG) -> float:
    """Add `articles` articles to the database at `url`, each of so many `words`; how many seconds that took. Foreign keys hold by
    what is written. Needs an active rulebook.
    """
    begun = time.perf_counter()
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '512MB'",
        ):
            connection.execute(f"SET {setting}")
        values = _ready(connection, words, min(FEEDS, articles // OF_EACH)) | {"total": articles}
        indexes = connection.execute(_PUT_ASIDE, (list(_BIG),)).fetchall()
        keys = connection.execute(_KEYS, (list(_BIG),)).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, name, _ in keys:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for low in range(1, articles + 1, CHUNK):
            _chunk(connection, values | {"low": low, "high": min(low + CHUNK - 1, articles)})
            tell(min(low + CHUNK - 1, articles))
        for table, name, definition in keys:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(_STORIES_READ)
        connection.execute("SET session_replication_role = origin")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return time.perf_counter() - begun


def _ready(connection: "psycopg.Connection[tuple[Any, ...]]", words: range, feeds: int) -> dict[str, Any]:
    """What articles are made of: labels, texts, feeds; and what the statements need to know."""
    labels, version = many.labels(connection)
    values = {
        "version": version, "feeds": feeds, "pool": _POOL_SIZE, "days": DAYS, "keys": _FINGERPRINTS, "key_days": _FINGERPRINT_DAYS,
        "least": words.start, "spread": len(words), "skew": many.SKEW, "why": words.start // 4,
    }  # fmt: skip
    connection.execute("SELECT setseed(0.5)")
    connection.execute(_LABELS)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO grown_labels VALUES (%s, %s, %s, %s)", labels)
    connection.execute(_POOL, values)
    connection.execute(_SOURCES, (feeds,))
    connection.execute(_FEED_LIST)
    connection.execute("ANALYZE pool, fed")
    row = connection.execute("SELECT next_story FROM story_state").fetchone()
    return values | {"story": row[0] if row else 1}


def _chunk(connection: "psycopg.Connection[tuple[Any, ...]]", values: dict[str, Any]) -> None:
    row = connection.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
    values = values | {"after": row[0] if row else 0}
    connection.execute(_ARTICLES, values)
    for statement in _REST:
        connection.execute(statement, values)


def size(url: str) -> int:
    """Bytes of the database on the disk."""
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0
