"""What watches must answer while what it watches hangs: real servers, frozen by SIGSTOP."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.core.metrics import fleet
from tests.fixtures.freezing import frozen, postgres_of, redis_pid
from tests.fixtures.roles import eventually


@pytest.fixture
def patience() -> None:
    """Roles wait for seconds only: what happens then is what is tested."""


def told(site) -> dict[str, dict[tuple[str, ...], float]]:
    answer = site.get("/metrics")
    assert answer.status == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def up(site) -> dict[tuple[str, ...], float]:
    return told(site)["dateline_server_up"]


def test_metrics_tell_the_rest_while_redis_is_frozen(site, desk, redis_url):
    desk.feed()
    assert told(site)["dateline_queue_length"]
    with frozen(redis_pid(redis_url)):
        found = told(site)
        assert found["dateline_server_up"] == {("database",): 1, ("redis",): 0}
        assert "dateline_queue_length" not in found
        assert found["dateline_feeds"]["healthy",] == 1
    eventually(lambda: up(site)["redis",] == 1, what="Redis known again")


def test_metrics_say_that_the_rest_is_unknown_while_the_database_is_frozen(site, desk, database_url):
    site.get("/v1/latest")
    fleet.add_up()
    assert told(site)["dateline_http_answers_total"]
    with frozen(postgres_of(database_url)):
        for _ in range(3):  # each scrape must answer, and none may take a connection along
            found = told(site)
            assert found["dateline_server_up"] == {("database",): 0, ("redis",): 1}
            assert found["dateline_queue_length"]
            assert "dateline_http_answers_total" not in found, (
                "a counter that cannot be read is absent, not 0"
            )
            assert "dateline_feeds" not in found
    eventually(lambda: up(site)["database",] == 1, what="the database known again")
    assert told(site)["dateline_http_answers_total"]


def test_the_operator_page_says_what_is_known_while_redis_is_frozen(site, desk, redis_url):
    with frozen(redis_pid(redis_url)):
        answer = site.get("/operator")
    assert answer.status == 200
    assert "Redis does not answer: start it, or see DATELINE_REDIS_URL." in answer.text
    assert "Feeds due" in answer.text


def test_the_operator_page_says_what_is_unknown_while_the_database_is_frozen(site, desk, database_url):
    assert site.get("/operator").status == 200
    with frozen(postgres_of(database_url)):
        answer = site.get("/operator")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "The database did not answer within 2.5 s." in answer.text
    assert "Queue fetch" in answer.text
    eventually(lambda: site.get("/operator").status == 200, what="the page whole again")


def test_readiness_is_told_while_either_is_frozen(site, desk, database_url, redis_url):
    with frozen(redis_pid(redis_url)):
        answer = site.get("/health/ready")
        told = {check["name"]: (check["ok"], check["needed"]) for check in answer.json["checks"]}
    assert (answer.status, answer.json["status"], told["queue"]) == (200, "degraded", (False, False))
    with frozen(postgres_of(database_url)):
        answer = site.get("/health/ready")
    assert (answer.status, answer.json["status"]) == (503, "not ready")
    assert [check["name"] for check in answer.json["checks"]] == ["database"]
