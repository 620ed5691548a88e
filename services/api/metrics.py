"""What Prometheus is told. Requests are counted as they are answered; the rest is read from the database at scrape."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dateline_feeds": ("Feeds by state.", ("state",)),
    "dateline_feeds_oldest_due_seconds": ("How long the feed that waits longest has been due.", ()),
    "dateline_articles_waiting": ("Articles that wait for labels.", ()),
    "dateline_articles_waiting_oldest_seconds": (
        "Age of the article that has waited longest for labels.",
        (),
    ),
    "dateline_articles_quarantined": ("Articles put aside because labelling them failed.", ()),
    "dateline_stream_position": ("Newest position of the stream.", ()),
    "dateline_stories_position": ("Position of the stream up to which stories are decided.", ()),
    "dateline_webhooks": ("Webhooks by state.", ("state",)),
    "dateline_stream_floor": ("Oldest position that a cursor may name.", ()),
    "dateline_feeds_failing": ("Failing feeds by kind of error.", ("kind",)),
    "dateline_fetches_recent": (
        "Fetches of the last 10 minutes by outcome and class of status; none where no answer came.",
        ("outcome", "status"),
    ),
    "dateline_fetches_recent_not_modified_ratio": (
        "Share of 304 among the answers of the last 10 minutes; absent without any.",
        (),
    ),
    "dateline_subscriptions": ("WebSub subscriptions by state.", ("state",)),
    "dateline_gaps_recent": ("Gaps noticed in the last 24 hours.", ()),
    "dateline_queue_length": ("Hints lying in a queue; absent while Redis is away.", ("queue",)),
    "dateline_beat_age_seconds": (
        "Seconds since the last sign of life of a role's youngest process.",
        ("role",),
    ),
}
"""Name, help and label names of everything read at scrape."""

COUNTERS: dict[str, str] = {
    "dateline_feed_gaps_total": "Gaps noticed since the database was made.",
    "dateline_feed_gap_missed_total": "Entries that gaps have probably cost, by each feed's own rate.",
    "dateline_parse_differences_total": "Bodies that the two parsers read differently since the database was made.",
}
"""Name and help of what is read at scrape and only ever grows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value at scrape, under the values of its labels."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class _Scrape(Collector):
    """What was read for one scrape."""

    def __init__(self, readings: list[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """One family for every name in the tables, those without a reading empty."""
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {
            name: GaugeMetricFamily(name, text, labels=labels) for name, (text, labels) in GAUGES.items()
        }
        families |= {name: CounterMetricFamily(name, text, labels=()) for name, text in COUNTERS.items()}
        for reading in self._readings:
            families[reading.name].add_metric(reading.labels, reading.value)
        return iter(families.values())


class Metrics:
    """The numbers of one API process."""

    def __init__(self) -> None:
        self._highest: dict[str, float] = {}
        self._series: dict[tuple[str, int], tuple[Callable[[float], None], Callable[[], None]]] = {}
        self.registry = CollectorRegistry()
        self.latency = Histogram(
            "dateline_http_request_seconds",
            "Time from a request to the start of its answer.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.answers = Counter(
            "dateline_http_answers",
            "Answers by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.followers = Gauge(
            "dateline_followers", "Open event streams and held requests.", registry=self.registry
        )

    def answered(self, *, route: str, status: int, seconds: float) -> None:
        """Note one answer. `route` is the path's template, so that readers cannot invent series."""
        series = self._series.get((route, status))
        if series is None:
            series = self._series[route, status] = (
                self.latency.labels(route).observe,
                self.answers.labels(route, str(status)).inc,
            )
        observe, count = series
        observe(seconds)
        count()

    def render(self, readings: list[Reading]) -> bytes:
        """Everything in Prometheus' text format, with what was read just now."""
        scrape = CollectorRegistry()
        scrape.register(_Scrape([self._grown(reading) for reading in readings]))
        return generate_latest(self.registry) + generate_latest(scrape)

    def _grown(self, reading: Reading) -> Reading:
        """A counter never falls while this process runs: a removed feed takes its gaps along, and Prometheus would take
        the smaller number for a restart and count it all again.
        """
        if reading.name not in COUNTERS:
            return reading
        self._highest[reading.name] = max(reading.value, self._highest.get(reading.name, 0))
        return Reading(reading.name, self._highest[reading.name], reading.labels)
