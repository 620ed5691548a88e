"""A story over time as bars."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.reading.timeline import timeline

START = datetime(2026, 11, 25, 21, 40, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("length", "step", "bars", "first"),
    [
        (timedelta(0), "hour", 1, datetime(2026, 11, 25, 21, tzinfo=UTC)),
        (timedelta(hours=72), "hour", 73, datetime(2026, 11, 25, 21, tzinfo=UTC)),
        (timedelta(hours=73), "day", 4, datetime(2026, 11, 25, tzinfo=UTC)),
        (timedelta(days=121), "week", 18, datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_longer_story_is_told_in_longer_steps(length, step, bars, first):
    made = timeline({START: 2, START + length: 3} if length else {START: 5}, [START, START + length])
    assert (made.step, len(made.bars), made.bars[0].at) == (step, bars, first)
    assert (made.first_at, made.last_at) == (START, START + length)
    assert sum(bar.articles for bar in made.bars) == 5
    assert sum(bar.publishers for bar in made.bars) == 2


def test_a_copy_that_was_published_before_the_article_shown_widens_it():
    made = timeline({START: 1}, [START - timedelta(hours=2), START])
    assert [(bar.articles, bar.publishers) for bar in made.bars] == [(0, 1), (0, 0), (1, 1)]


def test_nothing_has_no_timeline():
    with pytest.raises(ValueError, match="nothing"):
        timeline({}, [])
