"""What only the loose reader can read, and dates that are none."""

from datetime import UTC, datetime

import pytest

from services.ingest.parsers import parse, parse_reference

WHERE = {"content_type": None, "url": "http://n.example/feed"}


def test_a_bare_ampersand_in_a_document_beyond_repair_stays_an_ampersand():
    body = b"<rss version='2.0'><channel><link>http://n.example/?a=1&b=2&c</link><item><title>T</title></channel></rss"
    feed = parse(body, **WHERE)
    assert feed.site_url == "http://n.example/?a=1&b=2&c"
    assert "read loosely" in feed.problems[0]


@pytest.mark.parametrize("read", [parse, parse_reference], ids=["parse", "reference"])
def test_the_very_epoch_is_no_date_and_lets_the_time_of_the_update_speak(read):
    body = (
        b"<rss version='2.0' xmlns:dcterms='http://purl.org/dc/terms/'><channel><title>t</title><item><title>x</title>"
        b"<link>http://n.example/1</link><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"
        b"<dcterms:modified>2026-11-20T10:00:00Z</dcterms:modified></item></channel></rss>"
    )
    (entry,) = read(body, **WHERE).entries
    assert entry.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
