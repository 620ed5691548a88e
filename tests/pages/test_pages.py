"""What the pages hold, read as HTML without a browser."""

from datetime import timedelta
from itertools import pairwise

import pytest

from services.api.routes import pages
from tests.fixtures.furniture import NEWS, furnish
from tests.fixtures.markup import Page, page

EVERY = ("/", "/latest", "/r/central-asia", "/r/asia/energy", "/t/energy", "/operator", "/docs", "/r/nowhere")


def test_the_front_page_is_a_news_site(site, desk, monkeypatch):
    furnish(desk)
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now)
    front = page(site, "/")
    sections = [text for attributes, text in front.all("h2", class_="section-title")]
    assert sections[:4] == ["Central Asia", "Trending", "Latest", "Asia"]
    assert {"Middle East", "Russia", "Europe", "Africa", "Americas"} <= set(sections)
    kickers = [text for _, text in front.all("p", class_="kicker")]
    assert "South Asia · 58 mins ago: why this article is here" in kickers
    assert "Economy · 1 hour ago: why this article is here" in kickers
    headlines = {text for _, text in front.all("h3")}
    assert {row[2] for row in NEWS[:24]} <= headlines


def test_no_section_shows_what_a_section_above_shows(site, desk):
    furnish(desk)
    source = site.get("/").text
    lead = source[source.index('class="lead"') : source.index('class="latest"')]
    others = source[source.index('class="sections"') :]
    assert NEWS[0][2] in lead
    assert NEWS[0][2] not in others


@pytest.mark.parametrize("path", EVERY)
def test_every_page_has_landmarks_and_headings_in_order(site, desk, path):
    furnish(desk)
    found = page(site, path, 404 if path == "/r/nowhere" else 200)
    for landmark in ("header", "main", "footer"):
        assert found.all(landmark), landmark
    assert found.all("a", class_="skip", href="#main")
    assert found.all("main", id="main")
    levels = [int(tag[1]) for tag, _, _ in found.found if tag in {"h1", "h2", "h3", "h4"}]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes, _ in found.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for attributes, _ in found.all("label")}
    assert {attributes["id"] for attributes, _ in found.all("input")} <= labelled


@pytest.mark.parametrize("path", ["/", "/r/central-asia", "/t/energy", "/r/asia/energy", "/latest"])
def test_streams_say_where_they_are_as_feeds(site, desk, path):
    furnish(desk)
    links = [attributes for attributes, _ in page(site, path).all("link", rel="alternate")]
    assert [link["type"] for link in links] == [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ]
    for link in links:
        assert site.get(link["href"]).status == 200


def test_every_link_within_the_site_leads_somewhere(site, desk):
    furnish(desk)
    links = set()
    for path in ("/", "/r/central-asia", "/t/energy", "/docs"):
        links |= {attributes["href"].split("#")[0] for attributes, _ in page(site, path).all("a")}
    inside = sorted(link for link in links if link.startswith("/"))
    assert len(inside) > 20
    closed = site.get("/editor")  # to those who are not signed in
    assert (closed.status, site.get(closed.headers["location"]).status) == (303, 200)
    assert [link for link in inside if link != "/editor" and site.get(link).status != 200] == []


def test_what_a_publisher_wrote_carries_its_language_and_direction(site, desk):
    furnish(desk)
    headlines = {text: attributes for attributes, text in page(site, "/").all("h3")}
    arabic = headlines["افتتاح محطة لتحلية المياه بالطاقة الشمسية على الساحل الشمالي"]
    assert (arabic["lang"], arabic["dir"]) == ("ar", "auto")


def test_hostile_text_and_addresses_do_nothing(site, desk):
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    article = desk.article(
        attack,
        teaser=attack,
        text=attack,
        url="javascript:alert(1)",
        language='en"x',
        regions=["asia"],
        authors=[attack],
    )
    for path in ("/", "/latest", "/r/asia", f"/article/{article}", "/latest?q=%22%3E%3Cscript%3E"):
        source = site.get(path).text
        assert "<script>alert" not in source
        assert "<img" not in source
        assert 'href="javascript' not in source
        assert all("onerror" not in attributes for _, attributes, _ in Page(source).found)


def test_an_article_shows_the_reason_for_every_label_with_its_terms_marked(site, desk):
    shown = furnish(desk)[0]
    found = page(site, f"/article/{shown}")
    marks = [text for _, text in found.all("mark", class_="region")]
    assert marks.count("Kazakhstan") == 2
    assert {"Almaty", "Kyrgyzstan"} <= set(marks)
    assert {"wind farm", "short of power"} <= {text for _, text in found.all("mark", class_="topic")}
    assert found.all("h1")[0][1] == NEWS[0][2]
    assert "regions/central-asia.yaml:12" in [text for _, text in found.all("code")]
    source = site.get(f"/article/{shown}").text
    assert "Region given because it holds Central Asia." in source
    assert "also at 2" not in source
    assert "Silk Road Post" in source


def test_an_empty_front_page_says_what_is_going_on(site, desk):
    for n in range(30):
        desk.feed(f"s{n}.example", checked_at=desk.now if n < 12 else None)
    source = site.get("/").text
    assert "<strong>No articles yet.</strong> 12 of 30 sources have been asked so far." in source


def test_an_empty_front_page_without_anything_says_so_too(site, service):
    assert "No feeds are behind this stream yet." in site.get("/").text


def test_older_articles_are_a_link_away(site, desk):
    for n in range(45):
        desk.article(f"Number {n}", regions=["asia"], age=timedelta(minutes=n))
    first = page(site, "/r/asia")
    (link, _), *_ = first.all("a", rel="next")
    second = page(site, "/r/asia" + link["href"])
    assert len(first.all("h2", class_="headline")) == 40
    assert len(second.all("h2", class_="headline")) == 5
    assert second.all("a", rel="first")[0][0]["href"] == "/r/asia"


def test_the_search_finds_and_keeps_the_words(site, desk):
    furnish(desk)
    found = page(site, "/latest?q=railway")
    assert [text for _, text in found.all("h2", class_="headline")] == [NEWS[2][2]]
    assert found.all("input", id="q")[0][0]["value"] == "railway"
    feeds = [attributes["href"] for attributes, _ in found.all("link", rel="alternate")]
    assert feeds == [f"/feeds/latest.{ending}?q=railway" for ending in ("atom", "rss", "json")]
    assert {f"/feeds/latest.{ending}?q=railway" for ending in ("atom", "rss", "json")} <= {
        attributes["href"] for attributes, _ in found.all("a")
    }


def test_the_operators_page_shows_troubles_in_words(site, desk):
    furnish(desk)
    source = site.get("/operator").text
    assert (
        "4 failures in a row, last good answer 9 hours ago: HTTP 503 from the publisher&#39;s server."
        in source
    )
    assert "Not asked any more: the publisher asked us to stop. <code>dateline feeds refresh" in source
    assert "Flood of News" in source
    assert "Due 47 mins ago" in source


def test_a_page_is_named_by_its_tag_for_a_minute(site, desk, monkeypatch):
    furnish(desk)
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now)
    first = site.get("/")
    assert site.get("/", if_none_match=first.headers["etag"]).status == 304
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now + timedelta(minutes=1))
    assert site.get("/", if_none_match=first.headers["etag"]).status == 200
