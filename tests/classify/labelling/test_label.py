"""Labelling: claimed, labelled, saved and published once; deaths, corrections and new rulebooks on the way harm nobody."""

import itertools

import pytest

from services.classify import rulebook
from services.classify.labelling import label, store, stored
from services.classify.work import Waiting
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import NotFoundError, UnavailableError
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    """Articles of this minute, in a database of this test, and a rulebook in force."""
    desk.now = utc_now()
    publish(ECONOMY)


def stream() -> list[tuple]:
    return sql("SELECT article_id, change, revision, labels_before, labels_after FROM changes ORDER BY seq")


def claim(limit: int = 50, *, suspects: bool = False) -> list[Waiting]:
    with transaction() as session:
        return store.claim(session, limit=limit, suspects=suspects)


def label_claimed(batch: list[Waiting]) -> None:
    with transaction() as session:
        compiled = rulebook.current(session)
    label.label_batch(batch, compiled)


def waiting() -> int:
    with transaction() as session:
        return store.waiting(session)


def lapse() -> None:
    """Time passes until every lease has run out."""
    sql("UPDATE articles SET lease_until = now() - interval '1 second'")


def correct(article_id: int) -> None:
    """As ingest does when a feed corrects its article or another source brings it."""
    sql(
        "UPDATE articles SET revision = revision + 1, waiting_since = coalesce(waiting_since, now()) WHERE id = :id",
        id=article_id,
    )


def test_a_batch_is_labelled_and_published_once(desk):
    both = desk.article("Inflation slows in Kazakh cities", listed=False)
    none = desk.article("Nothing of note", listed=False)
    assert waiting() == 2
    assert label.label_waiting() == 2
    assert stream() == [
        (both, "added", 1, [], ["region/central-asia", "topic/economy"]),
        (none, "added", 1, [], []),
    ]
    assert sql("SELECT article_id, label FROM article_labels ORDER BY label") == [
        (both, "region/central-asia"),
        (both, "topic/economy"),
    ]
    found = sql("SELECT listed, region, regions, topics, waiting_since, attempts FROM articles ORDER BY id")
    assert found == [
        (True, "central-asia", ["central-asia"], ["economy"], None, 0),
        (True, None, [], [], None, 0),
    ]
    ((verdict, version),) = sql("SELECT verdict, rulebook_version FROM articles WHERE id = :id", id=both)
    assert version == sql("SELECT version FROM rulebooks WHERE active")[0][0]
    assert verdict["topics"][0]["why"][0]["term"] == "inflation"


def test_run_twice_publishes_nothing_more(desk):
    desk.article("Inflation", listed=False)
    label.label_waiting()
    before = stream(), sql("SELECT * FROM articles")
    assert label.label_waiting() == 0
    assert (stream(), sql("SELECT * FROM articles")) == before


def stock(desk: Desk, total: int) -> None:
    """So many articles that wait."""
    desk.article(listed=False)
    sql(
        "INSERT INTO articles (feed_id, source_id, url, title, teaser, text, html, authors, tags, content_hash, date_guessed,"
        " first_seen_at, updated_at, sort_at, waiting_since) SELECT feed_id, source_id, url || n, title, teaser, text, html,"
        " authors, tags, content_hash, date_guessed, first_seen_at, updated_at, sort_at, waiting_since"
        " FROM articles, generate_series(2, :n) AS n",
        n=total,
    )


def published_together() -> list[int]:
    """How many changes each transaction has published, in order."""
    return [count for (count,) in sql("SELECT count(*) FROM changes GROUP BY xmin::text ORDER BY min(seq)")]


@pytest.mark.parametrize(
    ("look_s", "together"), [(0.0, [50, 100, 20]), (0.5, [50, 50, 50, 20])], ids=["quick", "slow"]
)
def test_where_much_waits_more_is_published_together_as_long_as_that_is_quick(
    desk, monkeypatch, look_s, together
):
    """Each look at the clock is so much later than the one before."""
    stock(desk, sum(together))
    ticks = itertools.count()
    monkeypatch.setattr(label, "monotonic", lambda: next(ticks) * look_s)
    assert label.label_waiting() == sum(together)
    assert published_together() == together
    assert len({row[0] for row in stream()}) == len(stream()) == sum(together)


def test_a_correction_that_changes_no_label_is_an_update(desk):
    one = desk.article("Inflation", listed=False)
    label.label_waiting()
    correct(one)
    label.label_waiting()
    assert stream()[1:] == [(one, "updated", 2, ["topic/economy"], ["topic/economy"])]


def test_an_article_just_labelled_is_labelled_again_at_once_when_it_changes(desk):
    """Not only when the rest of its lease is over: readers wait for corrections."""
    one = desk.article("Inflation", listed=False)
    label.label_waiting()
    correct(one)
    assert waiting() == 1
    assert label.label_waiting() == 1


def test_an_article_changed_while_it_is_labelled_keeps_waiting_and_counts_no_death(desk):
    changed, other = desk.article("Inflation", listed=False), desk.article("Kazakh steppe", listed=False)
    batch = claim()
    correct(changed)
    label_claimed(batch)
    assert [row[0] for row in stream()] == [other]
    assert sql("SELECT attempts, lease_token FROM articles WHERE id = :id", id=changed) == [(0, None)]
    assert waiting() == 1
    label.label_waiting()
    assert [(row[0], row[2]) for row in stream()] == [(other, 1), (changed, 2)]


def test_a_rulebook_published_while_articles_are_labelled_is_the_one_that_labels_them(desk):
    """Saved with the old labels they would keep them: the new rulebook only calls what it saw as labelled."""
    one = desk.article("Inflation", listed=False)
    batch = claim()
    with transaction() as session:
        old = rulebook.current(session)
    publish(ENERGY)
    label.label_batch(batch, old)
    assert (stream(), waiting()) == ([], 1)
    label.label_waiting()
    assert stream() == [(one, "added", 1, [], ["topic/energy"])]


def test_a_worker_that_was_frozen_past_its_lease_saves_nothing(desk):
    one = desk.article("Inflation", listed=False)
    frozen = claim()
    lapse()
    (awake,) = claim(suspects=True)
    label_claimed(frozen)
    assert stream() == []
    assert sql("SELECT lease_token FROM articles") == [(awake.lease_token,)], "it took the other one's lease"
    label_claimed([awake])
    label_claimed(frozen)
    assert stream() == [(one, "added", 1, [], ["topic/economy"])]


def test_nobody_else_gets_what_is_in_hand(desk):
    for _ in range(3):
        desk.article(listed=False)
    first, second, third = claim(2), claim(2), claim(2)
    assert [len(first), len(second), len(third)] == [2, 1, 0]
    assert {w.id for w in first} & {w.id for w in second} == set()
    assert [w.id for w in first] == sorted(w.id for w in first)
    assert waiting() == 0


def test_articles_whose_worker_died_go_alone_and_are_put_aside_after_three_deaths(desk):
    for _ in range(2):
        desk.article(listed=False)
    claim()
    for _ in range(2):
        lapse()
        assert claim() == [], "a suspect was claimed among others"
        assert len(claim(1, suspects=True)) == len(claim(1, suspects=True)) == 1
    lapse()
    assert label.label_waiting() == 0
    reasons = sql("SELECT DISTINCT quarantined, attempts FROM articles")
    assert reasons == [("A worker died 3 times in a row while labelling it.", 3)]
    assert waiting() == 0


def test_an_article_in_hand_is_not_put_aside_however_often_it_was(desk):
    desk.article(listed=False)
    claim()
    sql("UPDATE articles SET attempts = 3")
    with transaction() as session:
        store.quarantine(session)
    assert sql("SELECT quarantined FROM articles") == [(None,)]


def test_a_poisoned_article_takes_no_neighbour_with_it(desk, monkeypatch):
    """It fails its batch once, then alone; everybody else is labelled, and it is put aside with a reason."""
    poison = desk.article("Poison", listed=False)
    healthy = [desk.article("Inflation", listed=False) for _ in range(4)]
    classify = label.classify

    def die_of_poison(document, compiled):
        if document.title == "Poison":
            raise MemoryError
        return classify(document, compiled)

    monkeypatch.setattr(label, "classify", die_of_poison)
    for _ in range(4):
        try:
            label.label_waiting()
        except MemoryError:
            lapse()
    label.label_waiting()
    assert {row[0] for row in stream()} == set(healthy)
    assert [row[0] for row in sql("SELECT id FROM articles WHERE quarantined IS NOT NULL")] == [poison]


def test_a_crash_while_publishing_leaves_neither_labels_nor_changes(desk, monkeypatch):
    desk.article("Inflation", listed=False)

    def crash(*_):
        raise UnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(store.latest, "publish", crash)
        with pytest.raises(UnavailableError):
            label.label_waiting()
    assert (stream(), sql("SELECT label FROM article_labels")) == ([], [])
    assert sql("SELECT listed, waiting_since IS NOT NULL FROM articles") == [(False, True)]
    lapse()
    assert label.label_waiting() == 1


def test_labels_that_no_longer_hold_are_taken_away(desk):
    one = desk.article("Inflation in Kazakh cities", listed=False)
    label.label_waiting()
    sql("UPDATE articles SET title = 'Inflation', revision = 2, waiting_since = now()")
    label.label_waiting()
    assert sql("SELECT label FROM article_labels") == [("topic/economy",)]
    assert stream()[1:] == [
        (one, "moved", 2, ["region/central-asia", "topic/economy"], ["topic/economy"]),
    ]


def test_warming_up_compiles_what_is_in_force(desk):
    label.warm_up()
    with transaction() as session:
        version = rulebook.require_version(session)
        assert rulebook.kept(version) is not None
        assert rulebook.current(session) is rulebook.kept(version)


def test_a_stored_article_is_what_the_rules_see(desk):
    one = desk.article("Title", text="Body", source="t.example", language="ru")
    with transaction() as session:
        found = stored.document(session, one)
        with pytest.raises(NotFoundError, match="There is no article 999"):
            stored.document(session, 999)
    assert (found.title, found.body, found.language) == ("Title", "Body", "ru")
