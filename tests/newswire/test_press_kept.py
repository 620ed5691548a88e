"""A press that opens again shows what it showed, and more: whoever reads it has missed nothing but what really passed."""

import json

import pytest
from sqlalchemy import text

from newswire.press import RunningPress, running_press
from services.core.db import transaction
from services.ingest import parsing, refresh
from services.ingest.listing import import_opml
from tests.fixtures.ports import free_port


def columns(press: RunningPress) -> dict[str, list[str]]:
    """By outlet, the articles it shows, newest first."""
    return {slug: [line[0] for line in desk["lines"]] for slug, desk in press.kept()["desks"].items()}


def closed(press: RunningPress) -> dict:
    """What it leaves behind, as a file would have it."""
    return json.loads(json.dumps(press.kept()))


def test_its_columns_go_on_under_the_same_addresses(client):
    port = free_port()
    with running_press(seed=3, port=port) as press:
        press.publish("steppe-courier", 3)
        press.correct()
        before, left = columns(press), closed(press)
        row = press.truth()[-1]
        page, feed = client.get(row["url"]), client.get(press.feed_url("steppe-courier"))
    with running_press(seed=4, port=port, first=90_000, kept=left) as again:
        after = columns(again)
        assert again.feed_url("steppe-courier")
        assert client.get(row["url"]).body == page.body
        now = client.get(again.feed_url("steppe-courier"))
        assert now.headers["etag"] != feed.headers["etag"]
        assert row in again.truth()
    assert set(after) == set(before)
    for slug, shown in after.items():
        new = [name for name in shown if name not in before[slug]]
        assert shown[: len(new)] == new
        assert shown[len(new) :] == before[slug][: len(shown) - len(new)], slug
        assert not before[slug] or len(new) < len(shown), slug
    assert any(name.startswith("a0900") for name in after["steppe-courier"]), "and it brings news"


@pytest.mark.parametrize("left", [{}, {"desks": 3}, {"articles": [{"id": "a"}], "desks": {}}])
def test_what_is_no_press_of_these_outlets_is_passed_over(left):
    with running_press(seed=3) as fresh, running_press(seed=3, kept=left) as other:
        assert columns(fresh) == columns(other)


def test_under_other_addresses_it_begins_anew():
    with running_press(seed=3, outlets=5) as press:
        left = closed(press)
    with running_press(seed=4, outlets=5, first=90_000, kept=left) as again:
        assert all(name >= "a0900" for shown in columns(again).values() for name in shown)


@pytest.fixture
def _reader():
    """What reads feeds apart ends with the test."""
    yield
    parsing.close()


@pytest.mark.usefixtures("_reader")
@pytest.mark.parametrize("goes_on", [True, False])
def test_who_reads_it_finds_no_gap_that_the_press_alone_has_made(service, tmp_path, goes_on):
    """One that began anew would be a gap in every feed, and rightly so: nothing that it shows was ever seen."""
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0")
    port, feeds = free_port(), tmp_path / "press.opml"

    def look(press: RunningPress) -> list[int]:
        with transaction() as session:
            session.execute(text("UPDATE feeds SET next_check_at = now()"))
            session.execute(text("UPDATE hosts SET free_at = now()"))
        refresh.refresh_due()
        with transaction() as session:
            return list(session.scalars(text("SELECT feed_id FROM gaps")))

    with running_press(seed=3, port=port, broken=False) as press:
        feeds.write_text(press.opml())
        with transaction() as session:
            import_opml(session, feeds)
        assert look(press) == []
        left = closed(press)
    with running_press(
        seed=4, port=port, broken=False, first=90_000, kept=left if goes_on else None
    ) as again:
        found = look(again)
        stored = {row["url"] for row in again.truth()}
    with transaction() as session:
        known = set(session.scalars(text("SELECT url FROM articles")))
    assert len(stored & known) > len(stored) * 0.9
    assert (found == []) == goes_on
