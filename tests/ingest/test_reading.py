"""What an answer says: entries, nothing new, a failure in words, gone; hostile bodies included."""

import json
from datetime import timedelta

import pytest

from services.ingest.entry import FetchResponse, ParsedFeed, RawEntry
from services.ingest.parsers import NotAFeedError
from services.ingest.reading import read
from tests.fixtures.entries import NOW, answer, feed_state, rss

BODY = rss(("g1", "https://a.example/1", "One"), ("g2", "https://a.example/2", "Two"), title="Feed of A")


def test_a_new_body_brings_entries_validators_and_what_the_feed_says_of_itself():
    found = read(
        feed_state(ok_at=None),
        answer(BODY, etag='W/"x"', last_modified="Mon, 23 Nov 2026 11:00:00 GMT", cache_control="max-age=60"),
        now=NOW,
    )
    assert (found.outcome, [e.title for e in found.entries]) == ("new-body", ["One", "Two"])
    assert (found.etag, found.last_modified) == ('W/"x"', "Mon, 23 Nov 2026 11:00:00 GMT")
    assert (found.asks_s, found.format, found.title) == (60, "rss20", "Feed of A")
    assert (found.error, found.error_kind) == (None, None)


def test_the_bytes_of_last_time_are_not_read_again():
    first = read(feed_state(), answer(BODY), now=NOW)
    again = read(feed_state(body_hash=first.body_hash), answer(BODY, etag="new"), now=NOW)
    assert (again.outcome, again.entries, again.etag) == ("unchanged", (), "new")
    assert again.body_hash == first.body_hash


def test_not_modified_keeps_the_validators_unless_it_brings_others():
    feed = feed_state(etag='"a"', last_modified="then", body_hash="h")
    kept = read(feed, answer(status=304), now=NOW)
    assert (kept.outcome, kept.etag, kept.last_modified, kept.body_hash) == ("unchanged", '"a"', "then", "h")
    assert read(feed, answer(status=304, etag='"b"'), now=NOW).etag == '"b"'
    assert read(feed, answer(status=304, cache_control="max-age=7200"), now=NOW).asks_s == 7200


def test_a_new_body_without_validators_forgets_the_old_ones():
    """A validator belongs to one body: an old one would bring 304 for a body that was never read."""
    found = read(feed_state(etag='"a"', last_modified="then"), answer(BODY), now=NOW)
    assert (found.etag, found.last_modified) == (None, None)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, "http-404", "a.example has no such page any more (404)."),
        (403, "http-403", "a.example refuses us (perhaps a wall against robots) (403)."),
        (500, "http-500", "a.example is broken at the moment (500)."),
        (400, "http-400", "a.example answers with an error (400)."),
        (418, "http-418", "a.example answers with an error (418)."),
        (204, "http-204", "a.example gives an unexpected answer (204)."),
        (302, "http-302", "a.example gives an unexpected answer (302)."),
    ],
)
def test_a_refusal_is_told_in_words(status, kind, words):
    found = read(feed_state(), answer(b"<html>", status=status), now=NOW)
    assert (found.outcome, found.error_kind, found.error) == ("failed", kind, words)


@pytest.mark.parametrize(("status", "seconds"), [(429, 7200), (503, 7200), (500, 0), (404, 0)], ids=str)
def test_retry_after_is_obeyed_where_it_is_a_refusal_for_now(status, seconds):
    assert read(feed_state(), answer(status=status, retry_after="7200"), now=NOW).asks_s == seconds


def test_gone_is_gone():
    found = read(feed_state(), answer(status=410), now=NOW)
    assert (found.outcome, found.error) == ("gone", "a.example says that this feed is gone for good (410).")


def test_a_fetch_that_failed_is_told_as_it_was():
    response = FetchResponse(1, "https://a.example/feed", error_kind="dns", error="No such host.")
    found = read(feed_state(), response, now=NOW)
    assert (found.outcome, found.error_kind, found.error) == ("failed", "dns", "No such host.")


@pytest.mark.parametrize("body", [b"", b"<html><body>Hello</body></html>", b"\x00\xff" * 50, b"{}", b"null"])
def test_what_is_no_feed_is_a_failure_with_a_sentence(body):
    found = read(feed_state(), answer(body), now=NOW)
    assert (found.outcome, found.error_kind) == ("failed", "not-a-feed")
    assert found.error.endswith(".")


WISHING = {"wish_s": 5400, "skip_hours": (0, 1), "skip_days": (6,)}


def parsed(*entries: RawEntry, **values) -> ParsedFeed:
    return ParsedFeed(
        **{"format": "rss20", "title": "A", "site_url": None, "language": None, "entries": entries} | values
    )


def raw(number: int, **values) -> RawEntry:
    return RawEntry(
        **{"guid": f"g{number}", "url": f"https://a.example/{number}", "title": f"Title {number}"} | values
    )


def reads_as(feed: ParsedFeed):
    """A parser that finds this in any document."""
    return lambda _body, **_: feed


def test_the_wishes_of_a_feed_are_read_with_its_body():
    found = read(feed_state(), answer(b"x"), now=NOW, parse=reads_as(parsed(raw(1), interval_s=5400, skip_hours=(0, 1), skip_days=(6,))))  # fmt: skip
    assert (found.wish_s, found.skip_hours, found.skip_days, found.asks_s) == (5400, (0, 1), (6,), 5400)


def test_the_wishes_of_a_feed_hold_for_answers_without_a_body():
    feed = feed_state(etag='"a"', body_hash="h", **WISHING)
    for response in (answer(status=304), answer(status=304, cache_control="max-age=60")):
        found = read(feed, response, now=NOW)
        assert (found.wish_s, found.skip_hours, found.skip_days, found.asks_s) == (5400, (0, 1), (6,), 5400)
    failed = read(feed, answer(status=500), now=NOW)
    assert (failed.skip_hours, failed.skip_days) == ((0, 1), (6,))


def test_a_wish_beyond_a_day_is_a_mistake():
    found = read(feed_state(), answer(b"x"), now=NOW, parse=reads_as(parsed(raw(1), interval_s=10**9)))
    assert (found.wish_s, found.asks_s) == (86_400, 86_400)


def test_the_parser_is_handed_in_and_told_type_and_address():
    told = {}

    def parse(body: bytes, **values) -> ParsedFeed:
        told.update(values, body=body)
        return parsed(raw(1))

    read(feed_state(), answer(b"bytes", content_type="text/xml"), now=NOW, parse=parse)
    assert told == {"body": b"bytes", "content_type": "text/xml", "url": "https://a.example/feed"}


def test_what_a_parser_cannot_afford_is_told_as_such():
    def parse(_body: bytes, **_) -> ParsedFeed:
        error = NotAFeedError("xml", "It takes too long to read.")
        error.kind = "too-costly"
        raise error

    found = read(feed_state(), answer(b"x"), now=NOW, parse=parse)
    assert (found.outcome, found.error_kind, found.lasting) == ("failed", "too-costly", True)


def test_a_body_is_full_and_a_304_is_not():
    first = read(feed_state(), answer(BODY), now=NOW)
    feed = feed_state(body_hash=first.body_hash)
    assert (first.full, read(feed, answer(BODY), now=NOW).full) == (True, True)
    assert not read(feed, answer(status=304), now=NOW).full
    assert not read(feed, answer(b"<html>"), now=NOW).full


@pytest.mark.parametrize(
    ("state", "headers", "lied"),
    [
        ({"etag": '"a"'}, {"etag": '"a"'}, True),
        ({"etag": '"a"'}, {"etag": '"b"'}, False),
        ({"last_modified": "then"}, {"last_modified": "then"}, True),
        ({"last_modified": "then"}, {"last_modified": "now"}, False),
        ({"etag": '"a"', "last_modified": "then"}, {"etag": '"b"', "last_modified": "then"}, False),
        ({"etag": '"a"', "last_modified": "then"}, {"etag": '"a"', "last_modified": "now"}, True),
        ({"etag": '"a"'}, {}, False),
        ({"etag": '"a"', "last_modified": "then"}, {"last_modified": "then"}, False),
        ({}, {}, False),
        ({"etag": '"a"', "body_hash": None}, {"etag": '"a"'}, False),
    ],
)
def test_validators_lie_when_they_stay_and_the_body_does_not(state, headers, lied):
    feed = feed_state(**{"body_hash": "another", "full_at": NOW - timedelta(days=1)} | state)
    assert read(feed, answer(BODY, **headers), now=NOW).lied is lied


@pytest.mark.parametrize(("hours", "lied"), [(1, True), (25, False)])
def test_a_body_that_only_carries_another_time_of_making_is_no_lie(hours, lied):
    feed = feed_state(etag='"a"', body_hash="another", full_at=NOW - timedelta(days=1))
    found = parsed(
        raw(1, published_at=NOW - timedelta(hours=hours)), raw(2, published_at=NOW + timedelta(days=9))
    )
    assert read(feed, answer(b"x", etag='"a"'), now=NOW, parse=reads_as(found)).lied is lied


def test_dates_are_those_of_the_whole_body():
    found = parsed(
        raw(1, published_at=NOW - timedelta(hours=2)), raw(2), raw(3, published_at=NOW - timedelta(hours=1))
    )
    dates = read(feed_state(), answer(b"x"), now=NOW, parse=reads_as(found)).dates
    assert dates == (NOW - timedelta(hours=1), NOW - timedelta(hours=2))


def test_the_bytes_of_last_time_keep_their_validators_as_a_pair():
    body_hash = read(feed_state(), answer(BODY), now=NOW).body_hash
    feed = feed_state(body_hash=body_hash, etag='"a"', last_modified="then")
    kept, other = read(feed, answer(BODY), now=NOW), read(feed, answer(BODY, etag='"b"'), now=NOW)
    assert (kept.etag, kept.last_modified) == ('"a"', "then")
    assert (other.etag, other.last_modified) == ('"b"', None)


def test_an_empty_feed_wipes_nothing_of_one_that_had_entries():
    feed = feed_state(window=20, body_hash="h", etag='"a"', **WISHING)
    found = read(feed, answer(rss(), etag='"b"'), now=NOW)
    assert (found.outcome, found.body_hash, found.etag) == ("unchanged", "h", '"b"')
    assert found.skipped == ("It shows no entries this time.",)
    assert (found.wish_s, found.error) == (5400, None)
    new = read(feed_state(window=0), answer(rss()), now=NOW)
    assert (new.outcome, new.entries) == ("new-body", ())


def test_not_modified_of_what_was_never_given_is_a_failure():
    found = read(feed_state(ok_at=None), answer(status=304), now=NOW)
    assert (found.outcome, found.error_kind) == ("failed", "protocol")


@pytest.mark.parametrize(
    ("status", "retry", "asks_s", "host_asks_s"),
    [(429, "600", 600, 600), (503, "90000", 90_000, 3600), (429, "9999999", 604_800, 3600), (429, None, 0, 300), (403, "600", 0, 0)],
)  # fmt: skip
def test_a_refusal_holds_for_the_host_an_hour_and_for_the_feed_a_week_at_most(
    status, retry, asks_s, host_asks_s
):
    headers = {} if retry is None else {"retry_after": retry}
    found = read(feed_state(), answer(status=status, **headers), now=NOW)
    assert (found.asks_s, found.host_asks_s) == (asks_s, host_asks_s)


@pytest.mark.parametrize(
    ("response", "by"),
    [
        (answer(status=403, cf_mitigated="challenge"), " (Cloudflare)"),
        (answer(b"<html><head><title>Just a moment...</title></head><body></body></html>"), ""),
        (answer(b"<html><body>Please enable JavaScript and cookies to continue</body></html>"), ""),
    ],
)
def test_a_wall_against_robots_is_told_as_such_with_what_to_do(response, by):
    found = read(feed_state(), response, now=NOW)
    assert (found.outcome, found.error_kind, found.lasting) == ("failed", "bot-wall", True)
    assert found.error == (
        f"a.example has a wall against robots{by}, which answered in place of the feed. "
        "Set DATELINE_CONTACT_URL to a page of yours and ask the publisher to let feed readers pass."
    )


def test_a_wall_that_says_when_to_come_back_is_obeyed():
    found = read(feed_state(), answer(status=429, cf_mitigated="challenge", retry_after="9000"), now=NOW)
    assert (found.error_kind, found.asks_s, found.host_asks_s) == ("bot-wall", 9000, 3600)


def test_a_feed_that_tells_of_a_wall_is_read_as_a_feed():
    body = rss(
        ("g1", "https://a.example/1", "Just a moment... captcha, cf-turnstile and _cf_chl_opt explained")
    )
    assert read(feed_state(), answer(body), now=NOW).outcome == "new-body"


@pytest.mark.parametrize(
    ("response", "lasting"),
    [
        (answer(status=404), True),
        (answer(status=500), False),
        (answer(b"<html>"), True),
        (answer(status=410), True),
    ],
)
def test_a_failure_is_told_to_last_or_not(response, lasting):
    assert read(feed_state(), response, now=NOW).lasting is lasting


def test_a_name_that_stays_away_lasts_after_three_days():
    response = FetchResponse(1, "https://a.example/feed", error_kind="dns", error="No such host.")
    days = timedelta(days=1)
    assert not read(feed_state(failures=9, ok_at=NOW - 2 * days), response, now=NOW).lasting
    assert read(feed_state(failures=9, ok_at=NOW - 3 * days), response, now=NOW).lasting
    assert not read(feed_state(failures=10, ok_at=None), response, now=NOW).lasting
    assert read(feed_state(failures=11, ok_at=None), response, now=NOW).lasting


@pytest.mark.parametrize("status", [200, 304, 404, 410])
def test_a_permanent_redirect_is_told_whatever_came_of_it(status):
    body = BODY if status == 200 else b""
    response = FetchResponse(
        1, "https://b.example/", status=status, body=body, permanent_url="https://b.example/"
    )
    feed = feed_state(body_hash="h", etag='"a"')
    assert read(feed, response, now=NOW).permanent_url == "https://b.example/"


def test_the_header_names_the_hub_before_the_document_does():
    found = parsed(raw(1), self_url="https://a.example/self", hubs=("https://old.example/",))
    link = '<https://hub.example/>; rel="hub", </topic>; rel="self"'
    told = read(feed_state(), answer(b"x", link=link), now=NOW, parse=reads_as(found))
    assert (told.hubs, told.self_url) == (("https://hub.example/",), "https://a.example/topic")
    document = read(feed_state(), answer(b"x"), now=NOW, parse=reads_as(found))
    assert (document.hubs, document.self_url) == (("https://old.example/",), "https://a.example/self")


def test_entries_that_are_none_are_skipped_with_a_reason_and_the_rest_is_kept():
    body = rss(("g1", "https://a.example/1", "One"), ("g2", "ftp://a.example/2", "Two"))
    found = read(feed_state(ok_at=None), answer(body), now=NOW)
    assert len(found.entries) + len(found.skipped) == 2
    assert all(found.skipped)


@pytest.mark.parametrize(
    "evil",
    [
        pytest.param("a\u0000b", id="nul"),
        pytest.param("a\ud800b", id="surrogate"),
    ],
)
def test_nothing_that_a_database_cannot_hold_comes_out_of_a_body(evil):
    """NUL and lone surrogates, in every field that JSON lets a publisher write them into."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": evil,
        "language": evil,
        "home_page_url": "https://a.example/" + evil,
        "items": [
            {
                "id": evil,
                "url": "https://a.example/1",
                "title": evil,
                "content_html": evil,
                "content_text": evil,
                "language": evil,
                "tags": [evil],
                "authors": [{"name": evil}],
                "image": "https://a.example/" + evil,
            }
        ],
    }
    found = read(feed_state(ok_at=None), answer(json.dumps(document).encode()), now=NOW)
    (one,) = found.entries
    told = [found.title, found.language, found.site_url]
    told += [
        one.guid,
        one.url,
        one.title,
        one.text,
        one.html,
        one.image,
        one.language,
        *one.tags,
        *one.authors,
    ]
    for text in told:
        assert text is None or ("\x00" not in text and text.encode())
