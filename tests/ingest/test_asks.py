"""How long a publisher asks us to stay away, in every spelling of RFC 9110 and 9111, and never an error."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.asks import (
    LONGEST_HOST_REST_S,
    LONGEST_RETRY_AFTER_S,
    LONGEST_WISH_S,
    host_rest,
    links,
    retry_after,
    wish,
)
from tests.fixtures.entries import NOW

IN_AN_HOUR = format_datetime(NOW + timedelta(hours=1), usegmt=True)
AN_HOUR_AGO = format_datetime(NOW - timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, Max-Age=600, must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=0", "expires": IN_AN_HOUR}, 0),
        ({"cache-control": "public", "expires": IN_AN_HOUR}, 3600),
        ({"cache-control": "max-age=soon", "expires": IN_AN_HOUR}, 3600),
        ({"expires": IN_AN_HOUR}, 3600),
        ({"expires": AN_HOUR_AGO}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
        ({"cache-control": "max-age=9999999999"}, LONGEST_WISH_S),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WISH_S),
        ({"cache-control": "max-age=600", "age": "400"}, 200),
        ({"cache-control": "max-age=600", "age": "4000"}, 0),
        ({"cache-control": "max-age=600", "age": "old"}, 600),
        ({"expires": IN_AN_HOUR, "date": AN_HOUR_AGO}, 7200),
        ({"expires": AN_HOUR_AGO, "date": IN_AN_HOUR}, 0),
        ({"expires": IN_AN_HOUR, "date": "now"}, 3600),
    ],
)
def test_wish_of_an_answer(headers, seconds):
    assert wish(headers, feed_interval_s=None, now=NOW) == seconds


def test_the_longer_wish_of_answer_and_feed_counts_and_a_day_is_the_most():
    headers = {"cache-control": "max-age=600"}
    assert wish(headers, feed_interval_s=300, now=NOW) == 600
    assert wish(headers, feed_interval_s=900, now=NOW) == 900
    assert wish(headers, feed_interval_s=10**9, now=NOW) == LONGEST_WISH_S
    assert wish({}, feed_interval_s=-5, now=NOW) == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        (IN_AN_HOUR, 3600),
        (AN_HOUR_AGO, 0),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("9" * 5000, LONGEST_RETRY_AFTER_S),
        ("1.5", 0),
        ("Mon, 23 Nov 2026 13:00:00", 3600),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after({"retry-after": value}, now=NOW) == seconds


def test_a_server_whose_clock_is_wrong_is_understood_by_its_own_clock():
    assert retry_after({"retry-after": AN_HOUR_AGO, "date": AN_HOUR_AGO}, now=NOW) == 0
    assert retry_after({"retry-after": IN_AN_HOUR, "date": AN_HOUR_AGO}, now=NOW) == 7200


@pytest.mark.parametrize(
    ("status", "asked", "rest"),
    [
        (429, 60, 60),
        (503, 60, 60),
        (429, 90_000, 3600),
        (429, 0, 300),
        (503, 0, 0),
        (403, 60, 0),
        (500, 60, 0),
    ],
)
def test_a_refusal_holds_for_the_whole_host_for_an_hour_at_most(status, asked, rest):
    assert host_rest(status, asked) == rest <= LONGEST_HOST_REST_S


@pytest.mark.parametrize(
    ("header", "hubs"),
    [
        ('<https://hub.example/>; rel="hub"', ("https://hub.example/",)),
        ("<https://hub.example/>; rel=hub, </feed>; rel=self", ("https://hub.example/",)),
        (
            '<https://a.example/1>; rel="self", <//hub.example/?a=1,2>; rel="HUB preload"',
            ("https://hub.example/?a=1,2",),
        ),
        ('<https://h.example/>; title="x; rel=hub"', ()),
        ('<https://h.example/>; rel="hub", <https://h.example/>; rel="hub"', ("https://h.example/",)),
        ("<ftp://h.example/>; rel=hub, <javascript:x>; rel=hub, <http://[>; rel=hub", ()),
        ("https://h.example/; rel=hub", ()),
        ("", ()),
    ],
)
def test_links_of_the_header(header, hubs):
    assert links({"link": header}, "hub", url="https://a.example/feed") == hubs


HEADER = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,2} (Jan|Feb|Dec) \d{1,9} \d\d:\d\d:\d\d (GMT|[+-]\d{4,6})\Z"),
    st.from_regex(r"\Amax-age ?= ?\"?\d{0,12}\Z"),
)


@given(HEADER, HEADER, HEADER, st.one_of(st.none(), st.integers()))
def test_whatever_the_headers_hold_the_answer_is_within_bounds(retry, cache, expires, interval):
    headers = {
        "retry-after": retry,
        "cache-control": cache,
        "expires": expires,
        "date": retry,
        "age": cache,
        "link": retry,
    }
    assert isinstance(links(headers, "hub", url="https://a.example/feed"), tuple)
    assert 0 <= retry_after(headers, now=NOW) <= LONGEST_RETRY_AFTER_S
    assert 0 <= wish(headers, feed_interval_s=interval, now=NOW) <= LONGEST_WISH_S
