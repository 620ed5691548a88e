"""Names, numbers and places across languages: precise, and no more than that."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories import Document, Frequencies
from services.classify.stories.across import learn, marks, resemblance, skeleton
from services.classify.tokens import fold
from tests.fixtures.translations import EVENTS

REPORTS = [
    (number, Document(f"{number}{language}", *text, language=language))
    for number, event in enumerate(EVENTS)
    for language, text in event.items()
]


@pytest.fixture(scope="module")
def frequencies():
    found = Frequencies()
    for _, document in REPORTS:
        learn(document, found)
    return found


@pytest.mark.parametrize(
    "names",
    [
        "Токаев Tokayev Tokajew",
        "Путин Putin Poutine",
        "Байден Biden",
        "Рахмон Rahmon Rakhmon",
        "Бишкек Bishkek Bischkek",
    ],
)
def test_a_name_has_one_skeleton_in_every_language(names):
    assert len({skeleton(fold(name)) for name in names.split()}) == 1


def test_two_names_have_two():
    assert (
        len(
            {
                skeleton(fold(name))
                for name in ["Tokayev", "Mirziyoyev", "Japarov", "Rahmon", "Aliyev", "Atambayev"]
            }
        )
        == 6
    )


def test_events_are_recognised_more_often_than_not_and_never_confused(frequencies):
    pairs = [(a, b) for a, b in itertools.combinations(REPORTS, 2) if a[1].language != b[1].language]
    said = [(a[0] == b[0], resemblance(a[1], b[1], frequencies).same) for a, b in pairs]
    assert (False, True) not in said
    assert said.count((True, True)) >= 15
    assert said.count((True, True)) + said.count((True, False)) == 30


def test_other_places_or_other_days_speak_against_it(frequencies):
    pairs = itertools.combinations([document for _, document in REPORTS], 2)
    one, other = next(pair for pair in pairs if resemblance(*pair, frequencies).same)
    kz, us = frozenset({"KZ", "UZ"}), frozenset({"US"})
    assert resemblance(replace(one, places=kz), replace(other, places=kz), frequencies).same
    assert not resemblance(replace(one, places=kz), replace(other, places=us), frequencies).same
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    late = [
        replace(document, at=noon + days * timedelta(days=1)) for document, days in ((one, 0), (other, 3))
    ]
    assert not resemblance(*late, frequencies).same


@given(st.text(max_size=80), st.text(max_size=200), st.sampled_from(REPORTS))
@settings(deadline=None)
def test_any_text_is_judged_and_the_judgement_is_symmetric(title, body, report):
    one, frequencies = Document(1, title, body), Frequencies()
    assert resemblance(one, report[1], frequencies) == resemblance(report[1], one, frequencies)
    assert all(mark for mark in marks(one))
