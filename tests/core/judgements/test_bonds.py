"""Can what editors say of pairs be true at once? If not, the sentence names what it contradicts."""

import random

import pytest

from services.core.judgements.bonds import contradiction
from services.core.judgements.model import Bond


def bonds(*said):
    return [Bond(one, other, says, number, "dana") for number, (one, other, says) in enumerate(said, start=1)]


@pytest.mark.parametrize(
    ("stands", "new", "against"),
    [
        ([(1, 2, "duplicate"), (2, 3, "duplicate")], (1, 3, "no"), [1, 2]),
        ([(1, 2, "duplicate"), (2, 3, "duplicate")], (1, 3, "story"), [1, 2]),
        ([(1, 2, "duplicate"), (2, 3, "no")], (1, 3, "duplicate"), [1, 2]),
        ([(1, 2, "story"), (2, 3, "story")], (1, 3, "no"), [1, 2]),
        ([(1, 2, "duplicate"), (2, 3, "story")], (1, 3, "no"), [1, 2]),
        ([(1, 2, "no"), (2, 3, "story")], (1, 3, "duplicate"), [1, 2]),
        ([(1, 2, "story"), (2, 3, "duplicate")], (1, 3, "duplicate"), [1, 2]),
        ([(1, 2, "duplicate"), (2, 3, "duplicate"), (4, 1, "no")], (3, 4, "duplicate"), [1, 2, 3]),
        ([(1, 2, "duplicate"), (2, 3, "duplicate"), (4, 1, "no"), (1, 3, "duplicate")], (3, 4, "story"), [3, 4]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_the_shortest_way(stands, new, against):
    told = contradiction(bonds(*stands), Bond(*new))
    assert told is not None
    assert [n for n in range(1, 9) if f"judgement {n}," in told] == against
    assert told.startswith(f"That articles {new[0]} and {new[1]} ")


@pytest.mark.parametrize(
    ("stands", "new"),
    [
        ([], (1, 2, "no")),
        ([(1, 2, "duplicate")], (1, 2, "no")),  # the new one takes its place
        ([(1, 2, "duplicate")], (2, 1, "no")),
        ([(1, 2, "story"), (2, 3, "story")], (1, 3, "story")),
        ([(1, 2, "story"), (2, 3, "story")], (1, 3, "duplicate")),  # the two, and another report of the event
        ([(1, 2, "no"), (2, 3, "no")], (1, 3, "duplicate")),
        ([(1, 2, "no"), (2, 3, "duplicate")], (1, 3, "no")),
        ([(1, 2, "story"), (2, 3, "duplicate")], (1, 3, "story")),
    ],
)
def test_what_can_be_is_accepted(stands, new):
    assert contradiction(bonds(*stands), Bond(*new)) is None


def test_the_sentence_says_what_to_do():
    assert contradiction(bonds((1, 2, "duplicate"), (2, 3, "duplicate")), Bond(1, 3, "no")) == (
        "That articles 1 and 3 are two things contradicts what stands: 1 and 2 are one text (judgement 1, dana); "
        "2 and 3 are one text (judgement 2, dana). Withdraw one of these first."
    )


def possible(stands):
    """The same by brute force: closures of what joins, and nothing barred inside one."""
    for joins, bars in (({"duplicate"}, {"no", "story"}), ({"duplicate", "story"}, {"no"})):
        group = {n: n for n in range(8)}
        for _ in group:
            for bond in stands:
                if bond.says in joins:
                    low = min(group[bond.one], group[bond.other])
                    group[bond.one] = group[bond.other] = low
        if any(group[bond.one] == group[bond.other] for bond in stands if bond.says in bars):
            return False
    return True


def test_it_agrees_with_brute_force_on_random_judgements():
    dice = random.Random(7)
    refused = 0
    for _ in range(300):
        stands = []
        for number in range(1, 12):
            new = Bond(*sorted(dice.sample(range(8), 2)), dice.choice(["duplicate", "story", "no"]), number)
            rest = [bond for bond in stands if (bond.one, bond.other) != (new.one, new.other)]
            told = contradiction(stands, new)
            assert (told is None) == possible([*rest, new])
            if told is None:
                stands = [*rest, new]
            refused += told is not None
    assert 300 < refused < 2500
