"""What operators see of feeds, read as HTML without a browser."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from services.api.routes.operators import STAGES_IN_WORDS
from services.core.db import transaction
from services.core.models import Fetch, Gap, ParseDifference
from tests.fixtures.feeds import DAY, add, troubled
from tests.fixtures.markup import Page, page


def facts(found: Page) -> dict[str, str]:
    """Names and sentences of the lists of facts."""
    names = [told for _, told in found.all("dt")]
    return dict(zip(names, [told for _, told in found.all("dd")], strict=True))


def titles(found: Page) -> list[str]:
    """The feeds of the table, with their addresses."""
    return [told for _, told in found.all("th", scope="row") if "://" in told]


def test_a_feed_is_told_whole(site, desk):
    feed = troubled(desk)
    found = page(site, f"/operator/feeds/{feed}")
    assert found.all("h1")[0][1] == "Old Valley Gazette"
    (standing,) = [told for _, told in found.all("p", class_="standing")]
    assert standing.startswith("Failing. 5 failures in a row, last good answer ")
    assert standing.endswith("old-valley.example has no such page any more (404).")
    told = facts(found)
    assert told["When"].startswith("In 21 hours (")
    assert told["Why then"] == "Five failures in a row, so the pause doubled."
    assert told["Learned pace"] == "Every 90 mins."
    assert told["Publisher's wish"] == (
        "Not more often than every 60 mins; not from 00:00 to 03:00 and from 23:00 to 24:00 UTC (skipHours); "
        "not on Saturday and Sunday (skipDays)."
    )
    assert told["Last good answer"].startswith("9 days ago (")
    assert told["Last news"].startswith("10 days ago (")
    assert told["Usual silence"].startswith("Up to 2 days; it is called quiet from ")
    assert told["Redirect"].startswith(
        "It has answered from https://www.old-valley.example/feeds/world 2 times since "
    )
    assert told["Redirect"].endswith("; believed after 3 times over 3 days.")
    assert f"`dateline feeds replace {feed}`".strip("`") in told["Replacement"]
    assert "https://www.old-valley.example/world.atom" in told["Replacement"]
    assert told["Former address"].startswith("http://old-valley.example/rss.xml, until ")
    assert told["Publisher"] == "Old Valley Gazette (old-valley.example, KZ)"
    assert told["Validators"].startswith("ETag and Last-Modified are kept and sent back")
    assert told["Push"].startswith("Subscribed at https://hub.example/ until ")
    assert told["Push"].endswith("Looks of our own found news 2 times that no push had told.")
    assert told["Parsers"].startswith("1 body of it")


def test_the_history_of_a_feed_says_what_each_fetch_brought(site, desk):
    found = page(site, f"/operator/feeds/{troubled(desk)}")
    cells = [told for _, told in found.all("td")]
    assert cells[2:4] == ["30 entries", "about 12"]
    first, second = cells[4:9], cells[9:14]
    assert first == [
        "404",
        "failed",
        "old-valley.example has no such page any more (404).",
        "120 ms",
        "900 B",
    ]
    assert second[2].startswith("3 new, 1 again, 26 unchanged, 3 skipped")
    assert [told for _, told in found.all("summary")] == ["no link (2), twice in one body"]
    assert "twice in one body: https://a" in second[2]
    assert (second[0], second[1], second[4]) == ("200", "new body", "12 kB")
    assert len([1 for attributes, _ in found.all("th") if attributes.get("scope") == "col"]) == 4 + 6
    assert len(found.all("caption")) == 2


def test_only_the_last_thirty_fetches_are_shown(site, desk):
    feed = desk.feed()
    add(
        *(
            Fetch(
                feed_id=feed, at=desk.now - timedelta(minutes=n), elapsed_ms=n, status=304, outcome="unchanged", bytes=0,
                error=None, brought={},
            )
            for n in range(35)
        )
    )  # fmt: skip
    found = page(site, f"/operator/feeds/{feed}")
    times = [told for attributes, told in found.all("td", class_="figure")]
    assert times[0::2] == [f"{n} ms" for n in range(30)]


def test_a_feed_shows_no_secret_of_its_subscription_or_address(site, desk):
    feed = troubled(desk)
    with transaction() as session:
        session.execute(text("UPDATE feeds SET url = 'https://desk:pass@old-valley.example/rss'"))
    for path in (f"/operator/feeds/{feed}", "/operator"):
        source = site.get(path).text
        assert [word for word in ("tokenvalue", "secretvalue", "desk:pass") if word in source] == []


@pytest.mark.parametrize(
    ("values", "state", "says"),
    [
        ({}, "Healthy", "It answered just now."),
        ({"checked_at": None, "ok_at": None}, "New", "Not asked yet."),
        ({"paused_reason": "the publisher asked us to stop"}, "Paused", "Not asked any more: the publisher asked us to stop. dateline feeds refresh"),
        ({"failures": 1, "ok_at": None, "error": "No"}, "Failing", "1 failure in a row, never a good answer: No."),
    ],
    ids=["healthy", "new", "paused", "failing"],
)  # fmt: skip
def test_every_state_is_one_sentence(site, desk, values, state, says):
    found = page(site, f"/operator/feeds/{desk.feed(**values)}")
    (standing,) = [told for _, told in found.all("p", class_="standing")]
    assert standing.startswith(f"{state}. {says}")


def test_a_quiet_feed_is_told_with_its_habit(site, desk):
    feed = desk.feed(new_at=desk.now - 12 * DAY, usual_s=2 * 86_400, quiet_at=desk.now - DAY)
    source = site.get(f"/operator/feeds/{feed}").text
    assert "It answers, and has brought nothing new for 12 days; up to 2 days of silence are usual." in source
    assert 'class="state quiet"' in source


def test_validators_that_lie_are_told(site, desk):
    told = facts(page(site, f"/operator/feeds/{desk.feed(validators_lie=True, etag='x')}"))
    assert told["Validators"].startswith("Its server said “not modified” of a body that was")


def test_a_feed_without_a_title_is_called_by_its_host(site, desk):
    feed = desk.feed("bare.example", title=" ", paused_reason="x", checked_at=None)
    desk.gap(feed)
    add(ParseDifference(feed_id=feed, what="x", body=b""))
    assert page(site, f"/operator/feeds/{feed}").all("h1")[0][1] == "bare.example"
    links = page(site, "/operator").all("a", href=f"/operator/feeds/{feed}")
    assert [told for _, told in links] == ["bare.example"] * 4


@pytest.mark.parametrize("number", ["0", "7", "9223372036854775808", "99999999999999999999999", "x"])
def test_no_such_feed_is_a_page_that_says_so(site, desk, number):
    assert page(site, f"/operator/feeds/{number}", 404).all("h1")


@pytest.mark.parametrize("path", ["/operator/feeds/{}", "/operator?state=failing&q=old", "/operator"])
def test_the_pages_have_headings_in_order_and_labels(site, desk, path):
    found = page(site, path.format(troubled(desk)))
    levels = [int(tag[1]) for tag, _, _ in found.found if re.fullmatch("h[1-4]", tag)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes, _ in found.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(
        attributes.get("aria-label")
        for _, attributes, _ in found.found
        if attributes.get("class") == "scroll"
    )
    assert len(found.all("table")) == len(found.all("caption"))
    assert all(attributes.get("scope") for attributes, _ in found.all("th"))
    links = {attributes["href"].split("#")[0] for attributes, _ in found.all("a")}
    inside = {link for link in links if link.startswith("/")} - {"/editor"}  # which strangers cannot enter
    assert [link for link in inside if site.get(link).status != 200] == []


def test_what_a_publisher_wrote_stays_text(site, desk):
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>`code`'
    feed = desk.feed(
        name=attack, failures=3, error=attack, pace_reason=attack, replacement_url="javascript:alert(1)",
        moved_to=f"https://a.example/{attack}",
    )  # fmt: skip
    add(
        Fetch(
            feed_id=feed, at=desk.now, elapsed_ms=1, status=200, outcome="new-body", bytes=1, error=None,
            brought={"skipped": [attack]},
        ),
        ParseDifference(feed_id=feed, what=attack, body=b""),
    )  # fmt: skip
    for path in (f"/operator/feeds/{feed}", "/operator", "/operator?q=%22%3E%3Cscript%3E"):
        source = site.get(path).text
        assert "<script>alert" not in source
        assert "<img" not in source
        assert 'href="javascript' not in source
        assert Page(source).all("h1")


# --- /operator -------------------------------------------------------------------------------------------------------


def needed(found: Page) -> dict[str, list[str]]:
    """What needs a person: the sentences under each heading."""
    source: dict[str, list[str]] = {}
    for tag, _, words in found.found:
        told = " ".join("".join(words).split())
        if tag == "h3":
            here = source.setdefault(told, [])
        elif tag == "li" and source:
            here.append(told)
        elif tag == "h2" and source:
            break
    return source


def test_what_needs_a_person_is_a_sentence_with_a_link(site, desk):
    troubled(desk)
    desk.feed("sunday.example", name="Sunday Paper", paused_reason="moved behind a paywall")
    desk.feed("hush.example", name="Hush", new_at=desk.now - 5 * DAY, usual_s=3600, quiet_at=desk.now - DAY)
    desk.feed("throttle.example", name="Throttled")
    with transaction() as session:
        session.execute(
            text("UPDATE hosts SET free_at = now() + interval '2 hours' WHERE host = 'throttle.example'")
        )
    found = needed(page(site, "/operator"))
    assert list(found) == [
        "New addresses offered 1", "Failing for more than a week 1", "Hosts that throttle us 1", "Quiet against their habit 1",
        "Paused 1", "Parsers that disagree 1",
    ]  # fmt: skip
    assert found["New addresses offered 1"][0].startswith(
        "Old Valley Gazette could be read from https://www.old-valley.example/world.atom: dateline feeds replace"
    )
    assert found["Failing for more than a week 1"][0].startswith("Old Valley Gazette has failed since ")
    assert found["Hosts that throttle us 1"][0].startswith("throttle.example asked to be left alone until ")
    assert found["Hosts that throttle us 1"][0].endswith("; 1 feed waits for that.")
    assert found["Quiet against their habit 1"] == [
        "Hush has brought nothing new for 5 days; up to 60 mins of silence are usual."
    ]
    assert found["Paused 1"] == ["Sunday Paper is paused: moved behind a paywall"]
    assert found["Parsers that disagree 1"] == [
        "Old Valley Gazette was read differently just now: entry 3: title"
    ]


def test_where_nobody_is_needed_that_is_said(site, desk):
    desk.feed()
    for role in ("scheduler", "ingest", "classify", "stories"):
        desk.beat(role, desk.now)
    assert "Nothing: every feed answers" in site.get("/operator").text


def alarms(found: Page) -> list[str]:
    """The sentences of what is wrong now."""
    return [told for _, told in found.all("p", class_="notice wrong")]


def test_what_the_doctor_finds_wrong_of_roles_and_work_stands_above_all_else(site, desk):
    desk.feed()
    for role in ("scheduler", "ingest", "stories"):
        desk.beat(role, desk.now)
    desk.beat("classify", desk.now - timedelta(minutes=40))
    found = page(site, "/operator")
    assert alarms(found) == ["Classify gives no sign of life: start dateline worker classify."]
    assert found.all("h2")[0][1] == "Wrong now"
    assert [told for attributes, told in found.all("td") if attributes.get("class") == "bad"] == [
        "40 mins ago: silent"
    ]
    assert "Nothing: every feed answers" not in site.get("/operator").text
    desk.beat("classify", desk.now)
    assert alarms(page(site, "/operator")) == []
    desk.article(listed=False, age=timedelta(minutes=10))
    (told,) = alarms(page(site, "/operator"))
    assert re.match(r"1 article waits for labels, the oldest for 6\d\d s", told)
    assert told.endswith("start more dateline worker classify.")


def waiting(found: Page) -> dict[str, str]:
    """What the tiles say of the stages, without since when."""
    tiles = [told for _, told in found.all("div")]
    return {
        stage: re.sub(" ?oldest .*", "", tile.removeprefix(words))
        for stage, words in STAGES_IN_WORDS.items()
        for tile in tiles
        if tile.startswith(words)
    }


def test_where_not_all_that_waits_was_counted_that_is_said(site, desk, monkeypatch):
    monkeypatch.setattr("services.api.queries.figures.COUNTED", 2)
    first, *_ = [desk.article(f"Number {n}", listed=False) for n in range(2)]
    told = waiting(page(site, "/operator"))
    assert (told["labels"], told["publication"]) == ("2", "2"), "all of them"
    desk.article("One more", listed=False)
    told = waiting(page(site, "/operator"))
    assert (told["labels"], told["publication"]) == ("more than 2", "more than 2")
    with transaction() as session:
        session.execute(text("UPDATE articles SET published_revision = 1 WHERE id = :id"), {"id": first})
        session.execute(text("UPDATE articles SET published_revision = 1 WHERE id = :id"), {"id": first + 1})
    told = waiting(page(site, "/operator"))
    assert (told["labels"], told["publication"]) == ("more than 2", "at least 1")


def test_many_of_a_kind_are_a_few_and_a_link_to_all(site, desk):
    for n in range(13):
        desk.feed(f"s{n}.example", failures=2, error_kind="dns", error="No name.", ok_at=desk.now - 8 * DAY)
    found = page(site, "/operator")
    assert needed(found)["Many for one reason 13"] == [
        "13 feeds fail because their names do not resolve: is this machine's DNS all right?"
    ]
    told = needed(found)["Failing for more than a week 13"]
    assert (len(told), told[-1]) == (4, "All 13 failing for more than a week")
    (link,) = {attributes["href"] for attributes, _ in found.all("a", class_="all")}
    assert len(titles(page(site, link.partition("#")[0]))) == 13


def test_gaps_of_the_last_day_are_counted_with_what_they_cost(site, desk):
    feed = desk.feed(name="Flood")
    for ago, missed in ((1, 40), (2, 2), (30, 500)):
        end = desk.now - timedelta(hours=ago)
        add(Gap(feed_id=feed, from_at=end - timedelta(hours=1), to_at=end, window=30, missed=missed))
    told = [text for _, text in page(site, "/operator").all("dd")]
    assert told[told.index("about 42 items missed") - 1] == "2"


def test_feeds_are_filtered_by_state_need_and_words(site, desk):
    troubled(desk)
    desk.feed("alpha.example", name="Alpha Post")
    desk.feed("beta.example", name="Beta 100% News", checked_at=None, ok_at=None)
    everything = ["Old Valley Gazette https://old-valley.example/feed.xml", "Beta 100% News https://beta.example/feed.xml",
                  "Alpha Post https://alpha.example/feed.xml"]  # fmt: skip
    assert titles(page(site, "/operator")) == everything
    assert titles(page(site, "/operator?state=failing")) == everything[:1]
    assert titles(page(site, "/operator?state=new")) == everything[1:2]
    assert titles(page(site, "/operator?need=replacement")) == everything[:1]
    assert titles(page(site, "/operator?q=ALPHA")) == everything[2:]
    assert titles(page(site, "/operator?q=100%25")) == everything[1:2]
    assert titles(page(site, "/operator?q=%25")) == everything[1:2]
    assert titles(page(site, "/operator?state=healthy&q=beta")) == []
    assert "No feed is like that." in site.get("/operator?state=healthy&q=beta").text


def test_no_page_lists_more_than_fifty_feeds(site, desk):
    for n in range(55):
        desk.feed(f"s{n:02}.example", name=f"Paper {n:02}")
    first = page(site, "/operator?q=paper")
    (link,) = [attributes["href"] for attributes, _ in first.all("a", rel="next")]
    assert link == "/operator?q=paper&page=2#feeds"
    second = page(site, link.partition("#")[0])
    assert (len(titles(first)), len(titles(second))) == (50, 5)
    assert [attributes["href"] for attributes, _ in second.all("a", rel="prev")] == [
        "/operator?q=paper#feeds"
    ]
    assert second.all("a", rel="next") == []
    assert "the first</a> is not empty" in site.get("/operator?page=3").text


@pytest.mark.parametrize(
    "query", ["state=sad", "need=money", "page=0", "page=x", "sort=title", f"q={'x' * 201}"]
)
def test_a_wrong_question_is_refused_with_its_name(site, desk, query):
    answer = site.get(f"/operator?{query}")
    assert (answer.status, answer.json["parameter"]) == (400, query.partition("=")[0])
