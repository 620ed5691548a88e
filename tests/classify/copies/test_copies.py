"""Copies hide behind the article that was first, come back when they are none, and followers hear of every turn."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import text

from services.api.queries import items
from services.classify import rulebook
from services.classify.copies import groups, looking, regroup
from services.classify.copies.regroup import Looks
from services.classify.labelling import label, relabel, store, stored
from services.core.clock import utc_now
from services.core.db import async_engine, transaction
from tests.classify.duplicates.test_duplicates import TEXTS
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.environment import forget_connections
from tests.fixtures.rulebooks import ECONOMY, publish

TITLE, BODY = TEXTS["en"]
OTHER_TITLE, OTHER_BODY = TEXTS["de"]
GAS = ECONOMY + "  - {id: topic/gas, name: Gas, terms: [gas]}\n"


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    """Articles of this minute, in a database of this test, and a rulebook in force."""
    desk.now = utc_now()
    publish(GAS)


def settle() -> None:
    """Label until nothing waits."""
    while label.label_waiting():
        pass


def stream() -> list[tuple]:
    return sql("SELECT article_id, change FROM changes ORDER BY seq")


def heads() -> dict[int, int]:
    """Who is shown for each article; itself where it stands in Latest, 0 where nobody sees it."""
    return dict(
        sql(
            "SELECT id, CASE WHEN listed THEN id ELSE coalesce(duplicate_of, 0) END FROM articles ORDER BY id"
        )
    )


def brought(desk: Desk, source: str, title: str = TITLE, body: str = BODY, **values) -> int:
    """An article as ingest leaves it."""
    return desk.article(title, text=body, source=f"{source}.example", listed=False, **values)


def shown(desk: Desk, source: str, title: str = TITLE, body: str = BODY, **values) -> int:
    """An article that came and was labelled before anything else did."""
    made = brought(desk, source, title, body, **values)
    settle()
    return made


def correct(article_id: int, title: str, body: str) -> None:
    """As ingest does when a feed corrects its article, hidden or not."""
    sql(
        "UPDATE articles SET title = :title, text = :body, content_hash = sha256(CAST(:said AS bytea)), revision = revision + 1,"
        " attempts = 0, quarantined = NULL, waiting_since = coalesce(waiting_since, now()) WHERE id = :id",
        id=article_id, title=title, body=body, said=f"{title} {body}".encode(),
    )  # fmt: skip


def judge(one: int, other: int | None, says: str) -> None:
    """As an editor's tool does: what is said, and whom it concerns waits."""
    first, second = (one, other) if other is None else sorted((one, other))
    sql(
        "INSERT INTO judgements (one, other, says, author, documents) VALUES (:one, :other, :says, 'ada', '[]')",
        one=first, other=second, says=says,
    )  # fmt: skip
    wake(one, other)


def withdraw(one: int, other: int) -> None:
    sql(
        "UPDATE judgements SET withdrawn_at = now() WHERE one = :one AND other = :other", one=one, other=other
    )
    wake(one, other)


def wake(*articles: int | None) -> None:
    sql("UPDATE articles SET waiting_since = now() WHERE id = ANY(:ids)", ids=[n for n in articles if n])


# --- who is hidden behind whom -----------------------------------------------------------------------------------------


def test_of_copies_that_come_together_the_first_fetched_is_shown(desk):
    one, two, other = brought(desk, "a"), brought(desk, "b"), brought(desk, "c", OTHER_TITLE, OTHER_BODY)
    settle()
    assert heads() == {one: one, two: one, other: other}
    assert stream() == [(one, "added"), (other, "added")]
    assert (
        sql("SELECT published_revision = revision, waiting_since, lease_token FROM articles")
        == [(True, None, None)] * 3
    )


def test_a_copy_that_comes_later_is_hidden_and_its_article_is_updated(desk):
    one = shown(desk, "a")
    placed = sql("SELECT sort_at FROM articles")
    two = shown(desk, "b", f"UPDATE 2-{TITLE}", age=timedelta(hours=5))
    assert heads() == {one: one, two: one}
    assert stream() == [(one, "added"), (one, "updated")]
    assert sql("SELECT revision FROM articles ORDER BY id") == [(2,), (1,)]
    assert sql("SELECT sort_at FROM articles WHERE id = :id", id=one) == placed, "the row moved in Latest"


def test_the_reason_of_each_pair_is_kept_as_a_sentence(desk):
    one, two = brought(desk, "a"), brought(desk, "b", "Another headline of ours")
    settle()
    ((first, second, by, judgement),) = sql("SELECT one, other, by, judgement FROM copies")
    assert (first, second, by) == (one, two, "text")
    assert judgement["sentence"].startswith("the same by text: runs of four words 1.00 of 0.50; words 1.00")
    assert judgement["reasons"][0] == ["runs of four words", 1.0, 0.5]


def test_the_exact_copies_of_one_fetch_are_one(desk):
    """One publisher gives the same article two addresses."""
    one, two = brought(desk, "a"), brought(desk, "a")
    settle()
    assert heads() == {one: one, two: one}


def test_the_series_of_one_publisher_is_not(desk):
    teaser = (
        "This week on the programme we talk about everything that happened in the region, with your calls."
    )
    made = [brought(desk, "radio", f"Regional talk: {what}", teaser) for what in ("the vote", "water in Osh")]
    settle()
    assert heads() == {number: number for number in made}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_copies_of_copies_are_one_whoever_comes_first(desk, order):
    """The headline alone and a copy under another headline know each other only through the original."""
    texts = [(TITLE, BODY), (f"{TITLE} | Paper", ""), ("Pipeline: what is known so far", BODY)]
    made = [shown(desk, f"p{n}", *texts[n]) for n in order]
    assert len(set(heads().values())) == 1
    assert heads()[made[0]] == made[0], "who was shown first stays"
    assert sql("SELECT count(*) FROM articles WHERE listed") == [(1,)]


def test_any_number_of_copies_is_one(desk, service):
    """More at once than are looked at under one key."""
    service.setattr(looking, "NEWEST", 4)
    made = []
    for wave in range(3):
        made += [
            brought(desk, f"p{wave}-{n}", age=timedelta(minutes=60 - 20 * wave + n % 3)) for n in range(10)
        ]
        settle()
    assert set(heads().values()) == {made[0]}


def test_copies_more_than_three_days_apart_are_news_again(desk):
    old, new = (
        brought(desk, "a", age=timedelta(hours=73)),
        brought(desk, "b", age=timedelta(0)),
    )
    settle()
    assert heads() == {old: old, new: new}
    between = shown(desk, "c", age=timedelta(hours=30))
    assert heads() == {old: old, new: old, between: old}, "joined by one that is near to both"
    assert (new, "merged") in stream()


# --- who is shown stays -------------------------------------------------------------------------------------------------


def test_who_is_shown_stays_when_an_earlier_one_turns_out_to_be_a_copy(desk):
    one, two = brought(desk, "a", OTHER_TITLE, OTHER_BODY), brought(desk, "b")
    sql("UPDATE articles SET lease_until = now() + interval '1 hour' WHERE id = :id", id=one)
    settle()
    correct(one, TITLE, BODY)
    sql("UPDATE articles SET lease_until = 'epoch'")
    settle()
    assert heads() == {one: two, two: two}
    assert stream() == [(two, "added"), (two, "updated")]


def test_two_that_are_shown_become_one_and_the_later_is_merged(desk):
    one = shown(desk, "a")
    two = shown(desk, "b", OTHER_TITLE, OTHER_BODY)
    copy_of_two = shown(desk, "c", OTHER_TITLE, OTHER_BODY)
    assert heads() == {one: one, two: two, copy_of_two: two}
    correct(two, TITLE, BODY)
    judge(two, copy_of_two, "duplicate")
    settle()
    assert heads() == {one: one, two: one, copy_of_two: one}, "nobody stands behind one that is hidden"
    told = sql(
        "SELECT article_id, change, labels_before, labels_after FROM changes ORDER BY seq DESC LIMIT 2"
    )
    assert (two, "merged", [], []) in told
    assert told[0][:2] == (one, "updated")
    assert sql("SELECT count(*) FROM article_labels WHERE article_id = :id", id=two) == [(0,)]


def test_what_is_merged_leaves_the_labels_it_was_listed_under(desk):
    one, two = shown(desk, "a"), shown(desk, "b", "Gas", OTHER_BODY)
    judge(one, two, "duplicate")
    settle()
    merged = sql(
        "SELECT article_id, revision, labels_before, labels_after FROM changes WHERE change = 'merged'"
    )
    assert merged == [(two, 2, ["topic/gas"], [])]
    assert sql("SELECT DISTINCT article_id FROM article_labels") == [(one,)]


def test_relabelling_touches_only_what_is_shown(desk, service):
    service.setenv("DATELINE_RELABEL_RATE", "999999")
    forget_connections()
    one, two = shown(desk, "a"), shown(desk, "b")
    relabel.relabel_listed()
    before = sql("SELECT * FROM articles WHERE id = :id", id=two)
    publish(GAS.replace("topic/gas", "topic/fuel"))
    relabel.relabel_listed()
    assert sql("SELECT article_id, label FROM article_labels WHERE label LIKE 'topic/%'") == [
        (one, "topic/fuel")
    ]
    assert sql("SELECT * FROM articles WHERE id = :id", id=two) == before


# --- a copy that is none any more ------------------------------------------------------------------------------------------


def test_a_copy_whose_text_changes_is_shown_again(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    correct(two, "Gas: other news", OTHER_BODY)
    settle()
    assert heads() == {one: one, two: two}
    assert stream()[2:] == [(two, "added"), (one, "updated")] or stream()[2:] == [
        (one, "updated"),
        (two, "added"),
    ]
    assert sql("SELECT * FROM copies") == []
    assert sql("SELECT label FROM article_labels WHERE article_id = :id", id=two) == [("topic/gas",)]


def test_an_article_that_becomes_other_news_frees_its_copies(desk):
    one, two, three = shown(desk, "a"), shown(desk, "b"), shown(desk, "c")
    correct(one, OTHER_TITLE, OTHER_BODY)
    settle()
    assert heads() == {one: one, two: two, three: two}
    assert Counter(stream()[3:]) == {(one, "moved"): 1, (two, "added"): 1}


def test_a_longer_update_of_an_article_stays_what_it_is(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    correct(one, TITLE, BODY + " More details were expected later in the day, officials added.")
    settle()
    assert heads() == {one: one, two: one}
    assert stream()[-1] == (one, "updated")


def test_a_merged_article_that_is_shown_again_has_its_labels_again(desk):
    one, two = shown(desk, "a", "Gas", OTHER_BODY), shown(desk, "b")
    judge(one, two, "duplicate")
    settle()
    assert heads() == {one: one, two: one}
    withdraw(one, two)
    settle()
    assert heads() == {one: one, two: two}
    last = sql(
        "SELECT change, labels_before, labels_after FROM changes WHERE article_id = :id ORDER BY seq", id=two
    )
    assert [row[0] for row in last] == ["added", "merged", "added"]
    labels = sorted(row[0] for row in sql("SELECT label FROM article_labels WHERE article_id = :id", id=two))
    assert last[-1][1:] == ([], labels) == ([], last[0][2])


def test_a_correction_that_changes_nothing_to_see_of_a_copy_tells_of_its_article(desk):
    """Its address, and where it was seen, are shown with the article that stands for it."""
    one, two = shown(desk, "a"), shown(desk, "b")
    sql("UPDATE articles SET url = url || '-moved'")
    correct(two, TITLE, BODY)
    settle()
    assert heads() == {one: one, two: one}
    assert stream() == [(one, "added"), (one, "updated"), (one, "updated")]


def test_old_copies_stay_hidden_when_nothing_but_time_has_passed(desk):
    """Their keys are gone by then; that they are one was known."""
    one, two = shown(desk, "a"), shown(desk, "b")
    sql("DELETE FROM fingerprints")
    for article in (one, two):
        correct(article, TITLE, BODY)
        settle()
    assert heads() == {one: one, two: one}


def test_a_comparison_with_a_text_that_is_no_longer_there_does_not_count(desk):
    """The other one was corrected between looking and saving: whoever has it then compares."""
    one = shown(desk, "a")
    two = brought(desk, "b")
    with transaction() as session:
        compiled, batch = rulebook.current(session), store.claim(session)
    looks = label.look_for_copies(batch)
    assert [look.edge.by for look in looks.pairs] == ["text"]
    correct(one, OTHER_TITLE, OTHER_BODY)
    settle()
    with transaction() as session:
        store.save(session, [label.label_one(article, compiled) for article in batch], looks)
    assert heads() == {one: one, two: two}
    assert sql("SELECT * FROM copies") == []


def test_keys_of_a_text_that_is_no_longer_there_go(desk):
    one = shown(desk, "a")
    before = {row[0] for row in sql("SELECT key FROM fingerprints")}
    correct(one, OTHER_TITLE, OTHER_BODY)
    settle()
    after = {row[0] for row in sql("SELECT key FROM fingerprints")}
    assert before
    assert after
    assert not before & after


# --- editors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("says", ["no", "story"])
def test_an_editor_parts_two_and_takes_it_back(desk, says):
    one, two = shown(desk, "a"), shown(desk, "b")
    judge(one, two, says)
    settle()
    assert heads() == {one: one, two: two}
    correct(two, f"{TITLE} again", BODY)
    settle()
    assert heads() == {one: one, two: two}, "it holds against later decisions"
    withdraw(one, two)
    settle()
    assert heads() == {one: one, two: one}
    assert [change for number, change in stream() if number == two] == ["added", "updated", "merged"]


def test_an_editor_joins_what_nobody_would_have(desk):
    one, two = shown(desk, "a"), shown(desk, "b", OTHER_TITLE, OTHER_BODY)
    judge(one, two, "duplicate")
    settle()
    assert heads() == {one: one, two: one}
    assert sql("SELECT by, judgement->>'sentence' FROM copies") == [("editor", "ada says so")]
    correct(two, f"{OTHER_TITLE}: mehr", OTHER_BODY)
    settle()
    assert heads() == {one: one, two: one}


def test_an_editor_who_joins_and_takes_it_back_leaves_copies_to_their_words(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    judge(one, two, "duplicate")
    settle()
    assert sql("SELECT by FROM copies") == [("editor",)]
    sql("DELETE FROM fingerprints")
    withdraw(one, two)
    settle()
    assert heads() == {one: one, two: one}
    assert sql("SELECT by FROM copies") == [("text",)]


def test_copies_of_what_is_not_news_stay_away_too(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    sql("DELETE FROM article_labels")
    sql(
        "UPDATE articles SET listed = false, removed_at = now(), removed_why = 'Not news, says ada.' WHERE id = :id",
        id=one,
    )
    judge(one, None, "not_news")
    three = shown(desk, "c")
    assert heads() == {one: 0, two: one, three: one}
    assert (three, "added") not in stream()
    assert sql("SELECT waiting_since FROM articles WHERE id <> :id", id=one) == [(None,), (None,)]


def test_who_is_shown_for_what_is_not_news_is_removed_and_not_merged(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    sql("UPDATE articles SET removed_at = now(), removed_why = 'Not news, says ada.' WHERE id = :id", id=two)
    judge(two, None, "not_news")
    wake(one)
    settle()
    assert heads() == {one: two, two: 0}
    assert stream()[-1] == (one, "removed")
    assert sql("SELECT waiting_since FROM articles") == [(None,), (None,)]


def test_what_was_removed_is_neither_labelled_nor_stands_for_others(desk):
    one, two = shown(desk, "a"), shown(desk, "b")
    sql("DELETE FROM article_labels")
    sql(
        "UPDATE articles SET listed = false, removed_at = now(), removed_why = 'Old.', waiting_since = now() WHERE id = :id",
        id=one,
    )
    wake(two)
    settle()
    assert heads() == {one: 0, two: two}
    with transaction() as session:
        assert store.waiting(session) == 0


# --- what goes wrong -----------------------------------------------------------------------------------------------------


def test_what_is_put_aside_hides_nobody(desk):
    """It was fetched first, and killed its worker three times: its copies wait no longer for it."""
    one, two, three = brought(desk, "a"), brought(desk, "b"), brought(desk, "c")
    with transaction() as session:
        assert [waiting.id for waiting in store.claim(session, limit=1)] == [one]
        # Its worker had got as far as this before it died.
    label.look_for_copies([*_read(one)])
    settle()
    assert heads() == {one: 0, two: one, three: one}
    sql("UPDATE articles SET attempts = 3, lease_until = now() - interval '1 second' WHERE id = :id", id=one)
    settle()
    assert heads() == {one: two, two: two, three: two}
    assert stream() == [(two, "added")]
    assert sql("SELECT quarantined IS NOT NULL FROM articles ORDER BY id") == [(True,), (False,), (False,)]


def _read(article_id: int):
    """The article as its worker has it in hand."""
    with transaction() as session:
        rows = session.execute(
            text(
                "SELECT a.*, s.country, s.key AS source, NULL AS region_hint, NULL AS correction FROM articles a"
                " JOIN sources s ON s.id = a.source_id WHERE a.id = :id"
            ),
            {"id": article_id},
        ).mappings()
        return [stored.waiting_of(row) for row in rows]


@pytest.mark.parametrize("step", ["publish", "scan", "hold", "write", "forget"])
def test_a_crash_after_any_step_costs_nothing_but_time(desk, service, step):
    one = shown(desk, "a")
    two = brought(desk, "b")
    room = groups if step in {"hold", "write"} else looking
    done = getattr(room, step)

    def crash(*words, **named):
        done(*words, **named)
        raise KeyboardInterrupt

    with service.context() as patch:
        patch.setattr(room, step, crash)
        with pytest.raises(KeyboardInterrupt):
            label.label_waiting()
    assert heads() == {one: one, two: 0}
    assert stream() == [(one, "added")]
    sql("UPDATE articles SET lease_until = 'epoch'")
    settle()
    assert heads() == {one: one, two: one}
    assert stream() == [(one, "added"), (one, "updated")]


def test_a_worker_that_was_frozen_joins_nobody_and_takes_no_keys_away(desk):
    one = shown(desk, "a")
    two = brought(desk, "b")
    with transaction() as session:
        compiled, frozen = rulebook.current(session), store.claim(session)
    looks = label.look_for_copies(frozen)
    correct(two, OTHER_TITLE, OTHER_BODY)
    sql("UPDATE articles SET lease_until = 'epoch', attempts = 0")
    settle()
    keys = sql("SELECT key FROM fingerprints ORDER BY key")
    label.look_for_copies(frozen)
    with transaction() as session:
        assert store.save(session, [label.label_one(w, compiled) for w in frozen], looks) is None
    assert heads() == {one: one, two: two}
    assert set(keys) <= set(sql("SELECT key FROM fingerprints"))


def test_more_that_was_joined_meanwhile_is_noticed(desk, service):
    one, two = brought(desk, "a"), brought(desk, "b")
    locked = groups._LOCK

    class MeanwhileSession:
        """Somebody joins two articles after the look, before the lock."""

        def __init__(self, session):
            self._session = session

        def execute(self, statement, *words):
            if statement is locked:
                sql(
                    "INSERT INTO copies (one, other, by, judgement) VALUES (:one, :other, 'text', '{}')",
                    one=one, other=two,
                )  # fmt: skip
            return self._session.execute(statement, *words)

        def __getattr__(self, name):
            return getattr(self._session, name)

    with transaction() as session, pytest.raises(groups.GrownError):
        groups.hold(MeanwhileSession(session), [one])
    with transaction() as session:
        assert groups.hold(session, [one]).rows.keys() == {one, two}


# --- keys ----------------------------------------------------------------------------------------------------------------


def test_keys_go_some_days_after_they_were_stored_some_at_a_time(desk, service):
    shown(desk, "a")
    shown(desk, "b", OTHER_TITLE, OTHER_BODY)
    number = sql("SELECT count(*) FROM fingerprints")[0][0]
    sql("UPDATE fingerprints SET stored_at = now() - interval '97 hours' WHERE article_id = 1")
    old = sql("SELECT count(*) FROM fingerprints WHERE article_id = 1")[0][0]
    service.setattr(looking, "PRUNED", 3)
    for left in (number - 3, number - 6):
        with transaction() as session:
            looking.prune(session)
        assert sql("SELECT count(*) FROM fingerprints") == [(left,)]
    service.setattr(looking, "PRUNED", 1000)
    with transaction() as session:
        looking.prune(session)
    assert sql("SELECT count(*), min(article_id) FROM fingerprints") == [(number - old, 2)]


def test_a_scan_of_nothing_finds_nothing(desk):
    with transaction() as session:
        looking.publish(session, [])
        assert looking.scan(session, []) == Looks([], [])


# --- also at -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations("bcd")), ids="".join)
def test_also_at_is_the_same_whatever_order_copies_came_in(desk, order):
    one = shown(desk, "a")
    for source in order:
        shown(desk, source, age=timedelta(minutes=ord(source)))
    shown(desk, "b", age=timedelta(minutes=1), url="https://b.example/later")
    found = asyncio.run(_also_at(one))
    assert [also.source.id for also in found] == ["b.example", "c.example", "d.example"]
    assert found[0].url != "https://b.example/later", "of several of one publisher the first"


async def _also_at(article_id: int):
    async with async_engine().connect() as connection:
        found = (await items.also_at(connection, [article_id]))[article_id]
    await async_engine().dispose()
    return found


def _pages_read(article_id: int) -> int:
    """Pages that PostgreSQL looks into for the candidates of one article."""
    (filed,) = map(regroup.filed, _read(article_id))
    keys = sorted(filed.keys)
    words = {
        "ids": looking.array([article_id] * len(keys)),
        "keys": looking.array(keys),
        "weights": looking.array([1] * len(keys)),
    }
    limits = {"window": looking.WINDOW, "near": looking.NEWEST // 2, "enough": looking.ENOUGH}
    with transaction() as session:
        explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {looking._CANDIDATES.text}")
        ((plan,),) = session.execute(explain, words | limits).scalars()
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


def test_what_a_scan_reads_does_not_grow_with_what_is_stored(desk):
    """Also where a run of words, as sites print it under every article, gives all of them one key."""
    one = shown(desk, "a")
    pages = []
    for begin, end in ((1_000, 2_000), (2_000, 30_000)):
        sql(
            "INSERT INTO fingerprints (key, at, article_id) SELECT (random() * 9e18)::bigint, now() - random() * interval '4 days', n"
            " FROM generate_series(CAST(:begin AS bigint), :end) AS n, generate_series(1, 12)",
            begin=begin, end=end,
        )  # fmt: skip
        sql(
            "INSERT INTO fingerprints (key, at, article_id) SELECT (SELECT min(key) FROM fingerprints WHERE article_id = :one),"
            " now() - random() * interval '2 days', n FROM generate_series(CAST(:begin AS bigint), :end) AS n",
            one=one, begin=begin, end=end,
        )  # fmt: skip
        sql("ANALYZE fingerprints")
        pages.append(_pages_read(one))
    few, many = pages
    assert many < 2 * few, pages
    with transaction() as session:
        looks = looking.scan(session, [regroup.filed(waiting) for waiting in _read(one)])
    assert looks.pairs == []
