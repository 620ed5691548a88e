"""/v1/judgements: said, foreseen, listed, withdrawn, given as a labelled set; stories muted."""

import orjson
import pytest

from services.api.schemas.desk import JudgementBody, JudgementsBody, SaidBody
from services.classify.grouping import PairEvaluation
from services.core import judgements
from services.core.db import transaction
from services.core.models import Article, Story


@pytest.fixture
def two(desk):
    return [
        desk.article("Quake in Osh", text="A quake shook Osh.", source="wire.example"),
        desk.article("Osh: a quake", text="Osh was shaken."),
    ]


def say(editor, says, *articles, **more):
    return editor.post("/v1/judgements", {"says": says, "articles": articles, **more})


def test_an_editor_says_what_two_articles_are_and_they_wait(editor, two):
    answer = say(editor, "duplicate", *reversed(two), note="one wire")
    assert answer.status == 201
    SaidBody.model_validate(answer.json)
    judged = answer.json["judgement"]
    assert (judged["one"], judged["other"], judged["says"], judged["note"], judged["author"]) == (
        *two, "duplicate", "one wire", "aigerim",
    )  # fmt: skip
    assert [document["title"] for document in judged["documents"]] == ["Quake in Osh", "Osh: a quake"]
    assert answer.json["foreseen"]["hides"] == [[two[1], two[0]]]
    assert answer.headers["location"] == f"/v1/judgements/{judged['id']}"
    with transaction() as session:
        assert all(session.get_one(Article, article).waiting_since is not None for article in two)


def test_a_dry_run_tells_and_changes_nothing(editor, two):
    answer = say(editor, "duplicate", *two, dry_run=True)
    assert answer.status == 200
    SaidBody.model_validate(answer.json)
    assert answer.json["judgement"] is None
    assert "will be hidden behind article" in answer.json["foreseen"]["sentences"][0]
    assert editor.json("/v1/judgements?withdrawn=true")["items"] == []


def test_what_was_said_before_is_kept_as_withdrawn(editor, two):
    for says in ("duplicate", "story"):
        say(editor, says, *two)
    body = editor.json("/v1/judgements?withdrawn=true")
    JudgementsBody.model_validate(body)
    assert [(row["says"], row["withdrawn_at"] is None) for row in body["items"]] == [
        ("story", True),
        ("duplicate", False),
    ]
    assert [row["says"] for row in editor.json("/v1/judgements")["items"]] == ["story"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_two_editors_do_not_replace_each_other_unseen(editor, two, dry_run):
    say(editor, "duplicate", *two, replaces=0)
    refused = say(editor, "no", *two, replaces=0, dry_run=dry_run)
    assert (refused.status, refused.json["type"], refused.json["standing"]) == (409, "/docs#conflict", 1)
    assert "aigerim said on" in refused.json["detail"]
    looked = say(editor, "no", *two, dry_run=True).json["foreseen"]
    assert looked["sentences"][0].endswith(": one text. This takes its place.")
    assert say(editor, "no", *two, replaces=looked["replaces"]).status == 201
    (old,) = editor.json("/v1/judgements?withdrawn=true")["items"][1:]
    assert old["replaced_by"] == {"id": 2, "author": "aigerim", "says": "no"}


def test_it_tells_what_withdrawing_would_change_and_is_withdrawn_once(editor, two):
    number = say(editor, "no", *two).json["judgement"]["id"]
    body = editor.json(f"/v1/judgements/{number}")
    JudgementBody.model_validate(body)
    assert "by their texts alone" in " ".join(body["withdrawing"]["sentences"])
    assert editor.send("DELETE", f"/v1/judgements/{number}").status == 204
    assert editor.json(f"/v1/judgements/{number}")["withdrawing"] is None
    assert editor.send("DELETE", f"/v1/judgements/{number}").status == 404
    assert editor.get("/v1/judgements/999").status == 404


def test_no_news_is_gone_for_readers_and_comes_back(editor, site, two):
    number = say(editor, "not_news", two[0], note="An advertisement").json["judgement"]["id"]
    gone = site.get(f"/v1/articles/{two[0]}")
    assert (gone.status, gone.json["detail"]) == (
        410,
        f"Article {two[0]} was removed. No news, says the desk: An advertisement.",
    )
    assert [item["id"] for item in site.json("/v1/latest")["items"]] == [two[1]]
    assert editor.send("DELETE", f"/v1/judgements/{number}").status == 204
    with transaction() as session:
        back = session.get_one(Article, two[0])
        assert (back.removed_at, back.waiting_since is not None) == (None, True)


def test_they_are_listed_page_by_page_and_by_article(editor, desk):
    ids = [desk.article(f"Number {n}") for n in range(6)]
    for other in ids[1:]:
        say(editor, "no", ids[0], other)
    first = editor.json("/v1/judgements?limit=3")
    second = editor.json(f"/v1/judgements?limit=3&below={first['next']}")
    assert [row["other"] for row in (*first["items"], *second["items"])] == ids[:0:-1]
    assert second["next"] is None
    assert [row["other"] for row in editor.json(f"/v1/judgements?article={ids[2]}")["items"]] == [ids[2]]


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/v1/judgements?format=jsonl", {}), ("/v1/judgements", {"accept": "application/jsonl"})],
)
def test_the_pairs_are_a_labelled_set(editor, desk, two, path, headers):
    say(editor, "story", *two)
    say(editor, "not_news", desk.article("Win a car"))
    answer = editor.get(path, **headers)
    assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
    rows = [orjson.loads(line) for line in answer.body.splitlines()]
    evaluation = PairEvaluation()
    for row in rows:
        evaluation.add(row)
    assert [gold for gold, _ in evaluation.answers()] == ["story"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 400, "says: field required"),
        ({"says": "twin", "articles": [1, 2]}, 400, "says"),
        ({"says": "no", "articles": []}, 400, "articles"),
        ({"says": "no", "articles": [1, 2, 3]}, 400, "articles"),
        ({"says": "no", "articles": ["x", 2]}, 400, "articles.0: a whole number is expected"),
        ({"says": "no", "articles": [2**63, 2]}, 400, "articles.0"),
        ({"says": "no", "articles": [1]}, 400, "name the other one"),
        ({"says": "not_news", "articles": [1, 2]}, 400, "of one article"),
        ({"says": "no", "articles": [1, 1]}, 400, "Both are article 1"),
        ({"says": "no", "articles": [1, 99]}, 404, "There is no article 99"),
        ({"says": "no", "articles": [1, 2], "why": ""}, 400, "why is not known here; a body has says, articles, note, replaces, dry_run"),
        ({"says": "no", "articles": [1, 2], "note": "x" * 1001}, 400, "note"),
        ({"says": "no", "articles": [1, 2], "replaces": -1}, 400, "replaces"),
        ({"says": "no", "articles": [1, 2], "replaces": 7}, 409, "judgement 7 was taken back"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_changes_nothing(editor, two, body, status, told):
    answer = editor.post("/v1/judgements", body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json["detail"]
    assert editor.json("/v1/judgements?withdrawn=true")["items"] == []


def test_what_contradicts_is_refused_by_name(editor, desk, two):
    third = desk.article("Osh again")
    say(editor, "duplicate", *two)
    say(editor, "duplicate", two[1], third)
    answer = say(editor, "no", two[0], third)
    assert answer.status == 400
    assert "(judgement 1, aigerim)" in answer.json["detail"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_same_as_what_is_no_news_is_refused_by_name(editor, two, dry_run):
    say(editor, "not_news", two[1], note="an advertisement")
    answer = say(editor, "duplicate", *two, dry_run=dry_run)
    assert answer.status == 400
    assert f"Article {two[1]} was taken out as no news by aigerim: an advertisement." in answer.json["detail"]
    assert len(editor.json("/v1/judgements")["items"]) == 1


def test_a_story_is_muted_and_may_trend_again(editor, desk):
    with transaction() as session:
        session.add(Story(id=7, founded_at=desk.now, updated_at=desk.now))
    assert editor.send("PUT", "/v1/stories/7/muted").status == 204
    with transaction() as session:
        assert [(m.id, m.muted_by) for m in judgements.muted(session)] == [(7, "aigerim")]
    assert editor.send("DELETE", "/v1/stories/7/muted").status == 204
    with transaction() as session:
        assert judgements.muted(session) == []
    assert editor.send("PUT", "/v1/stories/8/muted").status == 404
