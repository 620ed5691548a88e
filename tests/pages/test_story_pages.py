"""Stories and what is rising as people see them, read as HTML without a browser."""

from datetime import timedelta
from itertools import pairwise

import pytest

from services.api.routes import pages
from tests.fixtures.markup import Page, page

TITLES = ("Quake felt in Osh", "Osh shaken by a quake", "Schools closed after the quake in Osh")
ABC = [("a.example", 120.0), ("b.example", 60.0), ("c.example", 0.0)]


@pytest.fixture
def quake(desk, stories, monkeypatch) -> list[int]:
    """A story of three publishers that rises in Central Asia, and a story of one; the first id is the oldest article."""
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now)
    ids = [
        desk.article(
            title,
            source=f"{'abc'[n]}.example",
            age=timedelta(hours=3 - n),
            regions=["central-asia"],
            topics=["environment"],
            teaser=f"Teaser {n}",
        )
        for n, title in enumerate(TITLES)
    ]
    stories.put(7, ids)
    stories.put(9, [desk.article("A garden opens", regions=["europe"])])
    stories.rising(desk.now, {7: ABC}, "region/central-asia", "region/asia", "topic/environment")
    return ids


def headlines(found: Page, level: str) -> list[str]:
    return [text for _, text in found.all(level, class_="headline")]


# --- one story -------------------------------------------------------------------------------------------------------


def test_a_story_says_when_it_began_who_has_it_and_shows_its_articles_newest_first(site, desk, quake):
    found = page(site, "/story/7")
    assert [text for _, text in found.all("h1")] == [TITLES[0]]
    assert headlines(found, "h3") == list(TITLES[::-1])
    (kicker, *_) = [text for _, text in found.all("p", class_="kicker")]
    assert kicker == "Central Asia · Story, began 3 hours ago"
    (byline, *_) = [text for _, text in found.all("p", class_="byline")]
    assert byline.startswith("3 publishers, 3 articles · since ")
    assert byline.endswith("· last news 1 hour ago")
    assert [text for _, text in found.all("span", class_="name")] == ["A", "B", "C"]
    links = [(attributes["href"], text) for attributes, text in found.all("a")]
    assert {("/r/asia", "Asia 3"), ("/t/environment", "Environment 3")} <= set(links)


def test_the_reason_for_each_article_is_there_on_demand(site, quake):
    found = page(site, "/story/7")
    sums = [text for _, text in found.all("details", class_="sum")]
    assert len(sums) == 3
    assert all("Similarity 0.44 of 0.21 with story 7, by quake, osh." in text for text in sums)
    assert "quake 70 %" in sums[0]
    assert [text for _, text in found.all("summary")][1] == f"Why it is in this story: {TITLES[2]}"


def test_the_growth_is_a_chart_and_a_table(site, quake):
    found = page(site, "/story/7")
    assert len(found.all("rect")) == 3
    ((chart, _),) = found.all("svg")
    assert (chart["role"], chart["aria-labelledby"]) == ("img", "growth")
    assert len(found.all("tr")) == 4
    assert not page(site, "/story/9").all("svg")


def test_a_story_of_one_article_says_so(site, quake):
    found = page(site, "/story/9")
    assert headlines(found, "h3") == ["A garden opens"]
    assert "The article" in [text for _, text in found.all("h2")]


def test_older_articles_of_a_story_are_a_link_away(site, desk, stories):
    stories.put(3, [desk.article(f"Number {n}", age=timedelta(minutes=n)) for n in range(45)])
    first = page(site, "/story/3")
    (link, _), *_ = first.all("a", rel="next")
    second = page(site, "/story/3" + link["href"])
    assert (len(headlines(first, "h3")), len(headlines(second, "h3"))) == (40, 5)
    assert second.all("a", rel="first")[0][0]["href"] == "/story/3"
    assert not second.all("svg")


def test_a_story_says_where_it_is_as_a_feed(site, quake):
    found = page(site, "/story/7")
    links = [attributes for attributes, _ in found.all("link", rel="alternate")]
    assert [link["href"] for link in links] == [
        f"/feeds/story/7.{ending}" for ending in ("atom", "rss", "json")
    ]
    for attributes, _ in found.all("a"):
        if (attributes["href"] or "").startswith(("/feeds/story", "/v1/", "/r/", "/t/", "/article/")):
            assert site.get(attributes["href"]).status == 200


def test_a_merged_story_redirects_and_one_that_is_gone_says_so(site, desk, stories, quake):
    stories.merge(9, into=7)
    answer = site.get("/story/9")
    assert (answer.status, answer.headers["location"]) == (308, "/story/7")
    assert answer.headers["cache-control"] == "no-cache"
    alone = desk.article("Alone")
    stories.put(8, [alone])
    desk.take_out(alone)
    gone = page(site, "/story/8", 410)
    assert "Nothing is left of story 8" in " ".join(text for _, text in gone.all("p"))
    page(site, "/story/99", 404)


def test_owners_with_several_sources_name_them(site, stories, quake):
    stories.own("Alpha Group", "a.example", "b.example")
    found = page(site, "/story/7")
    assert [text for _, text in found.all("span", class_="name")] == ["Alpha Group", "C"]
    assert any("through A, B" in text for _, text in found.all("span", class_="rule"))


# --- in streams ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/latest", "/r/central-asia", "/t/environment"])
def test_a_row_says_how_many_publishers_have_the_story(site, quake, path):
    found = page(site, path)
    bylines = [text for _, text in found.all("p", class_="byline")]
    assert "A · 3 publishers" in bylines
    assert not any("1 publisher" in text for text in bylines)
    assert "/story/7" in [attributes["href"] for attributes, _ in found.all("a")]
    assert "/story/9" not in [attributes["href"] for attributes, _ in found.all("a")]


@pytest.mark.parametrize(
    "path", ["/", "/latest", "/r/central-asia", "/r/asia", "/t/environment", "/r/asia/environment"]
)
def test_what_rises_stands_on_the_page_with_its_arithmetic(site, quake, path):
    found = page(site, path)
    ((_, trend),) = found.all("li", class_="trend")
    over, _, rest = trend.partition(" · ")
    assert over in {"Central Asia", "Environment"}
    assert rest.startswith("3 hours ago Quake felt in Osh 3 publishers Why it rises: Quake felt in Osh")
    # heat: 2^(-2/6) + 2^(-1/6) + 1; the habit fades by hours
    assert "Score 2.27 = heat 2.68 / habit 1.18" in trend
    assert "C +1.00 just now" in trend
    assert "A +0.79 2 hours ago" in trend
    assert "(10 + 3.0 voices) / (10 + 1.0 stories)" in trend
    assert ("/story/7", "Quake felt in Osh") in [(a["href"], text) for a, text in found.all("a")]


def test_what_an_editor_said_is_why_an_article_is_in_its_story(site, stories, quake):
    stories.because(quake[0], "story 7, because dana said that they are of one event: <i>see</i>", 5)
    for path in (f"/article/{quake[0]}", "/story/7"):
        found = page(site, path)
        (told,) = [text for _, text in found.all("p") if "because dana" in text]
        assert told == "Story 7, because dana said that they are of one event: <i>see</i>. Judgement 5"
        assert ("/editor/judgements/5", "Judgement 5") in [(a["href"], text) for a, text in found.all("a")]


def test_a_muted_story_does_not_rise_and_its_page_says_so(site, stories, quake):
    def offered():
        return [
            text for found, text in page(site, "/story/7").all("a") if found["href"] == "/editor/stories/7"
        ]

    assert offered() == ["This story is not news"]
    stories.mute(7, "aida <b>")
    assert page(site, "/").all("li", class_="trend") == []
    assert page(site, "/story/7").all("h1")
    assert offered() == ["Let it stand in Trending again"]
    assert (
        "It does not stand in Trending, aida <b> says."
        in page(site, "/story/7").all("p", class_="small")[-1][1]
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "Nothing is rising: no story has 3 publishers or more, and more than is usual at the moment."),
        (
            "/r/europe",
            "Nothing is rising in Europe: no story has 3 publishers or more, and more than is usual there.",
        ),
        ("/r/europe/energy", "Nothing is rising in Energy in Europe:"),
    ],
)
def test_where_nothing_rises_the_page_says_so(site, desk, path, said):
    desk.article("A garden opens", regions=["europe"], topics=["energy"])
    found = page(site, path)
    ((_, section),) = found.all("section", class_="trending")
    assert section.startswith(f"Trending {said}")


def test_search_and_older_pages_have_no_trending(site, desk, quake):
    for n in range(45):
        desk.article(f"Number {n}", regions=["asia"], age=timedelta(minutes=n))
    (link, _), *_ = page(site, "/r/asia").all("a", rel="next")
    for path in ("/latest?q=quake", "/r/asia" + link["href"]):
        assert not page(site, path).all("section", class_="trending")


# --- one article -----------------------------------------------------------------------------------------------------


def test_an_article_shows_its_story_with_the_decision_and_the_words(site, quake):
    found = page(site, f"/article/{quake[1]}")
    assert ("/story/7", TITLES[0]) in [(a["href"], text) for a, text in found.all("a")]
    ((_, why),) = found.all("details", class_="sum")
    assert "Similarity 0.44 of 0.21 with story 7, by quake, osh. quake 70 % osh 30 %" in why
    assert "3 articles, 3 publishers." in site.get(f"/article/{quake[1]}").text


def test_an_article_without_a_story_and_one_of_its_own_say_so(site, desk, stories, quake):
    waits = desk.article("Not decided")
    assert "Not decided yet." in site.get(f"/article/{waits}").text
    alone = site.json("/v1/stories/9")["lead"]
    assert "No other article is on this event" in site.get(f"/article/{alone}").text


def test_also_at_names_source_time_and_the_reason_of_each_copy(site, desk, stories, quake):
    again = desk.duplicate(quake[0], source="d.example")
    desk.sighting(quake[0], source="e.example", url="https://e.example/quake")
    stories.copy(quake[0], again, "the same by text: words 0.98 of 0.80")
    found = page(site, f"/article/{quake[0]}")
    seen = [text for _, text in found.all("li")]
    assert any(t.startswith("D, ") and f"almost all words are the same (article {again})" in t for t in seen)
    assert any(t.startswith("E, ") and t.endswith("the same address") for t in seen)
    assert "https://e.example/quake" in [attributes["href"] for attributes, _ in found.all("a")]
    copy = page(site, f"/article/{again}")
    (told,) = [text for _, text in copy.all("div", class_="notice")]
    assert "which stands in Latest: almost all words are the same." in told
    for figures in (found, copy):
        behind = [text for _, text in figures.all("details") if text.startswith("Figures")]
        assert [text.removeprefix("Figures").strip() for text in behind] == ["words 0.98 of 0.80"]
    (byline,) = [text for _, text in copy.all("p", class_="byline")]
    assert byline.endswith(f"Article {again}")


def test_a_copy_does_not_say_that_an_article_stands_in_latest_that_was_taken_out(site, desk, quake):
    again = desk.duplicate(quake[0], source="d.example")
    before = site.get(f"/article/{again}")
    assert "which stands in Latest." in before.text
    desk.take_out(quake[0])
    after = site.get(f"/article/{again}", if_none_match=before.headers["etag"])
    assert (after.status, "which was taken out of Latest." in after.text) == (200, True)


# --- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/r/central-asia", "/story/7", "/story/9", "/article/1", "/story/99"])
def test_every_page_has_landmarks_and_headings_in_order(site, desk, quake, path):
    found = page(site, path, 404 if path == "/story/99" else 200)
    for landmark in ("header", "main", "footer"):
        assert found.all(landmark), landmark
    levels = [int(tag[1]) for tag, _, _ in found.found if tag in {"h1", "h2", "h3", "h4"}]
    assert (levels.count(1), levels[0]) == (1, 1)
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes, _ in found.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {
        attributes["aria-labelledby"] for _, attributes, _ in found.found if "aria-labelledby" in attributes
    }
    assert named <= set(ids)
    for _, attributes, _ in found.found:
        assert "style" not in attributes  # our own policy would not let it work


def test_hostile_titles_words_and_reasons_do_nothing(site, desk, stories, monkeypatch):
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now)
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    desk.feed("evil.example", name=attack)
    ids = [
        desk.article(
            attack,
            source=source,
            teaser=attack,
            regions=["asia"],
            url=f"javascript:alert({n})",
            language='en"x',
        )
        for n, source in enumerate(("evil.example", "b.example"))
    ]
    stories.put(1, ids, words=attack)
    stories.own(attack, "b.example")
    copy = desk.duplicate(ids[0], source="c.example")
    stories.copy(ids[0], copy, attack)
    stories.rising(desk.now, {1: [(attack, 0), ("evil.example", 0), ("c.example", 0)]}, "region/asia")
    for path in ("/", "/r/asia", "/story/1", f"/article/{ids[0]}", f"/article/{copy}"):
        source = site.get(path).text
        assert "&lt;script&gt;" in source
        assert "<script>alert" not in source
        assert "<img" not in source
        assert 'href="javascript' not in source
        assert all("onerror" not in attributes for _, attributes, _ in Page(source).found)


def test_what_publishers_wrote_carries_its_language_and_direction(site, desk, stories, monkeypatch):
    monkeypatch.setattr(pages, "this_minute", lambda: desk.now)
    arabic = "افتتاح محطة لتحلية المياه"
    stories.put(
        2, [desk.article(arabic, language="ar", source=f"{s}.example", regions=["asia"]) for s in "ab"]
    )
    stories.rising(desk.now, {2: ABC}, "region/asia")
    for path, level in (("/story/2", "h1"), ("/story/2", "h3"), ("/", "h3"), ("/r/asia", "h3")):
        (attributes, _), *_ = [
            found for found in page(site, path).all(level, class_="headline") if found[1] == arabic
        ]
        assert (attributes["lang"], attributes["dir"]) == ("ar", "auto"), path
    rising = page(site, "/").all("li", class_="trend")
    assert arabic in rising[0][1]
