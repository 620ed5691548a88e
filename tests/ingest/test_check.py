"""What an address would bring, told before anything is stored."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from newswire.press import RunningPress
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.settings import settings
from services.ingest.check import Sought, ago, check_url, find, rhythm
from services.ingest.check.problems import problems
from services.ingest.check.words import rate, span
from services.ingest.discover import addresses
from services.ingest.entry import Entry, FetchResponse, ParsedFeed, RawEntry
from tests.fixtures.small_site import SmallSite, announced, small_site

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _service(service: pytest.MonkeyPatch) -> None:
    """Loopback may be reached, and without waiting between two requests."""
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0")
    settings.cache_clear()


@pytest.fixture
def site() -> Iterator[SmallSite]:
    """A site that is what a test makes of it."""
    with small_site() as running:
        yield running


def check(url: str) -> dict:
    return asyncio.run(check_url(url, settings(), now=utc_now()))


def test_a_feed_is_told_as_it_would_be_stored_and_nothing_is(newswire: RunningPress):
    report = check(newswire.feed_url("steppe-courier"))
    assert report["problems"] == []
    assert (report["format"], bool(report["title"])) == ("rss20", True)
    urls = {row["url"] for row in newswire.truth()}
    assert report["entries"]
    assert {entry["url"] for entry in report["entries"]} <= urls
    assert settings().fetch_interval_min <= report["interval_s"] <= settings().fetch_interval_max
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM articles")) == 0


def test_every_broken_outlet_is_a_sentence_or_a_feed(newswire: RunningPress):
    for outlet in newswire.outlets:
        if outlet.trouble is None:
            continue
        report = check(newswire.feed_url(outlet.slug))
        assert report["format"] or report["problems"], outlet.slug
        assert all(isinstance(problem, str) and problem for problem in report["problems"])


def test_a_page_that_is_no_feed_is_told_so(newswire: RunningPress):
    report = check(newswire.url + "/truth.json")
    assert report["format"] is None
    assert report["problems"][0].endswith(".")


def test_an_answer_other_than_success_is_told_with_its_status(newswire: RunningPress):
    url = newswire.url + "/no-such-page"
    (problem,) = check(url)["problems"]
    assert problem.startswith("127.0.0.1:")
    assert problem.endswith("(404).")


def test_an_address_that_may_not_be_reached_is_refused(service, newswire: RunningPress):
    service.delenv("DATELINE_FETCH_ALLOW")
    settings.cache_clear()
    report = check(newswire.feed_url("steppe-courier"))
    assert report["format"] is None
    assert len(report["problems"]) == 1


# --- what is told of a feed --------------------------------------------------------------------------------------------


def test_the_report_says_how_often_a_feed_publishes_and_is_asked_and_why(newswire: RunningPress):
    report = check(newswire.feed_url("steppe-courier"))
    assert "newest" in report["publishes"]
    assert report["interval_reason"].endswith(".")
    assert report["url"] == newswire.feed_url("steppe-courier")
    assert (report["skipped"], report["feeds"]) == ([], [])


def entry(guid: str, published_at: datetime | None = None, *, guessed: bool = False) -> Entry:
    return Entry(guid, f"https://a.example/{guid}", guid, guid, "", "", "", published_at, guessed)


def every(hours: float, count: int) -> list[Entry]:
    return [entry(str(n), NOW - timedelta(hours=n * hours, minutes=12)) for n in range(count)]


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (every(1.7, 30), "about 14 a day, newest 12 minutes ago"),
        (every(0.1, 40), "about 9 an hour, newest 12 minutes ago"),
        (every(60, 10), "about 3 a week, newest 12 minutes ago"),
        (every(24 * 15, 6), "about 2 a month, newest 12 minutes ago"),
        (every(1, 2), "newest 12 minutes ago"),
        ([entry("a")], None),
        ([entry("a", NOW, guessed=True)], None),
        ([], None),
        ([entry(str(n), NOW) for n in range(5)], "newest just now"),
    ],
)
def test_how_often_a_feed_publishes_in_words(entries, told):
    assert rhythm(entries, now=NOW) == told


def test_a_feed_that_fell_silent_is_not_told_as_busy():
    old = [entry(str(n), NOW - timedelta(days=300, hours=n)) for n in range(20)]
    assert rhythm(old, now=NOW) == "about 11 a year, newest 10 months ago"


def test_lengths_of_time_and_rates_at_their_edges():
    assert [span(s) for s in (0, 1, 59, 60, 3599, 7 * 86_400)] == [
        "0 seconds", "1 second", "59 seconds", "1 minute", "60 minutes", "1 week",
    ]  # fmt: skip
    assert ago(NOW, NOW) == "just now"
    assert (rate(47), rate(48), rate(1 / 400)) == (
        "about 47 a day",
        "about 2 an hour",
        "less than one a year",
    )


def told_of(*, headers=None, body=b"", raw=None, cleaned=None, skipped=(), **values) -> list[str]:
    answer = FetchResponse(
        0, "https://a.example/", 200, {"etag": "x"} if headers is None else headers, body, **values
    )
    raw = [RawEntry("g", "https://a.example/1", "t")] if raw is None else raw
    parsed = ParsedFeed("rss20", "T", None, None, tuple(raw))
    entries = [entry("g", NOW)] if cleaned is None else cleaned
    return problems(answer, parsed, entries, skipped, total_s=20)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"headers": {}}, "neither ETag nor Last-Modified"),
        ({"permanent_url": "https://b.example/f"}, "moved for good to https://b.example/f"),
        ({"elapsed_s": 15.0}, "It took 15 s to answer; after 20 s"),
        ({"raw": ()}, "holds no entries"),
        ({"body": b"<item><link>/a/b</link></item>"}, "relative links (“/a/b”)"),
        ({"body": b'<entry><link rel="alternate" href="a.html"/></entry>'}, "relative links (“a.html”)"),
        ({"raw": [RawEntry("g", None, "a"), RawEntry("g", None, "b")]}, "1 entry of 2 reuse the guid"),
        ({"raw": [RawEntry(None, None, "a")]}, "have no guid"),
        ({"cleaned": [entry("a"), entry("b")]}, "No entry has a date"),
        ({"cleaned": [entry("a", NOW), entry("b", None, guessed=True)]}, "1 entry of 2 have no date"),
        ({"skipped": ["It leads nowhere.", "It leads nowhere."]}, "It leads nowhere."),
    ],
)
def test_what_is_wrong_with_a_feed_is_a_sentence_each(values, says):
    (told,) = told_of(**values)
    assert says in told
    assert told.endswith(".")


def test_a_sound_feed_has_no_problems():
    body = b"<link>https://a.example/</link><item><link> <![CDATA[https://a.example/1]]></link></item><link href='http://x'/>"
    assert told_of(body=body) == []


def test_a_hub_is_noted_and_is_no_problem(site: SmallSite):
    extra = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
    report = check(site.feed("/feed", "One", extra=extra))
    assert report["problems"] == []
    assert "https://hub.example/" in report["notes"][0]


def test_a_page_is_told_with_the_feeds_that_it_offers(site: SmallSite):
    site.page("/", announced("/main"), announced("/comments/feed", "Comments"))
    site.feed("/main", "One", "Two")
    site.feed("/comments/feed", "Three")
    report = check(site.url + "/")
    assert report["format"] is None
    assert [(f["url"], f["entries"], f["comments"]) for f in report["feeds"]] == [
        (site.url + "/main", 2, False),
        (site.url + "/comments/feed", 1, True),
    ]
    assert report["problems"] == [f"{site.url}/: The address answers a web page, not a feed."]


@pytest.mark.parametrize(
    "answer",
    [
        (403, {"cf-mitigated": "challenge"}, ""),
        (
            200,
            {"Content-Type": "text/html"},
            "<html><title>Just a moment...</title><script>_cf_chl_opt</script>",
        ),
    ],
)
def test_a_wall_against_robots_is_called_one(site: SmallSite, answer):
    site.pages["/"] = answer
    assert "wall against robots" in check(site.url + "/")["problems"][0]


# --- finding -----------------------------------------------------------------------------------------------------------


def found(text_: str) -> Sought:
    return asyncio.run(find(addresses(text_), settings(), now=NOW))


def test_an_address_without_scheme_is_tried_with_https_then_http(site: SmallSite):
    site.feed("/feed", "One")
    sought = found(site.url.removeprefix("http://") + "/feed")
    assert sought.itself is not None
    assert sought.itself.url == sought.url == site.url + "/feed"


def test_a_permanent_redirect_gives_the_address_to_add_and_a_passing_one_does_not(site: SmallSite):
    site.feed("/feed", "One")
    site.pages["/moved"] = (301, {"Location": "/feed"}, "")
    site.pages["/today"] = (302, {"Location": "/feed"}, "")
    assert [found(site.url + path).itself.url for path in ("/moved", "/today")] == [
        site.url + "/feed",
        site.url + "/today",
    ]


def test_nobody_there_is_a_sentence(site: SmallSite):
    sought = found("http://127.0.0.1:9/")
    assert (sought.itself, sought.found) == (None, None)
    assert sought.problem.endswith(".")


def test_what_is_neither_a_feed_nor_a_page_is_not_searched(site: SmallSite):
    site.pages["/"] = (200, {"Content-Type": "application/json"}, '{"a": 1}')
    sought = found(site.url + "/")
    assert sought.found is None
    assert "JSON" in sought.problem
    assert site.asked == ["/"]
