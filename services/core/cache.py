"""Redis: how long a queue is, and a word to followers that the stream moved. The only module that knows Redis.

Nothing here is needed for being right: when Redis is away, callers go on from the database.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as RetryBeside
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.core.errors import ConfigurationError, UnavailableError
from services.core.queues import Queue
from services.core.settings import settings

KEY_PREFIX = "dateline:"
STREAM_CHANNEL = KEY_PREFIX + "stream"
AWAY = (redis.RedisError, ConfigurationError)
"""Redis does not answer, or this process was given none (`dateline migrate` needs none): the same to callers."""

WAIT_S, WATCH_S = 1.5, 1.0
"""Seconds that anybody waits for Redis, what it knows is never needed; and that whoever watches does."""
log = logging.getLogger(__name__)


def redis_url() -> str:
    """The address in force. Raises ConfigurationError when there is none."""
    url = settings().redis_url
    if url is None:
        raise ConfigurationError(
            f"No queue: nothing runs in {settings().home} and DATELINE_REDIS_URL is not set. "
            "Start everything with `dateline up`, or name a Redis or Valkey."
        )
    return url


@cache
def client() -> redis.Redis:
    """This process's connections; never waits for long."""
    return redis.Redis.from_url(
        redis_url(),
        socket_timeout=WAIT_S,
        socket_connect_timeout=WAIT_S,
        retry=Retry(NoBackoff(), 0),  # the library's own tries again three times, for half a minute in all
    )


def alive() -> bool:
    """Whether Redis answers."""
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False


def queue_length(queue: Queue) -> int | None:
    """Hints lying in a queue; None when Redis does not answer."""
    try:
        return int(client().llen(KEY_PREFIX + queue))
    except AWAY:
        return None


@cache
def _watcher() -> redis.Redis:
    """A connection for whoever watches: it gives up soon, and does not try again."""
    return redis.Redis.from_url(
        redis_url(), socket_timeout=WATCH_S, socket_connect_timeout=WATCH_S, retry=Retry(NoBackoff(), 0)
    )


def queue_lengths() -> dict[str, int]:
    """Hints lying in each queue, asked for at once. Raises UnavailableError within two seconds when Redis does not answer."""
    try:
        with _watcher().pipeline(transaction=False) as pipe:
            for queue in Queue:
                pipe.llen(KEY_PREFIX + queue)
            return dict(zip(map(str, Queue), map(int, pipe.execute()), strict=True))
    except AWAY as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error


@dataclass(frozen=True, slots=True)
class About:
    """What Redis says of itself. `limit`: bytes it may take, 0 for any number; `write_error`: it could not keep something on its disk."""

    time: datetime
    used: int
    limit: int
    policy: str
    write_error: bool

    @property
    def evicts(self) -> bool:
        """Whether hints may be thrown away when memory is short."""
        return bool(self.limit) and self.policy != "noeviction"


def about() -> About:
    """How Redis does. Raises UnavailableError within two seconds when it does not answer."""
    try:
        with _watcher().pipeline(transaction=False) as pipe:
            pipe.info("memory")
            pipe.info("persistence")
            pipe.time()
            memory, kept, (seconds, micros) = pipe.execute()
    except AWAY as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error
    return About(
        time=datetime.fromtimestamp(seconds + micros / 1e6, UTC),
        used=int(memory.get("used_memory", 0)),
        limit=int(memory.get("maxmemory", 0)),
        policy=str(memory.get("maxmemory_policy", "noeviction")),
        write_error="err" in {kept.get("aof_last_write_status"), kept.get("rdb_last_bgsave_status")},
    )


def forget_connections() -> None:
    """Close what this process holds open."""
    for made in (client, _watcher):
        if made.cache_info().currsize:
            made().close()
            made.cache_clear()


def tell_followers(seq: int) -> None:
    """Say that the stream has moved to `seq`. Lost when Redis is away: followers also look by themselves."""
    try:
        client().publish(STREAM_CHANNEL, str(seq))
    except ConfigurationError:  # nobody runs who could follow: a restore while all is stopped
        log.debug("followers not told of %s: there is no queue", seq)
    except redis.RedisError as error:
        log.warning("followers not told of %s: %s", seq, error)


@cache
def _counters() -> redis.asyncio.Redis:
    return redis.asyncio.Redis.from_url(
        redis_url(),
        socket_timeout=WAIT_S,
        socket_connect_timeout=WAIT_S,
        retry=RetryBeside(NoBackoff(), 0),
    )


async def add_up(counts: Mapping[str, int], *, seconds: int) -> dict[str, int] | None:
    """Add to counters that all processes share and that are forgotten after `seconds`; what they stand at, None without Redis.

    Adding nothing makes no counter and keeps none longer.
    """
    try:
        async with _counters().pipeline(transaction=False) as pipe:
            for name, more in counts.items():
                if more:
                    pipe.incrby(KEY_PREFIX + "rate:" + name, more)
                else:
                    pipe.get(KEY_PREFIX + "rate:" + name)
            for name in filter(counts.__getitem__, counts):
                pipe.expire(KEY_PREFIX + "rate:" + name, seconds)
            answers = await pipe.execute()
    except AWAY as error:
        log.warning("requests are counted by this process alone: %s", error)
        return None
    return {name: int(total or 0) for name, total in zip(counts, answers, strict=False)}


async def close_counters() -> None:
    """Give the connection of `add_up` back."""
    if _counters.cache_info().currsize:
        await _counters().aclose()
        _counters.cache_clear()


async def stream_moves() -> AsyncIterator[int]:
    """Positions as they are told, for as long as Redis can be reached; reconnects for ever."""
    while True:
        try:
            async with redis.asyncio.Redis.from_url(redis_url()).pubsub() as pubsub:
                await pubsub.subscribe(STREAM_CHANNEL)
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        yield int(message["data"])
        except redis.RedisError:
            await asyncio.sleep(1)
