"""A line for each answer that was made, with an id that client and log share; nothing in it that is a secret."""

import logging
from typing import Any

import pytest

from services.api.front import access
from services.core.settings import settings
from tests.fixtures.roles import eventually


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "dateline.access")

    def lines(number: int) -> list[dict[str, Any]]:
        """The lines so far, `number` of them: one is written when its answer has gone out."""
        found: list[dict[str, Any]] = []

        def all_there() -> bool:
            found[:] = [vars(record) for record in caplog.records if record.name == "dateline.access"]
            return len(found) >= number

        eventually(all_there, what=f"{number} lines")
        assert len(found) == number
        return found

    return lines


@pytest.fixture
def lying_ready(site, service):
    """What was answered once lies ready."""
    service.setattr("services.api.front.shelf.LONGEST_S", 3600.0)


def test_an_answer_has_one_line_with_route_status_bytes_and_time(site, desk, told):
    article = desk.article()
    answer = site.get(f"/v1/articles/{article}")
    (line,) = told(1)
    assert (line["method"], line["path"], line["route"]) == (
        "GET",
        f"/v1/articles/{article}",
        "/v1/articles/{article_id}",
    )
    assert (line["status"], line["bytes"]) == (200, len(answer.body))
    assert line["ms"] >= 0
    assert line["request"] == answer.headers["x-request-id"]


def test_the_clients_own_name_is_taken_and_given_back(site, desk, told, lying_ready):
    for _ in range(2):  # the second lies ready
        assert site.get("/v1/latest", x_request_id="reader-7.a").headers["x-request-id"] == "reader-7.a"
    assert [line["request"] for line in told(1)] == ["reader-7.a"]


def test_a_trace_names_the_request_where_nothing_else_does(site):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = site.get("/health/live", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    assert answer.headers["x-request-id"] == trace


@pytest.mark.parametrize("name", ["a b", "x" * 65, 'a"b', "{}"])
def test_a_name_that_could_be_mistaken_for_more_is_not_taken(site, name):
    assert site.get("/health/live", x_request_id=name).headers["x-request-id"] != name


def test_what_has_not_changed_is_a_line_with_304_and_no_bytes(site, desk, told):
    tag = site.get("/v1/latest").headers["etag"]
    site.get("/v1/latest", if_none_match=tag)
    found = told(2)
    assert [(line["route"], line["status"]) for line in found] == [("/v1/latest", 200), ("/v1/latest", 304)]
    assert found[-1]["bytes"] == 0


def test_what_lies_ready_has_a_line_where_all_is_asked_for(site, desk, told, lying_ready, service):
    service.setenv("DATELINE_LOG_ACCESS", "all")
    settings.cache_clear()
    for _ in range(3):
        answer = site.get("/v1/latest")
    assert told(3)[-1]["request"] == answer.headers["x-request-id"]


def test_nothing_is_written_where_none_is_asked_for(site, told, service):
    service.setenv("DATELINE_LOG_ACCESS", "none")
    settings.cache_clear()
    assert "x-request-id" in site.get("/health/live").headers
    assert told(0) == []


def test_neither_query_nor_secret_address_stands_in_a_line(site, told):
    site.get("/v1/latest?q=something-private")
    site.get("/websub/0123456789abcdef0123456789abcdef")
    text = str([(line["path"], line["msg"] % line["args"]) for line in told(2)])
    assert "private" not in text
    assert "0123456789abcdef" not in text


def test_names_given_to_requests_differ():
    assert len({access.new_id() for _ in range(100)}) == 100
