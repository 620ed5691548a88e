"""The list of feeds: added once, shown as they are, paused, resumed and removed; articles outlive their feed."""

import pytest
from sqlalchemy import text

from services.api.pages.feed_shapes import FeedRow
from services.core import cache
from services.core.db import transaction
from services.core.errors import NotFoundError
from services.core.queues import Queue
from services.ingest.store import catalogue
from services.ingest.store.catalogue import FeedToAdd
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import feed_rows


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def add(*feeds: FeedToAdd) -> int:
    with transaction() as session:
        return catalogue.add(session, feeds)


def state(feed_id: int, **values: object) -> FeedRow:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    with transaction() as session:
        session.execute(text(f"UPDATE feeds SET {assignments} WHERE id = :id"), {"id": feed_id, **values})
    return next(row for row in feed_rows() if row.id == feed_id)


def test_a_feed_is_added_once_due_at_once_and_said_to_ingest():
    assert add(FeedToAdd("https://a.example/feed", "A: World", country="KZ", folders=("Asia",))) == 1
    assert cache.queue_length(Queue.FETCH) == 1
    (row,) = feed_rows()
    assert (row.url, row.title, row.source, row.country) == (
        "https://a.example/feed",
        "A: World",
        "a.example",
        "KZ",
    )
    assert (row.state, row.folders, row.error) == ("new", ["Asia"], None)
    assert add(FeedToAdd("https://a.example/feed", "Another title")) == 0
    assert feed_rows() == [row]
    assert cache.queue_length(Queue.FETCH) == 1, "nothing was added, and yet a hint went out"


def test_feeds_of_one_site_share_a_source_which_keeps_its_first_name():
    add(
        FeedToAdd("https://feeds.example/1", "A: World", site_url="https://a.example/"),
        FeedToAdd("https://feeds.example/2", "B", site_url="https://a.example/", country="KZ"),
    )
    assert {(row.source, row.country) for row in feed_rows()} == {("a.example", "KZ")}
    with transaction() as session:
        assert session.scalars(text("SELECT name FROM sources")).all() == ["A"]


def test_the_same_feed_twice_in_one_list_is_one():
    assert add(FeedToAdd("https://a.example/1"), FeedToAdd("https://a.example/1")) == 1


def test_states_in_words(desk: Desk):
    feed = desk.feed()
    assert state(feed, failures=0).state == "healthy"
    failing = state(feed, failures=2, error="Broken.")
    assert (failing.state, failing.error) == ("failing", "Broken.")
    paused = state(feed, paused_reason="By hand.")
    assert (paused.state, paused.paused_reason) == ("paused", "By hand.")


def test_pause_and_refresh():
    add(FeedToAdd("https://a.example/feed"))
    (row,) = feed_rows()
    with transaction() as session:
        catalogue.pause(session, row.id, "paywall")
    assert feed_rows()[0].state == "paused"
    state(row.id, attempts=3)
    with transaction() as session:
        catalogue.refresh(session, row.id)
    (row,) = feed_rows()
    assert row.state == "new"
    with transaction() as session:
        assert session.scalar(text("SELECT attempts FROM feeds")) == 0


def test_articles_outlive_their_feed(desk: Desk):
    article = desk.article(source="a.example")
    (feed,) = feed_rows()
    with transaction() as session:
        catalogue.remove(session, feed.id)
    assert feed_rows() == []
    with transaction() as session:
        assert session.scalar(text("SELECT feed_id IS NULL FROM articles WHERE id = :id"), {"id": article})
        assert session.scalar(text("SELECT listed FROM articles WHERE id = :id"), {"id": article})


@pytest.mark.parametrize("feed_id", [999, 0, -1, 2**63, 10**30])
@pytest.mark.parametrize(
    "ask",
    [
        catalogue.refresh,
        catalogue.remove,
        lambda session, feed_id: catalogue.pause(session, feed_id, "x"),
    ],
    ids=["refresh", "remove", "pause"],
)
def test_a_feed_that_is_not_there_is_a_sentence(ask, feed_id):
    with pytest.raises(NotFoundError, match=f"There is no feed {feed_id}; "), transaction() as session:
        ask(session, feed_id)


def test_articles_that_a_removed_feed_only_carried_are_published_again(desk: Desk):
    """They lose an `also at`, which followers see; its own articles change nothing that they see."""
    own = desk.article(source="a.example")
    carried = desk.article(source="b.example")
    desk.sighting(carried, source="a.example", url="https://a.example/copy")
    cache.client().flushall()
    with transaction() as session:
        (feed,) = session.scalars(text("SELECT id FROM feeds WHERE url LIKE 'https://a.example%'"))
        catalogue.remove(session, feed)
    with transaction() as session:
        found = session.execute(
            text("SELECT id, revision, waiting_since IS NULL FROM articles ORDER BY id")
        ).all()
    assert [tuple(row) for row in found] == [(own, 1, True), (carried, 2, False)]
    assert cache.queue_length(Queue.CLASSIFY) == 1
