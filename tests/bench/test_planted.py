"""Near-duplicates on the planted set, a part of it: the whole is measured by `python -m tests.bench stories`."""

import pytest

from services.classify.duplicates import Text, prepare
from services.classify.duplicates.grouping import copies
from tests.bench.planted import DATA, KINDS, Row, by_kind, planted, planted_pairs, real_texts, truth

SEED = 20261128


@pytest.mark.skipif(not DATA.exists(), reason="the development data (../shared/data) is not on this machine")
def test_near_duplicates_reach_what_was_asked_for():
    rows = planted(real_texts(limit=3000), seed=SEED, copied=300)
    found = set(copies((prepare(Text(row.title, row.body)), row.at) for row in rows))
    right = truth(rows, [found])
    precision, recall = len(found & right) / len(found), len(found & right) / len(right)
    print(f"precision {precision:.3f}, recall {recall:.3f} of {len(right)} pairs")
    assert precision >= 0.98
    assert recall >= 0.93
    assert min(share for _, share in by_kind(rows, found)) >= 0.9


def test_a_planted_set_is_the_same_for_a_seed_and_knows_its_pairs():
    real = [row for n in range(40) for row in _texts(n)]
    rows = planted(real, seed=3, copied=10)
    assert rows == planted(real, seed=3, copied=10)
    assert rows != planted(real, seed=4, copied=10)
    assert len(rows) == len(real) + 30
    assert len(planted_pairs(rows)) == 10 * 6
    assert {row.kind for row in planted(real, seed=5, copied=40)} == {"real", *KINDS}


def test_natural_copies_count_with_their_planted_ones():
    real = [row for n in range(30) for row in _texts(n)]
    rows = planted([*real, real[0]], seed=3, copied=31)
    right = truth(rows, [{(0, 30)}])
    assert (0, 30) in right
    assert right > planted_pairs(rows)


def _texts(number):
    words = " ".join(f"word{number}x{place}" for place in range(30))
    yield Row(f"headline number {number} of these about something{number}", words)
