"""What a restore says to the server around the backup itself."""

from services.core.latest import MARK, STREAM_LOCK
from services.core.liveness.beats import RESTORED
from services.core.models import Base
from services.core.schema import MIGRATION_LOCK

LEAP = 1_000_000
"""How far ids go on where the database that was lost cannot be asked how far it had come: no id is given twice."""

CONNECTED = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'dateline-%%' AND application_name NOT LIKE %s
    GROUP BY 1 ORDER BY 1
"""

COUNTS = """
    SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM feeds), (SELECT version_num FROM alembic_version)
"""

NEW_EPOCH = f"UPDATE stream_state SET epoch = replace(gen_random_uuid()::text, '-', ''), mark = {MARK}"  # noqa: S608 - an expression of ours

# The locks of `dateline migrate` and of whoever publishes, so that neither is half way; then what is there goes, the tables of
# newer schemas too, which the backup does not know. How far ids had come is kept.
_BEFORE = """
BEGIN;
SET LOCAL lock_timeout = '60s';
SET LOCAL client_min_messages = warning;
DO $$ BEGIN
    IF NOT pg_try_advisory_xact_lock({migration}) THEN RAISE EXCEPTION 'a migration or another restore is running'; END IF;
END $$;
SELECT pg_advisory_xact_lock({stream});
CREATE TEMP TABLE dateline_numbers ON COMMIT DROP AS
    SELECT sequencename AS name, last_value AS given FROM pg_sequences WHERE schemaname = 'public';
CREATE TEMP TABLE dateline_stories (next_story bigint) ON COMMIT DROP;
DO $$ BEGIN
    IF to_regclass('public.story_state') IS NOT NULL THEN
        INSERT INTO dateline_stories SELECT next_story FROM public.story_state;
    END IF;
END $$;
DROP TABLE IF EXISTS {tables} CASCADE;
DROP SEQUENCE IF EXISTS public.changes_seq CASCADE;
"""

# Here search_path is empty: pg_restore sets it so.
_AFTER = """
SELECT setval(format('public.%I', now.sequencename)::regclass,
              greatest(now.last_value, was.given, CASE WHEN lost THEN coalesce(now.last_value, 0) + {leap} END))
FROM pg_sequences now LEFT JOIN pg_temp.dateline_numbers was ON was.name = now.sequencename,
     (SELECT NOT EXISTS (SELECT FROM pg_temp.dateline_numbers WHERE name = 'articles_id_seq' AND given IS NOT NULL) AS lost) AS before
WHERE now.schemaname = 'public' AND (was.given > coalesce(now.last_value, 0) OR lost AND now.sequencename = 'articles_id_seq');
DO $$ BEGIN
    IF to_regclass('public.story_state') IS NOT NULL THEN
        UPDATE public.story_state SET next_story = greatest(next_story + CASE WHEN EXISTS (SELECT FROM pg_temp.dateline_stories)
            THEN 0 ELSE {leap} END, (SELECT max(s.next_story) FROM pg_temp.dateline_stories s));
    END IF;
END $$;
DELETE FROM public.beats;
INSERT INTO public.beats (role, name, detail, at) VALUES ('{restored}', 'database', '{{}}', clock_timestamp());
UPDATE public.stream_state SET epoch = replace(gen_random_uuid()::text, '-', '');
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.stream_state'::regclass AND attname = 'mark') THEN
        UPDATE public.stream_state SET mark = {mark};
    END IF;
END $$;
COMMIT;
"""


def before() -> str:
    """What is said before the backup's own script."""
    tables = ", ".join(f'public."{name}"' for name in sorted([*Base.metadata.tables, "alembic_version"]))
    return _BEFORE.format(migration=MIGRATION_LOCK, stream=STREAM_LOCK, tables=tables)


def after() -> str:
    """What is said behind it; the last word is COMMIT."""
    return _AFTER.format(leap=LEAP, mark=MARK, restored=RESTORED)
