"""Alert rules and dashboard over a real API, by a real Prometheus on loopback: every expression finds what it asks for."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.core import backlog
from services.core.db import transaction
from services.core.liveness import beats
from services.core.metrics import fleet, meters
from services.core.models import Webhook
from tests.fixtures.commands import calls, wrong_calls
from tests.fixtures.feeds import add
from tests.fixtures.furniture import furnish
from tests.fixtures.ports import free_port
from tests.fixtures.roles import eventually

ROOT = Path(__file__).parents[1]
RULES = ROOT / "infra/prometheus/alerts.yml"
RULE_TESTS = ROOT / "infra/prometheus/alerts.test.yml"
DASHBOARD = ROOT / "infra/grafana/dashboards/dateline.json"
WRONG_PAGE = ROOT / "docs/how-to/something-is-wrong.md"


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: Debian's package `prometheus` has it.")
    return found


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_promtool_finds_nothing_wrong_with_the_rules_and_their_tests_pass():
    promtool = program("promtool")
    for words in (("check", "rules", RULES), ("test", "rules", RULE_TESTS)):
        done = subprocess.run([promtool, *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def cases() -> list[dict[str, Any]]:
    """What the tests of the rules expect, one alert at one moment each."""
    return [
        case for test in yaml.safe_load(RULE_TESTS.read_text())["tests"] for case in test["alert_rule_test"]
    ]


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent():
    every = {rule["alert"] for rule in alerts()}
    assert {case["alertname"] for case in cases() if case.get("exp_alerts")} == every
    assert {case["alertname"] for case in cases() if not case.get("exp_alerts")} == every


def test_every_command_that_an_alert_or_a_panel_tells_people_to_give_exists():
    """Of texts that are put together when an alert fires, as the cases have them."""
    texts = [note for rule in alerts() for note in rule["annotations"].values()]
    texts += [
        note
        for c in cases()
        for fired in c.get("exp_alerts", ())
        for note in fired["exp_annotations"].values()
    ]
    texts += [panel.get("description", "") for panel in panels()]
    assert sum(len(list(calls(text, "dateline"))) for text in texts) > 20
    assert {text: wrong_calls(text) for text in texts if wrong_calls(text)} == {}


def test_every_alert_says_what_is_wrong_what_to_do_and_where_more_is_said():
    headings = {m.strip() for m in re.findall(r"^### (.+)$", WRONG_PAGE.read_text(), re.MULTILINE)}
    for rule in alerts():
        notes = rule["annotations"]
        assert notes["summary"].endswith("."), rule["alert"]
        assert len(notes["description"]) > 30, rule["alert"]
        page, _, anchor = notes["runbook_url"].partition("#")
        assert (ROOT / page).exists(), rule["alert"]
        assert anchor in headings, rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_every_panel_has_a_title_of_its_own_and_lies_on_no_other():
    titles = [panel["title"] for panel in panels()]
    assert len(set(titles)) == len(titles)
    cells: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not mine & cells, panel["title"]
        cells |= mine


def test_what_was_known_hours_ago_is_not_shown_as_if_it_were_so_now():
    for panel in panels():
        if panel["type"] in {"stat", "bargauge"}:
            assert all(target["instant"] and not target["range"] for target in panel["targets"]), panel[
                "title"
            ]
        if panel["type"] == "stat":
            (none,) = [m for m in panel["fieldConfig"]["defaults"]["mappings"] if m["type"] == "special"]
            assert none["options"]["match"] == "null+nan"


def test_no_figure_is_coloured_by_a_limit_that_nobody_chose():
    """Where neither limits nor a colour are said, Grafana turns everything red from 80 on."""
    for panel in panels():
        if panel["type"] in {"stat", "bargauge"}:
            said = panel["fieldConfig"]["defaults"]
            assert said["color"]["mode"] == "fixed" or said["thresholds"]["steps"], panel["title"]


def test_every_alert_is_shown_by_its_severity():
    shown = {s for expr in expressions() for s in re.findall(r'ALERTS\{.*severity="(\w+)"', expr)}
    assert shown == {rule["labels"]["severity"] for rule in alerts()}


@pytest.fixture
def prometheus(site, tmp_path: Path) -> Iterator[str]:
    """A Prometheus that scrapes the site every second and knows the rules; its address."""
    server, port = program("prometheus"), free_port()
    target = site.url.removeprefix("http://")
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "dateline", "static_configs": [{"targets": [target]}]}],
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(configuration))
    words = [
        server,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (tmp_path / "prometheus.log").open("wb") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log)
    yield f"http://127.0.0.1:{port}"
    running.terminate()
    running.wait(timeout=30)


def ask(prometheus: str, path: str, **query: str) -> Any:
    address = f"{prometheus}{path}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        pytest.fail(f"{query}: {error.read().decode()}")
    except OSError:  # not there yet, or busy
        return None


def happen(site, desk) -> None:
    """A little of everything that is counted, on and on."""
    site.get("/v1/latest")
    meters.fetch_delay.observe(0.1)
    meters.fetch_seconds.observe(0.2)
    meters.fetch_bytes.inc(1000)
    meters.fetches.labels("unchanged", "304").inc()
    meters.fetches.labels("new-body", "2xx").inc()
    meters.gap_missed.inc()
    meters.seen_to_latest.observe(1)
    meters.published_to_latest.observe(60)
    meters.listed.inc()
    meters.labels_given.labels("region", "none").inc()
    meters.labels_given.labels("region", "asia").inc()
    for kind in ("feed", "article"):
        for meter in (meters.leases_expired, meters.retries, meters.quarantined):
            meter.labels(kind).inc()
    meters.deliveries.labels("taken").inc()
    meters.http_answers.labels("/", "503").inc()
    meters.jobs.labels("feeds.fetch").observe(1)
    meters.jobs_failed.labels("feeds.fetch").inc()
    fleet.add_up()
    with transaction() as session:
        backlog.note(session)
    for role in ("scheduler", "ingest", "classify", "stories"):
        beats.beat(role, "tester:1", {})
    beats.beat("api", "tester:2", {"followers": 1, "pool": {"used": 1, "idle": 2, "limit": 16}})


def test_every_expression_of_rules_and_dashboard_finds_something(site, desk, prometheus):
    furnish(desk)
    desk.feed("nowhere.example", failures=3, error_kind="dns", error="x")
    desk.article(listed=False, age=timedelta(minutes=3))
    add(Webhook(name="w", url="http://a.example/", filters={}, secret="s", author="t", epoch="e", seq=0))
    # Nothing that is critical fires within a test's time; a warning does.
    wanted = {
        expr.replace("$__rate_interval", "1m") for expr in expressions() if 'severity="critical"' not in expr
    }
    # What compares finds nothing while all is well; what it compares must be there.
    selectors = {s for rule in alerts() for s in re.findall(r"dateline_\w+(?:\{[^}]*\})?", rule["expr"])}
    missing = wanted | selectors

    def found_all() -> bool:
        happen(site, desk)
        for expr in sorted(missing):
            answer = ask(prometheus, "/api/v1/query", query=expr)
            if answer is not None and any(row["value"][1] != "NaN" for row in answer["result"]):
                missing.discard(expr)
        return not missing

    try:
        eventually(found_all, what="data for every expression")
    except AssertionError:
        pytest.fail(f"nothing was found for {sorted(missing)}")
    groups = ask(prometheus, "/api/v1/rules")["groups"]
    states = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert set(states) == {rule["alert"] for rule in alerts()}
    assert set(states.values()) == {"ok"}
