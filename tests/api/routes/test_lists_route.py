"""Regions, topics, sources."""

from datetime import timedelta

from services.api.schemas.answers import RegionsBody, SourcesBody, TopicsBody
from tests.fixtures.furniture import furnish


def test_regions_are_a_tree_whose_counts_include_what_is_below(site, desk):
    desk.article(regions=["central-asia"])
    desk.article(regions=["south-asia"])
    desk.article(regions=["south-asia"], age=timedelta(hours=25))
    body = site.json("/v1/regions")
    RegionsBody.model_validate(body)
    asia = next(node for node in body["regions"] if node["slug"] == "asia")
    assert asia["articles_24h"] == 2
    assert {node["slug"]: node["articles_24h"] for node in asia["children"]} == {
        "central-asia": 1, "south-asia": 1, "east-asia": 0,
    }  # fmt: skip


def test_topics_are_a_list(site, desk):
    desk.article(topics=["energy"])
    body = site.json("/v1/topics")
    TopicsBody.model_validate(body)
    assert [(node["slug"], node["articles_24h"]) for node in body["topics"]][:2] == [
        ("economy", 0),
        ("energy", 1),
    ]


def test_sources_tell_their_health_in_words(site, desk):
    furnish(desk)
    body = site.json("/v1/sources")
    SourcesBody.model_validate(body)
    health = {source["id"]: source["health"] for source in body["sources"]}
    assert health["old-harbour.example"]["state"] == "failing"
    assert "HTTP 503 from the publisher's server" in health["old-harbour.example"]["sentence"]
    assert health["sunday-paper.example"]["sentence"] == "Paused: the publisher asked us to stop"
    assert health["quiet-valley.example"]["state"] == "late"
    assert health["steppe-courier.example"]["state"] == "healthy"


def test_another_rulebook_changes_the_tree_at_once(site, desk):
    tag = site.get("/v1/regions").headers["etag"]
    desk.rulebook("v2")
    answer = site.get("/v1/regions", if_none_match=tag)
    assert (answer.status, answer.json["rulebook"]) == (200, "v2")
