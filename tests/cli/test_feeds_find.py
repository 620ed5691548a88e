"""`dateline feeds add`, `check`, `replace`, `import`, `export` as somebody at a terminal meets them."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import text

from newswire.press import RunningPress
from services.classify import rulebook
from services.classify.starter import starter_texts
from services.core.db import transaction
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from tests.fixtures.articles import Desk
from tests.fixtures.command import Done, Run
from tests.fixtures.environment import forget_connections
from tests.fixtures.small_site import SmallSite, announced, small_site

URL = "https://a.example/feed"


Feeds = Callable[..., Done]


@pytest.fixture
def feeds(service: pytest.MonkeyPatch, run: Run) -> Feeds:
    """`dateline feeds WORDS` in this process, on a database of this test."""
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0")
    forget_connections()
    return partial(run, "feeds")


@pytest.fixture
def site() -> Iterator[SmallSite]:
    with small_site() as running:
        yield running


def stored() -> list[tuple[int, str, str]]:
    with transaction() as session:
        return [tuple(row) for row in session.execute(text("SELECT id, url, title FROM feeds ORDER BY id"))]


# --- add -----------------------------------------------------------------------------------------------------------------


def test_the_feed_that_a_page_announces_is_added_with_its_title_and_the_hints_given(
    feeds: Feeds, site: SmallSite
):
    site.page("/", announced("/main"))
    site.feed("/main", "One", title="The Paper")
    done = feeds("add", site.url + "/", "--language", "ru")
    ((one, url, title),) = stored()
    assert done == Done(0, f"Added {site.url}/main as feed {one}.\n", "")
    assert (url, title) == (site.url + "/main", "The Paper")
    with transaction() as session:
        assert session.execute(text("SELECT language, site_url FROM feeds")).one() == ("ru", site.url + "/")


def test_of_several_the_best_is_added_and_the_others_are_shown_with_their_command(
    feeds: Feeds, site: SmallSite
):
    site.page("/", announced("/comments/feed", "Comments"), announced("/atom"), announced("/main"))
    site.feed("/main", "One", "Two")
    site.feed("/atom", "One", "Two")
    site.feed("/comments/feed", "Three")
    done = feeds("add", site.url + "/")
    assert done.code == 0
    first, offers, *others = done.out.splitlines()
    assert first.startswith(f"Added {site.url}/atom as feed ")
    assert offers == "The page also offers:"
    assert others[0] == f"  dateline feeds add {site.url}/main"
    assert others[1].endswith(f"the same as {site.url}/atom")
    assert others[2] == f"  dateline feeds add {site.url}/comments/feed"
    assert "comments of readers" in others[3]
    assert len(stored()) == 1
    again = json.loads(feeds("add", site.url + "/", "--all", "--title", "Mine", "--json").out)
    assert [feed["url"] for feed in again["added"]] == [site.url + "/main", site.url + "/comments/feed"]
    assert [(same["url"], same["by"]) for same in again["known"]] == [(site.url + "/atom", "address")]
    assert again["others"] == []


def test_a_page_without_feeds_adds_nothing_and_says_so(feeds: Feeds, site: SmallSite):
    site.page("/")
    done = feeds("add", site.url + "/")
    assert (done.code, done.out, stored()) == (1, "", [])
    assert done.err.startswith(f"dateline: {site.url}/ is a web page that offers no feed")
    assert "--no-discover" in done.err
    assert len(done.err.splitlines()) == 1


def test_an_address_that_cannot_be_reached_is_added_only_when_told_to(feeds: Feeds):
    url = "http://127.0.0.1:9/feed"
    done = feeds("add", url)
    assert (done.code, done.out, stored()) == (1, "", [])
    assert "refuses the connection" in done.err
    assert "--no-discover" in done.err
    assert feeds("add", url, "--anyway").code == 0
    assert [row[1] for row in stored()] == [url]


def test_no_discover_asks_nobody(feeds: Feeds, site: SmallSite):
    site.page("/", announced("/main"))
    assert feeds("add", site.url + "/", "--no-discover").code == 0
    assert [row[1] for row in stored()] == [site.url + "/"]
    assert site.asked == []


def test_a_feed_that_is_there_under_another_spelling_or_an_earlier_address_is_told_with_its_number(
    feeds: Feeds,
):
    feeds("add", URL, "--no-discover")
    ((one, _, _),) = stored()
    assert feeds("add", "a.example/feed/").out == (
        f"https://a.example/feed/ was there already, as feed {one}, spelt {URL}.\n"
    )
    feeds("replace", str(one), "https://b.example/new")
    assert feeds("add", URL).out == (
        f"{URL} was there already: it is an earlier address of feed {one}, now at https://b.example/new.\n"
    )
    known = json.loads(feeds("add", URL, "--json").out)
    assert known == {
        "added": [],
        "known": [{"asked": URL, "id": one, "url": "https://b.example/new", "by": "alias"}],
        "others": [],
    }
    assert len(stored()) == 1


def test_a_feed_found_on_a_page_that_is_there_already_is_told(feeds: Feeds, site: SmallSite):
    site.page("/", announced("/main"))
    feed = site.feed("/main", "One")
    feeds("add", feed)
    ((one, _, _),) = stored()
    assert feeds("add", site.url + "/").out == f"{feed} was there already, as feed {one}.\n"


def test_a_wrong_hint_adds_nothing_and_asks_nobody(feeds: Feeds, site: SmallSite):
    done = feeds("add", site.url + "/", "--country", "KAZ")
    assert (done.code, done.err) == (
        1,
        "dateline: 'KAZ' is no country; two letters of ISO 3166 are expected, such as KZ.\n",
    )
    assert (stored(), site.asked) == ([], [])


def test_an_outlet_of_the_press_is_found_by_its_front_page(feeds: Feeds, newswire: RunningPress):
    feed = newswire.feed_url("steppe-courier")
    assert feeds("add", feed.rpartition("/")[0] + "/").code == 0
    assert [row[1] for row in stored()] == [feed]


# --- check ---------------------------------------------------------------------------------------------------------------


def test_check_tells_what_would_become_of_each_entry(feeds: Feeds, site: SmallSite, desk: Desk):
    """With a database: the rulebook in force, and articles that are known."""
    feed = site.feed("/feed", "Kazakhstan opens a dam on the Syr Darya", "Rain")
    article = desk.article("Rain", url=site.url + "/rain")
    with transaction() as session:
        rulebook.publish(session, starter_texts(), message="x", author="y")
        session.add(ArticleUrl(url_key=canonical_url(site.url + "/rain"), article_id=article))
    told = json.loads(feeds("check", feed, "--json").out)
    assert told["rulebook"] == "in force"
    assert [(e["region"], e["article_id"]) for e in told["entries"]] == [
        ("central-asia", None),
        (None, article),
    ]
    assert told["feed_id"] is None
    feeds("add", feed)
    known = next(row[0] for row in stored() if row[1] == feed)
    assert json.loads(feeds("check", feed, "--json").out)["feed_id"] == known
    shown = feeds("check", feed).out
    assert f"It is feed {known} already." in shown
    assert "1 of its 2 entries are articles that are known already." in shown


def test_check_without_a_database_labels_by_the_rulebook_that_ships(feeds: Feeds, site: SmallSite, service):
    service.delenv("DATELINE_DATABASE_URL")
    forget_connections()
    feed = site.feed("/feed", "Kazakhstan and Uzbekistan open a dam in Tashkent", "Rain")
    told = json.loads(feeds("check", feed, "--json").out)
    assert (told["rulebook"], told["entries"][0]["region"]) == ("starter", "central-asia")
    shown = feeds("check", feed)
    assert shown.code == 0
    assert "Labels are those of the rulebook that ships." in shown.out
    assert "central-asia" in shown.out
    hinted = json.loads(feeds("check", feed, "--region", "africa", "--json").out)
    assert [entry["region"] for entry in hinted["entries"]] == ["central-asia", "africa"]


def test_check_has_the_keys_of_the_contract(feeds: Feeds, site: SmallSite):
    told = json.loads(feeds("check", site.feed("/feed", "One"), "--json").out)
    assert {"format", "title", "site_url", "language", "entries", "problems", "interval_s"} <= set(told)
    assert {"id", "url", "title", "teaser", "published_at", "authors", "language"} <= set(told["entries"][0])


def test_check_of_a_page_shows_its_feeds_and_is_exit_code_1(feeds: Feeds, site: SmallSite):
    site.page("/", announced("/main"))
    site.feed("/main", "One", title="The Paper")
    done = feeds("check", site.url + "/")
    assert done.code == 1
    assert f"  {site.url}/main  The Paper, rss20, 1 entry" in done.out
    assert stored() == []


# --- replace, import, export ---------------------------------------------------------------------------------------------


def test_replace_takes_the_offer_or_the_address_given(feeds: Feeds):
    feeds("add", URL, "--no-discover")
    ((one, _, _),) = stored()
    assert feeds("replace", str(one)).err.startswith(
        f"dateline: No replacement was found for feed {one} ({URL});"
    )
    with transaction() as session:
        session.execute(text("UPDATE feeds SET replacement_url = 'https://a.example/offered'"))
    done = feeds("replace", str(one))
    assert done.code == 0
    assert done.out.startswith(f"Feed {one} is at https://a.example/offered now")
    assert feeds("replace", str(one), "https://a.example/given").code == 0
    assert stored()[0][1] == "https://a.example/given"
    feeds("add", "https://c.example/", "--no-discover")
    refused = feeds("replace", str(one), "https://c.example/")
    assert refused.code == 1
    assert f"is feed {stored()[1][0]} already" in refused.err
    assert feeds("replace", "999", URL).err.startswith("dateline: There is no feed 999; ")


def test_import_says_what_differs_and_takes_it_when_told_to(feeds: Feeds, tmp_path):
    feeds("add", URL, "--no-discover", "--title", "Old")
    file = tmp_path / "list.opml"
    file.write_text(f'<opml><body><outline text="New" xmlUrl="{URL}"/></body></opml>')
    assert feeds("import", str(file)).out.splitlines() == [
        "0 feeds added, 1 was there already, 0 left out.",
        "Of 1 that were there the list says something else; `--update` takes its word.",
    ]
    assert stored()[0][2] == "Old"
    assert feeds("import", str(file), "--update").out.splitlines()[1] == (
        "1 of those that were there took what the list says."
    )
    assert stored()[0][2] == "New"
    assert feeds("export").out == feeds("export").out
