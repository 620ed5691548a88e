"""A feed at another address keeps what it brought; two feeds never share one."""

import pytest
from sqlalchemy import text

from services.core import cache
from services.core.db import transaction
from services.core.errors import InvalidInputError, NotFoundError
from services.core.queues import Queue
from services.ingest.store import catalogue, moving
from services.ingest.store.adding import FeedToAdd, Same
from services.ingest.store.moving import Moved
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import feed_rows

OLD, NEW = "https://a.example/feed", "https://feeds.b.example/new.xml"


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def added(url: str = OLD, **values) -> int:
    with transaction() as session:
        catalogue.add(session, [FeedToAdd(url, **values)])
        return session.scalars(text("SELECT id FROM feeds WHERE url = :url"), {"url": url}).one()


def moved(feed_id: int, url: str) -> Moved:
    with transaction() as session:
        return catalogue.move(session, feed_id, url)


def replaced(feed_id: int, url: str | None = None) -> Moved:
    with transaction() as session:
        return catalogue.replace(session, feed_id, url)


def row(feed_id: int) -> dict:
    with transaction() as session:
        found = session.execute(
            text(
                "SELECT f.*, s.key, s.name, s.country FROM feeds f JOIN sources s ON s.id = f.source_id WHERE f.id = :id"
            ),
            {"id": feed_id},
        )
        return dict(found.mappings().one())


def aliases() -> list[tuple[str, int]]:
    with transaction() as session:
        return [tuple(r) for r in session.execute(text("SELECT url, feed_id FROM feed_aliases ORDER BY url"))]


def change(feed_id: int, assignments: str) -> None:
    with transaction() as session:
        session.execute(text(f"UPDATE feeds SET {assignments} WHERE id = :id"), {"id": feed_id})


def test_a_redirect_adopted_changes_the_address_and_keeps_the_validators():
    one = added(site_url="https://a.example/", country="KZ")
    change(one, f"etag = 'x', failures = 2, moved_to = '{NEW}', moved_times = 4, moved_since = now()")
    assert moved(one, NEW) == Moved(one, OLD, NEW)
    now = row(one)
    assert (now["url"], now["host"], now["key"]) == (NEW, "feeds.b.example", "a.example")
    assert (now["etag"], now["failures"], now["moved_to"], now["moved_times"]) == ("x", 2, None, 0)
    assert aliases() == [(OLD, one)]


def test_a_feed_that_never_named_its_site_goes_to_the_publisher_of_its_new_host_and_takes_the_country_along():
    one = added(title="The Paper: World", country="KZ")
    moved(one, NEW)
    now = row(one)
    assert (now["key"], now["name"], now["country"]) == ("feeds.b.example", "The Paper", "KZ")


def test_a_feed_may_move_to_another_spelling_of_its_own_address_and_back():
    one = added("http://a.example/feed")
    assert moved(one, OLD).same is None
    assert (row(one)["url"], aliases()) == (OLD, [("http://a.example/feed", one)])
    moved(one, "http://a.example/feed")
    assert (row(one)["url"], aliases()) == ("http://a.example/feed", [(OLD, one)])


@pytest.mark.parametrize("url", [NEW, "http://feeds.b.example/new.xml/"])
def test_a_feed_that_moved_to_where_another_one_is_is_paused_as_its_double(url):
    one, other = added(), added(NEW)
    change(one, f"moved_to = '{NEW}', moved_times = 4")
    assert moved(one, url) == Moved(one, OLD, OLD, Same(other, NEW, "address" if url == NEW else "spelling"))
    now = row(one)
    assert (now["url"], now["moved_times"]) == (OLD, 0)
    assert now["paused_reason"] == f"It is the same as feed {other} ({NEW})."
    assert aliases() == []


def test_a_replacement_starts_afresh_and_is_due_at_once(desk: Desk):
    article = desk.article(source="a.example")
    one = catalogue_ids()[0]
    change(
        one,
        "etag = 'x', last_modified = 'y', body_hash = 'z', failures = 9, error = 'Gone.', error_kind = 'gone', paused_reason = 'Gone.',"
        f" next_check_at = now() + interval '1 day', replacement_url = '{NEW}', sought_at = now(), lease_token = 'theirs'",
    )
    before = cache.queue_length(Queue.FETCH)
    old = row(one)["url"]
    assert replaced(one) == Moved(one, old, NEW)
    now = row(one)
    cleared = (
        "etag",
        "last_modified",
        "body_hash",
        "error",
        "error_kind",
        "paused_reason",
        "replacement_url",
        "sought_at",
        "lease_token",
    )
    assert {name: now[name] for name in cleared} == dict.fromkeys(cleared)
    assert (now["failures"], now["url"]) == (0, NEW)
    with transaction() as session:
        assert session.scalar(text("SELECT next_check_at <= now() FROM feeds"))
        assert session.scalar(text("SELECT feed_id FROM articles WHERE id = :id"), {"id": article}) == one
        assert session.scalar(text("SELECT count(*) FROM sightings WHERE feed_id = :id"), {"id": one}) == 1
    assert cache.queue_length(Queue.FETCH) == (before or 0) + 1


def catalogue_ids() -> list[int]:
    return [row.id for row in feed_rows()]


def test_a_replacement_that_is_another_feed_is_refused_with_its_number():
    one, other = added(), added(NEW)
    with pytest.raises(InvalidInputError, match=rf"is feed {other} already"):
        replaced(one, NEW)
    assert row(one)["url"] == OLD


def test_a_replacement_has_to_be_one():
    one = added()
    with pytest.raises(InvalidInputError, match="No replacement was found"):
        replaced(one)
    with pytest.raises(InvalidInputError, match="already"):
        replaced(one, OLD)


@pytest.mark.parametrize("feed_id", [999, -1, 2**63, 10**30])
@pytest.mark.parametrize("ask", [moving.move, moving.replace])
def test_a_feed_that_is_not_there_is_a_sentence(ask, feed_id):
    with pytest.raises(NotFoundError, match=f"There is no feed {feed_id}; "), transaction() as session:
        ask(session, feed_id, NEW)


def test_the_index_decides_where_two_feeds_move_to_one_address_at_once(monkeypatch):
    """The other one's move commits between the look and the update: still no error, and one of them is the double."""
    one, other = added(), added("https://c.example/feed")
    looked = []

    def late(session, urls, *, but=None):
        if not looked:
            looked.append(urls)
            moved_by_another_worker()
            return {}
        return same_as(session, urls, but=but)

    def moved_by_another_worker():
        with transaction() as session:
            session.execute(text("UPDATE feeds SET url = :url WHERE id = :id"), {"url": NEW, "id": other})

    same_as = moving.same_as
    monkeypatch.setattr(moving, "same_as", late)
    assert moved(one, NEW).same == Same(other, NEW, "address")
    assert row(one)["paused_reason"].startswith(f"It is the same as feed {other}")
