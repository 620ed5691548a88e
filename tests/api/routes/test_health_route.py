"""What orchestrators and Prometheus are told."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from services.core import settings
from services.core.db import transaction
from tests.fixtures.environment import forget_connections
from tests.fixtures.furniture import furnish


def test_a_process_that_runs_is_live_even_without_a_database(site, database_away):
    assert site.json("/health/live") == {"status": "live"}


def test_ready_tells_each_thing_in_a_sentence(site, desk):
    for role in ("scheduler", "ingest", "classify"):
        desk.beat(role, desk.now)
    body = site.json("/health/ready")
    assert body["status"] == "ready"
    assert {check["name"] for check in body["checks"]} == {
        "database",
        "schema",
        "scheduler",
        "ingest",
        "classify",
    }
    assert all(check["sentence"].endswith(".") for check in body["checks"])


def test_a_silent_role_is_told_and_readers_are_still_served(site, desk):
    desk.beat("scheduler", desk.now - timedelta(hours=3))
    answer = site.get("/health/ready")
    sentences = {check["name"]: check["sentence"] for check in answer.json["checks"]}
    assert (answer.status, answer.json["status"]) == (200, "degraded")
    assert sentences["scheduler"] == "The last sign of life of a scheduler is 3 hours old."
    assert sentences["ingest"] == "No ingest has ever given a sign of life."


def test_an_old_schema_is_not_ready(site, desk):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'long_ago'"))
    answer = site.get("/health/ready")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "dateline migrate" in answer.text


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


@pytest.mark.parametrize(
    "path", ["/v1/latest", "/v1/changes", "/v1/articles/1", "/feeds/latest.atom", "/metrics"]
)
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


def test_requests_are_counted_by_route_and_not_by_address(site, desk):
    for path in ("/v1/articles/1", "/v1/articles/2", "/nonsense"):
        site.get(path)
    found = metrics_of(site)
    assert found["dateline_http_request_seconds_count", "/v1/articles/{article_id}"] == 2
    assert found["dateline_http_request_seconds_count", "(none)"] == 1
