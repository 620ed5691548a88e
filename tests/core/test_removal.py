"""What is taken out for good leaves Latest at once, is told to followers once, and comes back only with its texts."""

import threading

import pytest

from services.classify import rulebook
from services.classify.labelling import label, store
from services.core import cache, corrections, removal
from services.core.corrections import Judgement
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.core.queues import Queue
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, publish

WHY = "It is no news, says ada."
OLD = "It is older than 90 days."


def remove(*ids: int, why: str = WHY, keep_text: bool = True) -> list[int]:
    with transaction() as session:
        return removal.remove(session, ids, why=why, keep_text=keep_text)


def restore(*ids: int) -> list[int]:
    with transaction() as session:
        return removal.restore(session, ids)


def changes() -> list[tuple]:
    return sql("SELECT article_id, change, revision, labels_before, labels_after FROM changes ORDER BY seq")


@pytest.fixture
def one(desk: Desk) -> int:
    """An article in Latest with two labels."""
    return desk.article("Inflation", text="Prices rose.", regions=["central-asia"], topics=["economy"])


def test_it_leaves_latest_with_its_labels_and_its_words_and_is_told_once(desk, one):
    assert remove(one) == [one]
    assert remove(one) == []
    assert changes()[1:] == [
        (one, "removed", 2, ["region/asia", "region/central-asia", "topic/economy"], []),
    ]
    assert sql("SELECT count(*) FROM article_labels") == [(0,)]
    assert sql("SELECT listed, search, region, regions, removed_why, title, text FROM articles") == [
        (False, None, None, [], WHY, "Inflation", "Prices rose."),
    ]


def test_what_followers_never_saw_goes_without_a_word(desk, one):
    waiting, copy = desk.article(listed=False), desk.duplicate(one, source="wire.example")
    assert remove(waiting, copy) == [waiting, copy]
    assert [row[:2] for row in changes()] == [(one, "added")]
    assert sql("SELECT duplicate_of FROM articles WHERE id = :id", id=copy) == [(one,)]
    publish(ECONOMY)
    assert label.label_waiting() == 1, "the article that is shown: one source less carries it"


def test_it_counts_nowhere_as_waiting_or_put_aside_whoever_lets_it_wait(desk, one):
    aside = desk.article(listed=False, quarantined="A worker died.")
    with transaction() as session:
        corrections.correct(session, one, Judgement(topics=("economy",)), author="ada")
    remove(one, aside)
    with transaction() as session:
        assert corrections.withdraw(session, one)
    assert sql(
        "SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL OR quarantined IS NOT NULL"
    ) == [(0,)]


def test_several_are_told_in_the_order_of_their_ids_and_unknown_ones_are_none(desk, one):
    other = desk.article()
    assert remove(other, 999_999, one) == [one, other]
    assert [row[:2] for row in changes()[2:]] == [(one, "removed"), (other, "removed")]
    assert remove() == [] == restore()


def test_it_comes_back_with_its_text_and_is_added_when_it_has_labels(desk, one):
    publish(ECONOMY)
    remove(one)
    cache.client().flushall()
    assert restore(one) == [one]
    assert restore(one) == []
    assert cache.queue_length(Queue.CLASSIFY) == 1
    assert label.label_waiting() == 1
    assert [row[1:3] for row in changes()[1:]] == [("removed", 2), ("added", 3)]
    assert sql("SELECT label FROM article_labels") == [("topic/economy",)]
    assert sql("SELECT removed_at, removed_why, search IS NULL FROM articles") == [(None, None, False)]


def test_what_lost_its_text_stays_out(desk, one):
    remove(one)
    assert remove(one, why=OLD, keep_text=False) == []
    assert len(changes()) == 2
    assert restore(one) == []
    assert sql("SELECT emptied, removed_why, title, text, html, verdict FROM articles") == [
        (True, OLD, "Inflation", "", "", None),
    ]


def test_labels_that_were_on_their_way_are_not_put_on_it(desk):
    publish(ECONOMY)
    late = desk.article("Inflation", listed=False)
    with transaction() as session:
        compiled, held = rulebook.current(session), store.claim(session)
    remove(late)
    with transaction() as session:
        assert store.save(session, [label.label_one(waiting, compiled) for waiting in held]) is None
    assert sql("SELECT listed FROM articles") == [(False,)]


def test_whatever_lets_it_wait_does_not_bring_it_back(desk, one):
    publish(ECONOMY)
    remove(one)
    sql("UPDATE articles SET waiting_since = now()")
    assert label.label_waiting() == 0
    with pytest.raises(InvalidInputError, match=r"was removed\. It is no news"), transaction() as session:
        corrections.correct(session, one, Judgement(topics=()), author="ada")


def test_two_who_remove_the_same_at_once_tell_it_once(desk):
    ids = [desk.article() for _ in range(20)]
    threads = [threading.Thread(target=remove, args=order) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row[0] for row in changes() if row[1] == "removed") == ids


def test_whose_copy_is_gone_tells_followers_of_its_other_also_at(desk, one):
    publish(ECONOMY)
    copy = desk.duplicate(one, source="wire.example")
    assert remove(copy) == [copy]
    assert sql("SELECT revision, waiting_since IS NOT NULL FROM articles WHERE id = :id", id=one) == [
        (2, True)
    ]
    label.label_waiting()
    assert [row[:3] for row in changes()][-1] == (one, "updated", 2) or changes()[-1][:2] == (one, "moved")
    both = desk.duplicate(one, source="other.example")
    assert remove(one, both) == [one, both]
    assert changes()[-1][:2] == (one, "removed")
