"""The rulebook in force: refused ones change nothing, another one lets recent articles be labelled again."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from services.classify import rulebook
from services.classify.labelling import label, relabel
from services.classify.rules import RulebookError
from services.classify.work import OvertakenError
from services.core import cache, db
from services.core.clock import utc_now
from services.core.db import engine, long_transaction, transaction
from services.core.errors import ConfigurationError, NotFoundError
from services.core.queues import Queue
from tests.fixtures.articles import Desk
from tests.fixtures.environment import forget_connections
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish

OTHER = "  - {id: topic/other, name: Other, terms: [other]}\n"


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    """Articles of this minute, in a database of this test that has no rulebook."""
    desk.now = utc_now()
    with transaction() as session:
        session.execute(text("DELETE FROM publications"))
        session.execute(text("DELETE FROM relabellings"))
        session.execute(text("DELETE FROM rulebooks"))


def in_force() -> str | None:
    with transaction() as session:
        return rulebook.active_version(session)


def stream() -> list[tuple[int, str, list[str], list[str]]]:
    with transaction() as session:
        rows = session.execute(
            text("SELECT article_id, change, labels_before, labels_after FROM changes ORDER BY seq")
        )
        return [tuple(row) for row in rows]


def test_without_a_rulebook_the_remedy_is_named_and_nothing_is_claimed(desk: Desk):
    """An attempt counts against the article: three hints without a rulebook must not put it aside."""
    desk.article(listed=False)
    for _ in range(4):
        with pytest.raises(ConfigurationError, match="dateline migrate"):
            label.label_waiting()
    with transaction() as session:
        assert session.execute(text("SELECT attempts, quarantined FROM articles")).one() == (0, None)


def test_a_published_rulebook_is_compiled_once_and_in_force():
    version = publish(ECONOMY)
    with transaction() as session:
        first, second = rulebook.current(session), rulebook.current(session)
        assert rulebook.texts_in_force(session) == {"rules.yaml": ECONOMY}
    assert first is second
    assert in_force() == version
    publish(ENERGY)
    with transaction() as session:
        assert rulebook.current(session) is not first


def test_a_wrong_rulebook_is_refused_and_the_old_one_stays():
    version = publish(ECONOMY)
    with pytest.raises(RulebookError):
        publish("labels:\n  - {id: topic/a, colour: red}\n")
    assert in_force() == version
    with transaction() as session:
        assert len(rulebook.history(session)) == 1


def test_publishing_says_so_to_classify():
    publish(ECONOMY)
    assert cache.queue_length(Queue.RELABEL) == 1


def test_publishing_again_what_is_in_force_lets_nothing_wait(desk: Desk):
    publish(ECONOMY)
    desk.article("Inflation", listed=False)
    label.label_waiting()
    publish(ECONOMY)
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL")) == 0


def test_another_rulebook_moves_what_it_labels_otherwise_and_nothing_else(desk: Desk):
    publish(ECONOMY)
    inflation, neither = desk.article("Inflation", listed=False), desk.article("Nothing", listed=False)
    label.label_waiting()
    before = len(stream())
    publish(ENERGY)
    assert relabel.relabel_listed() == 2
    assert stream()[before:] == [(inflation, "moved", ["topic/economy"], ["topic/energy"])]
    assert {row[0] for row in stream()[:before]} == {inflation, neither}


def test_an_earlier_version_comes_back_by_its_first_letters():
    first, second = publish(ECONOMY), publish(ENERGY)
    with transaction() as session:
        assert rulebook.put_in_force(session, first[:10], author="ada").version == first
    assert in_force() == first
    with transaction() as session:
        rows = [
            (row["version"], row["before"], row["author"], row["active"]) for row in rulebook.history(session)
        ]
    assert rows == [
        (first, second, "ada", True),
        (second, first, "tester", False),
        (first, None, "tester", False),
    ]


@pytest.mark.parametrize(("prefix", "words"), [("zzz", "no version"), ("", "more than one version")])
def test_a_prefix_that_names_no_single_version_is_refused(prefix, words):
    publish(ECONOMY)
    version = publish(ENERGY)
    with transaction() as session, pytest.raises(NotFoundError, match=words):
        rulebook.put_in_force(session, prefix, author="ada")
    assert in_force() == version


def test_only_one_rulebook_can_be_in_force():
    publish(ECONOMY)
    publish(ENERGY)
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM rulebooks WHERE active")) == 1


def test_who_began_from_an_older_version_is_told_who_published_since():
    first = publish(ECONOMY)
    publish(ENERGY)
    with (
        pytest.raises(OvertakenError, match=r"tester has published .* since") as caught,
        transaction() as session,
    ):
        rulebook.publish(session, {"r.yaml": ECONOMY + OTHER}, message="x", author="ada", base=first[:12])
    assert (caught.value.in_force, caught.value.message) == (in_force(), "for a test")
    with transaction() as session:
        assert len(rulebook.history(session)) == 2
        done = rulebook.publish(
            session, {"r.yaml": ECONOMY + OTHER}, message="x", author="ada", base=in_force()
        )
    assert done.before == caught.value.in_force


def test_of_editors_who_publish_at_once_from_one_version_one_succeeds():
    base = publish(ECONOMY)

    def attempt(number: int) -> str | None:
        texts = {"r.yaml": ECONOMY + OTHER.replace("other", f"other{number}")}
        try:
            with transaction() as session:
                return rulebook.publish(session, texts, message="x", author="ada", base=base).version
        except OvertakenError:
            return None

    with ThreadPoolExecutor(6) as pool:
        won = [version for version in pool.map(attempt, range(6)) if version]
    assert won == [in_force()]


def test_publishing_the_same_again_leaves_no_trace():
    version = publish(ECONOMY)
    with transaction() as session:
        again = rulebook.publish(session, {"rules.yaml": ECONOMY}, message="x", author="ada")
        assert (again.version, again.walk) == (version, None)
        assert len(rulebook.history(session)) == 1


def test_a_newer_starter_takes_the_place_of_an_older_one_but_never_of_an_editors():
    with transaction() as session:
        rulebook.renew_starter(session, {"a.yaml": ECONOMY})
        rulebook.renew_starter(session, {"a.yaml": ENERGY})
        rulebook.renew_starter(session, {"a.yaml": ENERGY})
        told = [(row["author"], row["message"]) for row in rulebook.history(session)]
    assert told == [
        ("dateline", "The starter rulebook of a newer release"),
        ("dateline", "The starter rulebook"),
    ]
    edited = publish(ECONOMY + OTHER)
    with transaction() as session:
        rulebook.renew_starter(session, {"a.yaml": ECONOMY})
    assert in_force() == edited


def test_a_process_keeps_few_rulebooks_compiled_and_the_last_used_among_them(service):
    service.setattr(rulebook, "KEPT_COMPILED", 2)
    versions = [publish(ECONOMY), publish(ENERGY), publish(ECONOMY + OTHER)]
    with transaction() as session:
        for version in (versions[0], versions[1], versions[0], versions[2]):
            assert rulebook.compiled(session, version).version == version
    assert [rulebook.kept(version) is not None for version in versions] == [True, False, True]


def test_a_busy_machine_may_take_its_time_to_compile(service, monkeypatch):
    """The server ends transactions that idle; computing is no idling, and the limit holds again behind it."""
    publish(ECONOMY)
    rulebook._compiled.clear()
    compile_rulebook, taken = rulebook.compile_rulebook, []

    def slow(*given):
        taken.append(given)
        time.sleep(2.5)  # longer than the limit, which is far longer than from one statement to the next
        return compile_rulebook(*given)

    monkeypatch.setattr(rulebook, "compile_rulebook", slow)
    monkeypatch.setitem(db.SERVER_LIMITS, "idle_in_transaction_session_timeout", "2s")
    forget_connections()
    with transaction() as session:
        rulebook.current(session)
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "2s"
    assert len(taken) == 1


def test_computing_is_over_where_others_begin_to_wait(service):
    """Who publishes may compute for minutes; with the lock of publications in hand he may not be silent for so long."""
    with long_transaction() as session:
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5min"
        rulebook.publish(session, {"rules.yaml": ECONOMY}, message="", author="ada")
        usual = db.SERVER_LIMITS["idle_in_transaction_session_timeout"]
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == usual


def test_compiling_holds_no_transaction_open(monkeypatch):
    """On a busy machine it takes longer than the server lets a transaction idle."""
    published = publish(ECONOMY)
    rulebook._compiled.clear()
    compile_rulebook, seen = rulebook.compile_rulebook, []

    def watched(book):
        with engine().connect() as aside:
            idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
            seen.append(aside.scalar(text(idle)))
        return compile_rulebook(book)

    monkeypatch.setattr(rulebook, "compile_rulebook", watched)
    assert rulebook.prepare().version == published
    assert rulebook.prepare().version == published
    assert seen == [0]
