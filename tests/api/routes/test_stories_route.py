"""`story` in items, and GET /v1/stories/{id}, over real HTTP."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from services.api.schemas.answers import ArticleBody, ChangesBody, LatestBody
from services.api.schemas.stories import StoryBody
from services.core.db import transaction
from tests.fixtures.articles import Desk
from tests.fixtures.stories import Stories

QUAKE = ("Quake felt in Osh", "Osh shaken by a quake", "Schools closed after the quake in Osh")


def quake(desk: Desk, stories: Stories, story: int = 7) -> list[int]:
    """Three articles of three publishers, the first one the oldest."""
    ids = [
        desk.article(
            title,
            source=f"{'abc'[n]}.example",
            age=timedelta(hours=3 - n),
            regions=["central-asia"],
            topics=["environment"] if n else [],
            teaser=f"Teaser {n}",
        )
        for n, title in enumerate(QUAKE)
    ]
    stories.put(story, ids)
    return ids


# --- in every item ---------------------------------------------------------------------------------------------------


def test_an_item_has_its_story_once_it_is_decided(site, desk, stories):
    alone = desk.article()
    ids = quake(desk, stories)
    body = site.json("/v1/latest")
    LatestBody.model_validate(body)
    assert {item["id"]: item["story"] for item in body["items"]} == {
        alone: None,
        **{found: {"id": 7, "articles": 3, "publishers": 3} for found in ids},
    }


def test_changes_articles_and_the_json_feed_have_it_too(site, desk, stories):
    first, *_ = quake(desk, stories)
    changes = site.json("/v1/changes")
    ChangesBody.model_validate(changes)
    whole = site.json(f"/v1/articles/{first}")
    ArticleBody.model_validate(whole)
    feed = site.json("/feeds/latest.json")
    expected = {"id": 7, "articles": 3, "publishers": 3}
    assert changes["items"][0]["article"]["story"] == whole["story"] == expected
    assert [item["_dateline"]["story"] for item in feed["items"]] == [expected] * 3


def test_an_article_says_why_it_is_in_its_story(site, desk, stories):
    first, *_ = quake(desk, stories)
    why = site.json(f"/v1/articles/{first}")["story_why"]
    assert (why["by"], why["similarity"], why["needed"], why["nearest"]) == ("similarity", 0.44, 0.21, 7)
    assert why["sentence"] == "similarity 0.44 of 0.21 with story 7, by quake, osh"
    assert why["words"] == [{"word": "quake", "share": 0.7}, {"word": "osh", "share": 0.3}]
    assert why["judgement"] is None
    assert site.json(f"/v1/articles/{desk.article()}")["story_why"] is None
    stories.because(first, "story 7, because dana said so", 5)
    for found in (site.json(f"/v1/articles/{first}"), site.json("/v1/stories/7")["articles"][-1]):
        told = found["story_why"]
        assert (found["id"], told["by"], told["judgement"]) == (first, "editor", 5)
        assert told["sentence"] == "story 7, because dana said so"


def test_a_copy_has_the_story_of_the_article_shown_for_it(site, desk, stories):
    first, *_ = quake(desk, stories)
    again = desk.duplicate(first, source="d.example")
    body = site.json(f"/v1/articles/{again}")
    assert (body["story"]["id"], body["story_why"]["nearest"]) == (7, 7)


def test_every_place_where_an_article_also_stands_has_its_reason(site, desk, stories):
    first, *_ = quake(desk, stories)
    near, far = desk.duplicate(first, source="d.example"), desk.duplicate(first, source="e.example")
    desk.sighting(first, source="f.example", url="https://f.example/quake")
    stories.copy(first, near, "the same by text: words 0.98 of 0.90")
    stories.copy(near, far, "the same by title")
    body = site.json(f"/v1/articles/{first}")
    ArticleBody.model_validate(body)
    assert {other["source"]["id"]: (other["article"], other["why"]) for other in body["also_at"]} == {
        "d.example": (near, "the same by text: words 0.98 of 0.90"),
        "e.example": (far, f"the same by title, with article {near}"),
        "f.example": (None, "the same address"),
    }
    assert all(datetime.fromisoformat(other["at"]).tzinfo for other in body["also_at"])
    streamed = site.json("/v1/latest?q=felt")["items"][0]["also_at"]
    assert [other.keys() for other in streamed] == [{"source", "url"}] * 3


@pytest.mark.parametrize(
    "path", ["/v1/latest", "/v1/changes", "/feeds/latest.json", "/", "/latest", "/r/asia", "/v1/articles/1", "/article/1"]
)  # fmt: skip
def test_no_304_hides_a_new_story(site, desk, stories, path, service):
    service.setattr(
        "services.api.routes.pages.this_minute", lambda: desk.now
    )  # no page may turn while we look
    quake(desk, stories)
    other = desk.article("Quake, again", regions=["asia"], source="d.example")
    tag = site.get(path).headers["etag"]
    stories.put(7, [other], publishers=4)
    answer = site.get(path, if_none_match=tag)
    assert answer.status == 200
    assert site.get(path, if_none_match=answer.headers["etag"]).status == 304
    stories.put(3, [])
    stories.merge(7, into=3)
    assert site.get(path, if_none_match=answer.headers["etag"]).status == 200


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_feeds_that_tell_no_stories_stay_as_they_are(site, desk, stories, ending):
    quake(desk, stories)
    tag = site.get(f"/feeds/latest.{ending}").headers["etag"]
    stories.put(7, [], publishers=4)
    assert site.get(f"/feeds/latest.{ending}", if_none_match=tag).status == 304


def test_the_tag_of_an_article_does_not_change_with_other_stories(site, desk, stories):
    first, *_ = quake(desk, stories)
    other = desk.article()
    tag = site.get(f"/v1/articles/{first}").headers["etag"]
    stories.put(8, [other])
    assert site.get(f"/v1/articles/{first}", if_none_match=tag).status == 304


# --- one story -------------------------------------------------------------------------------------------------------


def test_a_story_has_its_articles_newest_first_and_its_publishers_first_one_first(site, desk, stories):
    ids = quake(desk, stories)
    body = site.json("/v1/stories/7")
    StoryBody.model_validate(body)
    assert (body["id"], body["title"], body["teaser"], body["lead"]) == (7, QUAKE[0], "Teaser 0", ids[0])
    assert body["counts"] == {"articles": 3, "publishers": 3}
    assert [item["id"] for item in body["articles"]] == ids[::-1]
    assert all(item["story"] == {"id": 7, **body["counts"]} for item in body["articles"])
    assert {item["story_why"]["nearest"] for item in body["articles"]} == {7}
    assert [found["owner"] for found in body["publishers"]] == ["a.example", "b.example", "c.example"]
    assert [found["articles"] for found in body["publishers"]] == [1, 1, 1]
    assert body["publishers"][0]["sources"][0]["name"] == "A"
    assert datetime.fromisoformat(body["publishers"][0]["first_at"]) == desk.now - timedelta(hours=3)


def test_a_story_has_its_regions_and_topics_with_counts(site, desk, stories):
    quake(desk, stories)
    body = site.json("/v1/stories/7")
    assert body["regions"] == [
        {"slug": "asia", "name": "Asia", "articles": 3},
        {"slug": "central-asia", "name": "Central Asia", "articles": 3},
    ]
    assert body["topics"] == [{"slug": "environment", "name": "Environment", "articles": 2}]


def test_publishers_are_owners_once_with_copies_and_feeds_of_others(site, desk, stories):
    first, *_ = quake(desk, stories)
    desk.duplicate(first, source="d.example")
    desk.duplicate(first, source="d2.example")
    desk.sighting(first, source="e.example", url="https://e.example/q")
    stories.own("Delta Group", "d.example", "d2.example", "c.example")
    body = site.json("/v1/stories/7")
    assert {found["owner"]: found["articles"] for found in body["publishers"]} == {
        "a.example": 1, "b.example": 1, "Delta Group": 3, "e.example": 1,
    }  # fmt: skip
    delta = next(found for found in body["publishers"] if found["owner"] == "Delta Group")
    assert delta["name"] == "Delta Group"
    assert [source["id"] for source in delta["sources"]] == ["c.example", "d.example", "d2.example"]
    assert body["counts"]["publishers"] == 4


def test_the_timeline_adds_up(site, desk, stories):
    first, *_ = quake(desk, stories)
    stories.put(7, [desk.article(f"More {n}", age=timedelta(hours=1, minutes=n)) for n in range(3)])
    desk.duplicate(first, source="late.example")
    body = site.json("/v1/stories/7")
    timeline = body["timeline"]
    assert timeline["step"] == "hour"
    assert sum(step["articles"] for step in timeline["steps"]) == body["counts"]["articles"] == 6
    assert sum(step["publishers"] for step in timeline["steps"]) == body["counts"]["publishers"] == 5
    assert datetime.fromisoformat(timeline["first_at"]) == desk.now - timedelta(hours=3)
    assert datetime.fromisoformat(timeline["last_at"]) > desk.now - timedelta(hours=1)
    at = [datetime.fromisoformat(step["at"]) for step in timeline["steps"]]
    assert {later - earlier for earlier, later in pairwise(at)} == {timedelta(hours=1)}


def test_pages_of_a_story_neither_repeat_nor_miss_also_where_it_is_merged_meanwhile(site, desk, stories):
    ids = [desk.article(f"Number {n}", age=timedelta(minutes=n)) for n in range(7)]
    stories.put(9, ids)
    first = site.get("/v1/stories/9?limit=3")
    assert first.json["next"] in first.headers["link"]
    older = [desk.article(f"Old {n}", age=timedelta(hours=n + 1)) for n in range(2)]
    stories.put(5, older)
    stories.merge(9, into=5)
    answer = site.get(f"/v1/stories/9?limit=3&before={first.json['next']}")
    assert answer.status == 308
    path, seen = answer.headers["location"], [item["id"] for item in first.json["articles"]]
    while path:
        page = site.json(path)
        seen += [item["id"] for item in page["articles"]]
        path = f"/v1/stories/5?limit=3&before={page['next']}" if page["next"] else None
    assert seen == ids + older


def test_a_merged_story_leads_to_its_survivor_through_any_chain(site, desk, stories):
    quake(desk, stories, story=7)
    for story in (1, 4):
        stories.put(story, [])
    stories.merge(7, into=4)
    stories.merge(4, into=1)
    for lost in (7, 4):
        answer = site.get(f"/v1/stories/{lost}")
        assert (answer.status, answer.headers["location"]) == (308, "/v1/stories/1")
        assert answer.headers["cache-control"] == "no-cache"
    assert site.json("/v1/stories/1")["counts"]["articles"] == 3


def test_a_story_with_nothing_left_is_gone(site, desk, stories):
    ids = quake(desk, stories)
    for gone in ids[1:]:
        desk.take_out(gone)
    assert site.json("/v1/stories/7")["counts"]["articles"] == 1
    desk.take_out(ids[0])
    answer = site.get("/v1/stories/7")
    assert (answer.status, answer.json["type"]) == (410, "/docs#removed")


def test_a_story_whose_leading_article_went_is_called_after_its_first(site, desk, stories):
    ids = quake(desk, stories)
    stories.put(7, [], lead=ids[2])
    assert site.json("/v1/stories/7")["title"] == QUAKE[2]
    desk.take_out(ids[2])
    body = site.json("/v1/stories/7")
    assert (body["title"], body["lead"]) == (QUAKE[0], ids[0])


@pytest.mark.parametrize("found", ["0", "-1", "x", "999", str(2**63)])
def test_a_story_that_is_none_is_404(site, desk, found):
    assert site.get(f"/v1/stories/{found}").status == 404


def test_what_cannot_be_used_is_refused_by_name(site, desk, stories):
    quake(desk, stories)
    latest = site.json("/v1/latest?limit=1")["next"]
    for query, said in (
        ("story=7", "story is no parameter"),
        ("limit=0", "limit"),
        ("before=xyz", "before: this is no cursor of ours"),
        (f"before={latest}", "before: this cursor belongs to other filters"),
    ):
        answer = site.get(f"/v1/stories/7?{query}")
        assert answer.status == 400
        assert said in answer.json["detail"]


def test_a_cursor_from_before_a_restore_says_how_to_go_on(site, desk, stories):
    quake(desk, stories)
    following = site.json("/v1/stories/7?limit=1")["next"]
    with transaction() as session:
        session.execute(text("UPDATE stream_state SET epoch = 'another'"))
    answer = site.get(f"/v1/stories/7?before={following}")
    assert (answer.status, answer.json["type"]) == (410, "/docs#cursor-gone")
    assert answer.json["detail"].endswith("Read the story from its newest article.")


def test_what_happens_to_stories_or_the_stream_gives_the_next_page_another_address(site, desk, stories):
    """A cache may hold the one from before."""
    quake(desk, stories)
    given = [site.json("/v1/stories/7?limit=1")["next"]]
    stories.put(7, [], publishers=9)
    given.append(site.json("/v1/stories/7?limit=1")["next"])
    desk.article()
    given.append(site.json("/v1/stories/7?limit=1")["next"])
    assert len({*given, site.json("/v1/stories/7?limit=1")["next"]}) == 3
    assert len({site.json(f"/v1/stories/7?limit=1&before={one}")["articles"][0]["id"] for one in given}) == 1


def test_the_tag_of_a_story_stands_until_something_in_it_can_have_changed(site, desk, stories):
    ids = quake(desk, stories)
    first = site.get("/v1/stories/7")
    assert "max-age" in first.headers["cache-control"]
    tag = first.headers["etag"]
    assert site.get("/v1/stories/7", if_none_match=tag).status == 304
    assert site.get("/v1/stories/7?limit=2").headers["etag"] != tag
    desk.edit(ids[0], title="Quake, corrected")
    answer = site.get("/v1/stories/7", if_none_match=tag)
    assert (answer.status, answer.json["title"]) == (200, "Quake, corrected")
    stories.put(7, [], publishers=9)
    assert site.get("/v1/stories/7", if_none_match=answer.headers["etag"]).status == 200
