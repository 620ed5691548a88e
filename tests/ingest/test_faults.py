"""What went wrong: every kind with its group, how long it is waited, and the sentence that a person reads."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest import fetch_errors
from services.ingest.faults import (
    FAULTS,
    LONGEST_RETRY_S,
    RARELY_AFTER,
    fault_of,
    is_lasting,
    pause_s,
)
from tests.fixtures.entries import NOW

DAY = timedelta(days=1)
PAGE = Path(__file__).parents[2] / "docs/explanation/fetching.md"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_says_what_it_means_and_what_to_do(fault):
    assert fault.means.endswith(".")
    assert fault.remedy.endswith(".")
    assert fault.group


def test_every_kind_that_fetching_names_is_known():
    """By the source: a kind that nobody entered in the table would be taken for trouble of our own."""
    source = Path(fetch_errors.__file__).read_text()
    named = set(re.findall(r'return \(?\s*"([a-z-]+)",', source))
    assert len(named) >= 9
    assert named <= set(FAULTS)


@pytest.mark.parametrize(
    ("kind", "group", "lasting"),
    [
        ("dns", "dns", False),
        ("timeout", "timeout", False),
        ("http-404", "http-4xx", True),
        ("http-418", "http-4xx", True),
        ("http-408", "http-4xx", False),
        ("http-429", "throttled", False),
        ("http-503", "http-5xx", False),
        ("http-599", "http-5xx", False),
        ("http-501", "http-5xx", True),
        ("http-204", "http-other", False),
        ("http-0", "http-other", False),
        ("not-a-feed", "not-a-feed", True),
        ("bot-wall", "bot-wall", True),
        ("internal", "internal", False),
        ("never heard of", "internal", False),
        (None, "internal", False),
    ],
)
def test_every_kind_has_a_group_and_passes_or_not(kind, group, lasting):
    assert fault_of(kind).group == group
    assert is_lasting(kind, failures=1, ok_at=NOW, now=NOW) is lasting


@pytest.mark.parametrize(
    ("failures", "ok_at", "lasting"),
    [
        (20, NOW - 3 * DAY + timedelta(seconds=1), False),
        (2, NOW - 3 * DAY, True),
        (1, NOW - 90 * DAY, False),
        (11, None, False),
        (12, None, True),
    ],
)
def test_a_name_that_does_not_resolve_is_believed_gone_after_three_days(failures, ok_at, lasting):
    assert is_lasting("dns", failures=failures, ok_at=ok_at, now=NOW) is lasting


def test_temporary_faults_double_from_two_minutes_and_lasting_ones_from_an_hour_and_neither_stops():
    assert [pause_s(n) for n in (1, 2, 3, 10, 11, 1000)] == [120, 240, 480, 61_440, 86_400, 86_400]
    assert [pause_s(n, lasting=True) for n in (1, 2, 5, 6, 30)] == [3600, 7200, 57_600, 86_400, 86_400]
    assert [pause_s(n, lasting=True) for n in (31, 10**9)] == [7 * 86_400] * 2
    assert [pause_s(n, patient=True) for n in (1, 31)] == [3600, 86_400]


@given(st.integers(-5, 10**6), st.booleans(), st.booleans(), st.integers(1, 86_400), st.integers(1, 86_400))
def test_a_pause_never_shrinks_with_the_failures(failures, patient, lasting, first, longest):
    def pause(count: int) -> int:
        return pause_s(count, patient=patient, lasting=lasting, first_s=first, longest_s=longest)

    assert 0 < pause(failures) <= pause(failures + 1) <= 7 * longest
    if not lasting or failures <= RARELY_AFTER:
        assert pause(failures) <= longest <= LONGEST_RETRY_S


def test_the_page_on_fetching_lists_every_fault_as_the_table_has_it():
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (passes|passes later|lasts) \| (.*?) \| (.*?) \|$",
        PAGE.read_text(),
        re.MULTILINE,
    )
    says = {False: "passes", True: "lasts"}
    expected = [
        (f.kind, "passes later" if f.patient else says[f.lasting], f.means, f.remedy) for f in FAULTS.values()
    ]
    assert rows == expected
