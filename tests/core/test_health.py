"""What the doctor says: each part in its sentence, the remedy where it is wrong, and never a traceback."""

import json
import os
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.core import backlog, health
from services.core.db import transaction
from services.core.errors import ConfigurationError
from services.core.health import servers
from services.core.liveness import beats
from services.core.running import RUNNING_FILE
from services.core.settings import settings
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.environment import forget_connections

HOST = "tester"


def told() -> dict[str, tuple[bool, str]]:
    return {finding.about: (finding.ok, finding.says) for finding in health.examine()}


def alive(*roles: str) -> None:
    for role in roles:
        beats.beat(role, f"{HOST}:1", {})


def test_all_is_well_where_everything_runs(service, desk: Desk):
    desk.rulebook("0123456789abcdef")
    desk.feed()
    alive("scheduler", "ingest+classify+stories", "api")
    found = told()
    assert {about: ok for about, (ok, _) in found.items()} == dict.fromkeys(
        [
            "database",
            "schema",
            "queue",
            "scheduler",
            "ingest",
            "classify",
            "stories",
            "api",
            "clock",
            "rulebook",
            "waiting",
            "feeds",
        ],
        True,
    )
    assert found["rulebook"] == (True, "0123456789ab is in force")
    assert found["feeds"] == (True, "1 feed, 0 failing, 0 paused")
    assert found["stories"] == (True, "are decided up to the newest change")
    assert found["waiting"] == (True, "nothing waits for labels")


def test_an_empty_installation_is_told_what_to_do_next(service):
    found = told()
    assert found["scheduler"] == (False, "gives no sign of life: start `dateline scheduler`.")
    assert found["classify"] == (False, "gives no sign of life: start `dateline worker classify`.")
    assert found["rulebook"] == (False, "none is in force: run `dateline rules publish`.")
    assert found["feeds"] == (False, "there are none: `dateline feeds import FILE.opml` adds some.")


@pytest.mark.parametrize(
    ("database", "says"),
    [
        (
            "its own",
            (
                "gives no sign of life: `dateline up` starts it again, after 90 s where it hangs; if that does not help, log/ingest.log in its data folder "
                "says why."
            ),
        ),
        ("another", "gives no sign of life: start `dateline worker ingest`."),
    ],
)
def test_a_role_that_up_keeps_is_started_by_up(service, database_url, database, says):
    file = settings().home / RUNNING_FILE
    file.parent.mkdir(parents=True)
    url = database_url.replace("postgresql+psycopg://", "postgresql://")
    other = "postgresql://dateline@127.0.0.1:5/elsewhere"
    file.write_text(json.dumps({"pid": os.getpid(), "database_url": url if database == "its own" else other}))
    assert told()["ingest"] == (False, says)


def test_a_role_that_fell_silent_is_not_running(service):
    alive("scheduler", "ingest", "classify")
    sql(f"UPDATE beats SET at = now() - interval '{beats.STALE_S + 1} seconds' WHERE role = 'ingest'")
    found = told()
    assert (found["scheduler"][0], found["ingest"][0], found["classify"][0]) == (True, False, True)
    assert beats.alive() == {"scheduler": 1, "classify": 1}


def _without_seconds(told: tuple[bool, str]) -> tuple[bool, str]:
    """How long it has been silent depends on when one looks."""
    return told[0], re.sub(r"gone on for (2[5-9]|[3-9]\d) s", "gone on for … s", told[1])


def test_a_role_whose_process_hangs_is_said_to_mend_itself(service):
    beats.beat("ingest", f"{HOST}:1", {}, silence=25)
    beats.beat("classify", f"{HOST}:2", {}, silence=25)
    sql("UPDATE beats SET at = at - interval '30 seconds' WHERE role = 'classify'")
    found = told()
    assert _without_seconds(found["ingest"]) == (
        False,
        "runs, and a process of it has not gone on for … s: it is ended by itself after 40 s, and another takes its place.",
    )
    assert found["classify"] == (False, "gives no sign of life: start `dateline worker classify`.")


def test_a_role_whose_leading_process_hangs_is_said_to_be_ended_by_who_keeps_it(service):
    beats.beat("classify", f"{HOST}:1", {beats.LEADER: True}, silence=25)
    beats.beat("scheduler", f"{HOST}:2", {}, silence=45)
    found = told()
    said = (
        "runs, and what leads it has not gone on for … s: `dateline up` and systemd end it after 90 s, "
        "compose within three minutes, and start another."
    )
    assert _without_seconds(found["classify"]) == _without_seconds(found["scheduler"]) == (False, said)


def test_one_role_on_this_host_is_what_a_container_asks_for(service, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: HOST)
    beats.beat("ingest+classify", f"{HOST}:7", {})
    beats.beat("scheduler", f"{HOST}2:7", {})
    assert health.examine_role("classify") == health.Finding(
        "classify", ok=True, says=f"gives signs of life on {HOST}"
    )
    assert not health.examine_role("scheduler").ok


def test_beats_of_a_process_are_one_row_and_old_ones_go(service):
    alive("ingest")
    sql("UPDATE beats SET at = now() - interval '2 days'")
    beats.beat("classify", f"{HOST}:2", {})
    beats.beat("classify", f"{HOST}:2", {})
    with transaction() as session:
        assert session.scalars(text("SELECT role FROM beats")).all() == ["classify"]


def test_a_database_that_is_away_is_one_finding_and_no_more_questions(service):
    service.setenv("DATELINE_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    forget_connections()
    (finding,) = health.examine()
    assert (finding.about, finding.ok) == ("database", False)
    assert finding.says.startswith("The database does not answer: ")


def test_no_database_at_all_is_told_with_the_remedy(service):
    service.delenv("DATELINE_DATABASE_URL")
    forget_connections()
    (finding,) = health.examine()
    assert "DATELINE_DATABASE_URL is not set" in finding.says


def test_a_database_without_the_schema_is_told_so_and_not_asked_for_tables(service, empty_database_url):
    service.setenv("DATELINE_DATABASE_URL", empty_database_url)
    forget_connections()
    database, schema = health.examine()
    assert database.ok
    assert not schema.ok
    assert schema.says.startswith("is at nothing, the code expects ")
    assert schema.says.endswith(": run `dateline migrate`.")


def test_asking_a_database_without_the_schema_names_the_remedy(service, empty_database_url):
    service.setenv("DATELINE_DATABASE_URL", empty_database_url)
    forget_connections()
    with pytest.raises(ConfigurationError, match="run `dateline migrate`"):
        beats.alive()


def test_a_queue_that_is_away_is_told_and_the_rest_is_still_looked_at(service):
    service.setenv("DATELINE_REDIS_URL", "unix:///nowhere/redis.sock")
    forget_connections()
    found = told()
    assert found["queue"] == (False, "Redis does not answer: start it, or see DATELINE_REDIS_URL.")
    assert "feeds" in found


def test_articles_that_wait_too_long_or_were_put_aside_are_told(service, desk: Desk):
    desk.article(listed=False)
    desk.article(listed=False)
    sql("UPDATE articles SET waiting_since = now() - interval '1 hour'")
    found = told()
    ok, says = found["waiting"]
    assert not ok
    assert says.startswith("2 articles wait for labels, the oldest for 36")
    assert "quarantine" not in found
    sql("UPDATE articles SET quarantined = 'reason' WHERE id = (SELECT min(id) FROM articles)")
    found = told()
    assert found["waiting"][1].startswith("1 article waits")
    assert found["quarantine"] == (
        False,
        "1 article was put aside because workers died of them (reason): see the log of classify; `dateline queues replay classify` takes them up again.",
    )


@pytest.mark.parametrize(
    ("count", "says"), [(3, "3 articles wait"), (4, "more than 3 articles wait")], ids=["as many", "more"]
)
def test_of_more_than_is_counted_the_oldest_is_told_all_the_same(
    service, desk: Desk, monkeypatch, count: int, says: str
):
    """The oldest is the last by number: it is not among those that are counted."""
    monkeypatch.setattr(backlog, "MOST", 3)
    for _ in range(count):
        desk.article(listed=False)
    sql("UPDATE articles SET waiting_since = now()")
    sql(
        "UPDATE articles SET waiting_since = now() - interval '1 hour' WHERE id = (SELECT max(id) FROM articles)"
    )
    ok, told_of = told()["waiting"]
    assert not ok
    assert told_of.startswith(f"{says} for labels, the oldest for 36")


def test_commits_that_are_answered_before_they_are_written_are_told(service):
    (database,) = sql("SELECT current_database()")[0]
    sql(f'ALTER DATABASE "{database}" SET synchronous_commit = off')
    forget_connections()  # those that are there go by what was so when they were made
    well, says = told()["commits"]
    assert not well
    assert says.endswith("Set it to on.")


def test_a_clock_that_is_off_is_told(service, monkeypatch):
    now = servers.machine_now()
    monkeypatch.setattr(servers, "machine_now", lambda: now - timedelta(days=365))
    ok, says = told()["clock"]
    assert not ok
    assert says.startswith("this machine's clock is 3153")
    assert says.endswith(
        " s behind the database's clock and the clock of Redis: set it by NTP (`timedatectl` tells of it)."
    )


@pytest.mark.parametrize(("failing", "ok"), [(1, True), (2, False)])
def test_feeds_are_well_while_most_of_them_answer(service, desk: Desk, failing: int, ok: bool):
    for number in range(3):
        desk.feed(f"s{number}.example", failures=int(number < failing))
    desk.feed("paused.example", failures=9, paused_reason="gone")
    assert told()["feeds"][0] is ok
    assert told()["feeds"][1].startswith(f"4 feeds, {failing} failing, 1 paused")


def test_stories_that_are_behind_the_stream_are_told(service, desk: Desk):
    desk.article()
    assert told()["stories"][0] is True, "what came just now is not late"
    sql("UPDATE changes SET at = now() - interval '5 minutes'")
    ok, says = told()["stories"]
    assert not ok
    assert re.fullmatch(
        r"1 change of the stream waits to be decided on, the oldest for 3\d\d s: is `dateline worker stories` running\? See its log\.",
        says,
    )
