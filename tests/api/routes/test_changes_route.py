"""GET /v1/changes over real HTTP: pages, held answers, event streams."""

import http.client
import threading

import orjson
import pytest
from sqlalchemy import text

from services.api.cursor import encode_since
from services.api.filters import Filters
from services.api.queries import stream as stream_queries
from services.api.routes import changes
from services.api.schemas.answers import ChangesBody
from services.core import outbox
from services.core.db import transaction
from services.core.latest import epoch


def told(body) -> list[tuple[str, object]]:
    return [(entry["change"], entry["article"]["id"]) for entry in body["items"]]


class Events:
    """An event stream, read event by event."""

    def __init__(self, site, path, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=70)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", path, headers={"Accept": "text/event-stream", **named})
        self.response = self.connection.getresponse()

    def next(self) -> dict[str, str]:
        """The next event that is more than a comment or a time to wait."""
        while True:
            fields = dict(line.split(": ", 1) for line in self._block() if not line.startswith(":"))
            if fields.keys() - {"retry"}:
                return fields

    def _block(self) -> list[str]:
        lines = []
        while line := self.response.readline().decode().rstrip("\n"):
            lines.append(line)
        return lines

    def close(self):
        self.response.close()
        self.connection.close()


@pytest.fixture
def events(site):
    opened = []

    def follow(path, **headers):
        opened.append(Events(site, path, **headers))
        return opened[-1]

    yield follow
    for stream in opened:
        stream.close()


def test_everything_is_told_once_and_in_order_from_page_to_page(site, desk):
    ids = [desk.article(regions=["asia"]) for _ in range(7)]
    desk.edit(ids[0], title="Corrected")
    desk.take_out(ids[1])
    desk.take_out(ids[2], "merged", into=ids[3])
    seen, cursor, more = [], None, True
    while more:
        body = site.json("/v1/changes?limit=3" + (f"&since={cursor}" if cursor else ""))
        ChangesBody.model_validate(body)
        seen += body["items"]
        cursor, more = body["cursor"], body["more"]
    assert told({"items": seen}) == [
        *(("added", found) for found in ids), ("updated", ids[0]), ("removed", ids[1]), ("merged", ids[2]),
    ]  # fmt: skip
    assert seen[-1]["into"] == ids[3]
    assert seen[-2]["article"] == {"id": ids[1]}
    assert site.json(f"/v1/changes?since={cursor}")["items"] == []


def test_every_entry_is_a_place_to_go_on_from(site, desk):
    ids = [desk.article() for _ in range(4)]
    first = site.json("/v1/changes")["items"][0]["cursor"]
    assert told(site.json(f"/v1/changes?since={first}")) == [("added", found) for found in ids[1:]]


def test_a_follower_of_a_region_is_told_what_enters_and_what_leaves(site, desk):
    article = desk.article(regions=["central-asia"])
    elsewhere = desk.article(regions=["russia"])
    cursor = site.json("/v1/latest?region=asia")["changes"]
    desk.relabel(article, regions=["south-asia"])
    desk.relabel(article, regions=["russia"])
    desk.relabel(elsewhere, regions=["central-asia"])
    assert told(site.json(f"/v1/changes?region=asia&since={cursor}")) == [
        ("updated", article), ("left", article), ("moved", elsewhere),
    ]  # fmt: skip


def test_an_edit_that_ends_a_match_of_words_is_told_as_left(site, desk):
    article = desk.article("Rain in Almaty")
    desk.article("Sun in Osh")
    cursor = site.json("/v1/latest?q=rain")["changes"]
    desk.edit(article, title="Snow in Almaty")
    assert told(site.json(f"/v1/changes?q=rain&since={cursor}")) == [("left", article)]


def test_a_correction_of_what_never_matched_and_was_never_corrected_tells_nothing(site, desk):
    """Other labels, or another place where it is shown, cannot have ended a match."""
    article = desk.article("Sun in Osh", regions=["asia"], language="en", source="a.example")
    filters = ["q=rain", "language=ru", "source=b.example"]
    desk.feed("b.example")
    cursors = {asked: site.json(f"/v1/latest?{asked}")["changes"] for asked in filters}
    desk.relabel(article, regions=["russia"])
    desk.duplicate(article, source="c.example")
    desk.relabel(article, regions=["russia"])
    for asked in filters:
        body = site.json(f"/v1/changes?{asked}&since={cursors[asked]}")
        assert told(body) == []
        cursors[asked] = body["cursor"]
    desk.take_out(article)
    told_of = [told(site.json(f"/v1/changes?{asked}&since={cursors[asked]}")) for asked in filters]
    assert told_of == [[("removed", article)], [], []], "of what was removed the words are not known any more"


def test_an_edit_that_ends_a_match_of_a_language_is_told_as_left(site, desk):
    article = desk.article(language="en", regions=["asia"])
    cursor, other = (site.json(f"/v1/latest?language=en&region={r}")["changes"] for r in ("asia", "russia"))
    desk.edit(article, language="ru")
    assert told(site.json(f"/v1/changes?language=en&region=asia&since={cursor}")) == [("left", article)]
    assert told(site.json(f"/v1/changes?language=en&region=russia&since={other}")) == []
    desk.take_out(article)
    assert told(site.json(f"/v1/changes?language=en&region=asia&since={cursor}"))[-1] == ("removed", article)


def test_a_publisher_who_adopts_an_article_takes_it_from_who_follows_its_first_source(site, desk):
    article = desk.article(source="gatherer.example")
    desk.feed("a.example")
    gatherer = site.json("/v1/latest?source=gatherer.example")["changes"]
    publisher = site.json("/v1/latest?source=a.example")["changes"]
    with transaction() as session:
        owner = session.scalar(text("SELECT id FROM sources WHERE key = 'a.example'"))
    desk.edit(article, source_id=owner)
    assert told(site.json(f"/v1/changes?source=gatherer.example&since={gatherer}")) == [("left", article)]
    assert told(site.json(f"/v1/changes?source=a.example&since={publisher}")) == [("updated", article)]


def test_other_filters_hold_for_changes_too(site, desk):
    english = desk.article(language="en", source="a.example")
    desk.article(language="ru", source="a.example")
    desk.article(language="en", source="b.example")
    assert told(site.json("/v1/changes?language=en&source=a.example")) == [("added", english)]


def test_the_cursor_moves_over_changes_that_do_not_concern_the_filter(site, desk, monkeypatch):
    monkeypatch.setattr(stream_queries, "EXAMINED_AT_MOST", 5)
    for _ in range(12):
        desk.article(regions=["russia"])
    asked = desk.article(regions=["asia"])
    first = site.json("/v1/changes?region=asia")
    assert (first["items"], first["more"]) == ([], True)
    second = site.json(f"/v1/changes?region=asia&since={first['cursor']}")
    third = site.json(f"/v1/changes?region=asia&since={second['cursor']}")
    assert (told(third), third["more"]) == ([("added", asked)], False)


def test_a_held_answer_comes_as_soon_as_something_happens(site, desk):
    desk.article(regions=["asia"])
    cursor = site.json("/v1/latest?region=asia")["changes"]
    answers = []
    reader = threading.Thread(
        target=lambda: answers.append(site.json(f"/v1/changes?region=asia&since={cursor}&wait=60"))
    )
    reader.start()
    desk.article(regions=["russia"])
    awaited = desk.article(regions=["asia"])
    reader.join(timeout=70)
    assert told(answers[0]) == [("added", awaited)]


def test_a_held_answer_needs_no_redis(site, desk, monkeypatch):
    monkeypatch.setattr(outbox.cache, "tell_followers", lambda seq: None)
    monkeypatch.setattr(changes, "LOOK_EVERY", 0.05)
    cursor = site.json("/v1/latest")["changes"]
    answers = []
    reader = threading.Thread(target=lambda: answers.append(site.json(f"/v1/changes?since={cursor}&wait=60")))
    reader.start()
    awaited = desk.article()
    reader.join(timeout=70)
    assert told(answers[0]) == [("added", awaited)]


def test_a_held_answer_ends_by_itself(site, desk):
    desk.article()
    cursor = site.json("/v1/latest")["changes"]
    body = site.json(f"/v1/changes?since={cursor}&wait=1")
    assert (body["items"], body["more"], body["cursor"]) == ([], False, cursor)


def test_events_come_as_they_happen_and_their_ids_are_cursors(site, desk, events):
    first = desk.article(regions=["asia"])
    stream = events("/v1/changes?region=asia")
    assert stream.response.getheader("content-type").startswith("text/event-stream")
    event = stream.next()
    assert (event["event"], orjson.loads(event["data"])["article"]["id"]) == ("added", first)
    desk.take_out(first)
    event = stream.next()
    assert (event["event"], orjson.loads(event["data"])["article"]) == ("removed", {"id": first})
    assert site.json(f"/v1/changes?region=asia&since={event['id']}")["items"] == []


def test_an_event_stream_resumes_after_its_last_id(site, desk, events):
    ids = [desk.article() for _ in range(3)]
    stream = events("/v1/changes")
    seen = stream.next()
    stream.close()
    again = events("/v1/changes", last_event_id=seen["id"])
    assert [orjson.loads(again.next()["data"])["article"]["id"] for _ in range(2)] == ids[1:]


def test_an_id_without_data_moves_a_filtered_reader_on(site, desk, events):
    desk.article(regions=["russia"])
    stream = events("/v1/changes?region=asia")
    event = stream.next()
    assert event.keys() == {"id"}
    assert event["id"] == site.json("/v1/latest?region=asia")["changes"]


def test_a_cursor_that_was_cut_off_is_gone_and_says_how_to_go_on(site, desk):
    for _ in range(4):
        desk.article()
    old = site.json("/v1/changes?limit=1")["cursor"]
    with transaction() as session:
        session.execute(text("DELETE FROM changes WHERE seq <= 3"))
        session.execute(text("UPDATE stream_state SET floor = 3"))
    answer = site.get(f"/v1/changes?since={old}")
    assert (answer.status, answer.json["type"], answer.json["latest"]) == (
        410,
        "/docs#cursor-gone",
        "/v1/latest",
    )
    assert len(site.json("/v1/changes")["items"]) == 1


def cut(at: str) -> None:
    """Cut the log as the keeper does, up to a position, which the oldest cursor that is still honoured names."""
    with transaction() as session:
        session.execute(text(f"DELETE FROM changes WHERE seq <= ({at})"))
        session.execute(text(f"UPDATE stream_state SET floor = ({at})"))


def test_the_log_is_cut_while_somebody_pages_and_the_oldest_cursor_kept_is_enough(site, desk):
    ids = [desk.article(regions=["asia"]) for _ in range(6)]
    first = site.json("/v1/latest?region=asia&limit=2")
    copy = {item["id"]: item["revision"] for item in first["items"]}
    desk.edit(ids[0], title="Corrected")
    desk.relabel(ids[1], regions=["russia"])
    cut("6")  # what the first page has seen
    rest = site.json(f"/v1/latest?region=asia&limit=100&before={first['next']}")
    copy |= {item["id"]: item["revision"] for item in rest["items"]}
    for entry in site.json(f"/v1/changes?region=asia&since={first['changes']}")["items"]:
        number = entry["article"]["id"]
        copy.pop(number, None)
        if entry["change"] != "left":
            copy[number] = entry["article"]["revision"]
    assert copy == {item["id"]: item["revision"] for item in site.json("/v1/latest?region=asia")["items"]}


@pytest.mark.parametrize("way", [{}, {"accept": "text/event-stream"}])
def test_who_pages_so_long_that_the_log_is_cut_behind_him_is_told_so_and_begins_again(site, desk, way):
    for _ in range(4):
        desk.article()
    first = site.json("/v1/latest?limit=2")
    desk.article()
    desk.article()
    cut("5")
    assert len(site.json(f"/v1/latest?limit=2&before={first['next']}")["items"]) == 2
    answer = site.get(f"/v1/changes?since={first['changes']}", **way)
    assert (answer.status, answer.headers["content-type"]) == (410, "application/problem+json")
    assert "go on from its `changes`" in answer.json["detail"]
    anew = site.json(answer.json["latest"])
    assert site.json(f"/v1/changes?since={anew['changes']}")["items"] == []


def test_a_cursor_ahead_of_the_stream_is_gone(site, desk):
    with transaction() as session:
        ahead = encode_since(99, epoch=epoch(session), filters=Filters())
    assert site.get(f"/v1/changes?since={ahead}").status == 410
    answer = site.get("/v1/changes", accept="text/event-stream", last_event_id=ahead)
    assert (answer.status, answer.json["parameter"]) == (410, "Last-Event-ID")


@pytest.mark.parametrize(
    "query", ["since=x", "wait=61", "wait=-1", "before=x", "since=", "wait=1&wait=2", "language=!!"]
)
def test_wrong_requests_are_refused(site, desk, query):
    assert site.get(f"/v1/changes?{query}").status == 400


def test_a_reader_who_has_the_page_gets_304(site, desk):
    desk.article()
    first = site.get("/v1/changes")
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    assert site.get("/v1/changes", if_none_match=first.headers["etag"]).status == 304
    desk.article()
    assert site.get("/v1/changes", if_none_match=first.headers["etag"]).status == 200


def test_asking_for_the_head_of_an_event_stream_ends(site, desk):
    events = site.get("/v1/changes", method="HEAD", accept="text/event-stream")
    assert (events.status, events.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (events.headers["cache-control"], "etag" in events.headers) == ("no-store", False)
    page = site.get("/v1/changes", method="HEAD")
    assert (page.status, page.headers["content-type"]) == (200, "application/json")


def test_a_bad_cursor_is_called_what_it_was_sent_as(site, desk):
    other = site.json("/v1/latest?language=de")["changes"]
    for path, headers, name in (
        ("/v1/changes?since=x", {}, "since"),
        (f"/v1/changes?since={other}", {}, "since"),
        (f"/v1/changes?since={other}", {"last_event_id": "x"}, "Last-Event-ID"),
        ("/v1/changes", {"last_event_id": other, "accept": "text/event-stream"}, "Last-Event-ID"),
        ("/v1/latest?before=x", {}, "before"),
    ):
        problem = site.get(path, **headers).json
        assert (problem["type"], problem["parameter"]) == ("/docs#invalid-cursor", name)
        assert problem["detail"].startswith(f"{name}: this")
