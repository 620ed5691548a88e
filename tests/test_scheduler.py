"""The ticker: hints where rows wait, few of them, however often and however many of it run."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from services import scheduler
from services.core import cache
from services.core.db import transaction
from services.core.queues import HINTS_AT_MOST, Job, Queue
from services.ingest.store import catalogue, leases
from tests.fixtures.articles import Desk
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import Roles, eventually


def add_feeds(number: int) -> None:
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd(f"https://h{n}.example/") for n in range(number)])
    cache.client().flushall()


def queued() -> dict[Queue, int | None]:
    return {queue: cache.queue_length(queue) for queue in Queue}


def test_where_nothing_waits_nothing_is_hinted(service):
    assert scheduler.tick() == dict.fromkeys(Job, 0)
    assert queued() == dict.fromkeys(Queue, 0)


def test_a_tick_hints_once_for_a_batch_and_only_where_rows_wait(service):
    add_feeds(5)
    assert scheduler.tick() == dict.fromkeys(Job, 0) | {Job.FETCH_FEEDS: 1}
    assert scheduler.tick() == dict.fromkeys(Job, 0)
    assert queued() == dict.fromkeys(Queue, 0) | {Queue.FETCH: 1}


def test_articles_that_wait_are_hinted_at(service, desk: Desk):
    desk.article(listed=False)
    cache.client().flushall()
    assert scheduler.tick()[Job.LABEL_ARTICLES] == 1


def test_hints_stay_bounded_however_often_and_however_many_tick(service):
    service.setenv("DATELINE_FETCH_BATCH", "1")
    forget_connections()
    add_feeds(30)
    for _ in range(5):
        scheduler.tick()
    assert queued()[Queue.FETCH] == HINTS_AT_MOST
    cache.client().flushall()
    schedulers = 4
    with ThreadPoolExecutor(schedulers) as pool:
        for _ in range(3):
            list(pool.map(lambda _: scheduler.tick(), range(schedulers)))
    assert HINTS_AT_MOST <= queued()[Queue.FETCH] < HINTS_AT_MOST + schedulers


def test_hints_that_were_lost_are_given_again(service):
    """Redis emptied: the next tick puts back what is needed."""
    add_feeds(1)
    scheduler.tick()
    cache.client().flushall()
    assert scheduler.tick()[Job.FETCH_FEEDS] == 1


def test_what_is_in_hand_is_hinted_at_again_only_when_its_lease_is_over(service):
    add_feeds(1)
    with transaction() as session:
        assert len(leases.claim(session, limit=5)) == 1
    assert scheduler.tick()[Job.FETCH_FEEDS] == 0
    with transaction() as session:
        session.execute(text("UPDATE feeds SET lease_until = 'epoch'"))
        session.execute(text("UPDATE hosts SET free_at = 'epoch'"))
    assert scheduler.tick()[Job.FETCH_FEEDS] == 1


def test_a_tick_without_redis_harms_nothing(service):
    add_feeds(1)
    service.setenv("DATELINE_REDIS_URL", "unix:///nowhere/redis.sock")
    forget_connections()
    assert scheduler.tick() == dict.fromkeys(Job, 0)


def test_two_schedulers_as_processes_hint_within_bounds_and_stop_when_told(
    service: pytest.MonkeyPatch, roles: Roles
):
    service.setenv("DATELINE_FETCH_BATCH", "1")
    service.setenv("DATELINE_SCHEDULER_TICK", "0.05")
    forget_connections()
    add_feeds(30)
    both = [roles.start("scheduler", name=f"scheduler-{n}") for n in range(2)]

    def beating() -> bool:
        with transaction() as session:
            return session.scalar(text("SELECT count(*) FROM beats WHERE role = 'scheduler'")) == 2

    eventually(beating, what="signs of life from both")
    eventually(lambda: queued()[Queue.FETCH] >= HINTS_AT_MOST, what="hints")
    cache.client().flushall()
    eventually(lambda: queued()[Queue.FETCH] >= HINTS_AT_MOST, what="hints again")
    assert queued()[Queue.FETCH] <= HINTS_AT_MOST + 1
    for process in both:
        process.terminate()
    assert [process.wait(timeout=60) for process in both] == [0, 0]
