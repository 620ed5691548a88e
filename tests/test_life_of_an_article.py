"""One article's way through every room, on real parts: HTTP, Celery workers, Redis, PostgreSQL, the API."""

from collections import Counter
from urllib.parse import quote

import pytest
from sqlalchemy import text

from newswire.press import RunningPress
from services.classify.stories import bcubed
from services.core.db import transaction
from services.core.urls import canonical_url
from services.embedded.prepare import load_starter
from tests.fixtures.feeds import feed_rows
from tests.fixtures.roles import Roles, eventually


@pytest.fixture
def stream(roles: Roles, newswire: RunningPress, database_url: str, tmp_path, service) -> Roles:
    """Everything runs, on the starter rulebook and the newswire's own list."""
    service.setenv("DATELINE_FETCH_INTERVAL_MIN", "1")
    service.setenv("DATELINE_FETCH_INTERVAL_MAX", "2")
    service.setenv("DATELINE_FETCH_HOST_PAUSE", "0.1")
    feeds = tmp_path / "press.opml"
    feeds.write_text(newswire.opml())
    load_starter(database_url, feeds)
    roles.start_all()
    return roles


def latest(roles: Roles, query: str = "") -> list[dict]:
    """Every page of Latest."""
    items, cursor = [], None
    while True:
        page = roles.get(f"/v1/latest?limit=200{query}" + (f"&before={quote(cursor)}" if cursor else ""))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def originals(press: RunningPress) -> dict[str, dict]:
    """What sound feeds show at this moment, by address; copies of a wire text stand behind their original."""
    return {
        row["url"]: row
        for row in press.truth()
        if row["duplicate_of"] is None and any(not o.startswith("broken-") for o in row["listed_by"])
    }


def missing(roles: Roles, expected: dict[str, dict]) -> list[str]:
    """Addresses that the press has published and nobody finds in Latest, whatever marks were hung on them."""
    shown = {canonical_url(u) for i in latest(roles) for u in (i["url"], *(a["url"] for a in i["also_at"]))}
    return [url for url in expected if canonical_url(url) not in shown]


def test_what_the_press_publishes_stands_in_latest_once_with_region_and_topic(
    stream: Roles, newswire: RunningPress
):
    expected = originals(newswire)
    eventually(lambda: not missing(stream, expected), what="every readable article in Latest")
    eventually(lambda: not waiting(), what="nothing waiting for labels")
    items = latest(stream)
    assert max(Counter(item["id"] for item in items).values()) == 1
    assert max(Counter(item["url"] for item in items).values()) == 1
    assert all(item["title"] and item["source"]["name"] for item in items)

    central_asia = latest(stream, "&region=central-asia")
    times = [item["published_at"] or item["first_seen_at"] for item in central_asia if item["published_at"]]
    assert times == sorted(times, reverse=True)
    gold = {
        row["title"]
        for row in expected.values()
        if row["regions"] == ["central-asia"] and row["language"] == "en"
    }
    found = {item["title"] for item in central_asia}
    assert len(gold & found) / len(gold) > 0.9

    fresh = newswire.publish("steppe-courier", 2)
    titles = {row["title"] for row in fresh}
    eventually(
        lambda: titles <= {i["title"] for i in stream.get("/v1/latest?limit=50")["items"]},
        what="new items in Latest",
    )


def test_copies_stand_behind_one_article_and_reports_on_one_event_in_one_story(
    stream: Roles, newswire: RunningPress
):
    for _ in range(10):
        newswire.publish("turan-wire")  # whose texts others print
    expected = originals(newswire)
    eventually(lambda: not missing(stream, expected), what="every readable article in Latest")
    eventually(lambda: not waiting(), what="nothing waiting for labels")
    eventually(lambda: all(item["story"] for item in latest(stream)), what="a story for every article")

    truth = {canonical_url(row["url"]): row for row in newswire.truth()}
    known = [(item, truth[url]) for item in latest(stream) if (url := canonical_url(item["url"])) in truth]
    texts = Counter(row["duplicate_of"] or row["id"] for _, row in known)
    assert [text_of for text_of, times in texts.items() if times > 1] == []
    copies = [row for row in newswire.truth() if row["duplicate_of"] and row["listed_by"]]
    assert len(copies) > 20, "or there was nothing to hide"
    assert sum(len(item["also_at"]) for item, _ in known) > 20

    figures = bcubed([row["event"] for _, row in known], [item["story"]["id"] for item, _ in known])
    assert figures.precision > 0.75
    assert figures.recall > 0.75
    story = next(item["story"] for item, _ in known if item["story"]["publishers"] >= 3)
    whole = stream.get(f"/v1/stories/{story['id']}")
    assert whole["counts"]["publishers"] >= 3
    assert {item["story"]["id"] for item in whole["articles"]} == {story["id"]}
    rising = stream.get("/v1/trending")
    assert rising["items"], rising["sentence"]


def waiting() -> int:
    """How many articles still wait for labels."""
    with transaction() as session:
        return session.scalar(text("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL")) or 0


def test_broken_feeds_are_named_in_words_and_disturb_nobody(stream: Roles, newswire: RunningPress):
    """Every outlet that is broken in its way has its sentence; every other feed is well."""

    def states() -> dict[str, tuple[str, str | None]]:
        rows = feed_rows()
        assert len(rows) == len(newswire.outlets)
        return (
            {}
            if any(row.state == "new" for row in rows)
            else {row.title: (row.state, row.paused_reason or row.error) for row in rows}
        )

    found = eventually(states, what="a first look at every feed")
    failing = {title: error for title, (state, error) in found.items() if state in {"failing", "paused"}}
    assert all(error for error in failing.values())
    assert len(failing) == 8
    assert sum(state == "healthy" for state, _ in found.values()) == len(found) - len(failing)
