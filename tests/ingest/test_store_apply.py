"""Storing a fetch: each article once, all of a fetch or nothing of it, whoever stores at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import InvalidInputError, UnavailableError
from services.ingest import finishing
from services.ingest.entry import FetchResponse
from services.ingest.finishing import Look
from services.ingest.plan import FeedState, Plan
from services.ingest.reading import read
from services.ingest.store import catalogue, feeds, leases
from tests.fixtures.database import sql
from tests.fixtures.entries import answer, rss

A, B = "https://a.example/feed", "https://b.example/feed"
ITEM = ("g1", "https://a.example/1", "Council meets about the river again")


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def add(*urls: str) -> None:
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd(url) for url in urls])


def claim(*urls: str) -> list[FeedState]:
    """These feeds and no others in hand, in this order, due or not."""
    sql(
        "UPDATE feeds SET next_check_at = now() + CASE WHEN url = ANY(:urls) THEN '0' ELSE '1 day' END::interval",
        urls=list(urls),
    )
    sql("UPDATE hosts SET free_at = 'epoch'")
    with transaction() as session:
        found = {feed.url: feed for feed in leases.claim(session, limit=50)}
    return [found[url] for url in urls]


def looked(feed: FeedState, response: FetchResponse, now: datetime | None = None) -> Look:
    return Look(feed, response, read(feed, response, now=now or utc_now()))


def finish(feed: FeedState, response: FetchResponse, now: datetime | None = None) -> Plan | None:
    """Everything after a fetch; None when the feed was not ours any more, or could not be stored."""
    outcomes = finishing.finish([looked(feed, response, now)], now)
    return outcomes[0].plan if outcomes else None


def look(url: str, body: bytes, **headers: str) -> Plan | None:
    """One fetch of a feed that brings this body."""
    (feed,) = claim(url)
    return finish(feed, answer(body, feed_id=feed.id, **headers))


def counts() -> dict[str, int]:
    tables = ("articles", "sightings", "article_urls", "fetches")
    return {table: sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


def articles() -> list[Any]:
    return sql(
        "SELECT a.url, f.url, a.revision, a.duplicate_of IS NOT NULL, a.waiting_since IS NOT NULL "
        "FROM articles a JOIN feeds f ON f.id = a.feed_id ORDER BY a.id"
    )


def label_all() -> None:
    """As if classify had been here."""
    sql(
        "UPDATE articles SET waiting_since = NULL, published_revision = revision, listed = duplicate_of IS NULL"
    )


def meet_after_deciding(monkeypatch: pytest.MonkeyPatch, *, parties: int) -> None:
    """Everybody has looked at what is stored, and decided, before anybody stores; whoever must look again need not wait."""
    barrier, decide, met = threading.Barrier(parties, timeout=120), finishing.decide, threading.local()

    def decide_and_meet(*words: Any, **named: Any) -> Plan:
        plan = decide(*words, **named)
        if not hasattr(met, "before"):
            met.before = True
            barrier.wait()
        return plan

    monkeypatch.setattr(finishing, "decide", decide_and_meet)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [running.result() for running in [pool.submit(job) for job in jobs]]


def test_what_a_fetch_brings_is_stored_and_waits_for_labels():
    add(A)
    look(A, rss(ITEM, ("g2", "https://a.example/2?utm_source=x", "Two")), etag='"1"')
    assert counts() == {"articles": 2, "sightings": 2, "article_urls": 2, "fetches": 1}
    assert [row[2:] for row in articles()] == [(1, False, True), (1, False, True)]
    (feed,) = sql('SELECT etag, failures, attempts, lease_token, "window", ok_at IS NOT NULL FROM feeds')
    assert feed == ('"1"', 0, 0, None, 2, True)
    assert sql("SELECT url_key FROM article_urls ORDER BY 1")[1][0].endswith("a.example/2")


def test_the_same_fetch_again_changes_nothing():
    add(A)
    look(A, rss(ITEM))
    label_all()
    before = sql("SELECT * FROM articles"), sql("SELECT * FROM sightings")
    plan = look(A, rss(ITEM) + b"<!-- another body, the same entries -->")
    assert plan.unchanged == ("g1",)
    after = sql("SELECT * FROM articles"), sql("SELECT * FROM sightings")
    assert after == before


@pytest.mark.parametrize("together", [True, False], ids=["at once", "one after the other"])
def test_one_address_through_two_feeds_is_one_article_with_two_sightings(monkeypatch, together):
    add(A, B)
    one, two = claim(A, B)
    bodies = rss(ITEM), rss(("other-name", ITEM[1], ITEM[2]))
    if together:
        meet_after_deciding(monkeypatch, parties=2)
        at_once(
            lambda: finish(one, answer(bodies[0], feed_id=one.id)),
            lambda: finish(two, answer(bodies[1], feed_id=two.id)),
        )
    else:
        finish(one, answer(bodies[0], feed_id=one.id))
        finish(two, answer(bodies[1], feed_id=two.id))
    assert counts() == {"articles": 1, "sightings": 2, "article_urls": 1, "fetches": 2}
    assert len(sql("SELECT DISTINCT article_id FROM sightings")) == 1
    ((_, _, revision, hidden, waits),) = articles()
    assert (revision, hidden, waits) == (2, False, True), "the second source must reach subscribers"


def test_copies_of_a_text_are_stored_each_and_wait_to_be_compared():
    """Whether they are one is decided while they are labelled, when both can be read."""
    add(A, B)
    look(A, rss(ITEM, ("g2", "https://a.example/2", ITEM[2])))
    look(B, rss(("g", "https://b.example/copy", ITEM[2])))
    assert [row[2:] for row in articles()] == [(1, False, True)] * 3
    assert counts()["article_urls"] == 3


def hide(url: str, behind: str) -> None:
    """As classify does with a copy."""
    sql(
        "UPDATE articles SET duplicate_of = (SELECT id FROM articles WHERE url = :behind), listed = false WHERE url = :url",
        url=url,
        behind=behind,
    )


def test_a_correction_takes_the_place_of_the_old_text_and_waits_for_labels():
    add(A)
    look(A, rss(ITEM))
    placed = sql("SELECT sort_at FROM articles")
    label_all()
    sql("UPDATE articles SET attempts = 2, quarantined = 'x'")
    look(A, rss((ITEM[0], ITEM[1], "Council meets about the river again: corrected")))
    found = sql("SELECT title, revision, waiting_since IS NOT NULL, attempts, quarantined FROM articles")
    assert found == [("Council meets about the river again: corrected", 2, True, 0, None)]
    assert sql("SELECT sort_at FROM articles") == placed


def test_a_corrected_copy_waits_for_it_may_be_none_any_more():
    add(A, B)
    look(A, rss(ITEM))
    look(B, rss(("g", "https://b.example/copy", ITEM[2])))
    hide("https://b.example/copy", ITEM[1])
    label_all()
    look(B, rss(("g", "https://b.example/copy", ITEM[2] + " and again")))
    assert [row[2:] for row in articles()] == [(1, False, False), (2, True, True)]


def test_another_source_of_a_hidden_copy_is_told_with_the_article_shown_for_it():
    add(A, B, "https://c.example/feed")
    look(A, rss(ITEM))
    look(B, rss(("g", "https://b.example/copy", ITEM[2])))
    hide("https://b.example/copy", ITEM[1])
    label_all()
    look("https://c.example/feed", rss(("h", "https://b.example/copy", ITEM[2])))
    assert [row[2:] for row in articles()] == [(2, False, True), (1, True, False)]


def test_a_hidden_copy_that_its_publisher_adopts_waits_to_be_compared_as_its_own():
    add(A, "https://aggregator.example/feed", B)
    look(A, rss(ITEM))
    look("https://aggregator.example/feed", rss(("g", "https://b.example/copy", ITEM[2])))
    hide("https://b.example/copy", ITEM[1])
    label_all()
    look(B, rss(("h", "https://b.example/copy", ITEM[2])))
    assert [row[2:] for row in articles()] == [(1, False, False), (2, True, True)]
    assert sql("SELECT s.key FROM articles a JOIN sources s ON s.id = a.source_id ORDER BY a.id") == [
        ("a.example",),
        ("b.example",),
    ]


def test_a_publisher_adopts_its_article_and_its_place_stays():
    add("https://aggregator.example/feed", A)
    look("https://aggregator.example/feed", rss(("x", ITEM[1], "Council meets: a headline of ours")))
    placed = sql("SELECT sort_at FROM articles")
    look(A, rss(ITEM))
    assert sql("SELECT a.title, s.key FROM articles a JOIN sources s ON s.id = a.source_id") == [
        (ITEM[2], "a.example")
    ]
    assert sql("SELECT sort_at FROM articles") == placed
    look("https://aggregator.example/feed", rss(("x", ITEM[1], "Council meets: yet another headline")))
    assert sql("SELECT title FROM articles") == [(ITEM[2],)]


@pytest.mark.parametrize("first", [0, 1], ids=["aggregator first", "publisher first"])
def test_a_publisher_that_loses_the_race_against_an_aggregator_adopts_its_article_all_the_same(
    monkeypatch, first
):
    """Both have seen that nobody knows the article; whoever stores first, the publisher's headline stands."""
    add("https://aggregator.example/feed", A)
    feeds_in_hand = claim("https://aggregator.example/feed", A)
    bodies = rss(("x", ITEM[1], f"{ITEM[2]} - A")), rss(ITEM)
    stored, store = threading.Event(), finishing.apply.store_entries

    def store_in_order(session: Any, brought: Any, **named: Any) -> None:
        if brought[0].feed_id != feeds_in_hand[first].id:
            assert stored.wait(20)
        store(session, brought, **named)

    def go(n: int) -> None:
        finish(feeds_in_hand[n], answer(bodies[n], feed_id=feeds_in_hand[n].id))
        stored.set()

    meet_after_deciding(monkeypatch, parties=2)
    monkeypatch.setattr(finishing.apply, "store_entries", store_in_order)
    at_once(lambda: go(0), lambda: go(1))
    assert sql("SELECT a.title, s.key FROM articles a JOIN sources s ON s.id = a.source_id") == [
        (ITEM[2], "a.example")
    ]
    assert counts()["sightings"] == 2


def test_an_article_that_moved_is_found_at_both_addresses():
    add(A, B)
    look(A, rss(ITEM))
    look(A, rss((ITEM[0], "https://a.example/moved", ITEM[2])))
    assert [row[0] for row in articles()] == ["https://a.example/moved"]
    look(B, rss(("x", ITEM[1], "x"), ("y", "https://a.example/moved", "y")))
    assert counts()["articles"] == 1


def test_an_article_does_not_move_to_where_another_one_came_to_stand_meanwhile(monkeypatch):
    add(A, B)
    look(A, rss(ITEM))
    one, two = claim(A, B)
    decide, gate = finishing.decide, threading.Event()

    def decide_and_let_the_other_store(*words: Any, **named: Any) -> Plan:
        plan = decide(*words, **named)
        if not gate.is_set():
            gate.set()
            finish(two, answer(rss(("x", "https://a.example/moved", "Something else")), feed_id=two.id))
        return plan

    monkeypatch.setattr(finishing, "decide", decide_and_let_the_other_store)
    finish(one, answer(rss((ITEM[0], "https://a.example/moved", ITEM[2])), feed_id=one.id))
    assert sorted(row[0] for row in articles()) == [ITEM[1], "https://a.example/moved"]


# --- all or nothing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["store_outcomes", "store_history", "free_hosts"])
def test_validators_are_never_stored_without_the_entries_they_vouch_for(monkeypatch, step):
    """A crash between the steps leaves nothing; the next look brings everything."""
    add(A)

    def crash(*_: Any, **__: Any) -> None:
        raise InvalidInputError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(feeds, step, crash)
        assert look(A, rss(ITEM), etag='"1"') is None
    assert set(counts().values()) == {0}
    assert sql("SELECT etag, body_hash, checked_at FROM feeds") == [(None, None, None)]
    look(A, rss(ITEM), etag='"1"')
    assert (counts()["articles"], sql("SELECT etag FROM feeds")) == (1, [('"1"',)])


def test_a_worker_that_was_frozen_past_its_lease_writes_nothing():
    add(A)
    (frozen,) = claim(A)
    sql("UPDATE feeds SET lease_until = 'epoch', attempts = 0")
    (awake,) = claim(A)
    assert finish(frozen, answer(rss(ITEM), feed_id=frozen.id, etag='"frozen"')) is None
    assert set(counts().values()) == {0}
    finish(awake, answer(rss(ITEM), feed_id=awake.id, etag='"awake"'))
    assert sql("SELECT etag FROM feeds") == [('"awake"',)]
    assert finish(frozen, answer(rss(ITEM), feed_id=frozen.id, etag='"frozen"')) is None
    assert (counts()["fetches"], sql("SELECT etag FROM feeds")) == (1, [('"awake"',)])


def test_a_feed_removed_while_it_was_fetched_stores_nothing():
    add(A)
    (feed,) = claim(A)
    with transaction() as session:
        catalogue.remove(session, feed.id)
    assert finish(feed, answer(rss(ITEM), feed_id=feed.id)) is None
    assert set(counts().values()) == {0}


def test_a_crowd_that_stores_overlapping_bodies_loses_nothing_and_blocks_nobody(monkeypatch):
    """Six feeds with the same items, half of them under addresses of their own, in orders of their own, three times."""
    urls = [f"https://f{n}.example/feed" for n in range(6)]
    add(*urls)
    titles = [f"Council number {n} meets about the river again" for n in range(8)]
    for turn in range(3):
        claimed = claim(*urls)
        jobs = []
        for n, feed in enumerate(claimed):
            items = []
            for i, title in enumerate(titles):
                link = f"https://shared.example/{i}" if i % 2 else f"https://f{n}.example/{i}"
                items.append((f"{n}-{i}", link, f"{title}, edition {turn}" if turn % 2 else title))
            items = items[n:] + items[:n]
            jobs.append(lambda feed=feed, items=items: finish(feed, answer(rss(*items), feed_id=feed.id)))
        with monkeypatch.context() as patch:
            meet_after_deciding(patch, parties=len(jobs))
            at_once(*jobs)
    assert counts()["article_urls"] == 4 + 6 * 4
    assert counts()["articles"] == counts()["article_urls"]
    assert counts()["sightings"] == 6 * 8


# --- the feed's own record --------------------------------------------------------------------------------------------


def test_a_failure_is_counted_and_shown_and_forgotten_at_the_next_success():
    add(A)
    for _ in range(2):
        (feed,) = claim(A)
        finish(feed, answer(b"no", status=500, feed_id=feed.id))
    assert sql("SELECT failures, error_kind, error, attempts FROM feeds") == [
        (2, "http-500", "a.example is broken at the moment (500).", 0)
    ]
    look(A, rss(ITEM))
    assert sql("SELECT failures, error_kind, error FROM feeds") == [(0, None, None)]


def test_a_feed_that_is_gone_is_paused_with_the_reason():
    add(A)
    (feed,) = claim(A)
    finish(feed, answer(status=410, feed_id=feed.id))
    assert sql("SELECT paused_reason FROM feeds") == [
        ("a.example says that this feed is gone for good (410).",)
    ]


def test_a_pause_by_hand_outlives_the_fetch_that_was_in_hand():
    add(A)
    (feed,) = claim(A)
    with transaction() as session:
        catalogue.pause(session, feed.id, "paywall")
    finish(feed, answer(rss(ITEM), feed_id=feed.id))
    assert sql("SELECT paused_reason FROM feeds") == [("paywall",)]


def test_retry_after_holds_the_next_look_back():
    add(A)
    (feed,) = claim(A)
    now = utc_now()
    finish(feed, answer(status=429, feed_id=feed.id, retry_after="7200"), now)
    ((wait,),) = sql("SELECT extract(epoch FROM next_check_at - checked_at) FROM feeds")
    assert 7200 <= wait <= 7920


def test_a_gap_is_noted_with_its_bounds():
    add(A)
    look(A, rss(*((f"g{n}", f"https://a.example/{n}", f"T {n}") for n in range(6))))
    look(A, rss(*((f"g{n}", f"https://a.example/{n}", f"T {n}") for n in range(10, 16))))
    assert sql('SELECT "window", from_at < to_at FROM gaps') == [(6, True)]


def test_history_keeps_the_last_fetches_only(monkeypatch):
    add(A)
    for n in range(feeds.HISTORY + 3):
        (feed,) = claim(A)
        monkeypatch.setattr(finishing, "PRUNED_SHARE", 1 if n == feeds.HISTORY + 2 else 0)
        finish(replace(feed), FetchResponse(feed.id, A, status=404, elapsed_s=n / 1000))
    assert sql("SELECT count(*), min(elapsed_ms) FROM fetches") == [(feeds.HISTORY, 3)]


def test_the_site_that_a_feed_names_becomes_its_source():
    add("https://feeds.host.example/x")
    body = rss(ITEM, title="A News: World").replace(
        b"</title><item>", b"</title><link>https://a.example/</link><item>"
    )
    look("https://feeds.host.example/x", body)
    found = sql("SELECT s.key, s.name, f.site_url FROM feeds f JOIN sources s ON s.id = f.source_id")
    assert found == [("a.example", "A News", "https://a.example/")]
    assert sql("SELECT s.key FROM articles a JOIN sources s ON s.id = a.source_id") == [("a.example",)]


# --- trouble of our own -------------------------------------------------------------------------------------------------


def test_what_cannot_be_stored_is_shown_and_asked_for_ever_less_often(monkeypatch):
    """Its publisher must not be asked every ten seconds for a body that we cannot digest."""
    add(A)
    waits = []

    def stumble(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(finishing.apply, "store_entries", stumble)
    for _ in range(3):
        assert look(A, rss(ITEM)) is None
        waits += sql("SELECT round(extract(epoch FROM next_check_at - now())) FROM feeds")
    assert all(due - 60 < wait <= due for (wait,), due in zip(waits, (120, 240, 480), strict=True)), waits
    assert sql("SELECT failures, attempts, error FROM feeds") == [
        (3, 0, "What it holds could not be stored (ZeroDivisionError); see the log of ingest.")
    ]


def test_one_feed_that_cannot_be_stored_costs_its_neighbours_nothing(monkeypatch):
    """They are stored in one transaction, and, when that fails, each for itself."""
    urls = [f"https://f{n}.example/feed" for n in range(4)]
    add(*urls)
    claimed, store = claim(*urls), finishing.apply.store_entries

    def stumble(session: Any, brought: Any, **named: Any) -> None:
        if any(b.feed_id == claimed[2].id for b in brought):
            raise ZeroDivisionError
        store(session, brought, **named)

    monkeypatch.setattr(finishing.apply, "store_entries", stumble)
    body = [rss((f"g{n}", f"https://f{n}.example/1", f"Council number {n} meets")) for n in range(4)]
    finishing.finish([looked(f, answer(b, feed_id=f.id)) for f, b in zip(claimed, body, strict=True)])
    assert sorted(row[0] for row in articles()) == [f"https://f{n}.example/1" for n in (0, 1, 3)]
    assert sql("SELECT failures, lease_token FROM feeds ORDER BY id") == [
        (0, None),
        (0, None),
        (1, None),
        (0, None),
    ]


def test_while_the_database_is_away_feeds_are_asked_again_soon(monkeypatch):
    add(A)
    (feed,) = claim(A)

    def away(*_: Any, **__: Any) -> None:
        raise UnavailableError("The database does not answer: gone for a walk")

    with monkeypatch.context() as patch:
        patch.setattr(finishing.apply, "store_entries", away)
        assert finish(feed, answer(rss(ITEM), feed_id=feed.id)) is None
    ((soon, error),) = sql(
        f"SELECT next_check_at BETWEEN now() - interval '1 minute' AND now() + interval '{finishing.RETRY_S} s', error FROM feeds"
    )
    assert soon
    assert error == "The database does not answer: gone for a walk"


# --- many feeds in one transaction ----------------------------------------------------------------------------------------


def test_many_feeds_are_stored_together_as_they_would_be_one_by_one():
    """New items, copies, a publisher beside an aggregator with the same new address, failures, nothing new: all in one go."""
    aggregator, dead = "https://aggregator.example/feed", "https://dead.example/feed"
    add(aggregator, A, B, dead)
    bodies = {
        aggregator: rss(
            ("x", ITEM[1], "Council meets: a headline of ours"),
            ("y", "https://c.example/1", "Something else of note today"),
        ),
        A: rss(ITEM, ("g2", "https://a.example/2", "Two rivers meet there")),
        B: rss(("g", "https://b.example/copy", "Two rivers meet there")),
    }
    claimed = claim(aggregator, A, B, dead)
    looks = [looked(f, answer(bodies[f.url], feed_id=f.id)) for f in claimed[:3]]
    looks.append(looked(claimed[3], answer(status=404, feed_id=claimed[3].id)))
    assert len(finishing.finish(looks)) == 4
    assert counts() == {"articles": 4, "sightings": 5, "article_urls": 4, "fetches": 4}
    assert sql(
        "SELECT a.title, s.key FROM articles a JOIN sources s ON s.id = a.source_id WHERE a.url = :u",
        u=ITEM[1],
    ) == [(ITEM[2], "a.example")]
    assert sql("SELECT failures FROM feeds ORDER BY id") == [(0,), (0,), (0,), (1,)]


def test_a_feed_made_due_while_it_was_in_hand_stays_due():
    """A push, or an operator's refresh, that comes during a fetch may be about what the fetch did not see yet."""
    add(A)
    (feed,) = claim(A)
    with transaction() as session:
        catalogue.refresh(session, feed.id)
    finish(feed, answer(rss(ITEM), feed_id=feed.id))
    assert sql("SELECT next_check_at <= now() FROM feeds") == [(True,)]


def test_leases_of_a_worker_that_stops_are_given_back_and_do_not_count():
    add(A)
    (feed,) = claim(A)
    with transaction() as session:
        leases.release(session, [feed], pause_s=0)
    assert sql("SELECT attempts, lease_token, lease_until = 'epoch' FROM feeds") == [(0, None, True)]
    assert finish(feed, answer(rss(ITEM), feed_id=feed.id)) is None
