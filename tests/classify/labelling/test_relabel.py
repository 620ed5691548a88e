"""Relabelling: newest first, in steps that a death cannot tear, at bounded speed, once for every article."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.classify import rulebook
from services.classify.labelling import label, relabel, store, walk
from services.core.clock import utc_now
from services.core.db import transaction
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.environment import forget_connections
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.now = utc_now()
    service.setenv("DATELINE_RELABEL_RATE", "999999")
    forget_connections()
    publish(ECONOMY)
    relabel.relabel_listed()


def moved() -> list[int]:
    return [row[0] for row in sql("SELECT article_id FROM changes WHERE change = 'moved' ORDER BY seq")]


def many(desk: Desk, number: int) -> list[int]:
    """Listed articles on inflation, the first the newest."""
    made = [desk.article(f"Inflation {n}", age=timedelta(hours=n), listed=False) for n in range(number)]
    label.label_waiting()
    return made


def progress() -> walk.Progress:
    with transaction() as session:
        found = walk.last(session)
    assert found is not None
    return found


def test_everything_listed_moves_the_newest_first(desk, service):
    service.setattr(relabel, "STEP", 2)
    made = many(desk, 5)
    publish(ENERGY)
    assert relabel.relabel_listed() == 5
    assert moved()[:2] in (made[:2], made[1::-1])
    assert sorted(moved()) == sorted(made)
    assert sql("SELECT DISTINCT label FROM article_labels") == [("topic/energy",)]
    told = progress()
    assert (told.looked, told.relabelled, told.moved, told.ended) == (5, 5, 5, "done")
    assert "5 articles looked at, 5 have other labels" in told.in_words()


def test_what_keeps_its_labels_is_told_to_nobody_and_has_the_new_version(desk):
    one = desk.article("Kazakh steppe", listed=False)
    label.label_waiting()
    version = publish(ENERGY)
    relabel.relabel_listed()
    assert sql("SELECT id, rulebook_version FROM articles") == [(one, version)]
    assert sql("SELECT change FROM changes") == [("added",)]
    assert progress().moved == 0


def test_another_primary_region_is_told_although_the_labels_are_the_same(desk):
    two = "labels:\n  - {{id: region/a, name: A, terms: [Kazakh^{0}]}}\n  - {{id: region/b, name: B, terms: [steppe]}}\n"
    publish(two.format(2))
    one = desk.article("Kazakh steppe", listed=False)
    label.label_waiting()
    publish(two.format("0.5"))
    relabel.relabel_listed()
    assert sql("SELECT article_id, change FROM changes ORDER BY seq") == [(one, "added"), (one, "updated")]
    assert sql("SELECT region, regions FROM articles") == [("b", ["b", "a"])]


def test_a_step_that_dies_is_taken_again_and_nothing_is_told_twice(desk, service):
    service.setattr(relabel, "STEP", 2)
    made = many(desk, 6)
    publish(ENERGY)
    steps = iter([None, None])
    write = store.write

    def dies_in_the_second(session, labelled):
        write(session, labelled)
        if next(steps, "dead") == "dead":
            raise KeyboardInterrupt

    service.setattr(store, "write", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        relabel.relabel_listed()
    service.setattr(store, "write", write)
    assert progress().looked == 4
    assert relabel.relabel_listed() == 2
    assert sorted(moved()) == sorted(made)


def test_a_newer_version_overtakes_the_walk_and_the_last_one_wins(desk, service):
    service.setattr(relabel, "STEP", 2)
    made = many(desk, 6)
    publish(ENERGY)
    with transaction() as session:
        session.execute(
            text("UPDATE relabellings SET next_at = now() + interval '1 hour' WHERE finished_at IS NULL")
        )
    assert relabel.relabel_listed() == 0
    back = publish(ECONOMY + "  - {id: topic/new, name: New, terms: [Inflation]}\n")
    assert relabel.relabel_listed() == 6
    assert {row[0] for row in sql("SELECT rulebook_version FROM articles")} == {back}
    assert sorted(moved()) == sorted(made)
    assert [row[0] for row in sql("SELECT ended FROM relabellings ORDER BY id")][-2:] == ["overtaken", "done"]


def test_any_number_of_workers_pass_every_article_once(desk, service):
    service.setattr(relabel, "STEP", 3)
    made = many(desk, 40)
    publish(ENERGY)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            list(pool.map(lambda _: relabel.relabel_listed(), range(4)))
    assert sorted(moved()) == sorted(made)
    assert (progress().looked, progress().ended) == (40, "done")


def test_articles_that_arrive_and_change_meanwhile_get_the_version_in_force(desk, service):
    service.setattr(relabel, "STEP", 2)
    many(desk, 4)
    version = publish(ENERGY)
    sql("UPDATE articles SET revision = 2, waiting_since = now() WHERE title = 'Inflation 3'")
    desk.article("Inflation new", listed=False)
    relabel.relabel_listed()
    label.label_waiting()
    assert {row[0] for row in sql("SELECT rulebook_version FROM articles")} == {version}
    assert sql("SELECT count(*) FROM changes WHERE change = 'moved'") == [(4,)]


def test_the_pace_is_bounded(desk, service):
    """After a step the next may begin only when its articles are paid for, a second's worth ahead at most."""
    service.setenv("DATELINE_RELABEL_RATE", "1")
    forget_connections()
    service.setattr(relabel, "STEP", 60)  # a minute's worth: longer than this test takes anywhere
    many(desk, 70)
    publish(ENERGY)
    assert relabel.relabel_listed() == 60
    assert relabel.relabel_listed() == 0
    with transaction() as session:
        assert walk.due(session) == 0
        left = session.scalar(
            text("SELECT extract(epoch FROM next_at - now()) FROM relabellings WHERE finished_at IS NULL")
        )
    assert 0 < left <= 60


def test_going_back_gives_the_old_labels_again(desk):
    made = many(desk, 3)
    with transaction() as session:
        first = rulebook.require_version(session)
    publish(ENERGY)
    relabel.relabel_listed()
    with transaction() as session:
        rulebook.put_in_force(session, first, author="ada")
    relabel.relabel_listed()
    assert sorted(moved()) == sorted(made * 2)
    assert sql("SELECT DISTINCT label FROM article_labels") == [("topic/economy",)]
