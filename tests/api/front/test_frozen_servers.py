"""PostgreSQL and Redis that stand still, for real: readers are answered from memory, or told within seconds, and nobody waits behind them."""

import threading
from collections import Counter

import pytest

from services.core import cache, db
from services.core.queues import Queue
from tests.fixtures.freezing import frozen, postgres_pid, redis_pid
from tests.fixtures.roles import eventually

ADDRESS = "/v1/latest?limit=5"


@pytest.fixture
def patience() -> None:
    """Roles wait for seconds only: what happens then is what is tested."""


@pytest.fixture
def postgres(postgres_url, servers_folder) -> int:
    return postgres_pid(servers_folder)


def ask_together(site, paths) -> list:
    answers = []
    readers = [threading.Thread(target=lambda path=path: answers.append(site.get(path))) for path in paths]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return answers


def test_what_lies_ready_is_given_with_its_age_while_the_database_stands_still(site, desk, postgres):
    desk.article("Kyrgyz parliament opens its session")
    before = site.get(ADDRESS)
    assert "age" not in before.headers
    with frozen(postgres):
        answers = [site.get(ADDRESS), *ask_together(site, [ADDRESS] * 20), site.get(ADDRESS, method="HEAD")]
        known = site.get(ADDRESS, if_none_match=before.headers["etag"])
    assert {(a.status, a.headers["etag"]) for a in answers} == {(200, before.headers["etag"])}
    assert [a.body for a in answers[:-1]] == [before.body] * 21
    assert known.status == 304
    for answer in [*answers, known]:
        assert int(answer.headers["age"]) >= 0
        assert answer.headers["cache-status"].startswith("Dateline; hit; ttl=")
        assert answer.headers["cache-status"].endswith("detail=database-away")
    desk.article("Almaty builds a second tram line")
    eventually(lambda: "Almaty" in site.get(ADDRESS).text, what="the answer of today")
    assert "age" not in site.get(ADDRESS).headers


def test_what_is_not_held_is_refused_and_nobody_queues_up_without_end(site, desk, postgres):
    site.get(ADDRESS)
    with frozen(postgres):
        first = site.get("/v1/latest?limit=1")
        answers = [first, *ask_together(site, [f"/v1/articles/{n}" for n in range(1, 201)])]
        assert site.get("/health/live").status == 200
        assert site.get("/health/ready").status == 503
        assert site.get("/metrics").status in {200, 503}
        assert db.turnstile().away
        assert db.turnstile().inside == 0
    assert Counter(a.status for a in answers) == {503: 201}
    assert {a.headers["retry-after"] for a in answers} == {"5"}
    assert {a.json["type"] for a in answers} == {"/docs#unavailable"}
    eventually(lambda: site.get("/v1/latest?limit=1").status == 200, what="an answer from the database")


@pytest.mark.parametrize("path", ["/operator", "/operator/feeds/{feed}"])
def test_pages_of_operators_say_that_the_database_is_silent_and_take_no_connection_of_readers(
    site, desk, postgres, path
):
    path = path.format(feed=desk.feed("tribune.example", name="The Tribune"))
    assert "The Tribune" in site.get(path).text
    with frozen(postgres):
        answer = site.get(path)
        assert db.turnstile().inside == 0
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "The database did not answer within" in answer.text
    eventually(lambda: "The Tribune" in site.get(path).text, what="the page")


def test_more_than_can_be_answered_are_told_so_at_once(site, desk):
    """The database answers, but slowly, and more ask than may wait for it."""
    site.get(ADDRESS)
    turnstile = db.turnstile()
    turnstile._most = 0  # as with that many inside
    refused = site.get("/v1/latest?limit=2")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert "wait for the database" in refused.json["detail"]
    turnstile._most = 3
    assert site.get("/v1/latest?limit=2").status == 200


def test_a_redis_that_stands_still_is_not_noticed_by_readers(site, desk, redis_url):
    desk.article("Kyrgyz parliament opens its session")
    with frozen(redis_pid(redis_url)):
        assert site.get(ADDRESS).status == 200
        assert site.get("/v1/changes").status == 200
        metrics = site.get("/metrics")
        assert metrics.status == 200
        assert "dateline_queue_length{" not in metrics.text
        assert site.get("/operator").status == 200
        assert cache.queue_length(Queue.FETCH) is None
    eventually(lambda: "dateline_queue_length{" in site.get("/metrics").text, what="the lengths of queues")
