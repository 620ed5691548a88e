"""/v1/rules: what is in force, versions, history; and what is asked of workers, with the shapes that they are promised."""

import threading
import time
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy import text

from services.api.schemas.desk import HistoryBody, RequestBody, RulesBody, VersionBody
from services.classify import rulebook
from services.core.db import transaction
from tests.fixtures.editors import Client, RefusedError, Worker, token
from tests.fixtures.rulebooks import ECONOMY, ENERGY


@pytest.fixture
def two(service):
    """Two versions, the second in force, as publishing leaves them."""
    made = []
    for rules, message in ((ECONOMY, "The first"), (ENERGY, "Energy instead")):
        with transaction() as session:
            done = rulebook.publish(session, {"rules.yaml": rules}, message=message, author="dana")
        made.append(done.version)
    return made


@pytest.fixture
def reader(site):
    return Client(site, token("reader", "read"))


# --- what stands ---------------------------------------------------------------------------------------------------


def test_the_rulebook_in_force_says_who_put_it_there_and_why(reader, two):
    body = reader.json("/v1/rules")
    RulesBody.model_validate(body)
    assert (body["version"], body["author"], body["message"]) == (two[1], "dana", "Energy instead")
    assert body["files"] == [{"name": "rules.yaml", "bytes": len(ENERGY)}]


def test_how_far_relabelling_is_stands_beside_it(reader, two):
    with transaction() as session:
        session.execute(text("DELETE FROM relabellings"))
        session.execute(
            text("INSERT INTO relabellings (version, looked, relabelled, moved) VALUES (:v, 120, 7, 2)"),
            {"v": two[1]},
        )
    walk = reader.json("/v1/rules")["relabelling"]
    assert (walk["looked"], walk["relabelled"], walk["moved"], walk["finished_at"]) == (120, 7, 2, None)


def test_no_rulebook_in_force_is_a_sentence_with_the_remedy(reader):
    answer = reader.get("/v1/rules")
    assert (answer.status, answer.json["type"]) == (404, "/docs#not-found")
    assert "dateline migrate" in answer.json["detail"]


def test_a_version_is_found_by_its_first_letters_with_its_texts(reader, two):
    body = reader.json(f"/v1/rules/versions/{two[0][:8]}")
    VersionBody.model_validate(body)
    assert body["texts"] == {"rules.yaml": ECONOMY}
    assert (body["in_force"], body["message"]) == (False, "The first")
    file = reader.get(f"/v1/rules/versions/{two[0][:8]}/files/rules.yaml")
    assert (file.text, file.headers["content-type"]) == (ECONOMY, "application/yaml; charset=utf-8")


@pytest.mark.parametrize("path", ["ffffffff", "zz", "40d8/files/rules.yaml", "' OR 1=1"])
def test_a_version_that_is_not_there_is_not_found(reader, two, path):
    assert reader.get(f"/v1/rules/versions/{quote(path)}").status == 404


def test_a_file_that_is_not_there_names_those_that_are(reader, two):
    answer = reader.get(f"/v1/rules/versions/{two[0]}/files/..%2f..%2fetc/passwd")
    assert answer.status == 404
    assert "rules.yaml" in answer.json["detail"]


def test_the_history_is_told_page_by_page(reader, two):
    first = reader.json("/v1/rules/history?limit=1")
    HistoryBody.model_validate(first)
    second = reader.json(f"/v1/rules/history?limit=1&below={first['next']}")
    assert [(row["version"], row["in_force"]) for row in (*first["items"], *second["items"])] == [
        (two[1], True),
        (two[0], False),
    ]
    assert first["items"][0]["before"] == two[0]
    assert second["next"] is None


def test_nothing_of_it_is_kept_by_anybody(reader, two):
    for path in ("/v1/rules", "/v1/rules/history", f"/v1/rules/versions/{two[0]}"):
        headers = reader.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "etag" not in headers


# --- what workers are asked -----------------------------------------------------------------------------------------


def test_a_worker_is_asked_with_what_was_meant(editor, worker, two):
    texts = {"a.yaml": ENERGY}
    for path, body, asked in (
        ("check", None, {}),
        ("check", {"rulebook": {"texts": texts}}, {"rulebook": {"texts": texts}}),
        ("test", {"rulebook": {"version": two[0][:6]}}, {"rulebook": {"version": two[0]}}),
        ("explain", {"article_id": 5}, {"article_id": 5}),
        (
            "explain",
            {"document": {"title": "Rain", "lang": "en"}},
            {"document": {"title": "Rain", "body": "", "lang": "en", "tags": []}},
        ),
        ("diff", {"before": {"version": two[0]}}, {"before": {"version": two[0]}}),
        (
            "impact",
            {"rulebook": {"texts": texts}},
            {"rulebook": {"texts": texts}, "limit": 10_000, "examples": 10},
        ),
        (
            "publish",
            {"rulebook": {"texts": texts}, "message": " Why ", "base": two[1][:8]},
            {"texts": texts, "message": "Why", "base": two[1], "force": False},
        ),
        ("rollback", {"version": two[0][:8], "message": "Back"}, {"version": two[0], "message": "Back"}),
        ("evaluate", {}, {}),
        (
            "evaluate",
            {"rows": [{"title": "Rain", "regions": []}]},
            {"rows": [{"title": "Rain", "regions": []}]},
        ),
    ):
        answer = editor.post(f"/v1/rules/{path}", body)
        assert answer.status == 200, answer.text
        assert answer.json == {"kind": path, "input": asked, "author": "aigerim"}
        assert answer.headers["cache-control"] == "no-store"


def test_statistics_and_suggestions_are_asked_with_a_get(editor, worker, two):
    stats = editor.json("/v1/rules/stats?label=topic/energy&limit=50")
    assert stats["input"] == {"label": "topic/energy", "limit": 50}
    assert editor.json("/v1/rules/stats")["input"] == {}
    assert editor.json("/v1/rules/suggest?label=region/asia")["input"]["label"] == "region/asia"
    assert editor.get("/v1/rules/suggest").status == 400
    wrong = editor.get("/v1/rules/suggest?label=asia")
    assert wrong.status == 400
    assert wrong.json["detail"].startswith("label: a label is expected, such as region/central-asia")


def test_a_draft_stands_for_its_texts_and_its_base(editor, worker, two):
    assert editor.send("PUT", "/v1/rules/draft", {"texts": {"d.yaml": ECONOMY}}).status == 201
    mine = {"rulebook": {"draft": True}}
    assert editor.post("/v1/rules/check", mine).json["input"] == {"rulebook": {"texts": {"d.yaml": ECONOMY}}}
    published = editor.post("/v1/rules/publish", mine | {"message": "Mine"}).json["input"]
    assert published == {"texts": {"d.yaml": ECONOMY}, "message": "Mine", "base": two[1], "force": False}


def test_without_a_draft_that_is_said(editor, worker, two):
    answer = editor.post("/v1/rules/check", {"rulebook": {"draft": True}})
    assert (answer.status, answer.json["type"]) == (404, "/docs#not-found")
    assert "PUT /v1/rules/draft" in answer.json["detail"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("invalid-rules", (422, "/docs#invalid-rules")),
        ("tests-fail", (422, "/docs#tests-fail")),
        ("invalid-input", (400, "/docs#invalid-body")),
        ("not-found", (404, "/docs#not-found")),
        ("conflict", (409, "/docs#conflict")),
        ("not-ready", (503, "/docs#unavailable")),
        ("something-new", (400, "/docs#invalid-body")),
    ],
)
def test_what_a_worker_refuses_is_a_problem_with_its_findings(editor, worker, two, kind, expected):
    def refuse(errand):
        raise RefusedError(kind=kind, sentence="It is wrong.", findings=[{"file": "a.yaml", "line": 3}])

    worker.answers["check"] = refuse
    answer = editor.post("/v1/rules/check")
    assert (answer.status, answer.json["type"]) == expected
    assert answer.json["detail"].startswith("It is wrong.")
    assert kind == "not-ready" or answer.json["findings"] == [{"file": "a.yaml", "line": 3}]
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_editors_publishing_at_once_are_told_how_to_go_on(editor, worker, two):
    def refuse(errand):
        raise RefusedError(
            kind="conflict",
            sentence="Somebody did.",
            base=two[0],
            in_force=two[1],
            author="dana",
            message="Energy instead",
        )

    worker.answers["publish"] = refuse
    answer = editor.post(
        "/v1/rules/publish", {"rulebook": {"texts": {"a.yaml": "x"}}, "message": "m", "base": two[0]}
    )
    assert (answer.status, answer.json["in_force"]) == (409, two[1])
    assert f"dana has published {two[1][:12]} since: 'Energy instead'" in answer.json["detail"]
    assert "POST /v1/rules/diff" in answer.json["detail"]


def test_what_fails_is_ours(editor, worker, two):
    def fail(errand):
        raise LookupError("out of luck")

    worker.answers["stats"] = fail
    answer = editor.get("/v1/rules/stats")
    assert (answer.status, answer.json["type"]) == (500, "/docs#internal")
    assert "out of luck" in answer.json["detail"]


def test_without_a_worker_the_request_is_kept_and_that_is_said(editor, two):
    answer = editor.post("/v1/rules/check?wait=0")
    assert (answer.status, answer.json["state"]) == (202, "waiting")
    assert int(answer.headers["retry-after"]) > 0
    assert "No classify worker has given a sign of life" in answer.json["sentence"]
    again = editor.json(answer.headers["location"])
    RequestBody.model_validate(again)
    assert (again["state"], again["kind"]) == ("waiting", "check")


def test_what_was_kept_is_done_and_found_later(editor, two, site):
    location = editor.post("/v1/rules/check?wait=0").headers["location"]
    with Worker().working():
        found = editor.json(f"{location}?wait=20")
    RequestBody.model_validate(found)
    assert (found["state"], found["answer"]["kind"], found["sentence"]) == ("done", "check", None)
    assert Client(site, token("other")).get(location).status == 404
    assert editor.get("/v1/rules/requests/999").status == 404


def test_an_answer_is_waited_for_and_many_wait_at_once(editor, worker, two):
    release = threading.Event()

    def slow(errand):
        assert release.wait(60)
        return {"slow": True}

    worker.answers["impact"] = slow
    found = []
    body = {"rulebook": {"texts": {"a.yaml": "x"}}}
    waiters = [
        threading.Thread(target=lambda: found.append(editor.post("/v1/rules/impact", body).status))
        for _ in range(3)
    ]
    for waiter in waiters:
        waiter.start()
    while len(worker.done) < 1:
        time.sleep(0.01)
    assert editor.get("/v1/rules").status == 200  # nothing is held up meanwhile
    assert found == []
    release.set()
    for waiter in waiters:
        waiter.join(60)
    assert found == [200, 200, 200]


# --- what is wrong --------------------------------------------------------------------------------------------------


WRONG = (
    ("check", b"{", "The body is not JSON"),
    ("check", b"[]", "Input should be an object"),
    ("check", {"rules": {}}, "rules is not known here; a body has rulebook."),
    (
        "check",
        {"rulebook": {"text": {}}},
        "rulebook.text is not known here; rulebook has texts, version, draft. Did you mean texts?",
    ),
    ("check", {"rulebook": {"texts": {}, "draft": True}}, "one of them"),
    ("check", {"rulebook": {"texts": {}}}, "one file at least"),
    ("check", {"rulebook": {"texts": {"../a.yaml": ""}}}, "'../a.yaml' is no file name"),
    ("check", {"rulebook": {"texts": {"/etc/a.yaml": ""}}}, "is no file name"),
    ("check", {"rulebook": {"texts": {"a/../b.yaml": ""}}}, "is no file name"),
    ("check", {"rulebook": {"texts": {"a.txt": ""}}}, "is no file name"),
    (
        "check",
        {"rulebook": {"texts": {"a.yaml": 5}}},
        "rulebook.texts.a.yaml: input should be a valid string",
    ),
    ("check", b'{"rulebook": {"texts": {"a.yaml": "\\u0000"}}}', "NUL"),
    ("check", b'{"rulebook": {"texts": {"a.yaml": "\\ud800"}}}', "not JSON"),
    ("explain", {}, "article_id or document is needed"),
    ("explain", {"article_id": 1, "document": {"title": "a"}}, "not both"),
    ("explain", {"document": {"lang": "en"}}, "a title or a body"),
    ("explain", {"document": {"title": "a", "lang": "e%"}}, "document.lang: 'e%' is no BCP 47 tag"),
    ("explain", {"article_id": 2**63}, "article_id"),
    ("publish", {"rulebook": {"draft": True}}, "message: field required"),
    (
        "publish",
        {"rulebook": {"draft": True}, "message": "  "},
        "message: it is empty; a few words are expected.",
    ),
    (
        "publish",
        {"rulebook": {"draft": True}, "message": "m" * 1001},
        "message: 1000 characters at most are expected.",
    ),
    (
        "check",
        {"rulebook": {"version": "V1"}},
        "rulebook.version: a version is expected, or its first 4 letters",
    ),
    ("publish", {"rulebook": {"version": "40d8"}, "message": "m"}, "rollback puts a version in force again"),
    ("rollback", {"version": "%", "message": "m"}, "version: a version is expected"),
    ("evaluate", {"rows": []}, "rows"),
    ("impact", {}, "rulebook: field required"),
    ("impact", {"rulebook": {"draft": True}, "limit": 0}, "limit"),
)


def test_a_body_that_is_wrong_is_refused_with_its_place_and_asks_nobody(editor, worker):
    for path, body, told in WRONG:
        answer = editor.post(f"/v1/rules/{path}", body)
        assert (answer.status, answer.json["type"]) == (400, "/docs#invalid-body"), body
        assert told in answer.json["detail"]
    assert worker.done == []


def test_a_text_in_a_language_that_does_not_exist_is_refused_with_what_was_meant(editor, worker):
    for tag, near, told in (
        ("cn", ["zh"], "Did you mean zh?"),
        ("kz-Cyrl", ["kk", "ru"], "Did you mean kk or ru?"),
        ("xq", [], "A tag begins with a code of ISO 639"),
    ):
        refused = editor.post("/v1/rules/explain", {"document": {"title": "新疆", "lang": tag}})
        assert (refused.status, refused.json["type"]) == (400, "/docs#unknown-language")
        named = {key: refused.json[key] for key in ("member", "value", "nearest")}
        assert named == {"member": "document.lang", "value": tag, "nearest": near}
        assert refused.json["detail"].startswith(f"document.lang: there is no language {tag!r}. {told}")
    assert worker.done == []


@pytest.mark.parametrize("tag", ["pt_BR", "eng", ""])
def test_a_language_however_it_is_written_goes_on_to_a_worker(editor, worker, tag):
    assert editor.post("/v1/rules/explain", {"document": {"title": "Rain", "lang": tag}}).status == 200
    assert [errand.input["document"]["lang"] for errand in worker.done] == [tag]


def test_a_body_that_is_too_large_is_not_read_to_its_end(editor, two):
    answer = editor.post("/v1/rules/check", b" " * 5_000_001)
    assert (answer.status, answer.json["type"]) == (413, "/docs#too-large")
    assert "5,000,000 bytes" in answer.json["detail"]


def test_a_rulebook_as_large_as_may_be_is_taken(editor, worker, two):
    texts = {"a.yaml": "# " + "x" * 4_900_000}
    worker.answers["check"] = lambda errand: {"bytes": len(orjson.dumps(errand.input))}
    assert editor.post("/v1/rules/check", {"rulebook": {"texts": texts}}).json["bytes"] > 4_900_000


def test_nobody_without_a_token_makes_us_read_a_body(site, two):
    answer = site.get("/v1/rules/check", method="POST", body=b"{", authorization="Bearer dl_x")
    assert answer.status == 401
