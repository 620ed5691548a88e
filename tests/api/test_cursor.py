from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.cursor import (
    Before,
    CursorError,
    CursorGoneError,
    decode_before,
    decode_since,
    encode_before,
    encode_since,
)
from services.api.filters import Filters, filters_of

EPOCH = "5e0c"
ALL = Filters()
ASIA = filters_of(regions=["asia"])


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_place_comes_back_as_it_went_in(at, article_id, known):
    place = Before(at, article_id)
    text = encode_before(place, epoch=EPOCH, filters=ASIA, known=known)
    assert decode_before(text, epoch=EPOCH, filters=ASIA) == place


def test_a_place_that_another_state_of_the_stream_gave_has_an_address_of_its_own():
    place = Before(datetime(2026, 11, 23, 12, tzinfo=UTC), 7)
    given = {encode_before(place, epoch=EPOCH, filters=ALL, known=known) for known in (41, 42, 42)}
    assert len(given) == 2


def test_a_place_given_out_before_cursors_had_a_state_is_honoured():
    text = "AWLe5XvTHFMy-kfSOI0ABmDwVVAwAAAAAAAAAAAHCC2Q7w"
    assert decode_before(text, epoch=EPOCH, filters=ALL) == Before(datetime(2026, 11, 23, 12, tzinfo=UTC), 7)


@given(st.integers(0, 2**63 - 1))
def test_a_position_comes_back_as_it_went_in(seq):
    text = encode_since(seq, epoch=EPOCH, filters=ALL)
    assert decode_since(text, epoch=EPOCH, filters=ALL, floor=0, head=2**63 - 1) == seq


@given(st.data())
def test_any_changed_character_is_noticed(data):
    text = encode_since(4711, epoch=EPOCH, filters=ALL)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != text[place]))
    with pytest.raises(CursorError):
        decode_since(text[:place] + other + text[place + 1 :], epoch=EPOCH, filters=ALL, floor=0, head=9999)


@given(st.text(max_size=200))
def test_nonsense_is_refused_with_a_sentence(text):
    with pytest.raises(CursorError, match="before: "):
        decode_before(text, epoch=EPOCH, filters=ALL)


def test_a_cursor_of_the_other_kind_says_which_kind_it_is():
    text = encode_since(1, epoch=EPOCH, filters=ALL)
    with pytest.raises(CursorError, match="cursor for `since`"):
        decode_before(text, epoch=EPOCH, filters=ALL)


def test_a_cursor_of_other_filters_is_refused():
    text = encode_since(1, epoch=EPOCH, filters=ALL)
    with pytest.raises(CursorError, match="other filters"):
        decode_since(text, epoch=EPOCH, filters=ASIA, floor=0, head=9)


@pytest.mark.parametrize(
    ("seq", "epoch", "said"), [(4, EPOCH, "no longer kept"), (10, EPOCH, "ahead"), (7, "x", "restored")]
)
def test_a_cursor_that_cannot_be_honoured_is_gone(seq, epoch, said):
    text = encode_since(seq, epoch=epoch, filters=ALL)
    with pytest.raises(CursorGoneError, match=said):
        decode_since(text, epoch=EPOCH, filters=ALL, floor=5, head=9)


@pytest.mark.parametrize("seq", [5, 9])
def test_the_floor_and_the_head_themselves_can_be_named(seq):
    text = encode_since(seq, epoch=EPOCH, filters=ALL)
    assert decode_since(text, epoch=EPOCH, filters=ALL, floor=5, head=9) == seq


def test_cursors_keep_microseconds():
    at = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)
    later = encode_before(Before(at + timedelta(microseconds=1), 1), epoch=EPOCH, filters=ALL, known=9)
    assert later != encode_before(Before(at, 1), epoch=EPOCH, filters=ALL, known=9)
