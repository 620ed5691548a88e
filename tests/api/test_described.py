"""The description says everything: whatever is asked of the read side, the answer's status, type, headers and body are those described."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.errors import PROBLEMS
from services.api.schemas.answers import (
    ArticleBody,
    ChangesBody,
    LatestBody,
    ProblemBody,
    RegionsBody,
    SourcesBody,
    TopicsBody,
)
from services.api.schemas.stories import StoryBody, TrendingBody
from services.core import settings as core_settings
from tests.fixtures.furniture import furnish

READ = re.compile(
    r"/v1/(latest|changes|articles|stories|trending|regions|topics|sources)\b(?!.*muted)|/feeds/|/health/|/metrics|/openapi|/docs"
)
BODIES = {
    body.__name__: body
    for body in (
        ArticleBody,
        ChangesBody,
        LatestBody,
        RegionsBody,
        SourcesBody,
        StoryBody,
        TopicsBody,
        TrendingBody,
    )
}
PIECES = (
    "",
    " ",
    "0",
    "1",
    "-1",
    "201",
    "x",
    "en",
    "!!",
    "asia",
    "central-asia",
    "energy",
    "rain",
    "24h",
    "\x00",
    "ж",
    "a" * 201,
    "%",
    "a&b",
)
TIMED = {"wait"}
"""What only takes time."""


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, methods["get"])
        for path, methods in described["paths"].items()
        if "get" in methods and READ.match(path)
    ]


def encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def hold_to(operation: dict[str, Any], answer: Any, asked: str) -> None:
    """The answer is one of those described."""
    found = operation["responses"].get(str(answer.status))
    assert found is not None, f"{asked}: {answer.status} is not described"
    kind = answer.headers.get("content-type", "").partition(";")[0]
    content = found.get("content", {})
    assert kind in (content or {""}), f"{asked}: {answer.status} as {kind!r} is not described"
    named = {name.lower() for name in found.get("headers", {})} - {
        "ratelimit",
        "ratelimit-policy",
        "link",
        "last-modified",
    }
    assert named <= answer.headers.keys(), (
        f"{asked}: {named - answer.headers.keys()} is described and missing"
    )
    told = {"etag", "location", "retry-after"} & answer.headers.keys()
    assert told <= named, f"{asked}: {told - named} is not described"
    if kind == "application/problem+json":
        problem = ProblemBody.model_validate(answer.json)
        assert problem.type.removeprefix("/docs#") in PROBLEMS
        assert problem.status == answer.status
    elif kind == "application/json" and "$ref" in content[kind]["schema"]:
        BODIES[content[kind]["schema"]["$ref"].rpartition("/")[2]].model_validate(answer.json)


@st.composite
def requests(draw: st.DrawFn, operation: dict[str, Any], path: str, values: tuple[str, ...]) -> str:
    """An address of the operation: parameters as described, others, twice, and with values that fit, or do not."""
    parameters = operation.get("parameters", [])
    value = st.sampled_from(values) | st.text(max_size=20)
    for parameter in (p for p in parameters if p["in"] == "path"):
        given_ = draw(st.sampled_from(parameter["schema"].get("enum", values)) | value) or "0"
        path = path.replace(f"{{{parameter['name']}}}", encoded(given_))
    names = [p["name"] for p in parameters if p["in"] == "query" and p["name"] not in TIMED]
    pairs = draw(st.lists(st.tuples(st.sampled_from([*names, "nothing"]), value), max_size=3))
    return path + ("?" if pairs else "") + "&".join(f"{name}={encoded(text)}" for name, text in pairs)


@pytest.fixture
def world(desk) -> tuple[str, ...]:
    """A furnished Latest, with something merged and something removed; values that name what is there."""
    made = furnish(desk)
    one, other, gone = desk.article(), desk.article(), desk.article()
    desk.take_out(one, "merged", into=other)
    desk.take_out(gone)
    return tuple(map(str, (made[0], one, gone)))


def test_whatever_is_asked_the_answer_is_as_described(site, world):
    described = site.json("/openapi.json")
    latest = site.json("/v1/latest?limit=1")
    source = latest["items"][0]["source"]["id"]
    values = (*PIECES, *world, source, latest["next"], latest["changes"])
    answered: Counter[int] = Counter()

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        for path, operation in operations(described):
            asked = data.draw(requests(operation, path, values))
            answer = site.get(asked)
            hold_to(operation, answer, asked)
            answered[answer.status] += 1

    ask()
    assert answered[200], "nothing was answered"
    assert answered[400], "nothing was refused"


def test_what_is_there_is_as_described_as_304_and_308_and_410_too(site, world, desk):
    described = dict(operations(site.json("/openapi.json")))
    asked = {
        "/v1/latest": ["/v1/latest", "/v1/latest?limit=2"],
        "/v1/changes": ["/v1/changes"],
        "/v1/articles/{article_id}": [f"/v1/articles/{number}" for number in world],
        "/v1/trending": ["/v1/trending"],
        "/v1/regions": ["/v1/regions"],
        "/v1/topics": ["/v1/topics"],
        "/v1/sources": ["/v1/sources"],
        "/feeds/{region}.{ending}": [f"/feeds/latest.{ending}" for ending in ("atom", "rss", "json")],
        "/feeds/index.opml": ["/feeds/index.opml"],
        "/openapi.json": ["/openapi.json"],
        "/docs": ["/docs"],
        "/health/ready": ["/health/ready"],
        "/metrics": ["/metrics"],
    }
    statuses = set()
    for path, addresses in asked.items():
        for address in addresses:
            answer = site.get(address)
            hold_to(described[path], answer, address)
            statuses.add(answer.status)
            if answer.status == 200 and "etag" in answer.headers:
                again = site.get(address, if_none_match=answer.headers["etag"])
                statuses.add(again.status)
                hold_to(described[path], again, address)
    assert statuses == {200, 304, 308, 410}
    events = described["/v1/changes"]["responses"]["200"]["content"]
    assert "text/event-stream" in events


def test_too_many_requests_and_closed_reading_are_as_described(site, desk, service):
    described = dict(operations(site.json("/openapi.json")))
    service.setenv("DATELINE_RATE_LIMIT", "1")
    service.setenv("DATELINE_TRUSTED_PROXIES", "127.0.0.0/8")
    core_settings.settings.cache_clear()
    answers = [site.get("/v1/latest", x_forwarded_for="198.51.100.7") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    for answer in answers:
        hold_to(described["/v1/latest"], answer, "/v1/latest")
        assert {"ratelimit", "ratelimit-policy"} <= answer.headers.keys()
    service.setenv("DATELINE_READING", "token")
    core_settings.settings.cache_clear()
    answer = site.get("/v1/latest", x_forwarded_for="198.51.100.8")
    assert answer.status == 401
    hold_to(described["/v1/latest"], answer, "/v1/latest")


def test_no_problem_has_another_type_than_the_reference_lists(site):
    kinds = site.json("/openapi.json")["components"]["schemas"]["ProblemBody"]["properties"]["type"]["enum"]
    assert kinds == [f"/docs#{kind}" for kind in PROBLEMS]
