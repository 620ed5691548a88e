"""The doctor's sentences of servers and work, each with its fault made real: stopped, frozen, full, read-only, growing, silent."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import make_url, text

from services.core import backlog, health, set_aside
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.health import servers
from services.core.health.finding import PAGE
from services.core.health.rules import FEW, Shares, judge_shares, judge_silence
from services.core.health.servers import judge_clocks
from services.core.health.trend import trend_of
from services.core.models import Article
from services.core.queues import Queue
from services.core.settings import settings
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.environment import forget_connections
from tests.fixtures.freezing import frozen, postgres_of, redis_pid

ROOT = Path(__file__).parents[2]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def patience() -> None:
    """A role waits for seconds only: what the doctor says then is what is tested."""


def told(*names: str) -> dict[str, health.Finding]:
    return {finding.about: finding for finding in health.examine(names or None)}


def test_a_frozen_redis_is_told_and_the_rest_is_still_looked_at(service, desk: Desk, redis_url):
    desk.feed()
    with frozen(redis_pid(redis_url)):
        found = told()
    assert found["queue"].says == "Redis does not answer: start it, or see DATELINE_REDIS_URL."
    assert found["feeds"].ok


def test_a_frozen_database_is_told_and_nothing_waits_for_it(service, desk: Desk, database_url):
    with frozen(postgres_of(database_url)):
        found = told()
    assert [finding.about for finding in found.values()] == ["database"]
    assert found["database"].says.startswith("The database does not answer: ")


def test_a_database_that_takes_no_writes_is_told(service, database_url):
    name = make_url(database_url).database
    sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    finding = told("database")["database"]
    assert not finding.ok
    assert finding.says.startswith("takes no writes")


def test_an_old_schema_is_wrong_and_a_newer_one_a_note(service):
    sql("UPDATE alembic_version SET version_num = '2026_11_23_initial'")
    finding = told("schema")["schema"]
    assert not finding.ok
    assert finding.says.endswith("run `dateline migrate`.")
    sql("UPDATE alembic_version SET version_num = '2199_01_01_later'")
    finding = told("schema")["schema"]
    assert (finding.ok, finding.level) == (True, "note")
    assert "a newer version has migrated it" in finding.says


@pytest.fixture
def redis_client(redis_url):
    """What changes the server's settings, and changes them back."""
    client = redis.Redis.from_url(redis_url)
    before = {name: client.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy")}
    yield client
    for name, value in before.items():
        client.config_set(name, value)
    client.close()


def test_a_redis_that_may_throw_hints_away_or_is_nearly_full_is_told(service, redis_client):
    used = redis_client.info("memory")["used_memory"]
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    redis_client.config_set("maxmemory", 10 * used)
    finding = told("queue")["queue-memory"]
    assert "maxmemory-policy allkeys-lru): set noeviction" in finding.says
    redis_client.config_set("maxmemory-policy", "noeviction")
    assert "queue-memory" not in told("queue")
    redis_client.config_set("maxmemory", used)
    finding = told("queue")["queue-memory"]
    assert "refuses hints when it is full" in finding.says


def test_a_redis_that_cannot_write_is_told(service, monkeypatch):
    """By what Redis says of itself; its disk is that of the whole run."""
    now = utc_now()
    monkeypatch.setattr(
        servers.cache, "about", lambda: servers.cache.About(now, 1, 0, "noeviction", write_error=True)
    )
    assert told("queue")["queue-disk"].says.startswith("Redis cannot write to its disk")


@pytest.mark.parametrize(
    ("offsets", "says"),
    [
        ({"the database's clock": 1.0, "the clock of Redis": -1.0}, "is 1.0 s off"),
        (
            {"the database's clock": 0.1, "the clock of Redis": 90.0},
            "the clock of Redis is 90.0 s ahead of this machine's:",
        ),
        (
            {"the database's clock": -7200.0},
            "this machine's clock is 7200.0 s ahead of the database's clock:",
        ),
    ],
)
def test_the_clock_that_is_off_is_named(offsets, says):
    finding = judge_clocks(offsets)
    assert says in finding.says
    assert finding.ok == ("off" in says)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system of its own")
def test_a_full_disk_is_wrong_and_a_nearly_full_one_a_note(service, tmp_path):
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "none", home], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this root may not mount: {mounted.stderr.strip()}")
    try:
        service.setenv("DATELINE_HOME", str(home))
        settings.cache_clear()
        assert "disk" not in told("disk")
        (home / "filler").write_bytes(b"x" * (9_500 * 1024))
        assert told("disk")["disk"].level == "note"
        (home / "more").write_bytes(b"x" * (700 * 1024))
        finding = told("disk")["disk"]
        assert not finding.ok
        assert "make room" in finding.says
    finally:
        subprocess.run(["umount", home], check=True)


def samples(*counts: int) -> None:
    """What waited for labels, minute by minute up to now."""
    sql(
        "INSERT INTO backlog (stage, at, waiting) SELECT 'labels', date_trunc('minute', now()) - make_interval(mins => n::int - 1), waiting"
        " FROM unnest(CAST(:counts AS int[])) WITH ORDINALITY AS found (waiting, n)",
        counts=[*reversed(counts)],
    )


def test_a_backlog_that_grows_is_wrong_whatever_its_level(service, desk: Desk):
    samples(0, 40, 90, 150, 210)
    finding = told("waiting")["backlog"]
    assert not finding.ok
    assert re.fullmatch(
        r"what waits for labels grew from 0 to 210 in 4 min, by 5\d a minute: start more `dateline worker classify`\.",
        finding.says,
    )


def test_a_great_backlog_that_melts_is_a_note(service, desk: Desk):
    desk.article(listed=False)
    sql("UPDATE articles SET waiting_since = now() - interval '5 minutes'")
    assert not told("waiting")["waiting"].ok, "without a trend its age decides"
    samples(5000, 4000, 3000, 2000, 1000)
    found = told("waiting")
    assert found["waiting"].level == "note"
    assert "at this pace none will in 1 min" in found["waiting"].says
    assert "backlog" not in found


def test_a_trend_needs_samples_and_old_ones_do_not_count():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert trend_of([(now - n * MINUTE, 100) for n in range(3)], now=now) is None
    assert trend_of([(now - n * MINUTE, 100) for n in range(20, 40)], now=now) is None
    level = trend_of([(now - n * MINUTE, 100 + n % 2) for n in range(10)], now=now)
    assert level is not None
    assert not level.grows


def test_what_waits_is_written_down_once_a_minute_whoever_asks(service, desk: Desk):
    desk.article(listed=False)
    with transaction() as session:
        assert backlog.note(session)
        assert not backlog.note(session)
        assert [count for _, count in backlog.samples(session, "labels")] == [1]


def test_what_was_put_aside_is_taken_up_again(service, desk: Desk):
    one, two = desk.article(listed=False), desk.article(listed=False)
    sql(
        "UPDATE articles SET quarantined = 'A worker died 3 times in a row while labelling it.', attempts = 3"
    )
    finding = told("waiting")["quarantine"]
    assert finding.says.startswith(
        "2 articles were put aside because workers died of them (A worker died 3 times"
    )
    with transaction() as session:
        assert [aside.id for aside in set_aside.listing(session, Queue.CLASSIFY, limit=9)] == [two, one]
        assert set_aside.replay(session, Queue.CLASSIFY, [one, 999]) == [one]
    with transaction() as session:
        assert set_aside.replay(session, Queue.CLASSIFY) == [two]
        rows = session.query(Article).all()
        assert {(row.quarantined, row.attempts) for row in rows} == {(None, 0)}
    assert "quarantine" not in told("waiting")


def articles(
    desk: Desk, number: int, *, days: float, region: str | None, rule: str, late: bool = False
) -> None:
    """Listed articles of some days ago, with a region or none, and the rule that fired; seen at once, or `late`, when they were no news."""
    sample = desk.article(regions=[region] if region else [])
    verdict = {"regions": [{"slug": region, "why": [{"rule": rule}]}] if region else [], "topics": []}
    sql(
        """
        INSERT INTO articles (source_id, url, title, teaser, text, html, authors, tags, content_hash, date_guessed, first_seen_at, updated_at,
                              sort_at, listed, regions, verdict)
        SELECT source_id, url, title, teaser, text, html, authors, tags, content_hash, date_guessed,
               CASE WHEN :late THEN now() ELSE now() - make_interval(secs => 86400 * :days) END, updated_at,
               now() - make_interval(secs => 86400 * :days + n), true, regions, CAST(:verdict AS jsonb)
        FROM articles, generate_series(1, :number) n WHERE id = :sample
        """,
        number=number, days=days, late=late, sample=sample, verdict=json.dumps(verdict),
    )  # fmt: skip


def test_rules_that_find_no_more_what_they_found_are_told(service, desk: Desk):
    articles(desk, FEW, days=3, region="asia", rule="asia/steppe")
    assert told("rules") == {}, "one side alone says nothing"
    articles(desk, FEW // 2, days=0.1, region="europe", rule="europe/alps")
    articles(desk, FEW // 2, days=0.2, region=None, rule="")
    found = told("rules")
    assert not found["unlabelled"].ok
    assert re.match(
        r"(49|50)% of new articles have no region, 0% had none in the week before", found["unlabelled"].says
    )
    assert found["silent-rules"].level == "note"
    assert found["silent-rules"].says.startswith(
        "1 rule that fired in the week before has not in the last day, such as asia/steppe ("
    )


def test_what_the_first_look_at_feeds_finds_of_the_week_before_is_no_measure(service, desk: Desk):
    """On the first day of a database, and of many new feeds, that is of slow publishers only."""
    articles(desk, FEW * 2, days=3, region="asia", rule="asia/steppe", late=True)
    articles(desk, FEW, days=0.1, region=None, rule="")
    assert told("rules") == {}
    articles(desk, FEW, days=2, region="europe", rule="europe/alps")
    found = told("rules")
    assert found["silent-rules"].says.startswith(
        "1 rule that fired in the week before has not in the last day, such as europe/alps ("
    )


def test_a_little_more_or_a_rare_rule_is_chance():
    assert list(judge_shares(Shares(1000, 240, 1000, 100))) == []
    assert list(judge_silence({"rare": 9}, {}, then=1000, now=1000)) == []
    assert list(judge_silence({"common": 500}, {"common": 1}, then=1000, now=1000)) == []


def test_every_finding_has_its_heading_on_the_page_and_every_heading_a_finding():
    sources = [path.read_text() for path in (ROOT / "services/core/health").glob("*.py")]
    named = {name for source in sources for name in re.findall(r'Finding\(\s*"([a-z-]+)"', source)}
    named |= set(
        re.findall(
            r'^            "([a-z]+)",$', (ROOT / "services/core/health/feeds.py").read_text(), re.MULTILINE
        )
    )
    headings = set(re.findall(r"^### (.+)$", (ROOT / PAGE).read_text(), re.MULTILINE))
    assert headings == named | {*health.ROLES_NEEDED, "api"}


def test_the_doctor_ends_with_1_for_what_is_wrong_and_0_for_notes(service, desk: Desk, run):
    desk.rulebook("0123456789abcdef")
    desk.feed()
    for role in (*health.ROLES_NEEDED, "api"):
        desk.beat(role, desk.now)
    assert run("doctor").code == 0
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '2199_01_01_later'"))
    done = run("doctor", "--json")
    assert done.code == 0
    (schema,) = [row for row in json.loads(done.out) if row["about"] == "schema"]
    assert (schema["level"], schema["ok"], schema["see"]) == ("note", True, f"{PAGE}#schema")
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '2026_11_23_initial'"))
    done = run("doctor")
    assert done.code == 1
    assert "WRONG schema" in done.out
    assert f"More on each: {PAGE}#schema" in done.out
    forget_connections()
