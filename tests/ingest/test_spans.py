"""Lengths of time in words."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.spans import moment, spell

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (1620, "27 min"),
        (7199, "120 min"),
        (7200, "2 hours"),
        (9000, "2.5 hours"),
        (86_400, "24 hours"),
        (2 * 86_400, "2 days"),
        (3.5 * 86_400, "3.5 days"),
        (400 * 86_400, "400 days"),
    ],
)
def test_a_length_is_told_in_one_unit(seconds, words):
    assert spell(seconds) == words


def test_a_moment_of_another_day_is_told_with_its_day():
    assert moment(NOW + timedelta(hours=3), now=NOW) == "at 15:00 UTC"
    assert moment(NOW + timedelta(hours=18), now=NOW) == "on Tuesday at 06:00 UTC"
