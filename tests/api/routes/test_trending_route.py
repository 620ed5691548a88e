"""GET /v1/trending over real HTTP."""

from datetime import datetime, timedelta

import pytest

from services.api.routes import trending
from services.api.schemas.stories import TrendingBody

ABC = [("a.example", 60.0), ("b.example", 30.0), ("c.example", 0.0)]


@pytest.fixture
def rising(desk, stories, monkeypatch):
    """Two stories of Central Asia that rise, the second one more; a third one of everywhere with many old voices."""
    monkeypatch.setattr(trending, "this_half_minute", lambda: desk.now)
    for story, title in ((1, "A dam"), (2, "A quake"), (3, "A vote")):
        ids = [desk.article(title, source=f"{s}.example", regions=["central-asia"]) for s in "abc"]
        stories.put(story, ids)
    fresh = [(name, 0.0) for name, _ in ABC]
    stories.rising(desk.now, {1: ABC, 2: fresh}, "region/central-asia", "region/asia")
    return stories


def test_stories_are_ranked_and_the_arithmetic_holds(site, rising, desk):
    body = site.json("/v1/trending")
    TrendingBody.model_validate(body)
    assert [(found["rank"], found["story"]["id"]) for found in body["items"]] == [(1, 2), (2, 1)]
    assert (body["region"], body["topic"], body["window"]) == (None, None, "48h")
    assert datetime.fromisoformat(body["at"]) == desk.now
    for found in body["items"]:
        usual = found["usual"]
        habit = (usual["prior"] + usual["voices"]) / (usual["prior"] + usual["stories"])
        assert found["habit"] == pytest.approx(habit)
        assert found["heat"] == pytest.approx(sum(voice["counts"] for voice in found["publishers"]))
        assert found["score"] == pytest.approx(found["heat"] / found["habit"])
        for voice in found["publishers"]:
            hours = (desk.now - datetime.fromisoformat(voice["at"])) / timedelta(hours=1)
            assert voice["counts"] == pytest.approx(voice["weight"] * 2 ** (-hours / 6))
        assert f"{found['score']:.2f} = heat {found['heat']:.2f}" in found["sentence"]
    assert body["items"][0]["title"] == body["items"][0]["lead"]["title"] == "A quake"
    assert body["items"][0]["lead"]["story"] == {"id": 2, "articles": 3, "publishers": 3}
    assert body["items"][0]["publishers"][0] == {
        "owner": "a.example", "name": "A", "at": desk.now.isoformat().replace("+00:00", "Z"),
        "weight": 1.0, "counts": 1.0,
    }  # fmt: skip
    assert body["sentence"].startswith("2 stories are rising:")
    first = site.json("/v1/trending?limit=1")
    assert (len(first["items"]), first["sentence"]) == (1, body["sentence"]), "of all, not of the page"


def test_a_scope_has_what_is_heard_in_it(site, rising):
    asked = (
        "",
        "?region=central-asia",
        "?region=asia",
        "?region=europe",
        "?topic=energy",
        "?region=asia&topic=energy",
    )
    found = {query: [t["story"]["id"] for t in site.json(f"/v1/trending{query}")["items"]] for query in asked}
    assert found == {
        "": [2, 1], "?region=central-asia": [2, 1], "?region=asia": [2, 1],
        "?region=europe": [], "?topic=energy": [], "?region=asia&topic=energy": [],
    }  # fmt: skip
    sentence = site.json("/v1/trending?region=europe&topic=energy")["sentence"]
    assert sentence == (
        "Nothing is rising in Energy in Europe: no story has 3 publishers or more, and more than is usual there."
    )


@pytest.mark.parametrize(
    ("window", "found"), [("1h", [2, 1]), ("6h", [2, 1]), ("2d", [2, 1]), ("48H", [2, 1])]
)
def test_windows_are_lengths_of_time(site, rising, window, found):
    body = site.json(f"/v1/trending?window={window}")
    TrendingBody.model_validate(body)
    assert [trend["story"]["id"] for trend in body["items"]] == found


def test_a_voice_from_before_the_window_does_not_count(site, desk, stories, rising):
    stories.rising(desk.now, {1: [("a.example", 61), *ABC[1:]], 2: ABC})
    assert [trend["story"]["id"] for trend in site.json("/v1/trending?window=1h")["items"]] == [2]
    assert len(site.json("/v1/trending?window=2h")["items"]) == 2


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("window=49h", "invalid-parameter", "window: hours from 1h to 48h are expected, such as 6h, not '49h'."),
        ("window=0h", "invalid-parameter", "window"),
        ("window=3d", "invalid-parameter", "window"),
        ("window=6", "invalid-parameter", "window"),
        ("window=-6h", "invalid-parameter", "window"),
        ("window=", "invalid-parameter", "window"),
        ("window=%D9%A6h", "invalid-parameter", "window"),
        ("limit=0", "invalid-parameter", "limit"),
        ("region=atlantis", "unknown-label", "there is no region 'atlantis'"),
        ("topic=atlantis", "unknown-label", "there is no topic 'atlantis'"),
        ("region=asia&region=europe", "invalid-parameter", "region: once at most"),
        ("windwo=6h", "unknown-parameter", "Did you mean window?"),
        ("before=x", "unknown-parameter", "before"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_name(site, desk, query, kind, said):
    answer = site.get(f"/v1/trending?{query}")
    assert (answer.status, answer.json["type"]) == (400, f"/docs#{kind}")
    assert said in answer.json["detail"]


def test_a_muted_story_lets_the_next_one_take_its_place(site, rising):
    assert [t["story"]["id"] for t in site.json("/v1/trending?limit=1")["items"]] == [2]
    rising.mute(2)
    assert [t["story"]["id"] for t in site.json("/v1/trending?limit=1")["items"]] == [1]


def test_a_story_that_was_merged_a_moment_ago_stands_under_the_other_ones_id(site, desk, rising):
    rising.merge(2, into=1)
    assert [t["story"]["id"] for t in site.json("/v1/trending")["items"]] == [1]
    rising.merge(1, into=rising.put(0, []))
    found = site.json("/v1/trending")["items"]
    assert [(t["rank"], t["story"]["id"], t["story"]["articles"]) for t in found] == [(1, 0, 6)]
    rising.mute(0)
    assert site.json("/v1/trending")["items"] == []


def test_a_story_whose_articles_are_all_gone_is_left_out(site, desk, rising):
    for item in site.json("/v1/stories/2")["articles"]:
        desk.take_out(item["id"])
    assert [(t["rank"], t["story"]["id"]) for t in site.json("/v1/trending")["items"]] == [(1, 1)]


def test_the_same_moment_gives_the_same_answer_and_half_a_minute_later_another(
    site, desk, rising, monkeypatch
):
    first = site.get("/v1/trending")
    assert "max-age" in first.headers["cache-control"]
    assert site.get("/v1/trending").body == first.body
    assert site.get("/v1/trending", if_none_match=first.headers["etag"]).status == 304
    rising.rising(desk.now, {1: ABC}, "region/asia")
    answer = site.get("/v1/trending", if_none_match=first.headers["etag"])
    assert answer.status == 200
    monkeypatch.setattr(trending, "this_half_minute", lambda: desk.now + timedelta(seconds=30))
    later = site.get("/v1/trending", if_none_match=answer.headers["etag"])
    assert later.status == 200
    assert later.json["items"][0]["score"] < answer.json["items"][0]["score"]


def test_the_moment_moves_every_thirty_seconds(monkeypatch):
    for second, expected in ((0, 0), (29, 0), (30, 30), (59, 30)):
        now = datetime.fromisoformat(f"2026-11-28T08:00:{second:02}.999+00:00")
        monkeypatch.setattr(trending, "utc_now", lambda now=now: now)
        found = trending.this_half_minute()
        assert (found.minute, found.second, found.microsecond) == (0, expected, 0)
