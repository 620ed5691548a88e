"""/v1/rules/draft: one for each editor, never overwritten unseen, forgotten when it is in force."""

import pytest

from services.api.schemas.desk import DraftBody
from services.classify import errands
from services.core.db import transaction
from tests.fixtures.editors import Client, RefusedError, token
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


@pytest.fixture
def base(service):
    return publish(ECONOMY)


DRAFT = {"texts": {"rules.yaml": ENERGY}}


def test_a_draft_is_begun_read_replaced_and_forgotten(editor, base):
    begun = editor.send("PUT", "/v1/rules/draft", DRAFT)
    assert begun.status == 201
    DraftBody.model_validate(begun.json)
    assert (begun.json["base"], begun.json["in_force"], begun.json["revision"]) == (base, base, 1)
    read = editor.get("/v1/rules/draft")
    assert (read.json["texts"], read.headers["etag"]) == (DRAFT["texts"], '"1"')
    other = {"texts": {"rules.yaml": "# mine\n", "b.yaml": ""}}
    saved = editor.send("PUT", "/v1/rules/draft", other, if_match=read.headers["etag"])
    assert (saved.status, saved.json["texts"], saved.headers["etag"]) == (200, other["texts"], '"2"')
    assert editor.send("DELETE", "/v1/rules/draft", if_match='"2"').status == 204
    assert editor.get("/v1/rules/draft").status == 404


def test_two_windows_of_one_editor_do_not_overwrite_each_other(editor, base):
    editor.send("PUT", "/v1/rules/draft", DRAFT)
    assert editor.send("PUT", "/v1/rules/draft", DRAFT, if_match='"1"').status == 200
    late = editor.send("PUT", "/v1/rules/draft", {"texts": {"a.yaml": "late"}}, if_match='"1"')
    assert (late.status, late.json["type"]) == (412, "/docs#precondition-failed")
    unnamed = editor.send("PUT", "/v1/rules/draft", DRAFT)
    assert (unnamed.status, unnamed.json["type"]) == (428, "/docs#precondition-required")
    assert editor.send("DELETE", "/v1/rules/draft").status == 428
    assert editor.send("DELETE", "/v1/rules/draft", if_match='"1"').status == 412
    assert editor.json("/v1/rules/draft")["texts"] == DRAFT["texts"]


def test_a_draft_that_is_meant_and_not_there_is_not_begun_by_mistake(editor, base):
    assert editor.send("PUT", "/v1/rules/draft", DRAFT, if_match='"3"').status == 412
    assert editor.get("/v1/rules/draft").status == 404
    assert editor.send("DELETE", "/v1/rules/draft", if_match="*").status == 404


def test_editors_have_a_draft_each(editor, site, base):
    editor.send("PUT", "/v1/rules/draft", DRAFT)
    other = Client(site, token("dana"))
    assert other.get("/v1/rules/draft").status == 404
    assert other.send("PUT", "/v1/rules/draft", {"texts": {"x.yaml": "x"}}).status == 201
    assert editor.json("/v1/rules/draft")["texts"] == DRAFT["texts"]


def test_a_draft_keeps_its_base_when_somebody_else_publishes(editor, base):
    editor.send("PUT", "/v1/rules/draft", DRAFT)
    newer = publish(ECONOMY + "# newer\n")
    found = editor.json("/v1/rules/draft")
    assert (found["base"], found["in_force"]) == (base, newer)
    saved = editor.send("PUT", "/v1/rules/draft", DRAFT | {"base": newer[:8]}, if_match="*").json
    assert saved["base"] == newer


def test_a_draft_that_is_in_force_is_no_draft_any_more(editor, worker, base):
    editor.send("PUT", "/v1/rules/draft", DRAFT)

    def published(errand):
        with transaction() as session:
            return errands.publish(session, errand.input, errand.author)

    worker.answers["publish"] = published
    answer = editor.post("/v1/rules/publish", {"rulebook": {"draft": True}, "message": "Energy"})
    assert answer.status == 200
    assert editor.get("/v1/rules/draft").status == 404


def test_a_draft_that_was_refused_is_kept(editor, worker, base):
    def refuse(errand):
        raise RefusedError(kind="tests-fail", sentence="2 tests fail.", results=[])

    worker.answers["publish"] = refuse
    editor.send("PUT", "/v1/rules/draft", DRAFT)
    assert editor.post("/v1/rules/publish", {"rulebook": {"draft": True}, "message": "m"}).status == 422
    assert editor.json("/v1/rules/draft")["texts"] == DRAFT["texts"]


def test_a_base_that_does_not_exist_is_refused(editor, base):
    assert editor.send("PUT", "/v1/rules/draft", DRAFT | {"base": "ffff"}).status == 404
    assert editor.get("/v1/rules/draft").status == 404


def test_a_draft_holds_no_file_that_would_leave_its_folder(editor, base):
    answer = editor.send("PUT", "/v1/rules/draft", {"texts": {"../../a.yaml": ""}})
    assert (answer.status, answer.json["type"]) == (400, "/docs#invalid-body")
