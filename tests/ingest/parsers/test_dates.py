"""Dates in every form met in the wild."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.parsers import dates
from services.ingest.parsers.dates import read_date

READ = {
    "Thu, 01 Jan 2004 19:48:21 GMT": "2004-01-01T19:48:21",
    "Thu, 01 Jan 2004 19:48:21 +0300": "2004-01-01T16:48:21",
    "Thu, 01 Jan 2004 19:48:21 +03:00": "2004-01-01T16:48:21",
    "Thu, 01 Jan 04 19:48:21 MSK": "2004-01-01T16:48:21",
    "Thu, 1 Jan 2004 19:48:21 CEST": "2004-01-01T17:48:21",
    "1 Jan 2004 19:48 EST": "2004-01-02T00:48:00",
    "Thu, 01 Jan 2004 24:00:00 GMT": "2004-01-02T00:00:00",
    "Thu, 01 Jan 2004 23:59:60 GMT": "2004-01-01T23:59:59",
    "Thu, 01 Jan 2004": "2004-01-01T00:00:00",
    "Fri, 5 Sept 2024 10:00:00 +0000": "2024-09-05T10:00:00",
    "Fri, 05 Juli 2024 10:00:00 +0200": "2024-07-05T08:00:00",
    "12-Feb-2024 10:11:12": "2024-02-12T10:11:12",
    "Tue Mar  5 15:04:05 EST 2024": "2024-03-05T20:04:05",
    "2003-12-31T10:14:55-08:00": "2003-12-31T18:14:55",
    "2024-02-03T10:11:12.123456789Z": "2024-02-03T10:11:12",
    "2024-02-03T10:11:12.123+05:30": "2024-02-03T04:41:12",
    "2024-02-03 10:11": "2024-02-03T10:11:00",
    "2024-2-3T1:02:03Z": "2024-02-03T01:02:03",
    "2024-02-03": "2024-02-03T00:00:00",
    "2024/02/03 10:11:12 +0600": "2024-02-03T04:11:12",
    "20240203": "2024-02-03T00:00:00",
    "20240203101112": "2024-02-03T10:11:12",
    "1700000000": "2023-11-14T22:13:20",
    "1700000000123": "2023-11-14T22:13:20",
    "31.12.2024 15:30": "2024-12-31T15:30:00",
    "31/12/2024": "2024-12-31T00:00:00",
    "12/31/2024 3:04 PM": "2024-12-31T15:04:00",
    "07/07/2024": "2024-07-07T00:00:00",
    "5 декабря 2024, 14:20": "2024-12-05T14:20:00",
    "5 декабря 2024 г., 14:20": "2024-12-05T14:20:00",
    "12 août 2024": "2024-08-12T00:00:00",
    "5 de mayo de 2024": "2024-05-05T00:00:00",
    "March 5, 2024 3:04 PM EST": "2024-03-05T20:04:00",
    "12:00 AM": None,
    "2024年2月3日 10:11": "2024-02-03T10:11:00",
    "3 Haziran 2024 09:00": "2024-06-03T09:00:00",
    # No moment, or none without doubt
    "": None,
    "0000-00-00": None,
    "0000-00-00 00:00:00": None,
    "2024-02-30": None,
    "Mon, 31 Feb 2024 10:00:00 GMT": None,
    "2024-13-01": None,
    "Thu, 01 Jan 2004 19:48:21 +99:00": None,
    "03/04/2024": None,
    "yesterday": None,
    "12": None,
    "99999999999999": None,
    "Invalid date": None,
    "{{ date }}": None,
    "1 Jan 2024 " + "x" * 100: None,
}


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_a_date_is_read_or_left(text, expected):
    assert read_date(text) == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


def test_nothing_is_no_date():
    assert read_date(None) is None


@given(st.text(max_size=90) | st.text(alphabet="0123456789-:/.TZ+ JanFebMonGMT,", max_size=40))
def test_any_text_is_a_moment_in_utc_or_none(text):
    moment = read_date(text)
    assert moment is None or moment.utcoffset().total_seconds() == 0


@given(st.integers(631_152_001, 4_070_908_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_mail_json_and_epoch_write_comes_back(moment):
    assert read_date(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == moment
    assert read_date(moment.isoformat()) == moment
    assert read_date(str(int(moment.timestamp()))) == moment


MORE = {
    # No colon in the time, zones by offset from GMT, the afternoon
    "03 Apr 02 1500 GMT": "2002-04-03T15:00:00",
    "Mon, 25 Nov 2024 10:00:00 GMT+0200": "2024-11-25T08:00:00",
    "Mon, 25 Nov 2024 10:00:00 UTC+3": "2024-11-25T07:00:00",
    "Mon, 25 Nov 2024 10:00:00 +6:00": "2024-11-25T04:00:00",
    "Mon, 25 Nov 2024 10:00:00 +06": "2024-11-25T04:00:00",
    "Mon, 25 Nov 2024 10:15:00 (EST)": "2024-11-25T15:15:00",
    "Mon, 25 Nov 2024 10:15:00 +0200 (CEST)": "2024-11-25T08:15:00",
    "Mon, 25 Nov 2024 10:15 PM EST": "2024-11-26T03:15:00",
    "Mon, 25 Nov 2024 10:15:00 PM": "2024-11-25T22:15:00",
    "Mon, 25 Nov 2024 10:15:00 XYZ": "2024-11-25T10:15:00",
    # What programs print
    "Mon Nov 25 2024 10:00:00 GMT+0500 (GMT+05:00)": "2024-11-25T05:00:00",
    "2024-11-25 10:00:00.123456789 +0000 UTC m=+0.01": "2024-11-25T10:00:00",
    "25/Nov/2024:10:15:00 +0000": "2024-11-25T10:15:00",
    "20241125T101500Z": "2024-11-25T10:15:00",
    "20241125T101500+0500": "2024-11-25T05:15:00",
    "1732529700.123": "2024-11-25T10:15:00",
    "2024-11-25T24:00:00Z": "2024-11-26T00:00:00",
    # Words and orders of other languages
    "25 ноябрь 2024": "2024-11-25T00:00:00",
    "25 ноября 2024 года в 14:20": "2024-11-25T14:20:00",
    "14:20, 25 ноября 2024": "2024-11-25T14:20:00",
    "2024 жылғы 25 қараша": "2024-11-25T00:00:00",
    "2024-жылдын 25-ноябры": "2024-11-25T00:00:00",
    "25-noyabr, 2024": "2024-11-25T00:00:00",
    "25 ноябри 2024": "2024-11-25T00:00:00",
    "25 Kasım 2024 Pazartesi 10:15": "2024-11-25T10:15:00",
    "25 de novembro de 2024 às 14:05": "2024-11-25T14:05:00",
    "lunes, 25 de noviembre de 2024 a las 14:05": "2024-11-25T14:05:00",
    "lundi 25 novembre 2024 à 14h30": "2024-11-25T14:30:00",
    "25 نوفمبر 2024": "2024-11-25T00:00:00",
    "2024. november 25. 10:15": "2024-11-25T10:15:00",
    "2024年11月25日(月) 10時15分": "2024-11-25T10:15:00",
    "2024. 11. 25. 오후 3:15": "2024-11-25T15:15:00",
    "2024년 11월 25일": "2024-11-25T00:00:00",
    # Numbers: the day of the week or a day above twelve tells
    "Mon, 11/25/2024 - 10:15": "2024-11-25T10:15:00",
    "Mon, 03/04/2024 - 10:15": "2024-03-04T10:15:00",
    "Wed, 03/04/2024 - 10:15": "2024-04-03T10:15:00",
    "Fri, 03/04/2024 - 10:15": None,
    "25-11-2024 10:00": "2024-11-25T10:00:00",
    "03-04-2024": None,
    "25.11.24": None,
    # Nought is no date, and the year 1 is not 2001
    "Thu, 01 Jan 1970 00:00:00 GMT": None,
    "Thu, 01 Jan 1970 05:00:00 +0500": None,
    "1970-01-01T00:00:00Z": None,
    "1970-01-01": None,
    "0": None,
    "0001-01-01T00:00:00Z": None,
    "Mon, 01 Jan 0001 00:00:00 +0000": None,
    "Mon, 01 Jan 0024 00:00:00 EST": None,
}


@pytest.mark.parametrize(("text", "expected"), MORE.items())
def test_a_date_in_a_form_met_less_often_is_read_or_left(text, expected):
    assert read_date(text) == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


ZONES = st.sampled_from(
    ["GMT", "UTC", "Z", "EST", "MSK", "XYZ", "+0500", "-0330", "+1400", "-1459", "+9900", "PM"]
)


MAIL = st.builds(
    "Sat, {:02} {} {:04} {:02}:{:02}:{:02} {}".format,
    st.integers(1, 32),
    st.sampled_from(["Jan", "Feb", "Sep", "Dec"]),
    st.integers(0, 2100),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    ZONES,
)


@given(MAIL)
def test_the_short_way_through_a_date_of_mail_gives_what_the_long_way_gives(text):
    try:
        short = dates._plain_mail(text)
    except ValueError:
        return
    assert short is None or short == dates._any(text)


@given(
    st.datetimes(), st.sampled_from(["", "Z", "+05:30", "-14:00", "+14:01", "+23:59"]), st.sampled_from("T ")
)
def test_the_short_way_through_a_date_of_json_gives_what_the_long_way_gives(moment, zone, mark):
    text = moment.isoformat(mark) + zone
    try:
        short = dates._plain_iso(text)
    except (ValueError, OverflowError):
        return
    assert short is None or short == dates._any(text)


@pytest.mark.parametrize(
    "piece", ["1", "a ", "1 ", "12:", "(", "1 Jan ", "x. ", "1/", "٣", "2024-", "Z ", ": "]
)
def test_a_text_of_pieces_of_dates_is_left_and_ends(piece):
    assert read_date((piece * 80)[:80]) is None
