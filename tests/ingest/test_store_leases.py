"""The claim is the politeness: no feed twice, no host twice, whoever claims at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.core.db import transaction
from services.ingest.plan import FeedState
from services.ingest.store import catalogue, leases
from tests.fixtures.database import sql


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def add(*urls: str) -> None:
    with transaction() as session:
        assert catalogue.add(session, [catalogue.FeedToAdd(url) for url in urls]) == len(urls)


def claim(limit: int = 20, *, suspects: bool = False) -> list[FeedState]:
    with transaction() as session:
        return leases.claim(session, limit=limit, suspects=suspects)


def due() -> int:
    with transaction() as session:
        return leases.due(session)


def lapse() -> None:
    """Time passes until every lease has run out and every host is free."""
    sql("UPDATE feeds SET lease_until = now() - interval '1 second' WHERE lease_token IS NOT NULL")
    sql("UPDATE hosts SET free_at = 'epoch'")


def test_a_claim_takes_what_is_due_oldest_first():
    add("https://a.example/1", "https://b.example/1", "https://c.example/1", "https://d.example/1")
    sql("UPDATE feeds SET next_check_at = now() - interval '1 hour' WHERE host = 'c.example'")
    sql("UPDATE feeds SET next_check_at = now() + interval '1 hour' WHERE host = 'd.example'")
    assert due() == 3
    (first,) = claim(1)
    assert (first.host, first.source_key, first.url) == ("c.example", "c.example", "https://c.example/1")
    assert {feed.host for feed in claim()} == {"a.example", "b.example"}
    assert claim() == []
    assert due() == 0


def test_one_feed_of_a_host_at_a_time_and_a_pause_after_it():
    add("https://a.example/1", "https://a.example/2", "https://b.example/1")
    held = claim()
    assert sorted(feed.host for feed in held) == ["a.example", "b.example"]
    assert claim() == []
    one = next(feed for feed in held if feed.host == "a.example")
    with transaction() as session:
        leases.give_back(session, one, error="x", retry_s=3600, pause_s=3600)
    assert claim() == []
    sql("UPDATE hosts SET free_at = now()")
    (other,) = claim()
    assert other.host == "a.example"


def test_a_port_is_a_server_of_its_own():
    add("http://127.0.0.1:8001/feed", "http://127.0.0.1:8002/feed", "http://127.0.0.1:8002/other")
    assert sorted(feed.host for feed in claim()) == ["127.0.0.1:8001", "127.0.0.1:8002"]


def test_paused_feeds_are_not_claimed():
    add("https://a.example/1")
    sql("UPDATE feeds SET paused_reason = 'by hand'")
    assert (due(), claim()) == (0, [])


def test_a_crowd_of_claimers_never_gets_one_feed_nor_one_host_twice():
    """Eight at once behind a barrier, five rounds; every feed is claimed once in the end."""
    hosts, each, claimers = 12, 5, 8
    add(*(f"https://h{host}.example/{n}" for host in range(hosts) for n in range(each)))
    claimed: list[FeedState] = []
    for _ in range(each):
        barrier = threading.Barrier(claimers)

        def at_once(barrier: threading.Barrier = barrier) -> list[FeedState]:
            barrier.wait()
            return claim(4)

        with ThreadPoolExecutor(claimers) as pool:
            jobs = [pool.submit(at_once) for _ in range(claimers)]
            found = [feed for job in jobs for feed in job.result()]
        found += claim(hosts)  # what a claimer left because another one held its row
        assert len({feed.host for feed in found}) == len(found) == hosts
        claimed += found
        sql("UPDATE hosts SET free_at = 'epoch'")  # the leases of the feeds still hold
    assert len({feed.id for feed in claimed}) == len(claimed) == hosts * each
    assert len({feed.lease_token for feed in claimed}) == len(claimed)


def test_a_claim_that_is_not_committed_yet_keeps_others_from_the_host_without_waiting():
    add("https://a.example/1", "https://a.example/2", "https://b.example/1")
    with transaction() as session:
        (mine,) = leases.claim(session, limit=1)
        others = claim()
        assert [feed.host for feed in others] == ["b.example" if mine.host == "a.example" else "a.example"]
        assert claim() == []


def test_a_feed_whose_worker_died_is_claimed_alone_and_put_aside_after_three_deaths():
    add("https://a.example/1", "https://b.example/1", "https://c.example/1")
    assert len(claim()) == 3
    for deaths in (1, 2):
        lapse()
        assert due() == 3
        assert claim() == [], "a suspect was claimed among others"
        for _ in range(3):
            assert len(claim(1, suspects=True)) == 1
        assert claim(1, suspects=True) == []
        assert {attempts for (attempts,) in sql("SELECT attempts FROM feeds")} == {deaths + 1}
    with transaction() as session:
        leases.put_aside(session)
    assert sql("SELECT 1 FROM feeds WHERE paused_reason IS NOT NULL") == [], "put aside while still in hand"
    lapse()
    with transaction() as session:
        leases.put_aside(session)
    reasons = {reason for (reason,) in sql("SELECT paused_reason FROM feeds")}
    assert reasons == {"Its content stopped a worker 3 times in a row; resume it to try again."}
    assert due() == 0


def test_a_feed_that_was_put_aside_starts_anew_when_somebody_resumes_it():
    add("https://a.example/1")
    sql("UPDATE feeds SET attempts = 3, paused_reason = 'x', lease_until = 'epoch'")
    with transaction() as session:
        catalogue.refresh(session, sql("SELECT id FROM feeds")[0][0])
    assert len(claim()) == 1


def test_a_host_with_more_due_feeds_than_a_claim_looks_at_starves_nobody():
    add(*(f"https://a.example/{n}" for n in range(45)), "https://b.example/1")
    sql("UPDATE feeds SET next_check_at = now() - interval '1 hour' WHERE host = 'a.example'")
    hosts = {feed.host for _ in range(2) for feed in claim(2)}
    assert hosts == {"a.example", "b.example"}


def test_what_is_due_is_counted_up_to_a_hundred_and_one():
    add(*(f"https://h{n}.example/" for n in range(103)))
    assert due() == 101
