"""Counting by the minute, without a network: the window slides, processes add up, addresses are told apart."""

from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.limits import KEPT, WINDOW_S, Tally, reader_at

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("::1/128"))
START = 1_000_000 * WINDOW_S


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=150), st.integers(1, 12))
def test_in_no_minute_of_the_clock_more_than_the_limit_and_after_a_rest_all_of_it(gaps, limit):
    tally, now, let_in = Tally(), float(START), []
    for gap in gaps:
        now += gap
        answer = tally.take("a", limit, now)
        assert answer.allowed or answer.wait_s >= 1
        assert 0 <= answer.left < limit
        if answer.allowed:
            let_in.append(now)
    minutes = [int(at // WINDOW_S) for at in let_in]
    assert max((minutes.count(minute) for minute in minutes), default=0) <= limit
    rested = now + 2 * WINDOW_S
    assert sum(tally.take("a", limit, rested).allowed for _ in range(limit + 3)) == limit


@given(st.integers(1, 50), st.floats(0, 59.9), st.integers(0, 50))
def test_whoever_waits_as_told_is_let_in(limit, into, before):
    tally = Tally()
    for _ in range(before):
        tally.take("a", limit, START - WINDOW_S + 1)
    now = START + into
    while (answer := tally.take("a", limit, now)).allowed:
        pass
    assert tally.take("a", limit, now + answer.wait_s).allowed


def left(tally, limit, now):
    """How many more are let in."""
    answer = tally.take("a", limit, now)
    if answer.allowed:
        tally.give_back("a")
    return answer.left + answer.allowed


class Counters:
    """What processes share."""

    def __init__(self):
        self.stand = {}

    def add_up(self, tally):
        mine = tally.to_tell()
        for key, more in mine.items():
            self.stand[key] = self.stand.get(key, 0) + more
        tally.hear({key: self.stand[key] for key in mine})


def test_a_limit_is_one_over_all_processes():
    one, two, shared = Tally(), Tally(), Counters()
    assert all(one.take("a", 10, START + 1).allowed for _ in range(6))
    shared.add_up(one)
    assert all(two.take("a", 10, START + 2).allowed for _ in range(3))
    shared.add_up(two)
    assert two.take("a", 10, START + 3).allowed
    assert not two.take("a", 10, START + 3).allowed
    assert one.to_tell() == {}


@pytest.mark.parametrize("newcomer", [False, True])
def test_what_others_let_in_just_before_the_minute_turns_counts_after_it(newcomer):
    """One has not asked the other since, or was not asked at all: it learns of their last minute in this one."""
    one, two, shared = Tally(), Tally(), Counters()
    if not newcomer:
        assert one.take("a", 100, START + 1).allowed
        shared.add_up(one)
    assert all(two.take("a", 100, START + 40).allowed for _ in range(50))
    shared.add_up(two)
    assert all(two.take("a", 100, START + 59.9).allowed for _ in range(40))
    turned = START + WINDOW_S
    assert two.take("a", 100, turned).allowed, "it has 40 to tell of the minute before"
    assert left(one, 100, turned) >= 99
    assert one.take("a", 100, turned).allowed
    shared.add_up(one)
    shared.add_up(two)
    assert one.take("a", 100, turned).allowed
    shared.add_up(one)
    assert left(one, 100, turned) == 100 - 90 - 3 - (not newcomer)
    assert left(two, 100, turned) == left(one, 100, turned) + 1


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 5, allow_nan=False)), min_size=1, max_size=120))
def test_processes_that_add_up_after_each_request_count_as_one_process_would(asked):
    crowd, alone, shared, now = [Tally() for _ in range(3)], Tally(), Counters(), float(START)
    for which, gap in asked:
        now += gap
        crowd[which].take("a", 1_000_000, now)
        alone.take("a", 1_000_000, now)
        shared.add_up(crowd[which])
        assert left(crowd[which], 1_000_000, now) == left(alone, 1_000_000, now)


def test_what_is_given_back_was_never_asked_unless_others_know_of_it():
    tally = Tally()
    assert tally.take("a", 1, START).allowed
    tally.give_back("a")
    assert tally.take("a", 1, START).allowed
    tally.to_tell()
    tally.give_back("a")
    assert not tally.take("a", 1, START).allowed
    tally.give_back("nobody")


def test_readers_do_not_count_for_each_other():
    tally = Tally()
    assert not [tally.take("a", 1, START) for _ in range(2)][1].allowed
    assert tally.take("b", 1, START).allowed


def test_memory_is_bounded():
    tally = Tally()
    for number in range(KEPT + 10):
        tally.take(str(number), 5, START)
    assert len(tally._counts) <= KEPT


@pytest.mark.parametrize(
    ("peer", "forwarded", "reader"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", None, None),
        ("::1", None, None),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.9", None),
        ("127.0.0.1", "nonsense", "nonsense"),
        ("127.0.0.1", ", ,", None),
        ("::ffff:203.0.113.9", None, "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("", None, ""),
    ],
)
def test_who_asks(peer, forwarded, reader):
    assert reader_at(peer, forwarded, TRUSTED) == reader
