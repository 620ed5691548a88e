"""What Prometheus is told. Requests are counted as they are answered; the rest is read from the database at scrape."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
    "dateline_stream_floor": ("Oldest position that a cursor may name.", ()),
    "dateline_gaps_recent": ("Gaps noticed in the last 24 hours.", ()),
    "dateline_queue_length": ("Hints lying in a queue; absent while Redis is away.", ("queue",)),
    "dateline_beat_age_seconds": (
        "Seconds since the last sign of life of a role's youngest process.",
        ("role",),
    ),
}
"""Name, help and label names of everything read at scrape."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value at scrape, under one label value or none."""

    name: str
    value: float
    label: str | None = None


class Metrics:
    """The numbers of one API process."""

    def __init__(self) -> None:
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
        self.latency.labels(route).observe(seconds)
        self.answers.labels(route, str(status)).inc()

    def render(self, readings: list[Reading]) -> bytes:
        """Everything in Prometheus' text format, with what was read just now."""
        scrape = CollectorRegistry()
        gauges = {name: Gauge(name, text, labels, registry=scrape) for name, (text, labels) in GAUGES.items()}
        for reading in readings:
            gauge = gauges[reading.name]
            (gauge.labels(reading.label) if reading.label is not None else gauge).set(reading.value)
        return generate_latest(self.registry) + generate_latest(scrape)
