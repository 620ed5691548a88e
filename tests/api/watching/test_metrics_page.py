"""The page of metrics and what is scraped say the same, both ways; counts of several processes are one."""

import multiprocessing
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from services.api.watching.metrics import render
from services.core.db import transaction
from services.core.errors import ConfigurationError
from services.core.metrics import fleet, meters
from tests.fixtures.furniture import furnish

PAGE = Path(__file__).parents[3] / "docs/reference/metrics.md"


def page_rows() -> dict[str, tuple[str, tuple[str, ...], str]]:
    found = re.findall(
        r"^\| `(dateline_\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", PAGE.read_text(), re.MULTILINE
    )
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels)), says) for name, kind, labels, says in found}


def scraped(site) -> str:
    return str(site.get("/metrics").text)


def test_the_page_has_exactly_what_is_scraped_with_type_labels_and_help(site, desk):
    furnish(desk)
    families = list(text_string_to_metric_families(scraped(site)))
    told = {f.name + ("_total" if f.type == "counter" else ""): f for f in families}
    assert set(told) == set(page_rows())
    for name, (kind, labels, says) in page_rows().items():
        family = told[name]
        assert kind == family.type, name
        assert says.startswith(family.documentation), name
        seen = {key for sample in family.samples for key in sample.labels} - {"le"}
        assert seen <= set(labels), name


def test_names_follow_the_conventions_of_prometheus(site):
    for name, (kind, labels, says) in page_rows().items():
        assert not {"job", "instance"} & set(labels), "Prometheus gives those itself"
        assert (kind == "counter") == name.endswith("_total"), name
        assert not re.search(r"_(ms|minutes|hours|kb)(_|$)", name), name
        assert says.endswith("."), name
    for histogram in (name for name, row in page_rows().items() if row[0] == "histogram"):
        assert histogram.endswith("_seconds"), histogram


def test_expressions_of_the_page_name_metrics_that_exist():
    names = set(re.findall(r"dateline_\w+", PAGE.read_text()))
    known = set(page_rows())
    histograms = {n for n, row in page_rows().items() if row[0] == "histogram"}
    known |= {n + end for n in histograms for end in ("_bucket", "_sum", "_count")}
    assert names <= known | {"dateline_stage"}


def _count(number: int) -> None:
    """One process of several: it counts, and adds up twice."""
    fleet.forget()
    for _ in range(number):
        meters.listed.inc()
        meters.seen_to_latest.observe(0.7 * number)
    fleet.add_up()
    meters.jobs_failed.labels("articles.label").inc()
    fleet.add_up()


def test_what_alerts_wait_for_is_told_before_it_happens():
    """Prometheus sees no rise in a series that begins with what it rose to."""
    lines = render([], [("dateline_leases_expired_total", ["feed"], 2.0)]).decode().splitlines()
    assert {
        'dateline_leases_expired_total{kind="feed"} 2.0',
        'dateline_leases_expired_total{kind="article"} 0.0',
        'dateline_jobs_failed_total{kind="articles.label"} 0.0',
        'dateline_labels_given_total{kind="region",slug="none"} 0.0',
        "dateline_feed_gap_missed_total 0.0",
    } <= set(lines)


def test_what_several_processes_count_is_one_figure_and_counted_once(service):
    context = multiprocessing.get_context("spawn")
    counting = [context.Process(target=_count, args=(number,)) for number in (1, 2, 3)]
    for process in counting:
        process.start()
    for process in counting:
        process.join(60)
        assert process.exitcode == 0
    with transaction() as session:
        rows = [tuple(row) for row in session.execute(text("SELECT name, labels, value FROM meters"))]
    samples = {
        (s.name, *s.labels.values()): s.value
        for family in text_string_to_metric_families(render([], rows).decode())
        for s in family.samples
    }
    assert samples["dateline_articles_listed_total",] == 6
    assert samples["dateline_jobs_failed_total", "articles.label"] == 3
    assert samples["dateline_seen_to_latest_seconds_count",] == 6
    assert samples["dateline_seen_to_latest_seconds_bucket", "1.0"] == 1
    assert samples["dateline_seen_to_latest_seconds_bucket", "2.5"] == 6
    assert samples["dateline_seen_to_latest_seconds_bucket", "+Inf"] == 6
    assert samples["dateline_seen_to_latest_seconds_sum",] == pytest.approx(0.7 * (1 + 4 + 9))


def test_what_a_rolled_back_transaction_counted_is_not_counted(service):
    before = meters.listed._value.get()
    with transaction() as session:
        fleet.after_commit(session, meters.listed.inc)
        session.rollback()
    assert meters.listed._value.get() == before
    with transaction() as session:
        session.execute(text("SELECT 1"))
        fleet.after_commit(session, meters.listed.inc)
    assert meters.listed._value.get() == before + 1


def test_what_could_not_be_added_is_added_the_next_time(service, database_url):
    fleet.forget()
    meters.listed.inc(2)
    with transaction() as session:
        session.execute(text("ALTER TABLE meters RENAME TO elsewhere"))
    with pytest.raises(ConfigurationError, match="dateline migrate"):
        fleet.add_up()
    with transaction() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO meters"))
    assert fleet.add_up() == 1
    with transaction() as session:
        assert (
            session.scalar(text("SELECT value FROM meters WHERE name = 'dateline_articles_listed_total'"))
            == 2
        )
    assert fleet.add_up() == 0
