"""Everything that is counted as it happens: one table of meters, in the words of Prometheus.

Each process counts in its own memory; `core.metrics.fleet` adds what grew to the database, so that a scrape of any API process tells
of all of them. Labels are few and known beforehand: no address, no number of an article. None is called `job` or `instance`: those are Prometheus' own.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.core.queues import Job

registry = CollectorRegistry()
"""This process's counts since it began. Never scraped as they are."""

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
MIDDLE = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120)
LONG = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 21_600, 86_400)
"""Upper ends of buckets in seconds: answers, jobs and fetches, ways of an article."""


def _counter(name: str, text: str, *labels: str, known: Iterable[tuple[str, ...]] = ()) -> Counter:
    """A counter; the values of labels that are `known` are told from the beginning, at nothing.

    Prometheus sees no rise in a series that begins with what it rose to, and alerts are about just that.
    """
    made = Counter(name, text, labels, registry=registry)
    for values in known:
        made.labels(*values)
    return made


def _histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(name, text, labels, registry=registry, buckets=buckets)


http_seconds = _histogram(
    "dateline_http_request_seconds",
    "Time from a request to the start of its answer.",
    "route",
    buckets=SHORT,
)
http_answers = _counter("dateline_http_answers_total", "Answers by route and status.", "route", "status")
pushes = _counter("dateline_pushes_total", "Pushes of WebSub hubs by what was done with them.", "outcome")

fetch_delay = _histogram(
    "dateline_fetch_start_delay_seconds",
    "Time from when a feed was due and its host free to the start of its fetch.",
    buckets=LONG,
)
fetch_seconds = _histogram("dateline_fetch_seconds", "Time that one fetch took.", buckets=MIDDLE)
fetches = _counter(
    "dateline_fetches_total",
    "Fetches by outcome and status: 304, a class, none where no answer came.",
    "outcome",
    "status",
)
fetch_bytes = _counter("dateline_fetch_bytes_total", "Bytes of feeds as they came over the line.")
gap_missed = _counter(
    "dateline_feed_gap_missed_total", "Entries that gaps have probably cost, by each feed's own rate."
)

seen_to_latest = _histogram(
    "dateline_seen_to_latest_seconds",
    "Time from when an article was first seen to when it stood in Latest.",
    buckets=LONG,
)
published_to_latest = _histogram(
    "dateline_published_to_latest_seconds",
    "Time from an article's own date to when it stood in Latest; only what was published after its feed was added.",
    buckets=LONG,
)
listed = _counter("dateline_articles_listed_total", "Articles that came into Latest.")
labels_given = _counter(
    "dateline_labels_given_total",
    "Labels of articles as they came into Latest; slug none where there was none of a kind.",
    "kind",
    "slug",
    known=[("region", "none"), ("topic", "none")],
)

_LEASED = [("feed",), ("article",)]
leases_expired = _counter(
    "dateline_leases_expired_total",
    "Leases that ran out: whoever had the work died or froze.",
    "kind",
    known=_LEASED,
)
retries = _counter(
    "dateline_retries_total",
    "Work that will be done again because it came to nothing.",
    "kind",
    known=[*_LEASED, ("webhook",)],
)
quarantined = _counter(
    "dateline_quarantined_total", "What was put aside because workers died of it.", "kind", known=_LEASED
)
deliveries = _counter(
    "dateline_webhook_deliveries_total",
    "Attempts to deliver a message, taken or failed.",
    "outcome",
    known=[("taken",), ("failed",)],
)
jobs = _histogram("dateline_job_seconds", "Time that jobs of workers took.", "kind", buckets=MIDDLE)
jobs_failed = _counter(
    "dateline_jobs_failed_total", "Jobs that ended in an error.", "kind", known=[(job.value,) for job in Job]
)


def status_class(status: int | None) -> str:
    """A status as a label: the one that says "not modified" by itself, others as their class.

    >>> status_class(304), status_class(503), status_class(None)
    ('304', '5xx', 'none')
    """
    if status is None:
        return "none"
    return "304" if status == 304 else f"{status // 100}xx"
