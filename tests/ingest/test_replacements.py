"""What dead feeds became: which are looked for, how often, and what is offered in their place."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.core.db import transaction
from services.core.settings import settings
from services.ingest import replacements
from services.ingest.store import catalogue, dead
from services.ingest.store.catalogue import FeedToAdd
from tests.fixtures.articles import Desk
from tests.fixtures.small_site import SmallSite, announced, small_site

DEAD = "error_kind = 'http-404', failures = 5, ok_at = now() - interval '4 days'"


@pytest.fixture(autouse=True)
def _service(service: pytest.MonkeyPatch) -> None:
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0")
    settings.cache_clear()


@pytest.fixture
def site() -> Iterator[SmallSite]:
    with small_site() as running:
        yield running


def added(url: str, state: str = DEAD, **values) -> int:
    with transaction() as session:
        catalogue.add(session, [FeedToAdd(url, **values)])
        session.execute(text(f"UPDATE feeds SET {state} WHERE url = :url"), {"url": url})
        return session.scalars(text("SELECT id FROM feeds WHERE url = :url"), {"url": url}).one()


def waiting() -> int:
    with transaction() as session:
        return replacements.waiting(session)


def row(feed_id: int) -> dict:
    with transaction() as session:
        found = session.execute(text("SELECT * FROM feeds WHERE id = :id"), {"id": feed_id})
        return dict(found.mappings().one())


@pytest.mark.parametrize(
    ("state", "is_dead"),
    [
        (DEAD, True),
        ("error_kind = 'not-a-feed', failures = 9, ok_at = now() - interval '4 days'", True),
        ("error_kind = 'dns', failures = 9, added_at = now() - interval '4 days'", True),
        (f"{DEAD}, sought_at = now() - interval '8 days'", True),
        (
            "error_kind = 'gone', failures = 1, paused_reason = 'Gone.', ok_at = now() - interval '4 days'",
            True,
        ),
        (f"{DEAD}, sought_at = now() - interval '6 days'", False),
        (f"{DEAD}, paused_reason = 'By hand.'", False),
        ("error_kind = 'http-404', failures = 4, ok_at = now() - interval '4 days'", False),
        ("error_kind = 'http-404', failures = 5, ok_at = now() - interval '2 days'", False),
        ("error_kind = 'http-404', failures = 5", False),
        ("error_kind = 'http-403', failures = 50, ok_at = now() - interval '40 days'", False),
        ("error_kind = 'timeout', failures = 50, ok_at = now() - interval '40 days'", False),
        ("failures = 0, ok_at = now() - interval '40 days'", False),
    ],
)
def test_only_feeds_that_are_dead_for_days_are_looked_for_and_once_a_week(state, is_dead):
    added("https://a.example/feed", state)
    assert waiting() == is_dead
    with transaction() as session:
        claimed = dead.claim(session)
    assert (claimed is not None) == is_dead
    assert waiting() == 0


def test_the_feed_that_the_site_announces_now_is_offered_and_not_adopted(site: SmallSite):
    one = added(site.url + "/old.xml")
    site.page("/", announced("/new.xml"))
    site.feed("/new.xml", "One", "Two")
    assert replacements.seek_due() == 1
    now = row(one)
    assert (now["replacement_url"], now["url"]) == (site.url + "/new.xml", site.url + "/old.xml")
    assert now["sought_at"] is not None
    assert site.asked == ["/robots.txt", "/", "/new.xml"]
    assert replacements.seek_due() == 0
    assert len(site.asked) == 3


def test_of_several_the_one_with_what_the_feed_brought_before_is_offered(site: SmallSite, desk: Desk):
    desk.article("Rain is coming to the valley at last", source="a.example", url="https://a.example/rain")
    with transaction() as session:
        session.execute(text(f"UPDATE feeds SET {DEAD}, site_url = :site"), {"site": site.url + "/news"})
        (one,) = session.scalars(text("SELECT id FROM feeds"))
    site.page("/news", announced("/all.xml"), announced("/weather.xml"))
    site.feed("/all.xml", "Something else", "And more")
    site.feed("/weather.xml", "Snow", "Rain is coming to the valley at last")
    assert replacements.seek_due() == 1
    assert row(one)["replacement_url"] == site.url + "/weather.xml"


def test_a_feed_that_is_in_the_list_already_is_not_offered(site: SmallSite):
    one, _ = added(site.url + "/old.xml"), added(site.url + "/new.xml", "failures = 0")
    site.page("/", announced("/new.xml"))
    site.feed("/new.xml", "One")
    assert replacements.seek_due() == 0
    assert row(one)["replacement_url"] is None


def test_a_site_without_feeds_takes_back_what_was_offered_and_one_that_is_down_does_not(site: SmallSite):
    one = added(site.url + "/old.xml", f"{DEAD}, replacement_url = 'https://offered.example/'")
    two = added("http://127.0.0.1:9/old.xml", f"{DEAD}, replacement_url = 'https://offered.example/2'")
    site.page("/")
    assert replacements.seek_due() == 0
    assert row(one)["replacement_url"] is None
    assert row(two)["replacement_url"] == "https://offered.example/2"
    assert waiting() == 0


def test_a_site_is_asked_once_for_all_its_dead_feeds(site: SmallSite):
    ids = [added(f"{site.url}/old{n}.xml") for n in range(3)]
    site.page("/", announced("/new.xml"))
    site.feed("/new.xml", "One")
    assert replacements.seek_due() == 3
    assert {row(one)["replacement_url"] for one in ids} == {site.url + "/new.xml"}
    assert site.asked == ["/robots.txt", "/", "/new.xml"]


def test_a_host_that_is_to_be_left_alone_is(site: SmallSite):
    one = added(site.url + "/old.xml")
    with transaction() as session:
        session.execute(text("UPDATE hosts SET free_at = now() + interval '1 hour'"))
    assert replacements.seek_due() == 0
    assert site.asked == []
    assert row(one)["sought_at"] is not None


def test_a_host_is_held_while_it_is_asked_and_given_back():
    added("https://a.example/feed")
    with transaction() as session:
        first = dead.book(session, "a.example", hold_s=20, patience_s=60)
        second = dead.book(session, "a.example", hold_s=20, patience_s=60)
        third = dead.book(session, "a.example", hold_s=20, patience_s=15)
        assert first.wait_s == 0
        assert 19 < second.wait_s <= 20
        assert third is None
        assert dead.book(session, "stranger.example", hold_s=20, patience_s=0) == dead.Booking(
            "stranger.example"
        )
        dead.free(session, first, pause_s=1)
        assert session.scalar(text("SELECT free_at - now() FROM hosts")) > timedelta(seconds=39), (
            "a later booking stands"
        )
        dead.free(session, second, pause_s=1)
        assert session.scalar(text("SELECT free_at - now() FROM hosts")) == timedelta(seconds=1)


def test_trouble_with_one_feed_is_logged_and_the_next_has_its_turn(site: SmallSite, monkeypatch, caplog):
    one, two = added(site.url + "/old.xml"), added(site.url + "/older.xml")
    site.page("/", announced("/new.xml"))
    site.feed("/new.xml", "One")
    keep = replacements._keep

    def troubled(feed, lost, found):
        if feed.id == one:
            raise RuntimeError("trouble")
        return keep(feed, lost, found)

    monkeypatch.setattr(replacements, "_keep", troubled)
    assert replacements.seek_due() == 1
    assert row(two)["replacement_url"] == site.url + "/new.xml"
    assert "trouble" in caplog.text


def test_two_workers_never_look_for_the_same_feed():
    ids = {added("https://a.example/feed"), added("https://b.example/feed")}
    with transaction() as one, transaction() as two, transaction() as three:
        claimed = [dead.claim(one), dead.claim(two), dead.claim(three)]
    assert {feed.id for feed in claimed if feed} == ids
    assert claimed[2] is None
