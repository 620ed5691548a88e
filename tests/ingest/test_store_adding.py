"""Adding feeds: what is there under any spelling stays, lists go in whole, hints are held to the rulebook in force."""

import pytest
from sqlalchemy import text

from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.ingest.opml import Labels
from services.ingest.store import adding, catalogue
from services.ingest.store.adding import Added, FeedToAdd, Same
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import feed_rows


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def add(*urls: str) -> Added:
    with transaction() as session:
        return adding.add_each(session, [FeedToAdd(url) for url in urls])


def same(*urls: str, but: int | None = None) -> dict[str, Same]:
    with transaction() as session:
        return adding.same_as(session, urls, but=but)


@pytest.mark.parametrize(
    "url", ["http://a.example/feed", "https://www.a.example/feed/", "https://a.example/feed/"]
)
def test_another_spelling_of_a_feed_that_is_there_is_that_feed(url):
    one = add("https://a.example/feed").ids["https://a.example/feed"]
    assert add(url) == Added({}, {url: Same(one, "https://a.example/feed", "spelling")})
    assert add("https://a.example/feed").known["https://a.example/feed"].by == "address"


@pytest.mark.parametrize(
    "url", ["https://a.example/Feed", "https://a.example/feed?x", "https://b.a.example/feed"]
)
def test_what_differs_in_more_is_another_feed(url):
    add("https://a.example/feed")
    assert list(add(url).ids) == [url]


def test_spellings_of_one_feed_in_one_list_are_one_and_the_first_stands():
    done = add("http://a.example/feed", "https://a.example/feed/", "https://b.example/")
    assert list(done.ids) == ["http://a.example/feed", "https://b.example/"]


def test_an_earlier_address_is_the_feed_that_had_it():
    one = add("https://a.example/feed").ids["https://a.example/feed"]
    with transaction() as session:
        catalogue.move(session, one, "https://new.example/feed")
    found = Same(one, "https://new.example/feed", "alias")
    assert same("https://a.example/feed", "http://www.a.example/feed") == {
        "https://a.example/feed": found,
        "http://www.a.example/feed": found,
    }
    assert same("https://a.example/feed", but=one) == {}


def test_the_closest_of_several_counts():
    """Two spellings can both be there from before they were taken for one."""
    add("https://a.example/feed")
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO feeds (source_id, url, host, title) SELECT source_id, url || '/', host, '' FROM feeds"
            )
        )
    assert same("https://a.example/feed/")["https://a.example/feed/"].url == "https://a.example/feed/"
    assert same("https://a.example/feed")["https://a.example/feed"].url == "https://a.example/feed"


def test_numbers_follow_the_order_of_the_list_and_nothing_is_lost_between_statements():
    urls = [f"https://h{n % 7}.example/{n}" for n in range(2 * adding.CHUNK + 3)]
    done = add(*urls)
    assert list(done.ids) == urls
    assert sorted(done.ids.values()) == list(done.ids.values())
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM feeds JOIN hosts USING (host)")) == len(urls)
        assert session.scalar(text("SELECT count(*) FROM sources")) == 7


def test_a_source_takes_the_country_and_site_that_a_later_feed_gives_and_keeps_its_own():
    with transaction() as session:
        catalogue.add(
            session,
            [FeedToAdd("https://a.example/1", "A: x"), FeedToAdd("https://b.example/1", country="UZ")],
        )
        catalogue.add(
            session,
            [
                FeedToAdd("https://a.example/2", "B", country="KZ"),
                FeedToAdd("https://b.example/2", country="KG"),
            ],
        )
        found = session.execute(text("SELECT key, name, country FROM sources ORDER BY key")).all()
    assert [tuple(row) for row in found] == [("a.example", "A", "KZ"), ("b.example", "b.example", "UZ")]


def test_odd_letters_and_folders_arrive_as_they_are():
    odd = FeedToAdd(
        "https://a.example/f", 'Ä "q" \\ {x} \u2028 \U0001f4f0', folders=("a/b", "c,d", "{e}", "NULL", '"')
    )
    with transaction() as session:
        catalogue.add(session, [odd])
    (row,) = feed_rows()
    assert (row.title, tuple(row.folders)) == (odd.title, odd.folders)


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (FeedToAdd("https://a.example/", language="klingonese!"), "is no BCP 47 tag"),
        (FeedToAdd("https://a.example/", language="cn"), "There is no language 'cn'. Did you mean zh?"),
        (FeedToAdd("https://a.example/", country="KAZ"), "no country"),
        (FeedToAdd("https://a.example/", country="ZZ"), "no country"),
        (
            FeedToAdd("https://a.example/", region_hint="mars"),
            "There is no region 'mars'; there are africa, ",
        ),
        (FeedToAdd("https://a.example/", topic_hint="asia"), "There is no topic 'asia'"),
    ],
)
def test_hints_are_held_to_the_rulebook_in_force(desk: Desk, feed, says):
    with pytest.raises(InvalidInputError, match=says), transaction() as session:
        adding.check_hints(session, feed)


def test_without_a_rulebook_any_region_may_be_hinted_at():
    assert adding.wrong_hints(FeedToAdd("https://a.example/", region_hint="mars"), Labels()) == {}
