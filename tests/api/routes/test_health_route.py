"""What orchestrators and Prometheus are told."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from services.core import settings
from services.core.db import transaction
from services.core.metrics import fleet
from services.core.models import Fetch, Gap, ParseDifference, Subscription
from tests.fixtures.environment import forget_connections
from tests.fixtures.feeds import add
from tests.fixtures.furniture import furnish


def test_a_process_that_runs_is_live_even_without_a_database(site, database_away):
    assert site.json("/health/live") == {"status": "live"}


def test_ready_tells_each_thing_in_a_sentence(site, desk):
    for role in ("scheduler", "ingest", "classify", "stories"):
        desk.beat(role, desk.now)
    body = site.json("/health/ready")
    assert body["status"] == "ready"
    assert {check["name"] for check in body["checks"]} == {
        "database",
        "schema",
        "queue",
        "scheduler",
        "ingest",
        "classify",
        "stories",
    }
    assert all(check["sentence"].endswith(".") for check in body["checks"])


def test_a_silent_role_is_told_and_readers_are_still_served(site, desk):
    desk.beat("scheduler", desk.now - timedelta(hours=3))
    answer = site.get("/health/ready")
    sentences = {check["name"]: check["sentence"] for check in answer.json["checks"]}
    assert (answer.status, answer.json["status"]) == (200, "degraded")
    assert sentences["scheduler"] == "Scheduler gives no sign of life: start `dateline scheduler`."
    assert sentences["ingest"] == "Ingest gives no sign of life: start `dateline worker ingest`."


def test_an_old_schema_is_not_ready(site, desk):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '2026_11_23_initial'"))
    answer = site.get("/health/ready")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "dateline migrate" in answer.text


def test_a_schema_that_a_newer_version_made_is_no_reason_to_refuse_readers(site, desk):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '2199_01_01_later'"))
    answer = site.get("/health/ready")
    checks = {check["name"]: check["ok"] for check in answer.json["checks"]}
    assert (answer.status, checks["schema"]) == (200, True)


@pytest.fixture
def database_away(site, service):
    """The address of a port on which nothing listens, as if the server had gone."""
    service.setenv("DATELINE_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    forget_connections()
    assert settings.settings().database_url


def test_without_a_database_nothing_is_ready(site, database_away):
    answer = site.get("/health/ready")
    assert (answer.status, answer.json["status"]) == (503, "not ready")
    assert "secret" not in answer.text
    (check,) = answer.json["checks"]
    assert check["sentence"] == "The database does not answer: Connection refused."


def test_a_socket_that_is_not_there_is_told_without_its_path(site, service):
    service.setenv("DATELINE_DATABASE_URL", "postgresql:///none?host=/nowhere/at/all")
    forget_connections()
    (check,) = site.get("/health/ready").json["checks"]
    assert check["sentence"] == "The database does not answer: No such file or directory."


@pytest.mark.parametrize("path", ["/v1/latest", "/v1/changes", "/v1/articles/1", "/feeds/latest.atom"])
def test_without_a_database_readers_are_told_when_to_come_back(site, database_away, path):
    answer = site.get(path)
    assert (answer.status, answer.json["type"]) == (503, "/docs#unavailable")
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"


def test_a_database_without_our_tables_is_told_as_such(site, service, empty_database_url):
    service.setenv("DATELINE_DATABASE_URL", empty_database_url)
    forget_connections()
    answer = site.get("/v1/latest")
    assert (answer.status, "dateline migrate" in answer.json["detail"]) == (503, True)


def metrics_of(site) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(site.get("/metrics").text)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_are_read_at_scrape(site, desk):
    furnish(desk)
    desk.article(listed=False, age=timedelta(minutes=10))
    desk.article(listed=False, quarantined="broken")
    found = metrics_of(site)
    assert found["dateline_feeds", "failing"] == 1
    assert found["dateline_feeds", "late"] == 1
    assert found["dateline_feeds", "paused"] == 1
    assert found["dateline_articles_waiting", ""] == 1
    assert 600 <= found["dateline_articles_waiting_oldest_seconds", ""] < 700
    assert found["dateline_articles_quarantined", ""] == 1
    assert found["dateline_stream_position", ""] == 33
    assert found["dateline_gaps_recent", ""] == 1
    assert found["dateline_queue_length", "fetch"] == 0
    assert 0 <= found["dateline_beat_age_seconds", "ingest"] < 60


def test_feeds_are_counted_by_state_and_by_what_fails(site, desk):
    desk.feed("a.example", failures=1, error_kind="dns", error="x")
    desk.feed("b.example", failures=4, error_kind="http-503", error="x")
    desk.feed("c.example", quiet_at=desk.now - timedelta(days=1))
    desk.feed("d.example", checked_at=None, ok_at=None, next_check_at=desk.now - timedelta(hours=1))
    found = metrics_of(site)
    states = {state: value for (name, state), value in found.items() if name == "dateline_feeds"}
    assert states == {"healthy": 0, "late": 0, "quiet": 1, "failing": 2, "new": 1, "paused": 0}
    assert found["dateline_feeds_failing", "dns"] == found["dateline_feeds_failing", "http-503"] == 1
    assert 3600 <= found["dateline_feeds_oldest_due_seconds", ""] < 3700


def test_recent_fetches_are_counted_by_outcome_and_class_of_status(site, desk):
    feed = desk.feed()
    attempts = [(200, "new-body", 1), (304, "unchanged", 2), (304, "unchanged", 3), (503, "failed", 4), (None, "failed", 5),
                (200, "new-body", 11)]  # fmt: skip
    add(
        *(
            Fetch(
                feed_id=feed, at=desk.now - timedelta(minutes=ago), elapsed_ms=1, status=status, outcome=outcome, bytes=0,
                error=None, brought={},
            )
            for status, outcome, ago in attempts
        )
    )  # fmt: skip
    families = text_string_to_metric_families(site.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    recent = {tuple(s.labels.values()): s.value for s in samples if s.name == "dateline_fetches_recent"}
    assert recent == {
        ("new-body", "2xx"): 1, ("unchanged", "3xx"): 2, ("failed", "5xx"): 1, ("failed", "none"): 1
    }  # fmt: skip
    (ratio,) = [s.value for s in samples if s.name == "dateline_fetches_recent_not_modified_ratio"]
    assert ratio == 0.5


def test_without_recent_answers_there_is_no_share_of_unchanged_ones(site, desk):
    assert ("dateline_fetches_recent_not_modified_ratio", "") not in metrics_of(site)


def test_gaps_and_differences_count_on_when_their_feed_is_removed(site, desk):
    """Prometheus takes a smaller number for a restart, and would count everything once more."""
    feeds = [desk.feed("a.example"), desk.feed("b.example")]
    for feed in feeds:
        end = desk.now - timedelta(days=2)
        add(Gap(feed_id=feed, from_at=end - timedelta(hours=1), to_at=end, window=30, missed=20))
        add(ParseDifference(feed_id=feed, what="x", body=b""))
    counters = (
        "dateline_feed_gaps_total",
        "dateline_parse_differences_total",
    )
    before = metrics_of(site)
    assert [before[name, ""] for name in counters] == [2, 2]
    with transaction() as session:
        session.execute(text("DELETE FROM feeds WHERE url LIKE '%//a.example/%'"))
    after = metrics_of(site)
    assert [after[name, ""] for name in counters] == [2, 2]
    assert after["dateline_feeds", "healthy"] == 1


def test_subscriptions_are_counted_by_state(site, desk):
    for n, state in enumerate(("active", "active", "denied")):
        feed = desk.feed(f"s{n}.example")
        add(Subscription(feed_id=feed, hub="h", topic="t", token=str(n), secret="s", state=state))
    found = metrics_of(site)
    assert (found["dateline_subscriptions", "active"], found["dateline_subscriptions", "denied"]) == (2, 1)


def test_requests_are_counted_by_route_and_not_by_address(site, desk):
    for path in ("/v1/articles/1", "/v1/articles/2", "/nonsense"):
        site.get(path)
    fleet.add_up()
    found = metrics_of(site)
    assert found["dateline_http_request_seconds_count", "/v1/articles/{article_id}"] == 2
    assert found["dateline_http_request_seconds_count", "(none)"] == 1
