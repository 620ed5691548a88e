"""Traces, as a collector gets them from real roles: one for each request and each job, joined where something joins them; nothing when off."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from newswire.press import RunningPress
from services.core import webhooks
from services.core.db import transaction
from services.ingest.listing import import_opml
from tests.fixtures import editors
from tests.fixtures.collector import Collector, Span, collecting
from tests.fixtures.ports import free_port
from tests.fixtures.receiver import receiving
from tests.fixtures.roles import Roles, eventually
from tests.fixtures.rulebooks import ECONOMY, publish

SERVER, CLIENT, CONSUMER = 2, 3, 5
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EVERYTHING = "import services.api.app, services.worker, services.scheduler, services.ingest.tasks, services.classify.tasks, services.classify.story_tasks, services.cli"


def ask(roles: Roles, path: str, **headers: str) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{roles.port}{path}", headers=headers)
    if "authorization" in headers:
        request.data = b"{}"
        request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=100) as answer:
        return json.load(answer)


def under(spans: list[Span], root: Span) -> list[Span]:
    """Everything that was done below a span."""
    found, ids = [], {root.id}
    while more := [
        span for span in spans if span.parent in ids and span.trace == root.trace and span not in found
    ]:
        found += more
        ids |= {span.id for span in more}
    return found


def logged(roles: Roles) -> list[dict[str, Any]]:
    texts = [line for name in roles.running for line in roles.log(name).splitlines()]
    return [json.loads(text) for text in texts if text.startswith("{") and text.endswith("}")]


def test_one_article_is_traced_from_its_fetch_to_its_delivery(
    roles: Roles, newswire: RunningPress, tmp_path: Path, service: pytest.MonkeyPatch
):
    service.setenv("DATELINE_LOG_FORMAT", "json")
    feeds = tmp_path / "press.opml"
    feeds.write_text(newswire.opml())
    publish(ECONOMY)
    with transaction() as session:
        import_opml(session, feeds)
    with collecting() as collector, receiving() as receiver:
        service.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        service.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with transaction() as session:
            webhooks.add(session, webhooks.New("w", receiver.url, {}, "tester", since=0))
        roles.start_all()
        eventually(receiver.changes, seconds=180, what="a delivery")
        article = receiver.changes()[0]["article"]["id"]
        delivery = eventually(
            lambda: collector.named("webhook.deliver", dateline__articles=article), what="its span"
        )[0]
        eventually(lambda: linked(collector), what="a job that was hinted at by one that has been told of")
        secret = editors.token("aigerim")
        check = ask(
            roles, "/v1/rules/check?wait=60",
            authorization=f"Bearer {secret}", traceparent=f"00-{TRACE}-{CALLER}-01",
        )  # fmt: skip
        assert "accepted" in check
        for _ in range(3):
            ask(roles, "/v1/latest?q=a-question-nobody-hears-of")
        ask(roles, f"/v1/articles/{article}")
        eventually(lambda: len(collector.named("GET /v1/latest")) >= 3, what="spans of what lay ready")
        eventually(lambda: collector.named("desk.request"), what="the span of the desk")
        eventually(lambda: fetched(collector, article), what="the end of the job that fetched it")
        eventually(
            lambda: collector.named("articles.label.batch", dateline__articles=article), what="its labels"
        )
        eventually(lambda: collector.named("POST /v1/rules/check"), what="the span of the request")
        eventually(lambda: collector.named("GET /v1/articles/{article_id}"), what="the span of the article")
        found = logged(roles)
    _fetched_and_stored(collector, article)
    (batch,) = collector.named("articles.label.batch", dateline__articles=article)[:1]
    (listed,) = collector.named("stream.publish", dateline__articles=article)[:1]
    assert listed in under(collector.spans, batch)
    assert (delivery.kind, delivery.service, delivery.about["http.response.status_code"]) == (
        CLIENT,
        "dateline-api",
        200,
    )
    first, last = delivery.about["dateline.seqs"]
    assert first <= listed.about["dateline.seqs"][1]
    assert listed.about["dateline.seqs"][0] <= last
    _asked_and_served(collector)
    requests = collector.named("GET /v1/articles/{article_id}")
    assert {(span.kind, span.about["http.response.status_code"]) for span in requests} == {(SERVER, 200)}
    (line,) = [
        one
        for one in found
        if one["logger"] == "services.classify.labelling.label" and article in one["articles"]
    ][:1]
    assert line["trace"] == batch.trace
    told = json.dumps([span.about for span in collector.spans])
    assert "nobody-hears-of" not in told
    assert secret not in told
    assert {r["service.name"] for r in collector.resources} >= {
        "dateline-api",
        "dateline-ingest",
        "dateline-classify",
    }


def linked(collector: Collector) -> list[Span]:
    """Jobs of classify whose hint was sent while a feed was stored."""
    stores = {(span.trace, span.id) for span in collector.named("feeds.store")}
    return [span for span in collector.named("articles.label") if stores.intersection(span.links)]


def fetched(collector: Collector, article: int) -> tuple[Span, Span] | None:
    """What stored an article, and the job that it was done in, which may end a minute later."""
    stores = collector.named("feeds.store", dateline__articles=article)
    if not stores:
        return None
    store = stores[0]
    jobs = [span for span in collector.named("feeds.fetch") if span.id == store.parent]
    return (store, jobs[0]) if jobs else None


def _fetched_and_stored(collector: Collector, article: int) -> None:
    found = fetched(collector, article)
    assert found is not None
    store, job = found
    assert (job.kind, job.service) == (CONSUMER, "dateline-ingest")
    assert job.about["dateline.task"] != "none"
    feeds = [span for span in under(collector.spans, job) if span.name == "feed"]
    assert {span.about["dateline.feed"] for span in feeds} >= set(store.about["dateline.feeds"])
    good = [
        span
        for span in collector.named("feed.fetch", http__response__status_code=200)
        if span.trace == job.trace
    ]
    feed = next(span for span in feeds if span.id == good[0].parent)
    below = under(collector.spans, feed)
    assert good[0] in below
    assert good[0].kind == CLIENT
    assert {span.name for span in below} == {"feed.fetch", "feed.parse"}
    assert {span.about["dateline.feed"] for span in below} == {feed.about["dateline.feed"]}
    for fetch in collector.named("feed.fetch"):
        assert fetch.failed == (fetch.about.get("http.response.status_code", 599) >= 400)


def _asked_and_served(collector: Collector) -> None:
    (request,) = collector.named("POST /v1/rules/check")
    (served,) = collector.named("desk.request")
    assert (request.trace, request.parent) == (TRACE, CALLER)
    assert served.trace == TRACE
    assert served.service == "dateline-classify"
    assert served in under(collector.spans, request)
    assert request.about["dateline.request"] == TRACE, "as its lines in the log"


def run(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "DATELINE_LOG_FORMAT": "json", **env},
    )  # fmt: skip


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_off_it_reads_nothing_of_what_would_send(env):
    """Neither for being imported nor for being started. (Redis' client reads the SDK's metrics by itself where it is installed.)"""
    code = f"""
{EVERYTHING}
import sys
from services.core import traces
before = set(sys.modules)
traces.check(); traces.start("api")
with traces.span("x", "server", parent="00-{TRACE}-{CALLER}-01", dateline__feed=1) as mark:
    mark.set(a=1); mark.name("y"); mark.fail("z")
    assert traces.here() is None
traces.end()
heavy = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
print([name for name in sys.modules if name.startswith(heavy)], set(sys.modules) - before, traces.on())
"""
    done = run(code, **env)
    assert (done.stdout, done.stderr) == ("[] set() False\n", "")


MISSING = (
    "import sys; sys.modules['opentelemetry.sdk'] = None; sys.modules['opentelemetry.exporter'] = None\n"
)


def test_without_the_packages_everything_works_and_who_asks_for_traces_is_told_what_to_install():
    assert run(MISSING + EVERYTHING).stderr == ""
    code = (
        MISSING
        + "import sys; sys.argv = ['dateline', 'worker', 'ingest']; from services.__main__ import main; main()"
    )
    here = {
        "DATELINE_DATABASE_URL": "postgresql://nowhere.example/x",
        "DATELINE_REDIS_URL": "redis://nowhere.example/0",
    }
    done = run(code, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318", **here)
    assert done.returncode == 2
    assert "pip install 'dateline[traces]'" in done.stderr
    done = run(
        code.removeprefix(MISSING),
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317", OTEL_EXPORTER_OTLP_PROTOCOL="grpc", **here,
    )  # fmt: skip
    assert done.returncode == 2
    assert "http/protobuf" in done.stderr


def test_a_collector_that_is_away_is_a_line_in_the_log_and_costs_nobody_anything():
    code = """
from services.core import logs, traces
logs.configure(level="warning", log_format="json")
traces.start("api")
with traces.span("work"):
    print("done")
traces.end()
"""
    done = run(code, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert all(json.loads(line)["logger"].startswith("opentelemetry.") for line in done.stderr.splitlines())
    assert done.stderr


def test_what_goes_wrong_is_told_without_secrets_and_goes_on():
    code = """
from services.core import traces
traces.start("api")
try:
    with traces.span("work", dateline__articles=list(range(1000))):
        raise ValueError("redis://:hush@queue:6379/0 is away")
except ValueError:
    pass
with traces.span("broken parent", parent="nonsense", link="nonsense"):
    pass
traces.end()
"""
    with collecting() as collector:
        assert run(code, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="news").stderr == ""
    work, other = collector.named("work")[0], collector.named("broken parent")[0]
    assert (work.failed, work.about["error.type"]) == (True, "ValueError")
    assert (len(work.about["dateline.articles"]), work.about["dateline.articles.count"]) == (100, 1000)
    assert "hush" not in repr(work)
    assert (other.failed, other.parent, other.links) == (False, "", ())
    assert {span.service for span in collector.spans} == {"news"}
