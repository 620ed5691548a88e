"""Stories measured on pairs that editors have judged: only what is known counts."""

import pytest

from services.classify.judged import JudgedStories
from services.core.errors import InvalidInputError

TEXTS = {
    1: ("Earthquake shakes Iquique in Chile", "A strong earthquake shook the port of Iquique in Chile, cutting power."),
    2: ("Iquique: Chile port hit by earthquake", "Residents of Iquique in Chile fled a strong earthquake that cut power in the port."),
    3: ("Chile quake: Iquique counts losses", "Iquique in Chile counts what the strong earthquake has cost the port and its power lines."),
    4: ("Vienna opera names director", "The Vienna State Opera named a new director on Tuesday who begins in autumn."),
}  # fmt: skip


def measured(*said):
    evaluation = JudgedStories()
    for one, other, same in said:
        a, b = (
            {"id": n, "title": TEXTS[n][0], "body": TEXTS[n][1], "date": f"2026-11-2{n}", "lang": "en"}
            for n in (one, other)
        )
        evaluation.add({"a": a, "b": b, "same": same})
    return evaluation.result()


def test_a_pair_that_nobody_judged_counts_for_nothing():
    told = measured((1, 2, "story"), (3, 4, "no"))
    assert (told["rows"], told["stories"], told["gold_stories"]) == (4, 2, 3)
    assert told["pairs"] == told["bcubed"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_what_was_said_takes_no_part_in_the_decision():
    """An editor may say the contrary of what the texts say: then the figures are bad."""
    told = measured((1, 2, "no"), (1, 4, "story"))
    assert told["pairs"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_what_is_joined_is_apart_as_a_whole():
    # 1 and 2 are of one event, 3 is not of 1: so 3 is not of 2 either, and the machine puts all three together.
    told = measured((1, 2, "story"), (1, 3, "no"))
    assert told["pairs"] == {"precision": 0.3333, "recall": 1.0, "f1": 0.5}
    assert told["bcubed"]["precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3, abs=1e-4)


def test_nothing_to_measure_is_said():
    with pytest.raises(InvalidInputError, match="No two articles were judged yet"):
        JudgedStories().result()
