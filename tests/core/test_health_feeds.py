"""What the doctor says of feeds: which trouble may lie here, which at the publishers, and what waits for a choice."""

from datetime import timedelta

import pytest

from services.core import health
from services.core.health import dozens, why_they_fail
from services.core.health.feeds import DOZEN
from services.core.models import Gap
from services.ingest.faults import FAULTS
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import add

DAY = timedelta(days=1)


def told(about: str) -> list[tuple[bool, str]]:
    return [(finding.ok, finding.says) for finding in health.examine() if finding.about == about]


def feeds(desk: Desk, number: int, start: int = 0, **values) -> list[int]:
    return [desk.feed(f"s{n}.example", **values) for n in range(start, start + number)]


def test_where_feeds_are_well_nothing_else_is_said_of_them(service, desk: Desk):
    feeds(desk, 3)
    said = {finding.about for finding in health.examine()}
    assert said & {"failing", "due", "gaps", "replacements", "quiet"} == set()


@pytest.mark.parametrize(("well", "ok"), [(0, False), (20 * DOZEN, True)])
def test_a_dozen_feeds_with_one_reason_are_one_sentence(service, desk: Desk, well: int, ok: bool):
    """Among many feeds a dozen always fail; among few the reason may lie here."""
    feeds(desk, DOZEN, failures=2, error_kind="dns", error="x")
    feeds(desk, well, start=DOZEN)
    assert told("failing") == [
        (ok, "12 feeds fail because their names do not resolve: is this machine's DNS all right?")
    ]


def test_fewer_than_a_dozen_are_their_publishers_business(service, desk: Desk):
    feeds(desk, DOZEN - 1, failures=2, error_kind="dns", error="x")
    assert told("failing") == []


def test_statuses_of_broken_servers_are_one_reason():
    failing = {"http-500": 5, "http-503": 8, "http-404": 40, "http-418": 12, "timeout": 11}
    assert dozens(failing) == [("http-404", 40), ("http-5xx", 13), ("http-4xx", 12)]


@pytest.mark.parametrize("kind", [*FAULTS, "unknown"])
def test_every_kind_of_failure_ends_in_a_remedy(kind):
    says = why_they_fail(kind)
    assert says.startswith("fail ")
    assert ": " in says
    assert says[-1] in ".?"


def test_paused_feeds_fail_no_more(service, desk: Desk):
    feeds(desk, DOZEN, failures=2, error_kind="dns", error="x", paused_reason="gone")
    assert told("failing") == []


def test_a_feed_that_waits_too_long_is_told_with_what_to_start(service, desk: Desk):
    desk.feed(next_check_at=desk.now - timedelta(hours=2))
    assert told("due") == [
        (
            False,
            "1 feed is overdue, the oldest for 120 min: start more `dateline worker ingest`, or see the log of ingest.",
        )
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"next_check_at": timedelta(minutes=-9)},
        {"next_check_at": timedelta(minutes=-50), "checked_at": None},
        {"next_check_at": timedelta(hours=-2), "lease_until": timedelta(minutes=1)},
        {"next_check_at": timedelta(hours=-2), "paused_reason": "gone"},
    ],
    ids=["shortly", "new", "in hand", "paused"],
)
def test_a_feed_that_is_waited_for_with_reason_is_not_overdue(service, desk: Desk, values):
    moments = {name: desk.now + v if isinstance(v, timedelta) else v for name, v in values.items()}
    desk.feed(**moments)
    assert told("due") == []


def test_gaps_of_the_last_day_are_counted_with_what_they_cost(service, desk: Desk):
    one, two = feeds(desk, 2)
    for feed, ago, missed in ((one, 1, 30), (one, 5, 10), (two, 30, 500)):
        end = desk.now - timedelta(hours=ago)
        add(Gap(feed_id=feed, from_at=end - DAY, to_at=end, window=30, missed=missed))
    ((ok, says),) = told("gaps")
    assert not ok
    assert says.startswith("2 gaps in 1 feed in the last day, about 40 items missed: ")
    feeds(desk, 30, start=2)
    assert told("gaps")[0][0]


def test_what_waits_for_a_choice_is_told_and_is_nothing_wrong(service, desk: Desk):
    desk.feed(replacement_url="https://tribune.example/new")
    desk.feed("hush.example", quiet_at=desk.now - DAY)
    ((ok, says),) = told("replacements")
    assert ok
    assert says.startswith("1 feed is offered another address: ")
    assert "`dateline feeds replace ID` takes it" in says
    ((ok, says),) = told("quiet")
    assert ok
    assert says.startswith("1 feed is quiet against habit: ")


def test_silence_of_many_at_once_is_wrong(service, desk: Desk):
    feeds(desk, DOZEN, quiet_at=desk.now - DAY)
    assert told("quiet")[0][0] is False
