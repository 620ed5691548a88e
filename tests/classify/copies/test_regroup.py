"""A regrouping writes what differs and no more; after any order of comparisons the groups are those of all pairs."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.classify.copies.regroup import ADDRESS, EDITOR, Edge, Joined, Look, Standing, regroup
from services.classify.duplicates import Member, heads

BY_TEXT = Edge("text", {"sentence": "the same", "reasons": []})
IDS = range(1, 9)
PAIRS = st.sets(st.sampled_from(list(combinations(IDS, 2))), max_size=14)


def standing(number: int, **values) -> Standing:
    new = Standing(
        id=number, revision=1, published_revision=0, lease_token=None, listed=False, duplicate_of=None, quarantined=False,
        removed=False, labels=(), content="v1",
    )  # fmt: skip
    return replace(new, **values)


class Shelf:
    """What the database would hold, changed as `groups.write` and `store.write` change it."""

    def __init__(self, apart=()):
        self.rows = {number: standing(number) for number in IDS}
        self.pairs = {}
        self.apart = frozenset(apart)
        self.told = {}

    def label(self, number: int, true_pairs, seen) -> None:
        """Compare an article with all that were compared before it."""
        looks = [
            Look(
                number,
                other,
                "v1",
                BY_TEXT if (min(number, other), max(number, other)) in true_pairs else None,
            )
            for other in seen
            if other != number
        ]
        change = regroup(Joined(self.rows, self.pairs, apart=self.apart), looks, {number})
        for pair in change.lost:
            del self.pairs[pair]
        self.pairs |= change.found
        for hidden, head in change.hidden.items():
            self.rows[hidden] = replace(
                self.rows[hidden], listed=False, duplicate_of=head, published_revision=1
            )
        for freed in change.freed:
            self.rows[freed] = replace(self.rows[freed], duplicate_of=None)
        if number not in change.hidden:
            self.rows[number] = replace(self.rows[number], listed=True, published_revision=1)
            self.told[number] = self.behind(number)
        for head in change.changed:  # they wait, and are told of a little later
            if self.rows[head].listed:
                self.told[head] = self.behind(head)

    def behind(self, head: int) -> set[int]:
        return {number for number, row in self.rows.items() if row.duplicate_of == head}


@given(PAIRS, PAIRS, st.permutations(list(IDS)), st.lists(st.sampled_from(IDS)))
def test_after_any_order_the_groups_are_those_of_all_pairs(pairs, apart, order, again):
    shelf = Shelf(apart)
    for place, number in enumerate(order):
        shelf.label(number, pairs, order[:place])
    for number in [*again, *IDS]:  # hints doubled, and whoever was set free
        shelf.label(number, pairs, IDS)
    rows = shelf.rows
    shown = {number: row.duplicate_of or number for number, row in rows.items()}
    assert shown == heads([Member(n, listed=rows[n].listed) for n in IDS], pairs, apart=apart)
    assert all(row.listed is (row.duplicate_of is None) for row in rows.values())
    assert all(shelf.told[number] == shelf.behind(number) for number, row in rows.items() if row.listed)


@given(PAIRS, st.permutations(list(IDS)))
def test_a_comparison_that_finds_nothing_new_writes_nothing(pairs, order):
    shelf = Shelf()
    for number in [*order, *order]:
        shelf.label(number, pairs, IDS)
    for number in IDS:
        looks = [Look(number, o, "v1", BY_TEXT) for o in IDS if (min(number, o), max(number, o)) in pairs]
        change = regroup(Joined(shelf.rows, shelf.pairs), looks, {number})
        assert (dict(change.found), list(change.lost), list(change.freed)) == ({}, [], [])
        assert change.changed == frozenset()
        assert set(change.hidden) <= {number}


def joined(**values) -> Joined:
    rows = {1: standing(1, listed=True, published_revision=1), 2: standing(2)}
    return Joined(rows | values.pop("rows", {}), **values)


def test_a_comparison_with_what_says_something_else_by_now_does_not_count():
    assert regroup(joined(), [Look(2, 1, "v1", BY_TEXT)], {2}).hidden == {2: 1}
    assert regroup(joined(), [Look(2, 1, "v0", BY_TEXT)], {2}).hidden == {}
    assert regroup(joined(), [Look(2, 1, "v1", BY_TEXT)], set()).hidden == {}, "nobody holds it"


def test_what_two_addresses_say_no_comparison_undoes():
    stored = {(1, 2): Edge(ADDRESS, None)}
    change = regroup(joined(pairs=stored), [Look(2, 1, "v1", None)], {2})
    assert (change.lost, change.hidden) == ([], {2: 1})


def test_a_pair_that_an_editor_no_longer_holds_joins_nobody():
    stored = {(1, 2): Edge(EDITOR, {})}
    assert regroup(joined(pairs=stored), [], {2}).hidden == {}
    said = regroup(joined(pairs=stored, said={(1, 2): Edge(EDITOR, {})}), [Look(2, 1, "v1", None)], {2})
    assert (said.hidden, said.lost, dict(said.found)) == ({2: 1}, [], {})
