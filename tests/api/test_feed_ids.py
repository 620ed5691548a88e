"""Ids of entries and feeds: each installation's own, and the same for ever to whoever has them."""

import re

import pytest
from sqlalchemy import create_engine, text

from services.api.formats import FORMATS
from services.core import schema
from services.core.db import transaction
from tests.fixtures.environment import forget_connections


def ids(site, ending: str = "json", **headers: str) -> list[str]:
    told = site.get(f"/feeds/latest.{ending}", **headers).text
    found = re.findall(r'"id":"((?:urn|tag)[^"]*)|<guid[^>]*>([^<]*)|<entry[^>]*>\s*<id>([^<]*)', told)
    return ["".join(groups) for groups in found]


def test_every_format_and_every_address_gives_an_article_the_same_id(site, desk, service):
    desk.article()
    first = ids(site)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", *first)
    assert all(ids(site, ending) == first for ending in FORMATS)
    assert ids(site, host="elsewhere.example") == first
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example/")
    forget_connections()  # as a restart would
    assert ids(site) == first


def test_an_edit_keeps_the_id(site, desk):
    article = desk.article()
    first = ids(site)
    desk.edit(article, title="Another", url="https://tribune.example/moved")
    assert ids(site) == first


def test_two_installations_give_different_ids(site, desk):
    desk.article()
    first = ids(site)
    feed = re.search("<id>(.*?)</id>", site.get("/feeds/latest.atom").text)[1]
    with transaction() as session:
        session.execute(text("UPDATE stream_state SET identity = gen_random_uuid()"))
    assert ids(site) != first
    assert re.search("<id>(.*?)</id>", site.get("/feeds/latest.atom").text)[1] != feed


def test_a_number_given_out_again_after_a_restore_is_another_id(site, desk):
    desk.article("Lost in the restore")
    first = ids(site)
    with transaction() as session:
        session.execute(text("TRUNCATE articles RESTART IDENTITY CASCADE"))
    assert desk.article("New, under the number of the lost one", age=-desk.now.resolution) == 1
    assert ids(site) != first


def test_a_feed_has_one_id_on_all_its_pages_and_however_it_is_asked_for(site, desk):
    for _ in range(3):
        desk.article(regions=["asia"])

    def feed_id(path: str) -> str:
        return re.search("<id>(.*?)</id>", site.get(path).text)[1]

    one = feed_id("/feeds/asia.atom")
    following = re.search(r'rel="next"[^>]*href="([^"]*)"', site.get("/feeds/asia.atom?limit=2").text)[1]
    assert feed_id(following.replace("&amp;", "&").removeprefix(site.url)) == one
    assert feed_id("/feeds/latest.atom?region=asia") == one
    assert (
        len({one, *map(feed_id, ("/feeds/latest.atom", "/feeds/asia.atom?q=x", "/feeds/asia/energy.atom"))})
        == 4
    )


@pytest.mark.parametrize("articles", [0, 3])
def test_what_was_given_out_before_there_was_an_identity_keeps_its_id(empty_database_url, articles):
    """The migration notes up to which number; `item_id` leaves those as they were."""
    schema.upgrade(empty_database_url, "2026_11_28_webhooks")
    engine = create_engine(empty_database_url)
    try:
        with engine.begin() as connection:
            connection.execute(
                text("SELECT nextval(pg_get_serial_sequence('articles', 'id')) FROM generate_series(1, :n)"),
                {"n": articles},
            )
        schema.upgrade(empty_database_url)
        with engine.begin() as connection:
            found = connection.execute(text("SELECT identity, tagged_through FROM stream_state")).one()
        schema.upgrade(empty_database_url)
        with engine.begin() as connection:
            again = connection.execute(text("SELECT identity, tagged_through FROM stream_state")).one()
    finally:
        engine.dispose()
    assert found.tagged_through == articles
    assert again == found


def test_subscribers_of_before_see_no_item_as_new(site, desk):
    old = desk.article("Seen by subscribers", regions=["asia"])
    with transaction() as session:
        session.execute(text("UPDATE stream_state SET tagged_through = :old"), {"old": old})
    new = desk.article("Came after the upgrade")
    items = site.json("/feeds/latest.json")["items"]
    told = {item["title"]: item["id"] for item in items}
    assert told["Seen by subscribers"] == f"tag:dateline.example,2026:article/{old}"
    assert told["Came after the upgrade"].startswith("urn:uuid:")
    assert new > old


@pytest.mark.parametrize("ending", FORMATS)
def test_with_a_public_address_nothing_names_another(site, desk, stories, service, ending):
    stories.put(7, [desk.article(regions=["asia"]) for _ in range(3)])
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example/dateline/")
    forget_connections()
    for path in (f"/feeds/asia.{ending}?limit=2", f"/feeds/story/7.{ending}?limit=1", "/feeds/index.opml"):
        told = site.get(path).text
        assert "https://news.example/dateline/feeds/" in told
        assert "127.0.0.1" not in told


@pytest.mark.parametrize("ending", FORMATS)
def test_a_host_that_is_no_host_is_not_repeated(site, desk, ending):
    desk.article()
    told = site.get(f"/feeds/latest.{ending}", host='evil.example"><script>').text
    assert "evil" not in told
    assert f"{site.url}/feeds/latest.{ending}" in told
    assert (
        f"http://news.example:8443/feeds/latest.{ending}"
        in site.get(f"/feeds/latest.{ending}", host="news.example:8443").text
    )
