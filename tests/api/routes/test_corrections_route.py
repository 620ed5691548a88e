"""/v1/corrections: stored, listed, withdrawn, given as the labelled set."""

import orjson
import pytest

from services.api.schemas.desk import ArticleCorrectionsBody, CorrectionsBody, CorrectionShape
from services.classify.rules.judging.evaluate import read_document
from services.core import corrections
from services.core.db import transaction
from services.core.models import Article


@pytest.fixture
def article(desk):
    return desk.article(
        "Battery opens in Almaty", text="By the steppe.", regions=["europe"], topics=["energy"]
    )


def corrected(editor, article, **said):
    return editor.post("/v1/corrections", {"article_id": article, **said})


def test_an_editor_says_what_the_labels_are_and_the_article_waits_for_them(editor, article):
    answer = corrected(editor, article, regions=["central-asia"], topics=[], note="It is in Kazakhstan")
    assert answer.status == 201
    CorrectionShape.model_validate(answer.json)
    assert (answer.json["regions"], answer.json["topics"], answer.json["places"]) == (
        ["central-asia"],
        [],
        None,
    )
    assert (answer.json["author"], answer.json["document"]["title"]) == ("aigerim", "Battery opens in Almaty")
    assert answer.headers["location"] == f"/v1/corrections/{article}"
    with transaction() as session:
        assert session.get_one(Article, article).waiting_since is not None


def test_a_later_one_takes_the_place_of_an_earlier_one(editor, article):
    corrected(editor, article, regions=["russia"])
    corrected(editor, article, regions=["central-asia"])
    body = editor.json(f"/v1/corrections/{article}")
    ArticleCorrectionsBody.model_validate(body)
    assert [(row["regions"], row["withdrawn_at"] is None) for row in body["items"]] == [
        (["central-asia"], True),
        (["russia"], False),
    ]
    listed = editor.json("/v1/corrections")
    CorrectionsBody.model_validate(listed)
    assert [row["regions"] for row in listed["items"]] == [["central-asia"]]


def test_it_is_withdrawn_once(editor, article):
    corrected(editor, article, topics=["health"])
    assert editor.send("DELETE", f"/v1/corrections/{article}").status == 204
    assert editor.json("/v1/corrections")["items"] == []
    assert editor.send("DELETE", f"/v1/corrections/{article}").status == 404
    assert editor.send("DELETE", "/v1/corrections/999").status == 404


def test_what_was_kept_of_an_article_that_is_not_here_is_withdrawn_by_its_own_number(editor, article):
    with transaction() as session:
        said = corrections.Judgement(topics=("energy",))
        kept = corrections.keep(session, said, {"title": "Never came"}, author="dana")
    of_one_here = corrected(editor, article, topics=["health"]).json["id"]
    refused = editor.send("DELETE", f"/v1/corrections/kept/{of_one_here}")
    assert (refused.status, refused.json["type"]) == (404, "/docs#not-found")
    assert editor.send("DELETE", f"/v1/corrections/kept/{kept}").status == 204
    assert editor.send("DELETE", f"/v1/corrections/kept/{kept}").status == 404
    assert [row["id"] for row in editor.json("/v1/corrections")["items"]] == [of_one_here]


def test_corrections_are_listed_page_by_page(editor, desk):
    for n in range(5):
        corrected(editor, desk.article(f"Number {n}"), topics=["health"])
    first = editor.json("/v1/corrections?limit=3")
    second = editor.json(f"/v1/corrections?limit=3&below={first['next']}")
    titles = [row["document"]["title"] for row in (*first["items"], *second["items"])]
    assert titles == [f"Number {n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/v1/corrections?format=jsonl", {}), ("/v1/corrections", {"accept": "application/jsonl"})],
)
def test_all_of_them_are_a_labelled_set(editor, desk, path, headers):
    corrected(editor, desk.article("Quake in Osh"), regions=["central-asia"], places=["KG"])
    corrected(editor, desk.article("Rain"), topics=[])
    answer = editor.get(path, **headers)
    assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
    rows = [orjson.loads(line) for line in answer.body.splitlines()]
    assert [read_document(row).title for row in rows] == ["Rain", "Quake in Osh"]
    assert [{kind: row.get(kind) for kind in ("regions", "topics", "places")} for row in rows] == [
        {"regions": None, "topics": [], "places": None},
        {"regions": ["central-asia"], "topics": None, "places": ["KG"]},
    ]


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ({}, 400, "A correction says something"),
        ({"regions": ["atlantis"]}, 400, "There is no region 'atlantis'"),
        ({"places": ["Kazakhstan"]}, 400, "ISO 3166"),
        ({"labels": []}, 400, "labels is not known here; a body has article_id, regions"),
        ({"regions": "asia"}, 400, "regions"),
        ({"topics": [], "note": "x" * 1001}, 400, "note"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(editor, article, said, status, told):
    answer = corrected(editor, article, **said)
    assert answer.status == status
    assert told in answer.json["detail"]
    assert editor.json("/v1/corrections")["items"] == []


def test_an_article_that_is_not_there_or_repeats_another_is_not_corrected(editor, article, desk):
    assert corrected(editor, 999, topics=[]).status == 404
    again = desk.duplicate(article, source="other.example")
    answer = corrected(editor, again, topics=[])
    assert answer.status == 400
    assert "correct that one" in answer.json["detail"]


def test_a_nul_is_refused(editor, article):
    raw = b'{"article_id": %d, "topics": [], "note": "a\\u0000b"}' % article
    assert editor.post("/v1/corrections", raw).json["detail"] == "The body holds a NUL character."
