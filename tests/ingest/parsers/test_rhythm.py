"""What a feed says about its own pace, in both readers."""

import pytest

from services.ingest.parsers import parse_fast, parse_reference
from services.ingest.parsers.rhythm import interval_s, skip_days, skip_hours

WHERE = {"content_type": None, "url": "https://n.example/feed"}


@pytest.mark.parametrize(
    ("ttl", "period", "frequency", "seconds"),
    [
        ("", "", "", None),
        ("60", "", "", 3600),
        ("0", "", "", None),
        ("-5", "", "", None),
        ("soon", "", "", None),
        ("", "hourly", "", 3600),
        ("", "hourly", "2", 1800),
        ("", "Hourly ", " 4", 900),
        ("", "dayly", "1", 86_400),
        ("", "daily", "24", 3600),
        ("", "hourly", "0.1", 36_000),
        ("", "hourly", "0", 3600),
        ("", "minutely", "5", 12),
        ("", "always", "1", None),
        ("", "never", "", None),
        ("", "weekly", "", 604_800),
        ("", "", "3", None),
        ("90", "hourly", "1", 5400),
        ("15", "hourly", "1", 3600),
        ("9" * 30, "", "", None),
    ],
)
def test_the_longer_wish_counts_and_nonsense_is_none(ttl, period, frequency, seconds):
    assert interval_s(ttl=ttl, period=period, frequency=frequency) == seconds


def test_twenty_four_is_midnight_and_what_is_no_hour_is_left_out():
    assert skip_hours(["24", " 3 ", "3", "25", "-1", "noon", "", "٣"]) == (0, 3)


def test_days_are_named_in_any_case():
    assert skip_days(["Sunday", "MONDAY", " friday ", "Someday", ""]) == (0, 4, 6)


def test_a_publisher_who_skips_everything_skips_nothing():
    assert skip_hours(map(str, range(24))) == ()
    assert skip_days(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]) == ()


SKIPS = (
    "<skipHours><hour>1</hour><hour>24</hour></skipHours>"
    "<skipDays><day>saturday</day><day>SUNDAY</day></skipDays>"
)
ITEM = "<item><title>t</title><guid>1</guid></item>"


@pytest.mark.parametrize("reader", [parse_fast, parse_reference])
@pytest.mark.parametrize("inside", [SKIPS + ITEM, ITEM + SKIPS, SKIPS.lower() + ITEM])
def test_hours_and_days_to_skip_are_read_before_and_after_entries(reader, inside):
    body = f"<rss version='2.0'><channel><title>t</title>{inside}</channel></rss>".encode()
    feed = reader(body, **WHERE)
    assert (feed.skip_hours, feed.skip_days) == ((0, 1), (5, 6))


@pytest.mark.parametrize("reader", [parse_fast, parse_reference])
def test_hours_within_an_entry_are_none_of_the_channel(reader):
    body = f"<rss version='2.0'><channel><item><title>t</title>{SKIPS}</item></channel></rss>".encode()
    feed = reader(body, **WHERE)
    assert (feed.skip_hours, feed.skip_days) == ((), ())


def test_an_ill_formed_document_still_says_when_not_to_come():
    body = f"<rss version='2.0'><channel><b>x</i>{SKIPS}{ITEM}</channel></rss>".encode()
    assert parse_fast(body, **WHERE) is None
    feed = parse_reference(body, **WHERE)
    assert (feed.skip_hours, feed.skip_days) == ((0, 1), (5, 6))


@pytest.mark.parametrize("reader", [parse_fast, parse_reference])
def test_the_syndication_module_is_read_by_both(reader):
    body = (
        "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>t</title>"
        f"<sy:updatePeriod> dayly\n</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>{ITEM}</channel></rss>"
    ).encode()
    assert reader(body, **WHERE).interval_s == 21_600
