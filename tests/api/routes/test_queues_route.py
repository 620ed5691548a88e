"""What waits, what workers died of with the reason, and starting that anew: over HTTP and on the command line."""

import json

import pytest

from services.classify.labelling import store
from services.core import backlog, cache, set_aside
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.core.queues import Queue
from services.ingest.store import catalogue, leases
from tests.fixtures.api_site import Site
from tests.fixtures.articles import Desk
from tests.fixtures.command import Run
from tests.fixtures.database import sql
from tests.fixtures.editors import Client, token


@pytest.fixture
def set_aside_rows(service, desk: Desk) -> tuple[int, int]:
    """A feed and an article of which workers died three times, as a tick and a claim set them aside."""
    article = desk.article("A deadly headline", listed=False)
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd("https://deadly.example/feed")])
    sql("UPDATE feeds SET attempts = 3, next_check_at = now() WHERE url = 'https://deadly.example/feed'")
    sql("UPDATE articles SET attempts = 3")
    with transaction() as session:
        leases.put_aside(session)
        store.quarantine(session)
    ((feed,),) = sql("SELECT id FROM feeds WHERE url = 'https://deadly.example/feed'")
    cache.client().flushall()
    return feed, article


def test_what_was_set_aside_is_told_with_its_reason(set_aside_rows):
    feed, article = set_aside_rows
    with transaction() as session:
        found = {depth.queue: depth for depth in set_aside.depths(session)}
        (of_fetch,) = set_aside.listing(session, Queue.FETCH, limit=5)
        (of_classify,) = set_aside.listing(session, Queue.CLASSIFY, limit=5)
    assert (found[Queue.FETCH].aside, found[Queue.CLASSIFY].aside, found[Queue.DESK].aside) == (1, 1, 0)
    assert found[Queue.CLASSIFY].waiting == 0
    assert of_fetch.id == feed
    assert of_fetch.reason.startswith("Its content stopped a worker 3 times")
    assert (of_classify.id, of_classify.name) == (article, "A deadly headline")
    assert "died 3 times in a row" in of_classify.reason


def test_replayed_it_waits_as_new_and_is_hinted_at_and_twice_is_once(set_aside_rows):
    feed, article = set_aside_rows
    for queue, number in ((Queue.FETCH, feed), (Queue.CLASSIFY, article)):
        for expected in ([number], []):
            with transaction() as session:
                assert set_aside.replay(session, queue) == expected
        assert cache.queue_length(queue) == 1
    assert sql("SELECT attempts, quarantined, lease_token FROM articles") == [(0, None, None)]
    assert sql(f"SELECT attempts, paused_reason FROM feeds WHERE id = {feed}") == [(0, None)]
    with transaction() as session:
        found = {depth.queue: depth for depth in set_aside.depths(session)}
    assert found[Queue.CLASSIFY].waiting == 1
    assert found[Queue.CLASSIFY].oldest is not None


def test_only_what_is_named_is_replayed_and_what_an_operator_paused_stays_paused(set_aside_rows):
    feed, article = set_aside_rows
    sql("UPDATE feeds SET paused_reason = 'Somebody asked for it.' WHERE id <> " + str(feed))
    with transaction() as session:
        assert set_aside.replay(session, Queue.CLASSIFY, [article + 1]) == []
        assert set_aside.replay(session, Queue.FETCH) == [feed]
    assert sql("SELECT count(*) FROM articles WHERE quarantined IS NOT NULL") == [(1,)]


def test_a_queue_of_which_nothing_is_set_aside_is_refused_by_name(service):
    with pytest.raises(InvalidInputError, match=r"stories.*fetch, classify, desk"), transaction() as session:
        set_aside.replay(session, Queue.STORIES)


def test_over_http_it_takes_an_operator(set_aside_rows, site: Site):
    feed, article = set_aside_rows
    operator = Client(site, token("olzhas", "operator"))
    found = {row["queue"]: row for row in operator.json("/v1/queues")["items"]}
    assert set(found) == {queue.value for queue in Queue}
    assert found["classify"]["set_aside"] == 1
    assert found["maintenance"]["waiting"] is None
    (row,) = operator.json("/v1/queues/classify/aside")["items"]
    assert row["id"] == article
    assert operator.post(f"/v1/queues/classify/replay?id={article}&id=999").json == {"replayed": [article]}
    assert operator.post("/v1/queues/fetch/replay").json == {"replayed": [feed]}
    assert operator.get("/v1/queues/stories/aside").status == 400
    assert operator.get("/v1/queues/nonsense/aside").status == 404


def test_over_http_nobody_else_sees_it(service, desk: Desk, site: Site):
    assert site.get("/v1/queues").status == 401
    editor = Client(site, token("edith", "editor"))
    for method, path in (
        ("GET", "/v1/queues"),
        ("GET", "/v1/queues/classify/aside"),
        ("POST", "/v1/queues/classify/replay"),
    ):
        answer = editor.send(method, path)
        assert (answer.status, answer.json["scope"]) == (403, "operator"), path


def test_more_than_is_counted_is_said_with_the_oldest_of_all(
    service, desk: Desk, site: Site, run: Run, monkeypatch
):
    """Seven wait, of which three are counted; two of these are in hand. The oldest stands last."""
    monkeypatch.setattr(backlog, "MOST", 3)
    desk.article(listed=False)
    sql(
        "INSERT INTO articles (feed_id, source_id, url, title, teaser, text, html, authors, tags, content_hash, date_guessed,"
        " first_seen_at, updated_at, sort_at, waiting_since) SELECT feed_id, source_id, url || n, title, teaser, text, html,"
        " authors, tags, content_hash, date_guessed, first_seen_at, updated_at, sort_at, now() FROM articles, generate_series(1, 6) AS n"
    )
    sql(
        "UPDATE articles SET waiting_since = '2026-01-02T03:04:05Z' WHERE id = (SELECT max(id) FROM articles)"
    )
    sql(
        "UPDATE articles SET lease_until = now() + interval '1 hour' WHERE id IN (SELECT id FROM articles ORDER BY id LIMIT 2)"
    )
    operator = Client(site, token("olzhas", "operator"))
    found = {row["queue"]: row for row in operator.json("/v1/queues")["items"]}
    of = found["classify"]
    assert (of["waiting"], of["in_hand"], of["more"]) == (1, 2, True)
    assert of["oldest_waiting_at"] == "2026-01-02T03:04:05Z"
    assert not found["maintenance"]["more"]
    (line,) = [one for one in run("queues", "list").out.splitlines() if one.startswith("classify")]
    assert line == "classify  more than 1 waiting, 2 in hand, the first since 2026-01-02 03:04:05 UTC"
    sql("UPDATE articles SET waiting_since = NULL WHERE id > (SELECT min(id) + 2 FROM articles)")
    found = {row["queue"]: row for row in operator.json("/v1/queues")["items"]}
    of = found["classify"]
    assert (of["waiting"], of["in_hand"], of["more"]) == (1, 2, False)


def test_on_the_command_line(set_aside_rows, run: Run):
    _, article = set_aside_rows
    assert "1 set aside" in run("queues", "list").out
    assert f"{article} A deadly headline: A worker died 3 times" in run("queues", "aside", "classify").out
    assert json.loads(run("queues", "list", "--json").out)[0]["queue"] == "fetch"
    assert run("queues", "replay", "classify", str(article)).out == "1 row of classify started anew.\n"
    assert run("queues", "aside", "classify").out == "Nothing of classify was set aside.\n"


def test_a_number_that_was_not_set_aside_is_told_on_the_command_line(set_aside_rows, run: Run):
    _, article = set_aside_rows
    refused = run("queues", "replay", "classify", "17", "18")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        "dateline: classify: 17, 18 were not set aside; `dateline queues aside classify` lists what was, and why.\n"
    )
    some = run("queues", "replay", "classify", "17", str(article))
    assert (some.code, some.out) == (1, "1 row of classify started anew.\n")
    assert some.err == "dateline: classify: 17 was not set aside, and nothing else of classify is.\n"
    whole = run("queues", "replay", "classify")
    assert (whole.code, whole.out) == (0, "Nothing of classify was set aside.\n")
