"""Any bytes are a feed or a refusal with a reason, within bounds; nothing else leaves the parsers."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.clean import Skipped, clean_entry
from services.ingest.parsers import NotAFeedError, parse

FOLDER = Path(__file__).parents[2] / "data" / "feeds"
SEEDS = [
    path.read_bytes()
    for path in sorted(FOLDER.glob("rss20-full.xml"))
    + sorted(FOLDER.glob("atom10*.xml"))
    + sorted(FOLDER.glob("json11.json"))
]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FLOOD = 40_000


def check_outcome(body, *, content_type=None):
    """The feed with its cleaned entries, or the refusal; each checked for what must always hold."""
    try:
        feed = parse(body, content_type=content_type, url="https://n.example/feed")
    except NotAFeedError as refused:
        return sound(refused)
    assert len(feed.entries) <= 500
    for raw in feed.entries:
        entry = clean_entry(raw, feed_language=feed.language, now=NOW)
        if not isinstance(entry, Skipped):
            assert entry.url.startswith(("http://", "https://"))
            f"{entry.title}{entry.text}{entry.html}{entry.guid}{entry.url_key}".encode()
    return feed


def sound(refused):
    assert refused.kind in {"empty", "html", "json", "xml", "binary", "text"}
    assert str(refused).endswith(".")
    return refused


@pytest.mark.parametrize("seed", SEEDS, ids=["rss", "atom", "json"])
def test_a_document_cut_off_anywhere_is_read_as_far_or_refused(seed):
    for end in range(0, len(seed), 19):
        check_outcome(seed[:end])


@pytest.mark.parametrize("seed", SEEDS, ids=["rss", "atom", "json"])
def test_flipped_and_doubled_bytes_raise_nothing(seed):
    dice = random.Random(20261123)
    for _ in range(80):
        body = bytearray(seed)
        for _ in range(dice.choice((1, 3, 20))):
            place = dice.randrange(len(body))
            match dice.randrange(4):
                case 0:
                    body[place] = dice.randrange(256)
                case 1:
                    del body[place : place + dice.randrange(1, 9)]
                case 2:
                    body[place:place] = bytes([dice.choice(b"<>&\"'\0\xff]")])
                case 3:
                    body[place:place] = body[place : place + dice.randrange(1, 60)]
        check_outcome(bytes(body))


@settings(max_examples=100)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"<rss>",
            b"<?xml ",
            b"{",
            b'{"version":"https://jsonfeed.org/version/1","items":[',
            b"\xff\xfe",
            b"\xef\xbb\xbf<feed>",
        ]
    ),
)
def test_any_bytes_behind_any_beginning(tail, head):
    check_outcome(head + tail)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "url",
                        "title",
                        "content_text",
                        "authors",
                        "tags",
                        "name",
                        "image",
                        "date_published",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_json_of_any_types_raises_nothing(item):
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": item,
        "hubs": item,
        "items": [item, {"id": item, "title": item, "authors": item, "tags": item, "attachments": item}],
    }
    check_outcome(json.dumps(document).encode())


def rss(inner):
    return (
        b"<rss version='2.0'><channel><title>t</title><item><title>x</title><link>http://n.example/1</link><description>"
        + inner
        + b"</description></item></channel></rss>"
    )


@pytest.mark.parametrize(
    "piece",
    [
        b"<!--",
        b"<a ",
        b"<div>",
        b"&",
        b"&amp;",
        b"<![CDATA[",
        b"<?",
        b"<!",
        b"<",
        b"]]>",
        b"<item>",
        b"\0",
        b"\xe9",
        b"<x:y>",
        b"</a>",
    ],
)
def test_floods_of_one_sign_end(piece):
    """With work growing by the square of the length this test would not end."""
    flood = (piece * FLOOD)[:FLOOD]
    check_outcome(rss(flood))
    check_outcome(rss(b"<![CDATA[" + flood))
    check_outcome(b"<rss><channel>" + flood)
    check_outcome(flood)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<rss>" + b"<a>" * 100_000, "xml"),
        (b"<rss " + b" ".join(b'a%d="1"' % n for n in range(20_000)) + b"/>", "xml"),
        (b"<rss>" + b"".join(b"<a%d:b/>" % n for n in range(20_000)) + b"</rss>", "xml"),
        (b"<!DOCTYPE r [" + b"".join(b"<!ENTITY a%d 'x'>" % n for n in range(1000)) + b"]><rss/>", "xml"),
        (b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 1000 + b'">]><rss>' + b"&a;" * 1000 + b"</rss>", "xml"),
        (b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 200_000, "json"),
        (b'{"items":[' + b"9" * 10_000 + b"]}", "json"),
        (b"\x1f\x8b\x08\x00rest", "binary"),
        (b"\x89PNG\r\n", "binary"),
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"/etc/passwd", "text"),
        (b"http://n.example/feed", "text"),
        (b"file:///etc/passwd", "text"),
        (b"Not found", "text"),
        (b"<!doctype html><title>x</title>", "html"),
        (b"<HTML><BODY>", "html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "xml"),
        (b"[]", "json"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else value,
)
def test_what_is_no_feed_is_refused_by_its_kind(body, kind):
    refused = check_outcome(body)
    assert isinstance(refused, NotAFeedError)
    assert refused.kind == kind


def test_a_laughing_document_is_not_expanded():
    laughs = (
        b'<!DOCTYPE r [<!ENTITY l0 "lol">'
        + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
        + b"]>"
    )
    result = check_outcome(laughs + b"<rss version='2.0'><channel><title>&l9;</title></channel></rss>")
    assert isinstance(result, NotAFeedError) or len(result.title) <= 200


@pytest.mark.parametrize("entries", [500, 501, 20_000])
def test_five_hundred_entries_are_read_and_the_rest_is_told(entries):
    items = b"".join(
        b"<item><title>Entry %d</title><link>http://n.example/%d</link></item>" % (n, n)
        for n in range(entries)
    )
    feed = check_outcome(b"<rss version='2.0'><channel><title>t</title>" + items + b"</channel></rss>")
    assert [feed.entries[0].title, feed.entries[-1].title] == ["Entry 0", "Entry 499"]
    assert bool(feed.problems) == (entries > 500)
