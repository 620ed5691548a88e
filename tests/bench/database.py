"""What the bench asks of the database itself: a fresh state for every round, feeds made due, and when all is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from services.core.models import Base

_KEPT = {"rulebooks", "stream_state", "beats"}
"""Not part of a round: what is in force, where the stream stands, who is alive."""
_LOADED = ("sources", "hosts", "feeds")
"""What the list of feeds filled; put back as it was before every cold round, parents first."""

_DONE = """
SELECT NOT EXISTS (SELECT FROM feeds f JOIN bench.feeds USING (id)
                   WHERE f.paused_reason IS NULL AND (f.checked_at IS NULL OR f.checked_at < %s))
   AND (%s OR NOT EXISTS (SELECT FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL))
"""
_LISTED = """
SELECT a.url FROM articles a JOIN rulebooks r ON r.active AND r.version = a.rulebook_version WHERE a.listed
"""
_HIDDEN = "SELECT a.url FROM articles a JOIN articles shown ON shown.id = a.duplicate_of WHERE shown.listed"
_STORED_TO_CHANGE = """
SELECT a.url, a.first_seen_at, c.at FROM articles a JOIN changes c ON c.article_id = a.id AND c.change = 'added'
WHERE a.id > %s
"""
_STATEMENTS = r"""
SELECT sum(calls), round(sum(total_exec_time)), sum(rows), said FROM (
    SELECT *, left(regexp_replace(regexp_replace(query, '\s+', ' ', 'g'), ' VALUES .*', ' VALUES ...'), 120) AS said
    FROM bench.pg_stat_statements) AS asked
GROUP BY said ORDER BY sum(total_exec_time) DESC LIMIT %s
"""
_SLEEPERS = """
WITH n AS (SELECT %s + generate_series(1, %s) AS n),
     s AS (INSERT INTO sources (key, name) SELECT 'sleeper-' || n || '.example', 'Sleeper ' || n FROM n RETURNING id, key),
     h AS (INSERT INTO hosts (host) SELECT key FROM s)
INSERT INTO feeds (source_id, url, host, title, next_check_at, checked_at)
SELECT id, 'http://' || key || '/feed.xml', key, key, now() + make_interval(mins => 120 + (id %% 1000)::int), now() FROM s
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """When a new article was stored and when its row in the change log was written, by the database's own times."""

    url: str
    first_seen_at: datetime
    changed_at: datetime


class Database:
    """One connection to the database under measurement, every statement a transaction of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(
            url.replace("+psycopg", "", 1), autocommit=True, options="-c client_min_messages=warning"
        )
        self.backend = self._connection.info.backend_pid

    def close(self) -> None:
        self._connection.close()

    def remember(self) -> None:
        """Keep the loaded feeds aside, and let none be due."""
        self._do("UPDATE feeds SET next_check_at = now() + interval '1 day'")
        self._do("CREATE SCHEMA bench")
        for name in _LOADED:
            self._do(f"CREATE TABLE bench.{name} AS TABLE public.{name}")

    def start_afresh(self, feeds: Sequence[str] | None = None) -> None:
        """Everything a round wrote goes, the feeds (those at the addresses named, else all) stand as they were loaded; nothing
        is due.
        """
        with self._connection.transaction():
            gone = ", ".join(table.name for table in Base.metadata.sorted_tables if table.name not in _KEPT)
            self._do(f"TRUNCATE {gone}")
            for name in _LOADED:
                columns = ", ".join(
                    f'"{c.name}"' for c in Base.metadata.tables[name].columns if not c.computed
                )
                self._do(
                    f"INSERT INTO public.{name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM bench.{name}"
                )
            if feeds is not None:
                self._do("DELETE FROM feeds WHERE NOT url = ANY(%s)", list(feeds))
        self._do("VACUUM ANALYZE feeds, hosts, sources")
        self._do("CHECKPOINT")

    def forget_validators(self) -> None:
        """Let every feed be asked unconditionally, although its bytes are known."""
        self._do("UPDATE feeds SET etag = NULL, last_modified = NULL")

    def make_due(self) -> datetime:
        """Let all feeds of the press be due now, whatever their hosts wished; when that was."""
        with self._connection.transaction():
            self._do("UPDATE hosts SET free_at = '-infinity' WHERE host IN (SELECT host FROM bench.feeds)")
            self._do("UPDATE feeds SET next_check_at = now() WHERE id IN (SELECT id FROM bench.feeds)")
            moment: datetime = self._one("SELECT now()")
        return moment

    def ask_every_second(self, feeds: int) -> None:
        """Give the first `feeds` feeds an interval of a second; with little news in each look they keep it."""
        self._do(
            "UPDATE feeds SET interval_s = 1, next_check_at = now() WHERE id IN (SELECT id FROM feeds ORDER BY id LIMIT %s)",
            feeds,
        )

    def let_rest(self) -> None:
        """Let no feed of the press be due."""
        self._do(
            "UPDATE feeds SET next_check_at = now() + interval '1 day' WHERE id IN (SELECT id FROM bench.feeds)"
        )

    def is_done(self, since: datetime, *, labelled: bool = True) -> bool:
        """Whether every feed of the press was looked at after `since` and, if `labelled`, nothing waits for its labels."""
        return bool(self._one(_DONE, since, not labelled))

    def beating(self) -> set[str]:
        """Roles that gave a sign of life."""
        return {str(role) for (role,) in self._connection.execute("SELECT role FROM beats")}

    def listed(self) -> list[str]:
        """Addresses of the articles in Latest that carry labels of the rulebook in force."""
        return [str(url) for (url,) in self._connection.execute(_LISTED)]

    def hidden(self) -> list[str]:
        """Addresses of copies that stand behind an article in Latest; of several of one publisher "also at" names one."""
        return [str(url) for (url,) in self._connection.execute(_HIDDEN)]

    def count_statements(self) -> None:
        """From now on, of a server that was started to keep count."""
        self._do("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA bench")
        self._do("SELECT bench.pg_stat_statements_reset()")

    def statements(self, top: int) -> list[tuple[int, float, int, str]]:
        """The dearest since: calls, milliseconds in total, rows, the statement."""
        return self._connection.execute(_STATEMENTS, (top,)).fetchall()

    def articles(self) -> list[str]:
        """Addresses of all articles, listed or not."""
        return [str(url) for (url,) in self._connection.execute("SELECT url FROM articles")]

    def add_sleepers(self, total: int) -> None:
        """Fill up to `total` feeds with such as are not due for hours; each has a host and a publisher of its own."""
        missing = total - int(self._one("SELECT count(*) FROM feeds"))
        self._do(_SLEEPERS, int(self._one("SELECT max(id) FROM feeds")), missing)
        self._do("VACUUM ANALYZE feeds, hosts, sources")

    def last_article(self) -> int:
        """The highest number given to an article."""
        return int(self._one("SELECT coalesce(max(id), 0) FROM articles"))

    def stored_after(self, article: int) -> list[Stored]:
        """Articles with a higher number than `article` that came into Latest."""
        return [Stored(*row) for row in self._connection.execute(_STORED_TO_CHANGE, (article,))]

    def rows(self) -> dict[str, int]:
        """How many rows the greater tables hold."""
        return {
            name: self._one(f"SELECT count(*) FROM {name}") for name in ("articles", "sightings", "changes")
        }

    def version(self) -> str:
        """PostgreSQL's version."""
        return str(self._one("SHOW server_version"))

    def _do(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement, values or None)

    def _one(self, statement: str, *values: Any) -> Any:
        row = self._connection.execute(statement, values or None).fetchone()
        return row[0] if row else None
