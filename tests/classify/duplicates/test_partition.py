"""Groups out of pairs: the same whatever the order, what editors want apart stays apart, and what is shown stays shown."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.classify.duplicates import Member, Text, group, heads, prepare
from services.classify.duplicates.grouping import copies
from tests.classify.duplicates.test_duplicates import EVERYTHING, NOON

IDS = range(1, 13)
PAIRS = st.lists(st.sampled_from(list(combinations(IDS, 2))), max_size=30)
MEMBERS = st.tuples(
    *[
        st.builds(Member, st.just(n), listed=st.booleans(), quarantined=st.booleans(), not_news=st.booleans())
        for n in IDS
    ]
)
PLAIN = [Member(n) for n in IDS]


def joined(pairs):
    """For each id the least that it is joined to, found by walking."""
    found = {}
    for start in IDS:
        reached, todo = {start}, [start]
        while todo:
            at = todo.pop()
            near = {a + b - at for a, b in pairs if at in (a, b)} - reached
            reached |= near
            todo += near
        found[start] = min(reached)
    return found


@given(MEMBERS, PAIRS, PAIRS, PAIRS, st.randoms())
def test_no_order_of_anything_makes_a_difference(members, pairs, said, apart, dice):
    expected = heads(members, pairs, said=said, apart=apart)
    for some in (members := list(members), pairs, said, apart):
        dice.shuffle(some)
    assert heads(members, [*pairs, *pairs], said=said, apart=apart) == expected


@given(MEMBERS, PAIRS, PAIRS, PAIRS)
def test_nobody_is_with_whom_editors_want_it_apart_from(members, pairs, said, apart):
    found = heads(members, pairs, said=said, apart=apart)
    assert all(found[one] != found[other] for one, other in apart)


@given(PAIRS, PAIRS)
def test_without_a_bar_groups_are_what_the_pairs_join(pairs, said):
    assert heads(PLAIN, pairs, said=said) == joined(pairs + said)


@given(MEMBERS, PAIRS, PAIRS)
def test_a_head_stands_for_itself_and_is_the_best_of_its_group(members, pairs, apart):
    found, by_id = heads(members, pairs, apart=apart), {m.id: m for m in members}
    for number, head in found.items():
        assert found[head] == head, "a chain"
        group_of = [by_id[n] for n, h in found.items() if h == head]
        if number != head:
            assert by_id[head].may_stand_for_others
        assert all(by_id[head].place <= m.place for m in group_of if m.may_stand_for_others)


@given(PAIRS, PAIRS)
def test_while_only_pairs_are_added_nobody_hidden_comes_back_and_the_eldest_shown_stays(pairs, more):
    before = heads(PLAIN, pairs)
    standing = [Member(m.id, listed=before[m.id] == m.id) for m in PLAIN]
    after = heads(standing, pairs + more)
    assert {n for n in IDS if after[n] == n} <= {n for n in IDS if before[n] == n}
    for number in IDS:
        assert after[number] == min(before[n] for n in IDS if after[n] == after[number])


def test_what_editors_said_joins_before_what_was_found():
    """3 is found to be a copy of 1 and of 2, which are apart; what an editor said of it decides."""
    assert heads(PLAIN[:3], [(1, 3), (2, 3)], apart=[(1, 2)]) == {1: 1, 2: 2, 3: 1}
    assert heads(PLAIN[:3], [(1, 3), (2, 3)], said=[(2, 3)], apart=[(1, 2)]) == {1: 1, 2: 2, 3: 2}


def test_a_bridge_does_not_bring_together_what_is_apart():
    assert heads(PLAIN[:4], [(1, 2), (2, 3), (3, 4)], apart=[(1, 4)]) == {1: 1, 2: 1, 3: 1, 4: 4}


def test_who_is_shown():
    pair = [(1, 2)]
    assert heads([Member(1), Member(2)], pair) == {1: 1, 2: 1}
    assert heads([Member(1), Member(2, listed=True)], pair) == {1: 2, 2: 2}, "it stood in Latest first"
    assert heads([Member(1, listed=True), Member(2, not_news=True)], pair) == {1: 2, 2: 2}
    assert heads([Member(1, quarantined=True), Member(2)], pair) == {1: 2, 2: 2}
    assert heads([Member(1, quarantined=True), Member(2, quarantined=True)], pair) == {1: 1, 2: 2}
    assert heads([Member(1, quarantined=True, listed=True), Member(2)], pair) == {1: 1, 2: 1}


def test_a_pair_with_a_stranger_counts_for_nothing():
    assert heads([Member(1), Member(3)], [(1, 2), (2, 3)]) == {1: 1, 3: 3}


@given(st.permutations(range(len(EVERYTHING))))
def test_on_real_texts_it_is_the_partition_of_the_whole_list(order):
    read = [(prepare(Text(EVERYTHING[n].title, EVERYTHING[n].body)), NOON) for n in order[:25]]
    found = heads(map(Member, range(len(read))), copies(read))
    assert [found[n] for n in range(len(read))] == group(read)
