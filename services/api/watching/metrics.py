"""What Prometheus is told: what is read from the servers at scrape, and what all processes have counted (`core.metrics.meters`).

Every figure is of the whole installation, whichever API process is asked; what concerns one process carries its name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.core.metrics import meters
from services.core.metrics.fleet import Fleet

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dateline_server_up": (
        "Whether a server we stand on answered this scrape; where it did not, what it knows is absent.",
        ("server",),
    ),
    "dateline_stage_waiting": ("What waits before a stage.", ("stage",)),
    "dateline_stage_oldest_seconds": (
        "How long what waits longest before a stage has waited; 0 where nothing does.",
        ("stage",),
    ),
    "dateline_processes": ("Processes of a role that gave a sign of life in the last 20 s.", ("role",)),
    "dateline_followers": ("Open event streams and held requests.", ("process",)),
    "dateline_database_connections": (
        "Connections of an API process by state; waiting for one begins at the limit.",
        ("process", "state"),
    ),
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
    """What one API process counts, and how a scrape is written."""

    def __init__(self) -> None:
        self.followers = 0
        self._series: dict[tuple[str, int], tuple[Callable[[float], None], Callable[[], None]]] = {}

    def answered(self, *, route: str, status: int, seconds: float) -> None:
        """Note one answer. `route` is the path's template, so that readers cannot invent series."""
        series = self._series.get((route, status))
        if series is None:
            series = self._series[route, status] = (
                meters.http_seconds.labels(route).observe,
                meters.http_answers.labels(route, str(status)).inc,
            )
        observe, count = series
        observe(seconds)
        count()


def render(readings: list[Reading], counted: list[tuple[str, list[str], float]] | None) -> bytes:
    """Everything in Prometheus' text format. `counted` None: the database said nothing, and no counter is told; a smaller
    number than before would be taken for a restart.
    """
    scrape = CollectorRegistry()
    scrape.register(_Scrape(readings))
    if counted is not None:
        scrape.register(Fleet(counted))
    return generate_latest(scrape)
