"""The streams as feeds, read back by the parser that reads everybody's."""

import re
from html import unescape
from io import BytesIO
from xml.etree import ElementTree as ET

import feedparser
import pytest

from services.api.formats import FORMATS
from tests.fixtures.articles import TOPICS
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
        (entry,) = read(answer).entries
        assert entry.link == "https://a.example/?a=1&b=%3C"
        assert unescape(entry.title) == "<script>alert(1)</script> &  ]]>"
        assert unescape(entry.summary) == "<b>&amp;</b>"
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


@pytest.mark.parametrize("path", ["/feeds/latest.xml", "/feeds/asia/energy.html", "/feeds/story/7.rdf"])
def test_another_format_is_answered_with_those_there_are(site, desk, path):
    ending = path.rpartition(".")[2]
    assert site.get(path).json["detail"] == (
        f"There is no feed in the format '{ending}'; there are .atom, .rss and .json, such as /feeds/latest.atom."
    )


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/article/abc", "There is no article 'abc'; articles have numbers, as /v1/latest lists them."),
        ("/v1/articles/0", "There is no article '0'; articles have numbers, as /v1/latest lists them."),
        ("/feeds/story/x.atom", "There is no story 'x'; stories have numbers, as /v1/trending lists them."),
    ],
)
def test_what_is_no_number_is_answered_with_where_the_numbers_are(site, desk, path, detail):
    assert (site.get(path).status, site.get(path).json["detail"]) == (404, detail)


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


def test_the_list_has_a_folder_for_each_top_region_and_one_for_topics(site, desk):
    body = ET.fromstring(site.get("/feeds/index.opml").body).find("body")
    folders = {folder.get("text"): [found.get("text") for found in folder] for folder in body}
    first, *_, last = folders
    assert (first, last) == ("Latest", "Topics")
    assert folders["Asia"] == [
        f"Dateline: {name}" for name in ("Asia", "Central Asia", "South Asia", "East Asia")
    ]


def test_a_region_is_listed_topic_by_topic(site, desk):
    found = site.get("/feeds/index.opml?region=central-asia")
    urls = [node.get("xmlUrl") for node in ET.fromstring(found.body).iter("outline") if node.get("xmlUrl")]
    assert f"{site.url}/feeds/central-asia/energy.atom" in urls
    assert len(urls) == len(set(urls)) == 1 + len(TOPICS)
    unknown = site.get("/feeds/index.opml?region=atlantis")
    assert (unknown.status, unknown.json["type"]) == (400, "/docs#unknown-label")


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_everything_of_an_article_is_in_its_entry(site, desk, stories, ending):
    shown = desk.article(
        "Quake felt in Osh",
        source="a.example",
        image="https://a.example/1.jpg",
        authors=["Ada"],
        regions=["central-asia"],
        topics=["science"],
    )
    desk.duplicate(shown, source="b.example")
    stories.put(7, [shown])
    (entry,) = read(site.get(f"/feeds/latest.{ending}")).entries
    related = [(link.href, link.title) for link in entry.links if link.rel == "related"]
    assert related == [
        (f"{site.url}/article/{shown}", "Why it is here"),
        (f"{site.url}/story/7", "The whole story"),
        ("https://b.example/2", "Also at B"),
    ]
    assert entry.media_thumbnail == [{"url": "https://a.example/1.jpg"}]
    assert entry.author == "Ada"
    assert entry.source.title == "A"
    assert {tag.scheme for tag in entry.tags} == {f"{site.url}/v1/regions", f"{site.url}/v1/topics"}


def test_everything_of_an_article_is_in_the_json_feed(site, desk, stories):
    shown = desk.article("Quake felt in Osh", source="a.example", image="https://a.example/1.jpg")
    desk.duplicate(shown, source="b.example")
    stories.put(7, [shown])
    (item,) = site.json("/feeds/latest.json")["items"]
    assert item["image"] == "https://a.example/1.jpg"
    assert item["_dateline"] == {
        "about": f"{site.url}/docs",
        "article": f"{site.url}/article/{shown}",
        "source": "a.example",
        "source_name": "A",
        "source_url": "https://a.example/",
        "region": None,
        "regions": [],
        "topics": [],
        "also_at": [{"source": "b.example", "name": "B", "url": "https://b.example/2"}],
        "story": {"id": 7, "articles": 1, "publishers": 1},
        "story_page": f"{site.url}/story/7",
    }


@pytest.mark.parametrize("ending", FORMATS)
def test_what_happens_elsewhere_leaves_a_feed_and_its_tag_as_they_are(site, desk, ending):
    desk.article(regions=["africa"])
    path = f"/feeds/africa.{ending}"
    tag = site.get(path).headers["etag"]
    desk.article(regions=["europe"])
    assert site.get(path, if_none_match=tag).status == 304
    desk.article(regions=["africa"])
    assert site.get(path, if_none_match=tag).status == 200
    paged = f"{path}?limit=1"  # it has a page after it, and that a page before it
    following = re.search(r"before=([\w-]+)", site.get(paged).text)
    assert following
    pages = [paged, f"{paged}&before={following[1]}"]
    tags = [site.get(page).headers["etag"] for page in pages]
    desk.article(regions=["europe"])
    again = [site.get(page, if_none_match=tag).status for page, tag in zip(pages, tags, strict=True)]
    assert again == [304, 304]


def test_a_correction_updates_an_entry_and_a_label_does_not(site, desk):
    article = desk.article(regions=["africa"])

    def dates():
        (entry,) = read(site.get("/feeds/latest.atom")).entries
        (item,) = site.json("/feeds/latest.json")["items"]
        assert item["date_modified"] == entry.updated
        return entry.published, entry.updated

    first = dates()
    desk.relabel(article, regions=["europe"], topics=["health"])
    assert dates() == first
    desk.edit(article, title="Corrected")
    assert dates()[0] == first[0]
    assert dates()[1] > first[1]
