"""The desk: what editors ask for is done once, answered in data, refused with reasons, and survives deaths."""

import time

import pytest
from sqlalchemy import text

from services.classify import desk as worker
from services.classify import errands, rulebook
from services.classify.rules import load_texts
from services.classify.starter import starter_texts
from services.core import db, desk
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.desk import Asked
from services.core.models.desk import DESK_KINDS
from tests.fixtures.articles import Desk
from tests.fixtures.environment import forget_connections
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish

EXAMPLES = "    tests:\n      - {title: Inflation, expect: [topic/energy]}\n"
TESTED = "labels:\n  - id: topic/energy\n    name: Energy\n    terms: [inflation]\n" + EXAMPLES
FAILING = TESTED.replace("terms: [inflation]", "terms: [power]")


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.now = utc_now()
    publish(ECONOMY)


def ask(kind: str, **given: object) -> Asked:
    """Ask, let a worker do it, and read what became of it."""
    with transaction() as session:
        number = desk.ask(session, kind, given, author="ada")
    worker.serve_waiting()
    return find(number)


def find(number: int) -> Asked:
    with transaction() as session:
        found = desk.find(session, number)
    assert found is not None
    return found


def texts(rules: str) -> dict[str, object]:
    return {"texts": {"rules.yaml": rules}}


def test_every_kind_has_somebody_who_does_it():
    assert set(errands.ERRANDS) == set(DESK_KINDS)


def test_a_check_is_answered_with_findings_and_counts():
    good = ask("check", rulebook=texts(TESTED))
    assert (good.state, good.author) == ("done", "ada")
    assert good.answer["accepted"]
    assert (good.answer["labels"], good.answer["terms"]) == (1, 1)
    wrong = ask("check", rulebook=texts("labels:\n  - {id: topic/a, colour: red}\n"))
    assert wrong.state == "done"
    assert not wrong.answer["accepted"]
    assert (wrong.answer["findings"][0]["line"], wrong.answer["findings"][0]["level"]) == (2, "error")


def test_what_is_in_force_is_meant_where_nothing_is_named(desk):
    one = desk.article("Inflation in Kazakh cities")
    told = ask("explain", article_id=one).answer
    assert (told["region"], told["document"]["title"]) == ("central-asia", "Inflation in Kazakh cities")
    with transaction() as session:
        version = rulebook.require_version(session)
    assert ask("check").answer["version"] == version
    told = ask("explain", document={"title": "Inflation"}, rulebook=texts(ENERGY)).answer
    assert [label["slug"] for label in told["topics"]] == ["energy"]


def test_tests_tell_the_failed_ones_first():
    told = ask(
        "test",
        rulebook=texts(
            TESTED.replace(EXAMPLES, EXAMPLES + "      - {title: Rain, expect: [topic/energy]}\n")
        ),
    )
    assert (told.answer["tests"], told.answer["failed"]) == (2, 1)
    assert [result["title"] for result in told.answer["results"]] == ["Rain", "Inflation"]


def test_a_difference_is_told_in_terms():
    told = ask("diff", before=None, after=texts(ENERGY)).answer
    assert {edit["id"] for edit in told["labels"]} == {"topic/economy", "topic/energy"}


def test_publishing_puts_in_force_in_the_name_of_who_asked():
    done = ask("publish", texts={"rules.yaml": TESTED}, message="Energy", base=None)
    assert done.state == "done"
    with transaction() as session:
        assert rulebook.require_version(session) == done.answer["version"]
        first = rulebook.history(session)[0]
    assert (first["author"], first["message"], first["figures"]["tests"]) == ("ada", "Energy", 1)
    back = ask("rollback", version=done.answer["before"][:12])
    assert back.answer["version"] == done.answer["before"]


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"texts": {"rules.yaml": FAILING}, "message": "x"}, "tests-fail", "Nothing was published"),
        ({"texts": {"rules.yaml": "labels: ["}, "message": "x"}, "invalid-rules", "refused"),
        ({"texts": {"rules.yaml": TESTED}, "message": " "}, "invalid-input", "Say in a message"),
        (
            {"texts": {"rules.yaml": TESTED}, "message": "x", "base": "f00d"},
            "conflict",
            "tester has published",
        ),
        ({"texts": "rules", "message": "x"}, "invalid-input", "A rulebook is"),
        ({"texts": {}, "message": "x"}, "invalid-rules", "refused"),
    ],
)
def test_a_publication_that_is_wrong_is_refused_with_its_kind_and_nothing_changes(given, kind, words):
    with transaction() as session:
        before = rulebook.require_version(session)
    refused = ask("publish", **given)
    assert (refused.state, refused.error["kind"]) == ("refused", kind)
    assert words in refused.error["sentence"]
    with transaction() as session:
        assert rulebook.require_version(session) == before
        assert len(rulebook.history(session)) == 1


def test_a_conflict_says_who_when_and_what_and_force_goes_over_it():
    with transaction() as session:
        before = rulebook.require_version(session)
    refused = ask("publish", texts={"rules.yaml": TESTED}, message="x", base="f00d").error
    assert (refused["in_force"], refused["author"], refused["message"]) == (before, "tester", "for a test")
    assert ask("publish", texts={"rules.yaml": TESTED}, message="x", base="f00d", force=True).state == "done"


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("explain", {"article_id": 999}, "no article 999"),
        ("rollback", {"version": "zzz"}, "no version begins"),
        ("check", {"rulebook": {"version": "zzz"}}, "no version begins"),
    ],
)
def test_what_is_not_there_is_refused_as_not_found(kind, given, words):
    refused = ask(kind, **given)
    assert refused.error["kind"] == "not-found"
    assert words in refused.error["sentence"]


def test_our_own_fault_is_told_and_the_next_request_is_served(service):
    def broken(*_: object) -> dict:
        raise ZeroDivisionError

    service.setitem(errands.ERRANDS, "stats", broken)
    failed = ask("stats")
    assert failed.state == "failed"
    assert "ZeroDivisionError" in failed.error["sentence"]
    assert ask("check").state == "done"


def test_what_computes_for_long_between_two_statements_is_no_transaction_that_hangs(service):
    def thinks(session, *_: object) -> dict:
        time.sleep(2.5)  # longer than the limit, which is far longer than from one statement to the next
        return {"found": session.scalar(text("SELECT 1"))}

    service.setitem(errands.ERRANDS, "stats", thinks)
    service.setitem(db.SERVER_LIMITS, "idle_in_transaction_session_timeout", "2s")
    forget_connections()
    assert ask("stats").answer == {"found": 1}


def test_a_request_that_workers_die_over_is_given_up_with_the_reason(service):
    def dies(*_: object) -> dict:
        raise KeyboardInterrupt

    service.setitem(errands.ERRANDS, "stats", dies)
    with transaction() as session:
        number = desk.ask(session, "stats", {}, author="ada")
    for _ in range(desk.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            worker.serve_waiting()
        assert find(number).state == "waiting"
        assert worker.serve_waiting() == 0  # its lease stands
        with transaction() as session:
            session.execute(text("UPDATE desk_requests SET lease_until = now() - interval '1 second'"))
    assert worker.serve_waiting() == 0
    assert (find(number).state, "died over it 2 times" in find(number).error["sentence"]) == ("failed", True)


def test_an_answer_that_comes_after_the_lease_is_dropped():
    with transaction() as session:
        number = desk.ask(session, "check", {}, author="ada")
    with transaction() as session:
        slow = desk.claim(session)
    with transaction() as session:
        session.execute(text("UPDATE desk_requests SET lease_until = now() - interval '1 second'"))
        quick = desk.claim(session)
        assert quick is not None
        assert desk.done(session, quick, {"from": "quick"})
        assert not desk.done(session, slow, {"from": "slow"})
    assert find(number).answer == {"from": "quick"}


def test_old_requests_are_forgotten():
    with transaction() as session:
        number = desk.ask(session, "check", {}, author="ada")
        session.execute(text("UPDATE desk_requests SET created_at = now() - interval '3 days'"))
        desk.forget(session)
        assert desk.find(session, number) is None


def test_the_starter_rulebook_is_checked_and_its_tests_pass_at_the_desk():
    told = ask("test", rulebook={"texts": starter_texts()})
    assert (told.state, told.answer["failed"]) == ("done", 0)
    assert told.answer["tests"] > 100
    assert load_texts(starter_texts()).version


def test_suggestions_come_from_articles_and_need_a_label_that_exists(desk: Desk):
    publish(ECONOMY + "  - {id: region/europe, name: Europe, terms: [France]}\n")
    for number in range(12):
        desk.article(f"A Kazakh minister opens the museum of Otrar {number}", text="He spoke in Otrar.")
        desk.article(f"Rain in France {number}", text="It rained in Lyon.")
    told = ask("suggest", label="region/central-asia").answer
    assert [suggestion["term"] for suggestion in told["suggestions"]] == ["Otrar"]
    assert (told["suggestions"][0]["inside"], told["suggestions"][0]["outside"]) == (12, 0)
    assert ask("suggest").error["kind"] == "invalid-input"
    assert "Did you mean" in ask("suggest", label="region/central-asi").error["sentence"]


def test_an_impact_and_statistics_are_told_for_what_is_stored(desk: Desk):
    desk.article("Inflation in Kazakh cities", regions=["central-asia"], topics=["economy"])
    told = ask("impact", rulebook=texts(ENERGY)).answer
    assert (told["articles"], told["changed"]) == (1, 1)
    assert ask("impact", rulebook=texts(ENERGY), limit=0).error["kind"] == "invalid-input"
    assert {term["term"] for term in ask("stats").answer["terms"]} == {"Kazakh", "inflation"}


@pytest.mark.parametrize("name", ["../x.yaml", "a/../../x.yaml", "/etc/x.yaml", "a//b.yaml", "", "a\\b.yaml"])
def test_a_rules_file_is_called_by_a_path_that_stays_in_its_folder(name):
    refused = ask("check", rulebook={"texts": {name: TESTED}})
    assert refused.error["kind"] == "invalid-input"
    assert "is no name of a rules file" in refused.error["sentence"]
