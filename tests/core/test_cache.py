"""Redis: lengths of queues and a word to followers; being away is never an error of the caller."""

import asyncio
import contextlib

import pytest

from services.core import broker, cache
from services.core.errors import ConfigurationError
from services.core.queues import Job, Queue
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import eventually


def test_the_length_of_a_queue_is_the_hints_that_lie_in_it(service):
    """Under the very key that Celery uses, or the scheduler would count nothing and send without end."""
    assert cache.queue_length(Queue.FETCH) == 0
    assert broker.send(Job.FETCH_FEEDS)
    assert broker.send(Job.FETCH_FEEDS)
    assert (cache.queue_length(Queue.FETCH), cache.queue_length(Queue.CLASSIFY)) == (2, 0)
    assert cache.alive()


def test_counters_are_shared_and_asking_what_one_stands_at_makes_none(service):
    async def add_up(**counts: int) -> dict[str, int] | None:
        try:
            return await cache.add_up(counts, seconds=60)
        finally:
            await cache.close_counters()

    def lasts(name: str) -> int:
        return cache.client().ttl(f"{cache.KEY_PREFIX}rate:{name}")

    assert asyncio.run(add_up(a=2, b=0, c=1)) == {"a": 2, "b": 0, "c": 1}
    assert asyncio.run(add_up(c=0, a=3)) == {"c": 1, "a": 5}
    assert (0 < lasts("a") <= 60, 0 < lasts("c") <= 60, lasts("b")) == (True, True, -2)
    service.setenv("DATELINE_REDIS_URL", "redis://127.0.0.1:1/0")
    forget_connections()
    assert asyncio.run(add_up(a=1)) is None


def test_a_redis_that_is_away_is_told_from_an_empty_one(service):
    service.setenv("DATELINE_REDIS_URL", "unix:///nowhere/redis.sock")
    forget_connections()
    assert cache.queue_length(Queue.FETCH) is None
    assert not cache.alive()
    cache.tell_followers(1)
    assert not broker.send(Job.FETCH_FEEDS)


def test_without_a_redis_the_remedy_is_named(service):
    service.delenv("DATELINE_REDIS_URL")
    forget_connections()
    with pytest.raises(ConfigurationError, match="DATELINE_REDIS_URL is not set"):
        cache.redis_url()


def listeners() -> set[str]:
    """Connections that follow, by their number."""
    return {one["id"] for one in cache.client().client_list("pubsub") if one["sub"] == "1"}


def test_moves_of_the_stream_are_heard_and_heard_again_after_the_connection_was_cut(service):
    async def hear() -> list[int]:
        moves = cache.stream_moves()
        heard = []
        for seq, cut in ((5, False), (8, True)):
            following = asyncio.ensure_future(anext(moves))
            found = await asyncio.to_thread(eventually, listeners, what="a listener")
            if cut:
                cache.client().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                await asyncio.to_thread(
                    eventually, lambda was=found: listeners() - was, what="a new listener"
                )
            cache.tell_followers(seq)
            heard.append(await asyncio.wait_for(following, timeout=60))
        with contextlib.suppress(RuntimeError):
            await moves.aclose()
        return heard

    assert asyncio.run(hear()) == [5, 8]


def test_where_there_is_no_queue_nobody_is_warned_that_followers_were_not_told(service, caplog, tmp_path):
    service.setenv("DATELINE_HOME", str(tmp_path))
    service.delenv("DATELINE_REDIS_URL")
    forget_connections()
    cache.tell_followers(7)
    assert caplog.messages == []
