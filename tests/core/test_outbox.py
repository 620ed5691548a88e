"""What an event starts is sent after commit only, never after a rollback, and never in the way of a commit."""

import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core import cache, db, outbox
from services.core.db import transaction
from services.core.errors import UnavailableError
from services.core.events import ArticlesStored, FeedsAdded, RulebookPublished, StreamAdvanced
from services.core.queues import HINTS_AT_MOST, Job, Queue
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import eventually


class ChangedItsMindError(Exception):
    """Rolls a transaction back."""


def queued() -> tuple[int | None, int | None]:
    return cache.queue_length(Queue.FETCH), cache.queue_length(Queue.CLASSIFY)


def test_hints_go_out_after_the_commit_and_not_before(service):
    with transaction() as session:
        outbox.publish(session, ArticlesStored())
        session.execute(text("SELECT 1"))
        session.flush()
        assert queued() == (0, 0)
    assert queued() == (0, 1)


def test_one_hint_for_each_job_whatever_the_number_of_events(service):
    with transaction() as session:
        for fact in (ArticlesStored(), RulebookPublished(), FeedsAdded(), FeedsAdded(), ArticlesStored()):
            outbox.publish(session, fact)
    assert queued() == (1, 1)


def test_nothing_goes_out_after_a_rollback_not_even_later(service):
    with Session(db.engine()) as session:
        with contextlib.suppress(ChangedItsMindError), session.begin():
            outbox.publish(session, ArticlesStored())
            session.execute(text("SELECT 1"))
            raise ChangedItsMindError
        with session.begin():
            session.execute(text("SELECT 1"))
    assert queued() == (0, 0)


def test_a_session_closed_without_commit_sends_nothing(service):
    with Session(db.engine()) as session:
        session.execute(text("SELECT 1"))
        outbox.publish(session, ArticlesStored())
    assert queued() == (0, 0)


def test_a_savepoint_is_no_commit(service):
    """What is noted inside or before a savepoint waits for the transaction around it."""
    with transaction() as session:
        outbox.publish(session, FeedsAdded())
        with session.begin_nested():
            outbox.publish(session, ArticlesStored())
        assert queued() == (0, 0)
    assert queued() == (1, 1)
    with Session(db.engine()) as session, contextlib.suppress(ChangedItsMindError), session.begin():
        with session.begin_nested():
            outbox.publish(session, ArticlesStored())
        raise ChangedItsMindError
    assert queued() == (1, 1)


def test_a_savepoint_rolled_back_keeps_what_was_noted_before_it(service):
    with transaction() as session:
        outbox.publish(session, FeedsAdded())
        with contextlib.suppress(ChangedItsMindError), session.begin_nested():
            session.execute(text("SELECT 1"))
            raise ChangedItsMindError
    assert queued() == (1, 0)


def test_followers_are_told_the_highest_position_once(service):
    with cache.client().pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(cache.STREAM_CHANNEL)
        assert listener.get_message(timeout=60) is None  # the confirmation
        with transaction() as session:
            outbox.publish(session, StreamAdvanced(7))
            outbox.publish(session, StreamAdvanced(9))
        told = listener.get_message(timeout=60)
        assert told["data"] == b"9"
        assert listener.get_message() is None


def test_hints_do_not_pile_up(service):
    sent = [outbox.hint(Job.LABEL_ARTICLES) for _ in range(HINTS_AT_MOST + 3)]
    assert sent == [True] * HINTS_AT_MOST + [False] * 3
    assert queued() == (0, HINTS_AT_MOST)


@pytest.mark.parametrize("patience", [None])
@pytest.mark.parametrize("url", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1/0"])
def test_a_commit_succeeds_while_the_broker_is_away(service, url):
    """It is refused at once here; that an unreachable one costs seconds at most is in the connection's limits."""
    service.setenv("DATELINE_REDIS_URL", url)
    forget_connections()
    with transaction() as session:
        session.execute(text("INSERT INTO hosts (host) VALUES ('kept.example')"))
        outbox.publish(session, ArticlesStored())
        outbox.publish(session, StreamAdvanced(1))
    with transaction() as session:
        assert session.scalar(text("SELECT host FROM hosts")) == "kept.example"
    limits = cache.client().connection_pool.connection_kwargs
    assert limits["socket_timeout"] <= 5
    assert limits["socket_connect_timeout"] <= 2


def test_a_commit_succeeds_where_no_broker_was_ever_named(service):
    service.delenv("DATELINE_REDIS_URL")
    forget_connections()
    with transaction() as session:
        session.execute(text("INSERT INTO hosts (host) VALUES ('kept.example')"))
        outbox.publish(session, ArticlesStored())
        outbox.publish(session, StreamAdvanced(1))
    with transaction() as session:
        assert session.scalar(text("SELECT host FROM hosts")) == "kept.example"


def test_a_transaction_that_the_server_ended_for_its_silence_is_a_database_that_is_away(service):
    """A worker that was frozen, or computed too long, tries again; it does not die of it."""
    with pytest.raises(UnavailableError, match="said nothing for too long"):
        say_nothing_for_long()


def say_nothing_for_long() -> None:
    with transaction() as session:
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '20ms'"))
        number = session.scalar(text("SELECT pg_backend_pid()"))
        eventually(lambda: gone(number), what="the end of the silent session")
        session.execute(text("SELECT 1"))


def gone(number: int) -> bool:
    """Whether the server has no such session any more; asked in a transaction of its own, which sees one moment."""
    with transaction() as aside:
        return aside.scalar(
            text("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = :pid"), {"pid": number}
        )
