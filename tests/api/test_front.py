"""What surrounds every answer: HEAD, cross-origin reading, headers, errors as problems and as pages."""

import re
from pathlib import Path

import pytest

from services.api.app import create_app
from services.api.asked import bodies, webhook_bodies
from services.api.errors import PROBLEMS
from services.api.middleware import CONTENT_SECURITY_POLICY
from services.api.queries import stream
from tests.fixtures.furniture import furnish

ROOT = Path(__file__).parents[2]
PAGE = "text/html,application/xhtml+xml"


def test_head_is_get_without_the_body(site, desk):
    desk.article()
    get, head = site.get("/v1/latest"), site.get("/v1/latest", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-length"] == get.headers["content-length"]


def test_any_site_may_read_and_no_more(site, desk):
    answer = site.get(
        "/v1/latest", method="OPTIONS", origin="https://a.example", access_control_request_method="GET"
    )
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-credentials" not in answer.headers
    assert site.get("/v1/latest").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in site.get("/operator").headers


@pytest.mark.parametrize("path", ["/", "/v1/latest", "/nothing", "/static/site.css", "/v1/rules"])
def test_every_answer_is_guarded(site, desk, path):
    headers = site.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers or "uvicorn" in headers["server"]
    if path != "/v1/latest":  # what every site may read is no page
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_only_reads_says_so(site, desk, method):
    answer = site.get("/v1/latest", method=method)
    assert (answer.status, answer.json["type"]) == (405, "/docs#method-not-allowed")
    assert "GET" in answer.headers["allow"]


def test_a_fault_of_ours_is_a_problem_without_its_inside(site, desk, monkeypatch):
    async def broken(connection):
        raise LookupError("the inside")

    monkeypatch.setattr(stream, "state", broken)
    answer = site.get("/v1/latest")
    assert (answer.status, answer.json["type"]) == (500, "/docs#internal")
    assert "the inside" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_people_get_errors_as_a_page(site, desk):
    answer = site.get("/r/centralasia", accept=PAGE)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'href="/r/central-asia"' in answer.text


def test_programs_get_errors_as_problems_whatever_they_accept(site, desk):
    assert site.get("/v1/nothing", accept=PAGE).headers["content-type"] == "application/problem+json"


def test_the_description_names_every_route_and_every_parameter(site):
    described = site.json("/openapi.json")
    assert described["openapi"].startswith("3.1")
    assert {
        "/v1/latest",
        "/v1/changes",
        "/v1/articles/{article_id}",
        "/feeds/{region}/{topic}.{ending}",
    } <= described["paths"].keys()
    latest = described["paths"]["/v1/latest"]["get"]
    assert {p["name"] for p in latest["parameters"] if p["in"] == "query"} == {
        "region",
        "topic",
        "language",
        "source",
        "q",
        "limit",
        "before",
    }
    assert "422" not in latest["responses"]
    references = set(re.findall(r'"#/components/schemas/(\w+)"', site.get("/openapi.json").text))
    assert references <= described["components"]["schemas"].keys()


def test_the_description_for_people_needs_nothing_from_outside(site):
    page = site.get("/docs").text
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "GET /v1/changes" in page
    for kind in PROBLEMS:
        assert f'id="{kind}"' in page


def test_static_files_are_kept_for_ever_under_their_version(site):
    address = re.search(r'href="(/static/site\.css\?v=\w+)"', site.get("/docs").text)[1]
    assert "immutable" in site.get(address).headers["cache-control"]
    assert "immutable" not in site.get("/static/site.css").headers["cache-control"]
    assert site.get("/static/..%2frender.py").status == 404


def test_every_route_is_documented():
    reference = (ROOT / "docs/reference/http.md").read_text()
    missing = [
        path
        for path in create_app().openapi()["paths"]
        if f"`{re.sub('[a-z]+_id', 'id', path)}`" not in reference
    ]
    assert missing == []


def test_every_parameter_and_problem_is_documented():
    reference = (ROOT / "docs/reference/http.md").read_text()
    operations = [
        operation for path in create_app().openapi()["paths"].values() for operation in path.values()
    ]
    names = {
        p["name"] for operation in operations for p in operation.get("parameters", []) if p["in"] == "query"
    }
    assert [name for name in sorted(names | PROBLEMS.keys()) if f"`{name}`" not in reference] == []


@pytest.mark.parametrize("path", ["/v1/regions", "/v1/latest", "/", "/feeds/index.opml"])
def test_a_head_is_answered_without_trouble(site, caplog, path):
    """The server promised a body to nobody: neither it nor we have anything to complain about in the log."""
    told, whole = site.get(path, method="HEAD"), site.get(path)
    assert (told.status, told.body) == (200, b"")
    assert told.headers["content-length"] == whole.headers["content-length"]
    assert [record.message for record in caplog.records if record.levelname in {"ERROR", "WARNING"}] == []


def test_every_member_of_a_body_is_documented():
    reference = (ROOT / "docs/reference/http.md").read_text()
    names = {name for body in (*bodies.BODIES, *webhook_bodies.BODIES) for name in body.model_fields}
    assert [name for name in sorted(names) if f"`{name}`" not in reference] == []


def test_the_description_has_the_bodies_and_says_what_takes_a_token(site):
    described = site.json("/openapi.json")
    publish = described["paths"]["/v1/rules/publish"]["post"]
    (schema,) = [kind["schema"] for kind in publish["requestBody"]["content"].values()]
    assert schema == {"$ref": "#/components/schemas/PublishGiven"}
    assert described["components"]["schemas"]["PublishGiven"]["required"] == ["rulebook", "message"]
    assert publish["security"] == [{"token": []}]
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "security" not in described["paths"]["/v1/latest"]["get"]
    page = site.get("/docs").text
    assert "POST /v1/rules/publish" in page
    assert "Takes a token." in page


@pytest.mark.parametrize(
    "path", ["/", "/latest", "/r/asia", "/t/economy", "/feeds/latest.atom", "/feeds/index.opml"]
)
def test_what_other_services_write_on_an_address_they_pass_on_is_no_trouble(site, desk, path):
    furnish(desk)
    plain, decorated = site.get(path), site.get(f"{path}?utm_source=feedly&fbclid=Iw1&utm_medium=rss")
    assert (plain.status, decorated.status) == (200, 200)
    assert "utm_" not in decorated.text
    assert site.get(f"{path}?utm=1&sourse=x").status == 400


def test_programs_are_told_of_every_parameter_that_is_none(site, desk):
    assert site.get("/v1/latest?utm_source=feedly").status == 400


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/v1/latest/?limit=3", "/v1/latest?limit=3"),
        ("/r/central-asia/", "/r/central-asia"),
        ("/feeds/latest.atom/", "/feeds/latest.atom"),
    ],
)
def test_a_slash_too_many_leads_to_what_was_meant(site, desk, path, right):
    answer = site.get(path)
    assert (answer.status, answer.headers["location"]) == (308, right)
    assert site.get(right).status == 200


@pytest.mark.parametrize(
    "path", ["/v1/nothing/", "//evil.example/", "//evil.example//", "/r/", "/%2F/evil.example/"]
)
def test_a_slash_at_the_end_of_nothing_leads_nowhere(site, desk, path):
    answer = site.get(path)
    assert answer.status in {400, 404}
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/feeds", "/feed", "/rss", "/feeds/latest"])
def test_who_looks_for_feeds_is_told_where_they_are(site, desk, path):
    assert "/feeds/index.opml" in site.get(path).json["detail"]
