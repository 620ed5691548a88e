"""Limits and closed reading over real HTTP, with a real Redis between two processes' worth of counting."""

import asyncio
import base64
import time

import pytest

from services.api.front import gate
from services.api.limits import Tally
from services.core import cache, tokens
from services.core.db import transaction
from services.core.settings import settings
from services.embedded.roles import answers
from tests.fixtures.api_site import Site
from tests.fixtures.editors import Client, token
from tests.fixtures.ports import free_port
from tests.fixtures.roles import Roles, eventually

FROM_AFAR = {"x_forwarded_for": "198.51.100.7"}


def setting(service: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        service.setenv(f"DATELINE_{name.upper()}", value)
    settings.cache_clear()


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"reader:{secret}".encode()).decode()


def test_one_too_many_is_told_when_to_come_back_and_others_are_served(service, site, desk):
    setting(service, rate_limit="3")
    answers = [site.get("/v1/latest", **FROM_AFAR) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json["type"] == "/docs#too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) == refused.json["retry_after_s"] <= 121
    assert refused.headers["access-control-allow-origin"] == "*"
    assert site.get("/v1/latest", x_forwarded_for="198.51.100.8").status == 200
    assert site.get("/health/live", **FROM_AFAR).status == 200


def test_an_answer_that_lies_ready_counts_too(service, site, desk):
    setting(service, rate_limit="2")
    service.setattr("services.api.front.shelf.LONGEST_S", 60.0)
    tag = site.get("/v1/latest", **FROM_AFAR).headers["etag"]
    again = site.get("/v1/latest", if_none_match=tag, **FROM_AFAR)
    assert (again.status, again.headers["ratelimit"].split(";")[1]) == (304, "r=0")
    assert site.get("/v1/latest", **FROM_AFAR).status == 429


def test_this_machine_is_not_limited_and_a_token_has_a_limit_of_its_own(service, site, desk):
    setting(service, rate_limit="1", rate_limit_token="3")
    assert [site.get("/v1/latest").status for _ in range(4)] == [200] * 4
    bearer = {"authorization": f"Bearer {token('reader', 'read')}", **FROM_AFAR}
    assert [site.get("/v1/latest", **FROM_AFAR).status for _ in range(2)] == [200, 429], "a busy address"
    assert [site.get("/v1/latest", **bearer).status for _ in range(4)] == [200, 200, 200, 429]


def test_invented_tokens_are_no_way_around(service, site, desk):
    setting(service, rate_limit="3")
    told = [
        site.get("/v1/latest", authorization=f"Bearer dl_{number}", **FROM_AFAR).status for number in range(5)
    ]
    assert told == [200, 200, 200, 429, 429]
    service.setattr(gate, "GUESSES", 5)
    bearer = {"authorization": f"Bearer {token('reader', 'read')}", **FROM_AFAR}
    assert site.get("/v1/latest", **bearer).status == 429, "nobody's tokens were too many: none is looked up"
    assert site.get("/v1/latest", **{**bearer, "x_forwarded_for": "198.51.100.9"}).status == 200


def test_guesses_that_come_at_once_are_bounded_too(service, monkeypatch):
    looked_up = []

    async def nobodys(secret: str) -> None:
        looked_up.append(secret)
        await asyncio.sleep(0.01)

    async def guess() -> None:
        door = gate.Gate(Tally())
        await asyncio.gather(*(door._bearer(f"dl_{number}", "198.51.100.7") for number in range(500)))

    monkeypatch.setattr(gate, "bearer_of", nobodys)
    asyncio.run(guess())
    assert len(looked_up) <= gate.GUESSES


def test_two_processes_count_as_one(service, desk, roles: Roles):
    """Neither lets a reader in as often as the limit allows, and yet both refuse once they have heard of each other.

    However slow they are: a reader whose requests fall into several minutes gives way to another.
    """
    limit, sites = 10, []
    service.setenv("DATELINE_RATE_LIMIT", str(limit))
    for number in range(2):
        port = free_port()
        roles.start("api", name=f"api-{number}", DATELINE_BIND=f"127.0.0.1:{port}")
        sites.append(Site(port, None))
    for one in sites:
        eventually(lambda one=one: answers(f"127.0.0.1:{one.port}"), what="an API")
    readers = (f"198.51.100.{number}" for number in range(1, 255))

    def both_refuse() -> bool:
        reader = next(readers)
        for asked in range(limit - 1):
            told = [one.get("/v1/latest", x_forwarded_for=reader).status for one in sites]
            if told == [429, 429]:
                return True
            if asked > limit // 2:
                time.sleep(gate.ADD_UP_S)
        return False

    assert eventually(both_refuse, what="a refusal of both")


def test_without_redis_each_process_counts_by_itself(service, site, desk):
    setting(service, rate_limit="2", redis_url="redis://127.0.0.1:1/0")
    cache._counters.cache_clear()
    assert [site.get("/v1/latest", **FROM_AFAR).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/v1/latest", "/v1/changes", "/feeds/latest.xml", "/", "/r/asia", "/docs"])
def test_closed_reading_takes_a_token_as_bearer_or_as_password(service, site, desk, path):
    setting(service, reading="token")
    refused = site.get(path)
    assert (refused.status, refused.json["type"]) == (401, "/docs#unauthorized")
    assert refused.headers["www-authenticate"] == 'Bearer realm="Dateline", Basic realm="Dateline"'
    assert "--scope read" in refused.json["detail"]
    secret = token("reader", "read")
    answers = [site.get(path, authorization=sent) for sent in (f"Bearer {secret}", basic(secret))]
    assert {answer.status for answer in answers} <= {200, 404}
    assert len({answer.status for answer in answers}) == 1
    assert not answers[0].headers["cache-control"].startswith("public")
    for wrong in ("Bearer dl_nobody", basic("dl_nobody"), "Basic !", "Basic", "Negotiate x"):
        assert site.get(path, authorization=wrong).status == 401


def test_closed_reading_leaves_watchers_and_hubs_alone(service, site, desk):
    setting(service, reading="token")
    assert site.get("/health/live").status == 200
    assert site.get("/metrics").status == 200
    assert site.get("/static/site.css").status == 200
    assert site.get("/v1/rules").json["detail"].startswith("This needs a token")


def test_closed_answers_lie_ready_all_the_same(service, site, desk):
    setting(service, reading="token")
    service.setattr("services.api.front.shelf.LONGEST_S", 60.0)
    desk.article("One")
    reader = Client(site, token("reader", "read"))
    first = reader.get("/v1/latest")
    assert first.headers["cache-control"].startswith("private")
    assert reader.get("/v1/latest", if_none_match=first.headers["etag"]).status == 304


def test_a_revoked_token_reads_no_more_after_some_seconds(service, site, desk):
    setting(service, reading="token")
    reader = Client(site, token("reader", "read"))
    assert reader.get("/v1/latest").status == 200
    with transaction() as session:
        tokens.revoke(session, "reader")
    service.setattr(gate, "REMEMBERED_S", 0.0)
    eventually(lambda: reader.get("/v1/latest").status == 401, what="the refusal")
