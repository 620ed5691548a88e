"""The streams as feeds, read back by the parser that reads everybody's."""

from io import BytesIO
from xml.etree import ElementTree as ET

import feedparser
import pytest

from services.api.formats import FORMATS
from tests.fixtures.furniture import NEWS, furnish


def read(answer):
    assert answer.status == 200
    found = feedparser.parse(
        BytesIO(answer.body), response_headers={"content-type": answer.headers["content-type"]}
    )
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_a_feed_reads_back_as_what_latest_holds(site, desk, ending):
    furnish(desk)
    found = read(site.get(f"/feeds/latest.{ending}"))
    items = site.json("/v1/latest")["items"]
    assert [entry.title for entry in found.entries] == [item["title"] for item in items]
    assert [entry.link for entry in found.entries] == [item["url"] for item in items]
    assert [entry.summary for entry in found.entries] == [item["teaser"] for item in items]
    assert len({entry.id for entry in found.entries}) == len(items)
    assert found.entries[0].source.title == "Steppe Courier"
    assert {tag.label or tag.term for tag in found.entries[0].tags} == {
        "Central Asia",
        "Asia",
        "Energy",
        "Economy",
    }


def test_atom_keeps_language_and_both_times(site, desk):
    article = desk.article("Новость", language="ru")
    desk.edit(article, title="Новость, дополнено")
    (entry,) = read(site.get("/feeds/latest.atom")).entries
    assert entry.title_detail.language == "ru"
    assert entry.updated > entry.published


def test_the_json_feed_is_version_1_1(site, desk):
    furnish(desk)
    body = site.json("/feeds/latest.json")
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    assert body["feed_url"].endswith("/feeds/latest.json")
    first = body["items"][0]
    assert {
        "id",
        "url",
        "title",
        "content_text",
        "date_published",
        "authors",
        "tags",
        "language",
    } <= first.keys()
    assert isinstance(first["id"], str)
    assert body["items"][0]["authors"] == [{"name": "Aigerim Seitova"}]


def test_region_and_topic_choose(site, desk):
    furnish(desk)
    counted = {
        path: len(read(site.get(f"/feeds/{path}.atom")).entries)
        for path in ("latest", "central-asia", "asia", "central-asia/energy", "latest/energy")
    }
    assert counted == {
        "latest": len(NEWS),
        "central-asia": sum("central-asia" in row[4] for row in NEWS),
        "asia": sum(bool({"central-asia", "south-asia", "east-asia"} & {*row[4]}) for row in NEWS),
        "central-asia/energy": sum("central-asia" in row[4] and "energy" in row[5] for row in NEWS),
        "latest/energy": sum("energy" in row[5] for row in NEWS),
    }


def test_pages_are_linked_to_the_last(site, desk):
    furnish(desk)
    path, seen = "/feeds/latest.atom?limit=10", []
    while path:
        found = read(site.get(path))
        seen += [entry.id for entry in found.entries]
        following = [link.href for link in found.feed.links if link.rel == "next"]
        path = following[0].removeprefix(site.url) if following else None
    assert len(seen) == len(set(seen)) == len(NEWS)


@pytest.mark.parametrize("ending", FORMATS)
def test_feeds_are_conditional(site, desk, ending):
    desk.article()
    first = site.get(f"/feeds/latest.{ending}")
    assert site.get(f"/feeds/latest.{ending}", if_none_match=first.headers["etag"]).status == 304


@pytest.mark.parametrize("ending", FORMATS)
def test_hostile_text_stays_text(site, desk, ending):
    desk.article(
        "<script>alert(1)</script> & \x0b\x1f\ufffe ]]>",
        teaser="<b>&amp;</b>",
        url="https://a.example/?a=1&b=<",
    )
    answer = site.get(f"/feeds/latest.{ending}")
    if ending == "json":
        assert answer.json["items"][0]["title"].startswith("<script>")
    else:
        assert read(answer).entries[0].link == "https://a.example/?a=1&b=<"
        ET.fromstring(answer.body)


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_a_story_is_a_feed_page_by_page(site, desk, stories, ending):
    ids = [desk.article(f"Number {n}", regions=["asia"]) for n in range(5)]
    desk.article("Something else")
    stories.put(7, ids)
    path, titles = f"/feeds/story/7.{ending}?limit=2", []
    while path:
        found = read(site.get(path))
        assert found.feed.title == "Dateline: Number 0"
        titles += [entry.title for entry in found.entries]
        following = [link.href for link in found.feed.links if link.rel == "next"]
        path = following[0].removeprefix(site.url) if following else None
    assert titles == [f"Number {n}" for n in range(5)]
    assert found.feed.link == f"{site.url}/story/7"


@pytest.mark.parametrize("ending", FORMATS)
def test_the_feed_of_a_story_is_conditional_and_goes_on_where_it_was_merged(site, desk, stories, ending):
    stories.put(7, [desk.article()])
    stories.put(9, [desk.article("Later")])
    first = site.get(f"/feeds/story/7.{ending}")
    assert site.get(f"/feeds/story/7.{ending}", if_none_match=first.headers["etag"]).status == 304
    stories.merge(9, into=7)
    moved = site.get(f"/feeds/story/9.{ending}?limit=3")
    assert (moved.status, moved.headers["location"]) == (308, f"/feeds/story/7.{ending}?limit=3")
    assert moved.headers["cache-control"] == "no-cache"
    assert "Later" in site.get(f"/feeds/story/7.{ending}", if_none_match=first.headers["etag"]).text
    assert site.get(f"/feeds/story/99.{ending}").status == 404


@pytest.mark.parametrize(
    "path", ["/feeds/atlantis.atom", "/feeds/asia/atlantis.rss", "/feeds/latest.xml", "/feeds/latest"]
)
def test_what_does_not_exist_is_404(site, desk, path):
    answer = site.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_list_of_all_streams_is_opml(site, desk):
    answer = site.get("/feeds/index.opml")
    urls = [
        found.get("xmlUrl") for found in ET.fromstring(answer.body).iter("outline") if found.get("xmlUrl")
    ]
    assert f"{site.url}/feeds/central-asia.atom" in urls
    for url in urls:
        read(site.get(url.removeprefix(site.url)))


def test_an_empty_feed_is_a_feed(site, desk):
    assert read(site.get("/feeds/latest.atom")).entries == []
