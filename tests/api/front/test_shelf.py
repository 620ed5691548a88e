"""Answers that lie ready: the same bytes to all, until the stream moves; never what is one reader's alone."""

import gzip
import threading
from datetime import timedelta

import pytest

from services.api.front.shelf import Shelf
from tests.fixtures.roles import eventually

ADDRESS = "/v1/latest?limit=5"


@pytest.fixture
def shelf(site, service) -> Shelf:
    """The site's own shelf, with answers that last."""
    service.setattr("services.api.front.shelf.LONGEST_S", 3600.0)
    service.setattr("services.api.front.shelf.MOVED_S", -1.0)
    service.setattr(
        "services.core.outbox.cache.tell_followers", lambda _seq: None
    )  # tests ring when they mean it
    return site.app.state.shelf


@pytest.fixture
def made(shelf, site):
    """Counts how often the application behind the shelf is asked."""
    asked = []
    behind = site.app.door.app

    async def counted(scope, receive, send):
        asked.append(scope["path"])
        await behind(scope, receive, send)

    site.app.door.app = counted
    return asked


def test_a_second_reader_gets_the_same_answer_without_asking_again(site, made):
    first, second = site.get(ADDRESS), site.get(ADDRESS)
    assert first.status == second.status == 200
    assert (first.body, first.headers["etag"]) == (second.body, second.headers["etag"])
    assert second.headers["x-content-type-options"] == first.headers["x-content-type-options"] == "nosniff"
    assert made == ["/v1/latest"]


def test_who_has_it_is_told_so_even_if_nobody_asked_before(site, made):
    tag = site.get(ADDRESS).headers["etag"]
    site.app.state.bell.ring()
    answers = [site.get(ADDRESS, if_none_match=tag) for _ in range(2)]
    assert [(a.status, a.body, a.headers["etag"]) for a in answers] == [(304, b"", tag)] * 2
    assert len(made) == 2


def test_when_the_stream_moves_the_answer_is_made_anew(site, made, desk):
    before = site.get(ADDRESS)
    desk.article("Kyrgyz parliament opens its session")
    site.app.state.bell.ring()
    after = site.get(ADDRESS)
    assert "Kyrgyz parliament" not in before.text
    assert "Kyrgyz parliament" in after.text
    assert before.headers["etag"] != after.headers["etag"]


def test_nobody_waits_while_an_answer_that_was_asked_for_just_now_is_made_anew(site, made, desk, service):
    service.setattr("services.api.front.shelf.MOVED_S", 3600.0)
    before = site.get(ADDRESS)
    desk.article("Kyrgyz parliament opens its session")
    site.app.state.bell.ring()
    during = site.get(ADDRESS)
    assert during.body == before.body
    eventually(lambda: "Kyrgyz parliament" in site.get(ADDRESS).text, what="the answer made meanwhile")
    assert made == ["/v1/latest"] * 2


def test_a_page_is_no_older_than_the_page_whose_next_it_is(site, shelf, desk, service):
    """What changes below the first page after somebody read the second: whoever follows from the first page is not told of it."""
    service.setattr("services.api.front.shelf.MOVED_S", 3600.0)
    for age in range(6):
        desk.article(f"News of {age} hours ago", age=timedelta(hours=age))
    site.json("/v1/latest?limit=3")
    site.json(f"/v1/latest?limit=3&before={site.json('/v1/latest?limit=3')['next']}")
    below = desk.article("Labelled late", age=timedelta(hours=4, minutes=30))
    shelf.prepared.popitem(last=False)  # the first page lay there for too long
    first = site.json("/v1/latest?limit=3")
    second = site.json(f"/v1/latest?limit=3&before={first['next']}")
    followed = site.json(f"/v1/changes?since={first['changes']}")
    assert [item["id"] for item in followed["items"]] == []
    assert below in [item["id"] for item in second["items"]]


def test_what_nobody_asked_for_of_late_is_waited_for(site, made, desk, service):
    service.setattr("services.api.front.shelf.MOVED_S", 0.0)
    site.get(ADDRESS)
    desk.article("Kyrgyz parliament opens its session")
    site.app.state.bell.ring()
    assert "Kyrgyz parliament" in site.get(ADDRESS).text


def test_what_was_made_for_no_reader_is_not_counted(site, made, desk, service):
    service.setattr("services.api.front.shelf.MOVED_S", 3600.0)
    counted = []
    answered = site.app.state.metrics.answered

    def noted(**about):
        counted.append(about["status"])
        answered(**about)

    service.setattr(site.app.state.metrics, "answered", noted)
    site.get(ADDRESS)
    site.app.state.bell.ring()
    site.get(ADDRESS)
    eventually(lambda: len(made) == 2 and not site.app.state.shelf._renewals, what="the renewal")
    assert counted == [200, 200]


def test_readers_without_tags_are_told_by_the_date_once_no_other_answer_can_bear_it(
    site, made, desk, service
):
    service.setattr("services.api.front.shelf.LONGEST_S", -1.0)
    assert "last-modified" not in site.get(ADDRESS).headers, "its second is not over"
    day = eventually(lambda: site.get(ADDRESS).headers.get("last-modified"), what="a date")
    again = site.get(ADDRESS, if_modified_since=day)
    assert (again.status, again.body, again.headers["last-modified"]) == (304, b"", day)
    assert site.get(ADDRESS, if_modified_since=day, if_none_match='"another"').status == 200
    assert site.get(ADDRESS, if_modified_since="Thu, 01 Jan 1970 00:01:00 GMT").status == 200
    assert site.get(ADDRESS, if_modified_since="yesterday").status == 200
    desk.article("Kyrgyz parliament opens its session")
    after = site.get(ADDRESS, if_modified_since=day)
    assert after.status == 200
    assert "Kyrgyz parliament" in after.text
    later = eventually(lambda: site.get(ADDRESS).headers.get("last-modified"), what="another date")
    assert later != day


def test_compressed_and_plain_lie_apart(site, made):
    plain, packed = site.get(ADDRESS), site.get(ADDRESS, accept_encoding="gzip")
    assert plain.headers["etag"] != packed.headers["etag"] or len(plain.body) < 600
    assert len(made) == 2


@pytest.mark.parametrize(
    "path", ["/v1/changes", "/v1/latest?region=nowhere", "/v1/latest?typo=1", "/r/nowhere", "/operator"]
)
def test_refusals_and_what_waits_for_news_are_never_kept(site, made, shelf, path):
    first, second = site.get(path), site.get(path)
    assert first.status == second.status
    assert len(made) == 2
    assert not shelf.prepared


def test_who_shows_a_token_or_a_cookie_is_answered_alone(site, made):
    for header in ({"authorization": "Bearer x"}, {"cookie": "a=b"}):
        site.get(ADDRESS, **header)
        site.get(ADDRESS, **header)
    assert len(made) == 4


def test_readers_who_come_together_wait_for_one_answer(site, made):
    answers = []
    readers = [threading.Thread(target=lambda: answers.append(site.get(ADDRESS).status)) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert answers == [200] * 8
    assert made == ["/v1/latest"]


def test_the_shelf_is_bounded_and_the_longest_unasked_goes_first(site, made, shelf, service):
    service.setattr("services.api.front.shelf.ROOM", 3 * len(site.get(ADDRESS).body))
    for limit in range(6, 16):
        site.get(f"/v1/latest?limit={limit}")
    assert 1 <= len(shelf.prepared) <= 3
    assert shelf.held == sum(len(answer.body["body"]) for answer in shelf.prepared.values())
    assert [key[3] for key in shelf.prepared][-1] == b"limit=15"


@pytest.mark.parametrize("path", ["/v1/stories/7", "/v1/trending", "/story/7"])
def test_stories_and_what_rises_lie_ready_too(site, made, desk, stories, path):
    stories.put(7, [desk.article()])
    site.app.state.bell.ring()
    first, second = site.get(path), site.get(path)
    assert (first.status, second.body) == (200, first.body)
    assert made == [path]
    stories.put(7, [desk.article("Another")])
    site.app.state.bell.ring()
    assert site.get(path).status == 200
    assert made == [path] * 2


def test_one_version_is_made_and_compressed_once_however_often_it_is_looked_at(site, made, desk, service):
    """Its time is over with every request here; what is made anew then is nothing."""
    compressed, whole = [], gzip.compress

    def counted(body, **how):
        compressed.append(len(body))
        return whole(body, **how)

    service.setattr("services.api.respond.gzip.compress", counted)
    service.setattr("services.api.front.shelf.LONGEST_S", -1.0)
    desk.article("Kyrgyz parliament opens its session")
    answers = [site.get(ADDRESS, accept_encoding="gzip") for _ in range(5)]
    assert len({a.headers["etag"] for a in answers}) == 1
    assert len({a.body for a in answers}) == 1
    assert {a.headers["content-encoding"] for a in answers} == {"gzip"}
    assert (len(made), len(compressed)) == (5, 1)
    desk.article("Almaty builds a second tram line")
    after = site.get(ADDRESS, accept_encoding="gzip")
    assert "Almaty" in after.text
    assert len(compressed) == 2


def test_the_head_of_a_stream_is_answered_from_the_shelf(site, made, desk):
    desk.article()
    get = site.get(ADDRESS)
    head = site.get(ADDRESS, method="HEAD")
    known = site.get(ADDRESS, method="HEAD", if_none_match=get.headers["etag"])
    assert (head.status, head.body, known.status) == (200, b"", 304)
    assert head.headers["content-length"] == get.headers["content-length"]
    assert made == ["/v1/latest"]


@pytest.mark.parametrize(
    ("named", "status"),
    [("*", 304), ('"x", {}', 304), ("W/{}", 304), ('W/"x", W/{} , "y"', 304), ('"x"', 200), ("", 200)],
)
def test_the_tag_may_be_named_in_any_form(site, shelf, desk, named, status):
    desk.article()
    tag = site.get(ADDRESS).headers["etag"]
    for _ in ("lies ready", "is made for this reader"):
        answer = site.get(ADDRESS, if_none_match=named.replace("{}", tag))
        assert (answer.status, answer.headers["etag"]) == (status, tag)
        assert {"cache-control", "vary"} <= answer.headers.keys()
        shelf.prepared.clear()
