import contextlib
import gc
import json
import socket
import threading
import time
import warnings
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

import defusedxml.ElementTree
import pytest

from newswire.model import Role
from newswire.outlets import BROKEN, OUTLETS
from newswire.press import running_press
from tests.fixtures.roles import eventually


def told(press):
    return [(row["outlet"], row["title"], row["lead"], row["duplicate_of"]) for row in press.truth()]


def test_the_same_seed_tells_the_same_stories_and_another_seed_others():
    with running_press(seed=3) as one, running_press(seed=3) as two, running_press(seed=4) as other:
        assert told(one) == told(two)
        assert one.publish("steppe-courier", 5)[0]["title"] == two.publish("steppe-courier", 5)[0]["title"]
        assert len({row[1] for row in told(one)} & {row[1] for row in told(other)}) < len(told(one)) / 10


def test_a_press_opened_again_need_not_reuse_addresses():
    with running_press(seed=3, outlets=8) as one, running_press(seed=3, outlets=8, first=5_000) as again:
        paths = [{row["url"].split("/", 3)[3] for row in press.truth()} for press in (one, again)]

        assert paths[0].isdisjoint(paths[1])


def test_the_list_holds_every_outlet_in_folders_and_can_leave_the_broken_out(press, client):
    def feeds(query):
        tree = defusedxml.ElementTree.fromstring(client.get(press.opml_url + query).body)
        return {row.get("xmlUrl"): folder.get("text") for folder in tree.iter("outline") for row in folder}

    everything, sound = feeds(""), feeds("?broken=no")

    assert len(everything) == len(OUTLETS) + len(BROKEN)
    assert len(sound) == len(OUTLETS)
    assert everything[press.feed_url("steppe-courier")] == "Central Asia"
    assert set(sound) == {press.feed_url(outlet.slug) for outlet in OUTLETS}


def test_each_outlet_has_an_address_of_its_own_or_a_path_on_a_shared_one(client):
    with running_press(seed=3) as own, running_press(seed=3, shared=True) as shared:
        paths = {urlsplit(shared.feed_url(outlet.slug)).path for outlet in shared.outlets}
        row = next(row for row in shared.truth() if row["outlet"] == "karakum-gazette")

        assert {urlsplit(shared.feed_url(outlet.slug)).hostname for outlet in shared.outlets} == {"127.0.0.1"}
        assert len(paths) == len(shared.outlets)
        assert client.get(shared.feed_url("silk-meridian")).status == 200
        assert row["title"] in client.get(row["url"]).body.decode()
        assert {urlsplit(own.feed_url(outlet.slug)).hostname[:4] for outlet in own.outlets} == {"127."}


def test_a_port_that_is_taken_is_refused(press):
    with pytest.raises(OSError), running_press(port=urlsplit(press.url).port):
        pass


def test_publishing_over_http_answers_the_truth_and_changes_the_feed(press, client):
    before = client.get(press.feed_url("mekong-mirror")).headers["ETag"]
    answer = client.get(f"{press.url}/publish?outlet=mekong-mirror&n=3", method="POST")
    rows = json.loads(answer.body)

    assert [row["outlet"] for row in rows] == ["mekong-mirror"] * 3
    assert rows == json.loads(client.get(f"{press.url}/truth.json").body)[-3:]
    assert client.get(press.feed_url("mekong-mirror"), If_None_Match=before).status == 200


@pytest.mark.parametrize(
    ("query", "status"), [("outlet=nobody", 404), ("n=0", 400), ("n=some", 400), ("n=99999999", 400)]
)
def test_a_wish_that_makes_no_sense_is_refused_in_a_sentence(press, client, query, status):
    answer = client.get(f"{press.url}/publish?{query}", method="POST")

    assert answer.status == status
    assert answer.body.endswith(b".\n")


def test_a_wire_copy_has_the_same_text_elsewhere_and_names_its_original(press):
    rows = {row["id"]: row for row in press.truth()}
    copies = [row for row in rows.values() if row["duplicate_of"]]

    assert len(copies) >= 10
    for copy in copies:
        original = rows[copy["duplicate_of"]]
        assert copy["lead"] == original["lead"]
        assert copy["url"] != original["url"]
        assert copy["outlet"] != original["outlet"]


def test_aggregators_list_what_others_wrote_under_dressed_links(press):
    rows = press.truth()
    relays = {outlet.slug for outlet in OUTLETS if outlet.role is Role.AGGREGATOR}
    carried = [row for row in rows if relays & set(row["carried_by"])]
    queries = {
        name for row in carried for link in row["links"][1:] for name in parse_qs(urlsplit(link).query)
    }

    assert not relays & {row["outlet"] for row in rows}
    assert len(carried) >= 20
    assert {"utm_source", "fbclid", "ref"} <= queries


def test_an_event_is_told_by_several_outlets_each_in_its_own_words():
    with running_press(seed=5) as press:
        rows = [row for row in press.truth() if not row["duplicate_of"]]
        copies = [row for row in press.truth() if row["duplicate_of"]]
    events = defaultdict(list)
    for row in rows:
        events[row["event"]].append(row)
    told = [reports for reports in events.values() if len(reports) > 1]
    assert len(told) > 20
    assert max(len(reports) for reports in told) >= 4
    for reports in told:
        assert reports[0]["id"] == reports[0]["event"]
        assert len({row["outlet"] for row in reports}) == len(reports)
        assert len({row["title"] for row in reports}) == len({row["lead"] for row in reports}) == len(reports)
        assert {(row["language"], *row["countries"]) for row in reports} == {
            (reports[0]["language"], *reports[0]["countries"])
        }
    by_id = {row["id"]: row for row in rows}
    assert all(by_id[row["duplicate_of"]]["event"] == row["event"] for row in copies)


def test_a_correction_changes_title_and_text_and_keeps_the_address(client):
    with running_press(seed=5) as press:
        row = next(row for row in press.publish("steppe-courier", 10) if row["event"] == row["id"])
        before = client.get(press.feed_url("steppe-courier")).body
        (after,) = press.correct(row["id"])

        assert after["url"] == row["url"]
        assert after["earlier_titles"] == [row["title"]]
        assert after["title"] != row["title"]
        assert after["updated"] > row["updated"]
        assert client.get(press.feed_url("steppe-courier")).body != before
        assert b"Correction" in client.get(row["url"]).body


def test_the_clock_publishes_without_being_told():
    with running_press(seed=5, every=0.01, outlets=3, broken=False) as press:
        start = len(press.truth())
        eventually(lambda: len(press.truth()) > start + 3, what="four publications")
        assert len({row["url"] for row in press.truth()}) > start + 3


def test_politeness_is_counted(client):
    with running_press(seed=5) as press:
        url = press.feed_url("steppe-courier")
        tag = client.get(url, User_Agent="polite/1").headers["ETag"]
        client.get(url, User_Agent="polite/1", If_None_Match=tag)
        slow = press.feed_url("broken-slow")
        visitors = [threading.Thread(target=client.get, args=(slow,)) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        stats = press.stats()

        assert (stats["steppe-courier"]["requests"], stats["steppe-courier"]["not_modified"]) == (2, 1)
        assert stats["steppe-courier"]["agents"] == {"polite/1": 2}
        assert stats["steppe-courier"]["max_concurrent"] == 1
        assert stats["steppe-courier"]["starts"] == sorted(stats["steppe-courier"]["starts"])
        assert stats["broken-slow"]["max_concurrent"] == 3
        assert stats["silk-meridian"]["requests"] == 0


def test_a_press_for_measurements_has_as_many_feeds_and_entries_as_asked():
    with running_press(seed=5, feeds=30, entries=12) as press:
        hosts = {
            urlsplit(press.feed_url(outlet.slug)).netloc + press.feed_url(outlet.slug)
            for outlet in press.outlets
        }

        assert len(hosts) == 30
        assert {row["lines"] for row in press.stats().values()} == {12}
        assert len(press.truth()) == 360
        assert not any(row["duplicate_of"] for row in press.truth())


def test_a_press_that_closes_on_a_crowd_leaves_no_socket_open():
    """Visitors who come, ask and never read while it closes; what is left open warns when it is collected."""
    over = threading.Event()
    addresses: list[tuple[str, int]] = []

    def crowd():
        came: list[socket.socket] = []
        while not over.is_set() and len(came) < 500:
            came.append(socket.socket())
            with contextlib.suppress(OSError):
                came[-1].connect(addresses[len(came) % len(addresses)])
                came[-1].sendall(b"GET /feed.xml HTTP/1.1\r\nHost: x\r\n\r\n" * 30)
        for one in came:
            one.close()

    gc.collect()
    for _ in range(5):
        over.clear()
        with running_press(seed=5, outlets=6, entries=60) as press:
            port = urlsplit(press.url).port or 0
            addresses[:] = [(urlsplit(press.feed_url(o.slug)).hostname or "", port) for o in press.outlets]
            visitors = [threading.Thread(target=crowd) for _ in range(3)]
            for visitor in visitors:
                visitor.start()
            time.sleep(0.05)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            gc.collect()
        over.set()
        for visitor in visitors:
            visitor.join()
        assert [str(one.message) for one in warned if issubclass(one.category, ResourceWarning)] == []
