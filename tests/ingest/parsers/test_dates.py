"""Dates in every form met in the wild."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
