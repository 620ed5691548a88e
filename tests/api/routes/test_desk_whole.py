"""The desk over HTTP with a classify worker behind it: what editors do in a day, as programs do it."""

import pytest

from services.core.liveness import beats
from tests.fixtures.editors import Client, token
from tests.fixtures.roles import eventually
from tests.fixtures.workbench import NEW, RULES, TOPICS, publish

COAL = RULES | {"topics/all.yaml": TOPICS.replace("[oil]", "[oil, coal]")}
NOTHING = {"version": "v1", "region": None, "regions": [], "topics": [], "places": []}

in_thread = pytest.mark.usefixtures("classify")


@pytest.fixture
def version(desk):
    return publish(RULES)


def ask(editor, kind, **body):
    answer = editor.post(f"/v1/rules/{kind}", body)
    assert answer.status == 200, answer.text
    return answer.json


@in_thread
def test_a_rule_is_checked_tested_foreseen_published_and_taken_back(editor, desk, version):
    article = desk.article("Coal mine reopens", verdict=NOTHING)
    assert editor.send("PUT", "/v1/rules/draft", {"texts": COAL}).status == 201
    mine = {"rulebook": {"draft": True}}
    assert ask(editor, "check", **mine)["accepted"] is True
    assert ask(editor, "test", **mine)["failed"] == 0
    (term,) = ask(editor, "diff", after={"draft": True})["terms"]
    assert (term["what"], term["after"]["term"]) == ("added", "coal")
    impact = ask(editor, "impact", **mine)
    assert (impact["articles"], impact["changed"], impact["examples"][0]["id"]) == (1, 1, article)
    done = ask(editor, "publish", **mine, message="Coal is energy")
    assert done["before"] == version
    assert editor.get("/v1/rules/draft").status == 404
    assert editor.json("/v1/rules")["version"] == done["version"]
    told = ask(editor, "explain", article_id=article)
    assert [topic["slug"] for topic in told["topics"]] == ["energy"]
    assert told["document"]["title"] == "Coal mine reopens"
    back = ask(editor, "rollback", version=version[:8], message="Not yet")
    assert (back["version"], editor.json("/v1/rules")["message"]) == (version, "Not yet")
    rows = editor.json("/v1/rules/history")["items"]
    assert [row["message"] for row in rows][:2] == ["Not yet", "Coal is energy"]
    assert [row["author"] for row in rows][:2] == ["aigerim", "aigerim"]


@in_thread
def test_two_editors_publish_at_once_and_the_second_goes_on(editor, site, version):
    dana = Client(site, token("dana"))
    for one, texts in ((editor, COAL), (dana, RULES | NEW)):
        assert one.send("PUT", "/v1/rules/draft", {"texts": texts}).status == 201
    first = ask(dana, "publish", rulebook={"draft": True}, message="New")
    late = editor.post("/v1/rules/publish", {"rulebook": {"draft": True}, "message": "Coal"})
    assert (late.status, late.json["in_force"], late.json["author"]) == (409, first["version"], "dana")
    assert editor.json("/v1/rules/draft")["base"] == version
    (theirs,) = ask(editor, "diff", before={"version": version}, after=None)["labels"]
    assert theirs["id"] == "topic/new"
    both = {"texts": COAL | NEW, "base": first["version"]}
    assert editor.send("PUT", "/v1/rules/draft", both, if_match='"1"').status == 200
    assert ask(editor, "publish", rulebook={"draft": True}, message="Coal")["before"] == first["version"]


@in_thread
def test_wrong_rules_are_an_answer_to_a_check_and_a_refusal_elsewhere(editor, version):
    wrong = {"rulebook": {"texts": {"a.yaml": "labels:\n  - id: region/asia\n    nmae: Asia\n"}}}
    checked = ask(editor, "check", **wrong)
    assert checked["accepted"] is False
    assert checked["findings"][0]["line"] == 3
    for kind, more in (("test", {}), ("impact", {}), ("publish", {"message": "m"})):
        answer = editor.post(f"/v1/rules/{kind}", wrong | more)
        assert (answer.status, answer.json["type"]) == (422, "/docs#invalid-rules"), kind
        assert answer.json["findings"][0]["line"] == 3
    failing = {
        "rulebook": {
            "texts": COAL | {"regions/asia.yaml": RULES["regions/asia.yaml"].replace("Kazakh*1, ", "")}
        }
    }
    answer = editor.post("/v1/rules/publish", failing | {"message": "m"})
    assert (answer.status, answer.json["type"], answer.json["failed"]) == (422, "/docs#tests-fail", 1)
    assert editor.json("/v1/rules")["version"] == version


@in_thread
def test_corrections_measure_rules(editor, desk, version):
    for title, topics in (("Measles spreads", ["health"]), ("Coal mine reopens", ["energy"])):
        article = desk.article(title, language="en", verdict=NOTHING)
        assert editor.post("/v1/corrections", {"article_id": article, "topics": topics}).status == 201
    before = ask(editor, "evaluate")["sets"]["topics"]["micro"]
    after = ask(editor, "evaluate", rulebook={"texts": COAL})["sets"]["topics"]["micro"]
    assert (before["recall"], after["recall"]) == (0.5, 1.0)
    given = ask(editor, "evaluate", rows=[{"title": "Oil", "topics": ["energy"]}])
    assert given["rows"] == 1
    stats = editor.json("/v1/rules/stats?label=topic/health")
    assert [(term["term"], term["right"]) for term in stats["terms"]] == [("measles", 1)]
    assert editor.json("/v1/rules/suggest?label=topic/health")["label"] == "topic/health"


@in_thread
@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/rules/stats?label=topic/nothing", 400), ("/v1/rules/suggest?label=region/nowhere", 400)],
)
def test_what_is_not_there_is_said(editor, version, path, status):
    assert editor.get(path).status == status


@in_thread
def test_an_article_that_is_not_there_is_not_found(editor, version):
    answer = editor.post("/v1/rules/explain", {"article_id": 99999})
    assert (answer.status, answer.json["type"]) == (404, "/docs#not-found")


def test_a_worker_process_answers_through_the_queue(editor, roles, version):
    roles.start("worker", "classify")
    eventually(lambda: beats.alive().get("classify"), what="a sign of life of the worker")
    answer = editor.post("/v1/rules/check?wait=60", {"rulebook": {"texts": COAL}})
    assert (answer.status, answer.json["accepted"]) == (200, True), roles.log("worker-classify")
    assert ask(editor, "publish", rulebook={"texts": COAL}, message="Coal is energy")["before"] == version
    again = editor.post("/v1/rules/check?wait=60")
    assert (again.status, again.json["version"]) == (200, editor.json("/v1/rules")["version"])
