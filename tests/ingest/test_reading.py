"""What an answer says: entries, nothing new, a failure in words, gone; hostile bodies included."""

import json

import pytest

from services.ingest.entry import FetchResponse
from services.ingest.reading import read
from tests.fixtures.entries import NOW, answer, feed_state, rss

BODY = rss(("g1", "https://a.example/1", "One"), ("g2", "https://a.example/2", "Two"), title="Feed of A")


def test_a_new_body_brings_entries_validators_and_what_the_feed_says_of_itself():
    found = read(
        feed_state(),
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


def test_entries_that_are_none_are_skipped_with_a_reason_and_the_rest_is_kept():
    body = rss(("g1", "https://a.example/1", "One"), ("g2", "ftp://a.example/2", "Two"))
    found = read(feed_state(), answer(body), now=NOW)
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
    found = read(feed_state(), answer(json.dumps(document).encode()), now=NOW)
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
