"""Finding feeds: what somebody typed, what a page offers, where a search goes, and what a dead feed became."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError
from services.core.urls import check_http_url
from services.ingest.discover import (
    Lost,
    Offer,
    Robots,
    addresses,
    arrive,
    candidates,
    is_of_comments,
    look_around,
    on_offer,
    spellings,
    successor,
    usual_places,
)
from services.ingest.discover.page import MAX_CANDIDATES, is_like_a_feed
from services.ingest.discover.search import ranked
from services.ingest.entry import FetchResponse

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "https://site.example"


# --- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://a.example/feed", ["https://a.example/feed"]),
        ("a.example/feed", ["https://a.example/feed", "http://a.example/feed"]),
        ("//a.example", ["https://a.example/", "http://a.example/"]),
        (" a.example:8080/x ", ["https://a.example:8080/x", "http://a.example:8080/x"]),
        ("127.0.0.1:8000", ["https://127.0.0.1:8000/", "http://127.0.0.1:8000/"]),
        ("localhost", ["https://localhost/", "http://localhost/"]),
        ("münchen.example/f", ["https://xn--mnchen-3ya.example/f", "http://xn--mnchen-3ya.example/f"]),
        ("feed://a.example/x", ["https://a.example/x", "http://a.example/x"]),
        ("feed:https://a.example/x", ["https://a.example/x"]),
        ("FEED:http://a.example/x", ["http://a.example/x"]),
    ],
)
def test_what_somebody_typed_is_an_address_or_two_to_try(typed, meant):
    assert list(addresses(typed)) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nonsense",
        "http://",
        "ftp://a.example/",
        "javascript:alert(1)",
        "mailto:a@b.example",
        "https://a b/",
    ],
)
def test_what_is_no_address_is_a_sentence(typed):
    with pytest.raises(InvalidInputError, match=r"\.$|expected|%20"):
        addresses(typed)


@given(st.text(max_size=60) | st.from_regex(r"(feed:|https?://|//)?[a-z.:/@\[\]0-9]{0,30}", fullmatch=True))
def test_any_text_is_checked_addresses_or_a_refusal(text):
    try:
        found = addresses(text)
    except InvalidInputError:
        return
    assert found
    assert all(check_http_url(url) == url for url in found)


def test_spellings_differ_in_scheme_www_and_closing_slash_and_in_nothing_else():
    same = {
        f"{scheme}://{www}a.example/Feed{slash}"
        for scheme in ("http", "https")
        for www in ("", "www.")
        for slash in ("", "/")
    }
    assert all(set(spellings(url)) == same for url in same)
    assert set(spellings("https://a.example/f?x=1")) == {
        "https://a.example/f?x=1",
        "http://a.example/f?x=1",
        "https://www.a.example/f?x=1",
        "http://www.a.example/f?x=1",
    }
    assert spellings("http://www.a.example/")[0] == "http://www.a.example/"
    assert len(spellings("http://www.a.example/")) == 4


def test_usual_places_are_beside_the_page_and_at_the_root():
    assert usual_places(f"{SITE}/")[:3] == (f"{SITE}/feed", f"{SITE}/rss", f"{SITE}/rss.xml")
    assert usual_places(f"{SITE}/blog/")[:2] == (f"{SITE}/blog/feed", f"{SITE}/feed")
    assert usual_places(f"{SITE}/blog")[0] == f"{SITE}/blog/feed"
    assert usual_places(f"{SITE}/blog/index.html?x=1")[0] == f"{SITE}/blog/feed"


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, b"User-agent: *\nDisallow: /feed", False),
        (200, b"User-agent: *\nDisallow: /\n\nUser-agent: dateline\nDisallow: /private", True),
        (200, b"User-agent: Dateline\nDisallow: /", False),
        (200, b"\xff\xfe not robots at all", True),
        (200, b"", True),
        (404, b"", True),
        (403, b"", True),
        (503, b"", False),
        (None, b"", False),
    ],
)
def test_robots_txt_is_read_as_the_standard_says(status, body, allowed):
    """RFC 9309, section 2.3.1: none there allows everything, a server in trouble nothing."""
    assert Robots(status, body).allow(f"{SITE}/feed") is allowed


# --- pages -------------------------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html><head><base href="/x/">
<!-- <link rel="alternate" type="application/rss+xml" href="/in-a-comment"> -->
<script>document.write("<link rel=alternate type=application/rss+xml href=/in-a-script>")</script>
<link rel="alternate" type="application/rss+xml" title="Site &raquo; Comments Feed" href="https://site.example/comments/feed/">
<link rel='alternate' type='application/rss+xml' title='Site &raquo; Feed' href='../feed/?a=1&amp;b=2#top'>
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
<link rel="alternate" hreflang="de" href="/de/feed/">
<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">
<link rel="alternate stylesheet" type="text/css" href="/feed.css">
<LINK TYPE=application/atom+xml REL=ALTERNATE HREF=atom.xml>
<link rel="alternate" type="application/feed+json; charset=utf-8" href="/feed.json">
<link rel="feed" href="/of-old">
<link rel="alternate" type="text/xml" href="/export.xml"> <link rel=alternate type=application/rss+xml href="ftp://no/">
</head><body><a href="feed://site.example/odd">f</a><a href=/rss>r</a>
<a href="https://feedly.com/i/subscription/feed/http://site.example/feed">no</a><a href="/sitemap.xml">s</a>
<a class="x" href="https://feeds.site.example/main">m</a><a href="/feedback">n</a><a href="/?feed=rss2#x">q</a>
<abbr href="/rss/2">a</abbr><a href="/news/2026/about-feeds">n</a><a href="http://www.site.example/rss/">again</a>"""


def test_a_page_offers_what_it_announces_then_what_it_links_to_and_comments_last():
    found = candidates(PAGE, url=f"{SITE}/")
    assert [c.url.removeprefix(SITE) for c in found] == [
        "/feed/?a=1&b=2",
        "/x/atom.xml",
        "/feed.json",
        "/of-old",
        "/export.xml",
        "/odd",
        "/rss",
        "https://feeds.site.example/main",
        "/?feed=rss2",
        "/comments/feed/",
    ]
    assert (found[0].title, found[0].origin, found[0].comments) == ("Site » Feed", "link", False)
    assert (found[-1].origin, found[-1].comments) == ("link", True)
    assert [c.origin for c in found].count("link") == 6


def test_a_page_is_not_among_its_own_offers():
    page = '<link rel="alternate" type="application/rss+xml" href="/"><a href="https://site.example/rss/">here</a>'
    assert candidates(page, url=f"{SITE}/rss") == candidates(page, url=f"{SITE}/rss")[:1]
    assert [c.url for c in candidates(page, url=f"{SITE}/rss")] == [f"{SITE}/"]


@pytest.mark.parametrize(
    ("url", "alike"),
    [
        ("/feed", True),
        ("/rss.xml", True),
        ("/news/index.rdf", True),
        ("/rss2/", True),
        ("/section/rss.php", True),
        ("/a.xml", True),
        ("/?format=feed", True),
        ("/feeds/posts/default?alt=rss", True),
        ("/search/?f=rss&t=article", True),
        ("/add?feed=https%3A%2F%2Fother.example%2Frss", False),
        ("/rss?url=https://other.example/", False),
        ("/feedback", False),
        ("/sitemap-news.xml", False),
        ("/opensearch.xml", False),
        ("/press/2026/rss-is-not-dead", False),
        ("/wp-json/feed", False),
        ("/feed/logo.png", False),
    ],
)
def test_addresses_that_look_like_feeds(url, alike):
    assert is_like_a_feed(SITE + url) is alike


@pytest.mark.parametrize(
    ("path", "title", "of_comments"),
    [
        ("/comments/feed/", "", True),
        ("/feed", "Paper » Comments Feed", True),
        ("/feed", "Лента комментариев", True),
        ("/?feed=comments-rss2", "", True),
        ("/commentisfree/rss", "Opinion", False),
        ("/comment.rss", "Comment", False),
        ("/feed", "Kommentare", False),
        ("/feed", "A commentary on comments_", True),
    ],
)
def test_feeds_of_readers_comments_are_told_from_opinion_pages(path, title, of_comments):
    assert is_of_comments(SITE + path, title) is of_comments


@pytest.mark.parametrize(
    "evil",
    [
        "<a " * 300_000,
        '<a x="' * 200_000,
        "<!--" * 300_000,
        "<script>" * 200_000,
        "<link " + "x " * 500_000,
        "<a" + " " * 1_000_000,
        "<base href='http://['><a href='http://[::1'><a href='//'>",
        "<link rel=alternate type=application/rss+xml href='" + "x" * 10_000 + "'>",
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_page_offers_nothing_and_ends(evil):
    assert candidates(evil, url=f"{SITE}/") == ()


def test_a_page_of_feeds_without_end_is_cut():
    page = "".join(f"<a href=/rss/{n}>" for n in range(1000))
    assert len(candidates(page, url=f"{SITE}/")) == MAX_CANDIDATES


@given(st.text(alphabet="<>/= \"'ahrefslinkbx!-\n&;", max_size=200))
def test_any_page_is_read(text):
    assert all(check_http_url(c.url) == c.url for c in candidates(text, url=f"{SITE}/"))


# --- searches ----------------------------------------------------------------------------------------------------------


def feed(*titles: str, site: str = SITE + "/", title: str = "T", day: int = 23) -> bytes:
    items = "".join(
        f"<item><title>{t}</title><link>{SITE}/{t}</link><pubDate>{day} Nov 2026 10:00:00 GMT</pubDate></item>"
        for t in titles
    )
    return f"<rss version='2.0'><channel><title>{title}</title><link>{site}</link>{items}</channel></rss>".encode()


def driven(search, web: Mapping[str, bytes | int]):
    """Run a search on a web of bodies and statuses by address; its result, and what it asked for."""
    asked: list[str] = []
    try:
        url = next(search)
        while True:
            asked.append(url)
            there = web.get(url, 404)
            if there == 0:
                answer = FetchResponse(0, url, error_kind="connect", error=f"{url} is down.")
            elif isinstance(there, int):
                answer = FetchResponse(0, url, status=there)
            else:
                answer = FetchResponse(0, url, status=200, body=there)
            url = search.send(answer)
    except StopIteration as end:
        return end.value, asked


def around(page: bytes, web: Mapping[str, bytes | int], **more):
    found, asked = driven(
        look_around(FetchResponse(0, f"{SITE}/", status=200, body=page), now=NOW, **more), web
    )
    return found, [url.removeprefix(SITE) for url in asked]


def test_the_first_address_that_answers_is_taken_whatever_it_says():
    urls = ["https://a.example/", "http://a.example/"]
    (url, answer), asked = driven(arrive(urls), {urls[0]: 0, urls[1]: 500})
    assert (url, answer.status, asked) == (urls[1], 500, urls)
    (url, answer), asked = driven(arrive(urls), {urls[0]: 404})
    assert (url, asked) == (urls[0], urls[:1])
    (url, answer), _ = driven(arrive(urls), dict.fromkeys(urls, 0))
    assert (url, answer.error) == (urls[0], "https://a.example/ is down.")


def test_announced_feeds_are_looked_at_and_nothing_is_guessed():
    page = (
        b"<html><link rel=alternate type=application/rss+xml href=/comments/feed>"
        b"<link rel=alternate type=application/rss+xml href=/main><link rel=alternate type=application/atom+xml href=/atom>"
        b"<link rel=alternate type=application/rss+xml href=/gone>"
    )
    web = {
        f"{SITE}/comments/feed": feed("c", title="Comments on T"),
        f"{SITE}/main": feed("a", "b"),
        f"{SITE}/atom": feed("b", "a"),
    }
    found, asked = around(page, web)
    assert asked == ["/main", "/atom", "/gone", "/comments/feed"]
    assert [(o.url.removeprefix(SITE), o.comments, o.entries) for o in found.offers] == [
        ("/main", False, 2),
        ("/atom", False, 2),
        ("/comments/feed", True, 1),
    ]
    assert found.offers[1].same_as == f"{SITE}/main"
    assert found.offers[2].same_as is None
    assert found.refused == (f"{SITE}/gone answers 404.",)


def test_no_more_candidates_than_asked_for_are_looked_at():
    page = b"<html>" + b"".join(b"<a href=/rss/%d>" % n for n in range(8))
    found, asked = around(page, {f"{SITE}/rss/{n}": feed(str(n)) for n in range(8)}, most=3)
    assert asked == ["/rss/0", "/rss/1", "/rss/2"]
    assert len(found.offers) == 3
    assert found.unseen == tuple(f"{SITE}/rss/{n}" for n in range(3, 8))


def test_a_page_of_feeds_is_looked_through_where_the_page_itself_has_none():
    web = {f"{SITE}/rss": b"<html><a href=/world.rss><a href=/rss>", f"{SITE}/world.rss": feed("w")}
    found, asked = around(b"<html><a href=/rss>RSS</a>", web)
    assert asked == ["/rss", "/world.rss"]
    assert [o.url for o in found.offers] == [f"{SITE}/world.rss"]


def test_usual_places_are_tried_last_until_one_is_a_feed():
    found, asked = around(b"<html>", {f"{SITE}/rss.xml": feed("a")})
    assert asked == ["/robots.txt", "/feed", "/rss", "/rss.xml"]
    assert [(o.url, o.origin) for o in found.offers] == [(f"{SITE}/rss.xml", "guess")]
    assert found.refused == ()


def test_five_usual_places_are_tried_at_most_and_none_that_robots_txt_forbids():
    found, asked = around(b"<html>", {})
    assert asked == ["/robots.txt", "/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml"]
    assert found.offers == ()
    found, asked = around(
        b"<html>", {f"{SITE}/robots.txt": b"User-agent: *\nDisallow: /rss\nDisallow: /feed"}
    )
    assert asked == ["/robots.txt", "/atom.xml", "/index.xml"]
    assert [url.removeprefix(SITE) for url in found.forbidden] == [
        "/feed",
        "/rss",
        "/rss.xml",
        "/feed.xml",
        "/feed.json",
    ]
    found, asked = around(b"<html>", {f"{SITE}/robots.txt": 0})
    assert asked == ["/robots.txt"]


def offer(url: str, **values) -> Offer:
    usual = {
        "format": "rss20",
        "title": "T",
        "site_url": None,
        "language": None,
        "entries": 5,
        "newest_at": NOW,
    }
    return Offer(**{"url": SITE + url, "origin": "link", **usual, **values})


def test_the_best_offer_is_alive_holds_something_and_is_no_comments():
    old = NOW - timedelta(days=200)
    offers = [
        offer("/comments", comments=True),
        offer("/empty", entries=0, newest_at=None),
        offer("/old", newest_at=old),
        offer("/linked", origin="anchor"),
        offer("/undated", newest_at=None),
        offer("/main"),
    ]
    best = [o.url.removeprefix(SITE) for o in ranked(offers, now=NOW)]
    assert best == ["/undated", "/main", "/linked", "/old", "/empty", "/comments"]


# --- what a dead feed became ----------------------------------------------------------------------------------------------


def became(lost: Lost, *offers: Offer, taken=()) -> str | None:
    best = successor(lost, offers, taken=taken, now=NOW)
    return best and best.url.removeprefix(SITE)


LOST = Lost(
    f"{SITE}/old.xml",
    "World news",
    titles=frozenset({"Rain is coming"}),
    url_keys=frozenset({"site.example/1"}),
)


def test_the_successor_is_the_feed_that_holds_what_the_lost_one_brought():
    assert became(LOST, offer("/main"), offer("/b", titles=frozenset({"rain is coming"}))) == "/b"
    assert became(LOST, offer("/main"), offer("/b", keys=frozenset({"site.example/1"}))) == "/b"
    assert became(LOST, offer("/main"), offer("/b", title="World News")) == "/b"
    assert became(LOST, offer("/main"), offer("/b")) == "/main"


def test_a_successor_is_alive_of_the_same_site_and_nobody_elses():
    assert became(LOST, offer("/old.xml")) is None
    assert became(LOST, offer("/a"), taken={f"{SITE}/a"}) is None
    assert became(LOST, offer("/a", entries=0)) is None
    assert became(LOST, offer("/a", comments=True)) is None
    assert became(LOST, offer("/a", newest_at=NOW - timedelta(days=200))) is None
    stranger = offer("/x", site_url=None)
    stranger = Offer(
        **{f: getattr(stranger, f) for f in Offer.__slots__} | {"url": "https://other.example/feed"}
    )
    assert became(LOST, stranger) is None
    own = Offer(**{f: getattr(stranger, f) for f in Offer.__slots__} | {"site_url": f"{SITE}/"})
    assert became(LOST, own) == "https://other.example/feed"
    known = Offer(**{f: getattr(stranger, f) for f in Offer.__slots__} | {"keys": LOST.url_keys})
    assert became(LOST, known) == "https://other.example/feed"


def test_the_page_to_ask_is_the_sites_own_else_the_root_of_the_host():
    assert Lost("https://feeds.example/a/b.xml").page == "https://feeds.example/"
    assert Lost("https://feeds.example/a/b.xml", site_url=f"{SITE}/news").page == f"{SITE}/news"


def test_a_site_that_cannot_be_asked_or_forbids_it_says_nothing_about_its_feeds():
    assert driven(on_offer(f"{SITE}/", now=NOW), {f"{SITE}/robots.txt": 0})[0] is None
    assert driven(on_offer(f"{SITE}/", now=NOW), {f"{SITE}/": 500})[0] is None
    forbidding = {f"{SITE}/robots.txt": b"User-agent: *\nDisallow: /", f"{SITE}/": b"<html>"}
    assert driven(on_offer(f"{SITE}/", now=NOW), forbidding) == (None, [f"{SITE}/robots.txt"])


def test_a_site_is_asked_for_robots_txt_once():
    found, asked = driven(on_offer(f"{SITE}/", now=NOW), {f"{SITE}/": b"<html>", f"{SITE}/feed": feed("a")})
    assert asked == [f"{SITE}/robots.txt", f"{SITE}/", f"{SITE}/feed"]
    assert [o.url for o in found.offers] == [f"{SITE}/feed"]
