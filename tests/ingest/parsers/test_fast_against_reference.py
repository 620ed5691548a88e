"""The fast reader gives what the reference gives, field by field, or leaves the document to it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from services.ingest.parsers import NotAFeedError, parse, parse_fast, parse_reference, why_not_fast
from services.ingest.parsers.compare import differences
from services.ingest.parsers.limits import MAX_ENTRIES
from tests.ingest.parsers.generated import documents

OWN = Path(__file__).parents[2] / "data" / "feeds"
CORPORA = Path(__file__).parents[4] / "shared" / "data" / "feeds"
WHERE = {"content_type": None, "url": "https://n.example/feed"}
REAL_SHARE = 0.95
"""Of real, well-formed files that the fast reader takes."""


def reading(reader, body):
    """What a reader makes of a document: a feed, a refusal as its kind and sentence, or None."""
    try:
        return reader(body, **WHERE)
    except NotAFeedError as refused:
        return refused.kind, str(refused)


def unequal(body):
    """None where the fast reader declines; else the sentences by which it differs from the reference."""
    fast = reading(parse_fast, body)
    if fast is None:
        return None
    reference = reading(parse_reference, body)
    if isinstance(fast, tuple) or isinstance(reference, tuple):
        return () if fast == reference else (f"{fast!r:.200} and {reference!r:.200}",)
    found = differences(fast, reference)
    assert bool(found) == (fast != reference)
    return found


OWN_DOCUMENTS = sorted(path for path in OWN.glob("*.xml")) + sorted(OWN.glob("json1?.json"))
ORDINARY = [path for path in OWN_DOCUMENTS if path.name.startswith("fast-")]


@pytest.mark.parametrize("path", OWN_DOCUMENTS, ids=lambda path: path.name)
def test_own_documents_are_read_alike_by_both(path):
    assert not unequal(path.read_bytes())


@pytest.mark.parametrize("path", ORDINARY, ids=lambda path: path.name)
def test_ordinary_documents_take_the_short_way(path):
    assert why_not_fast(path.read_bytes(), **WHERE) is None
    assert parse_fast(path.read_bytes(), **WHERE).entries


def test_there_are_a_dozen_ordinary_documents():
    assert len(ORDINARY) >= 12


@pytest.mark.skipif(
    not CORPORA.exists(), reason="the development data (../shared/data) is not on this machine"
)
def test_every_file_of_the_corpora_is_read_alike_or_declined(capsys):
    rows = [json.loads(line) for line in (CORPORA / "MANIFEST.jsonl").read_text().splitlines()]
    counts, declined, wrong, real = Counter(), Counter(), {}, Counter()
    for row in rows:
        body = (CORPORA / row["file"]).read_bytes()
        found = unequal(body)
        counts["files"] += 1
        counts["accepted" if found is not None else "declined"] += 1
        if found is None:
            declined[why_not_fast(body, **WHERE)] += 1
        elif found:
            wrong[row["file"]] = found
        if row["real"]:
            real[row["wellformed"], found is not None] += 1
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:7,}  {name}" for name, count in counts.items()))
        print(f"{len(wrong):7,}  differ\nDeclined because of:")
        print("\n".join(f"{count:7,}  {reason}" for reason, count in declined.most_common()))
        print(
            f"Real files: {real[True, True]} of {real[True, True] + real[True, False]} well-formed ones accepted,"
        )
        print(f"            {real[False, True]} of {real[False, True] + real[False, False]} others.")
    assert wrong == {}
    assert real[True, True] >= REAL_SHARE * (real[True, True] + real[True, False])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_generated_documents_are_read_alike_or_declined(document):
    assert not unequal(f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<pubDate>the other day</pubDate>",
        "<title>one <b>bold</b></title><guid>a<b/></guid>",
        "<content type='image/png'>iVBORw0KGgo=</content>",
        "<image><title>odd</title></image>",
        "<body xmlns='http://www.w3.org/1999/xhtml'><p>x</p></body>",
        "<svg/>",
        "<date>2024-01-01</date>",
        "<item/>",
    ],
)
def test_what_only_feedparser_may_decide_is_declined_and_read_by_it(inside):
    body = f"<rss version='2.0'><channel><item><title>t</title>{inside}</item></channel></rss>".encode()
    assert parse_fast(body, **WHERE) is None
    assert why_not_fast(body, **WHERE)
    assert parse(body, **WHERE) == parse_reference(body, **WHERE)


def rss(items):
    return b"<rss version='2.0'><channel><title>t</title>" + items + b"</channel></rss>"


@pytest.mark.parametrize("count", [499, 500, 501, 900])
def test_the_cap_on_entries_is_the_same_in_both(count):
    items = b"".join(b"<item><title>%d</title><guid>%d</guid></item>" % (n, n) for n in range(count))
    body = rss(items)
    assert unequal(body) == ()
    assert len(parse_fast(body, **WHERE).entries) == min(count, 500)


def test_fields_that_follow_the_five_hundredth_entry_are_left_to_the_reference():
    items = b"".join(b"<item><title>%d</title><guid>%d</guid></item>" % (n, n) for n in range(500))
    assert parse_fast(rss(items + b"<ttl>60</ttl>"), **WHERE) is None


@pytest.mark.parametrize(
    "inside",
    [
        b"<a>" * 50_000 + b"</a>" * 50_000,
        b"<item><category>%s</category></item>" % (b"c" * 200_000),
        b"<item>" + b"".join(b"<category>%d</category>" % n for n in range(20_000)) + b"</item>",
        b"<item><author>" + b"a" * 200_000 + b"@</author></item>",
        b"<item><author>" + b"a." * 50_000 + b"@a.example</author></item>",
        b"<item><link>http://n.example/?" + b"&amp;a" * 50_000 + b"</link></item>",
        b"<item><title>" + b"&lt;" * 50_000 + b"</title></item>",
        b"<item><pubDate>" + b"Mon, " * 50_000 + b"</pubDate></item>",
        b"<item><link>" + b"/" * 200_000 + b"</link></item>",
        b"<item><link>http:" + b"/" * 200_000 + b"</link></item>",
        b"<skipHours>" + b"<hour>1</hour>" * 20_000 + b"</skipHours>",
    ],
    ids=lambda value: value[:24],
)
def test_the_fast_reader_ends_on_floods(inside):
    """With work growing by the square of the length this test would not end; and it is read, declined or refused."""
    found = reading(parse_fast, rss(inside))
    assert found is None or isinstance(found, tuple) or len(found.entries) <= MAX_ENTRIES


def test_entities_of_a_document_are_never_expanded_here():
    body = b'<!DOCTYPE rss [<!ENTITY a "b">]>' + rss(b"<item><title>&a;</title></item>")
    assert parse_fast(body, **WHERE) is None


def test_a_difference_is_told_by_the_name_of_the_field():
    feed = parse(rss(b"<item><title>a</title><guid>1</guid></item>"), **WHERE)
    other = parse(rss(b"<item><title>b</title><guid>1</guid></item><item><guid>2</guid></item>"), **WHERE)
    found = differences(feed, other)
    assert found == (
        "The fast reader finds 1 entries, the reference 2.",
        "Entry 1: title is 'a' by the fast reader and 'b' by the reference.",
    )
    assert differences(feed, feed) == ()


def test_many_differences_are_counted_and_not_all_told():
    one, other = (
        parse(
            rss(b"".join(b"<item><title>%d%s</title></item>" % (n, sign) for n in range(30))),
            **WHERE,
        )
        for sign in (b"a", b"b")
    )
    found = differences(one, other)
    assert len(found) == 11
    assert found[-1] == "And 20 more differences."
