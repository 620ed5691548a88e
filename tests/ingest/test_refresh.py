"""One job of ingest over real HTTP: everything due is read, suspects first and alone, and a stop gives leases back."""

import asyncio
import signal
import threading
from urllib.request import urlopen

import pytest

from newswire.press import RunningPress, running_press
from services.core.db import transaction
from services.core.settings import settings
from services.ingest import parsing, refresh
from services.ingest.store import adding
from tests.fixtures.database import sql
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import eventually
from tests.fixtures.silence import silent_server


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch):
    """A batch of five, hosts that need no rest, and no child of the parser left behind."""
    service.setenv("DATELINE_FETCH_BATCH", "5")
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0")
    forget_connections()
    yield
    parsing.close()


def add(press: RunningPress) -> None:
    with transaction() as session:
        adding.add(session, [adding.FeedToAdd(press.feed_url(outlet.slug)) for outlet in press.outlets])


def test_everything_due_is_read_and_then_nothing_is_due():
    with running_press(seed=5, feeds=12, entries=4) as press:
        add(press)
        assert refresh.refresh_due() == 12
        assert sql("SELECT count(*), count(ok_at), sum(attempts) FROM feeds") == [(12, 12, 0)]
        assert sql("SELECT count(*) FROM articles") == [(12 * 4,)]
        assert refresh.refresh_due() == 0
        assert all(row["requests"] == 1 for row in press.stats().values())


def test_a_second_look_is_conditional_and_changes_nothing():
    with running_press(seed=5, feeds=6, entries=4) as press:
        add(press)
        refresh.refresh_due()
        sql("UPDATE feeds SET next_check_at = now()")
        before = sql("SELECT * FROM articles ORDER BY id"), sql("SELECT * FROM sightings ORDER BY id")
        assert refresh.refresh_due() == 6
        assert (
            sql("SELECT * FROM articles ORDER BY id"),
            sql("SELECT * FROM sightings ORDER BY id"),
        ) == before
        assert sum(row["not_modified"] for row in press.stats().values()) == 6
        assert sql("SELECT outcome, count(*) FROM fetches GROUP BY 1 ORDER BY 1") == [
            ("new-body", 6),
            ("unchanged", 6),
        ]


def test_the_length_of_a_body_is_remembered_although_the_body_is_let_go():
    with running_press(seed=5, feeds=1, entries=4) as press:
        add(press)
        refresh.refresh_due()
        sql("UPDATE feeds SET next_check_at = now()")
        refresh.refresh_due()
        (feed,) = press.stats().values()
        with urlopen(feed["feed"]) as answer:
            length = len(answer.read())
        assert sql("SELECT status, bytes FROM fetches ORDER BY id") == [(200, length), (304, 0)]


def test_a_feed_that_was_in_hand_when_a_worker_died_goes_first_and_alone():
    with running_press(seed=5, feeds=12, entries=4) as press:
        add(press)
        sql(
            "UPDATE feeds SET attempts = 1, next_check_at = now() - interval '1 s' WHERE id = (SELECT max(id) FROM feeds)"
        )
        ((url,),) = sql("SELECT url FROM feeds WHERE attempts = 1")
        assert refresh.refresh_due() == 12
        starts = {row["feed"]: row["starts"][0] for row in press.stats().values()}
        assert min(starts, key=starts.__getitem__) == url


def test_a_stop_in_the_middle_gives_back_what_is_in_hand_and_holds_nothing_against_it():
    async def stopped_when_in_hand() -> None:
        job = asyncio.create_task(refresh._refresh_due(settings()))
        in_hand = "SELECT 1 FROM feeds WHERE lease_token IS NULL"
        await asyncio.to_thread(eventually, lambda: not sql(in_hand), what="both feeds in hand")
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    with silent_server() as one, silent_server() as two:
        with transaction() as session:
            adding.add(session, [adding.FeedToAdd(one), adding.FeedToAdd(two)])
        asyncio.run(stopped_when_in_hand())
    assert (
        sql("SELECT attempts, lease_token, lease_until = 'epoch', failures FROM feeds")
        == [(0, None, True, 0)] * 2
    )


def test_a_stop_while_feeds_are_claimed_gives_them_back_too(monkeypatch):
    """The claim is stored, and nobody has heard of it yet."""
    stored, go_on, claim = threading.Event(), threading.Event(), refresh._claim

    def slowly(*words, **named):
        found = claim(*words, **named)
        if found:
            stored.set()
            go_on.wait(60)
        return found

    def stop() -> None:
        stored.wait(60)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
        threading.Timer(
            0.5, go_on.set
        ).start()  # by then the job has heard it, or claims on for a moment as any does

    def leave(*_) -> None:
        raise SystemExit(0)  # as a process of the pool does

    monkeypatch.setattr(refresh, "_claim", slowly)
    with silent_server() as one:
        with transaction() as session:
            adding.add(session, [adding.FeedToAdd(one)])
        before = signal.signal(signal.SIGTERM, leave)
        try:
            threading.Thread(target=stop).start()
            with pytest.raises(SystemExit):
                asyncio.run(refresh._refresh_due(settings()))
        finally:
            signal.signal(signal.SIGTERM, before)
    assert sql("SELECT attempts, lease_token, lease_until = 'epoch', failures FROM feeds") == [
        (0, None, True, 0)
    ]


def test_an_answer_that_cannot_be_read_for_a_reason_nobody_thought_of_is_that_feeds_trouble(monkeypatch):
    real = refresh.read

    def stumble(feed, *words, **named):
        if feed.id == 1:
            raise ZeroDivisionError
        return real(feed, *words, **named)

    monkeypatch.setattr(refresh, "read", stumble)
    with running_press(seed=5, feeds=3, entries=4) as press:
        add(press)
        refresh.refresh_due()
    assert sql("SELECT error_kind, failures, lease_token FROM feeds ORDER BY id") == [
        ("internal", 1, None),
        (None, 0, None),
        (None, 0, None),
    ]
