"""What rises: stories that are part of others by now."""

from services.api.reading.trending import followed


def test_the_story_that_others_are_part_of_has_its_own_row_alone():
    loud = [{"story": 1, "voices": "a"}, {"story": 5, "voices": "b"}, {"story": 9, "voices": "c"}]
    assert followed(loud, {}) == loud
    assert followed(loud, {9: 1, 5: 2}) == [{"story": 1, "voices": "a"}, {"story": 2, "voices": "b"}]
    assert followed(loud, {5: 0, 9: 0}) == [{"story": 1, "voices": "a"}, {"story": 0, "voices": "b"}]
