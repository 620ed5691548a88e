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


def listeners() -> int:
    return dict(cache.client().pubsub_numsub(cache.STREAM_CHANNEL)).get(cache.STREAM_CHANNEL.encode(), 0)


def test_moves_of_the_stream_are_heard_and_heard_again_after_the_connection_was_cut(service):
    async def hear() -> list[int]:
        moves = cache.stream_moves()
        heard = []
        for seq, cut in ((5, False), (8, True)):
            following = asyncio.ensure_future(anext(moves))
            await asyncio.to_thread(eventually, lambda: listeners() == 1, what="a listener")
            if cut:
                cache.client().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                await asyncio.to_thread(eventually, lambda: listeners() == 0, what="the cut")
                await asyncio.to_thread(eventually, lambda: listeners() == 1, what="a new listener")
            cache.tell_followers(seq)
            heard.append(await asyncio.wait_for(following, timeout=20))
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
