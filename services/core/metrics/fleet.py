"""What all processes have counted, added up in the database.

A process adds what its meters grew by every few seconds, in a transaction of its own: work never waits for a counter that
another process is writing. What a killed process had not yet added is lost, a few seconds of counts; nothing is ever counted
twice, since an addition that was not committed is made again with the next one. Prometheus' own way of several processes shares files
in one folder, and ours run on several machines.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import Metric
from prometheus_client.registry import Collector
from sqlalchemy import ARRAY, Float, Text, bindparam, event, text
from sqlalchemy.orm import Session

from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.metrics import meters

log = logging.getLogger(__name__)

EVERY_S = 5
Key = tuple[str, tuple[str, ...]]
"""Name of a series, and the values of its labels in the order of their names."""

_ADD = text(
    """
    INSERT INTO meters AS m (name, labels, value)
    SELECT d.name, string_to_array(d.labels, E'\\x1f'), d.value
    FROM unnest(:names, :labels, :amounts) AS d (name, labels, value) ORDER BY 1, 2
    ON CONFLICT (name, labels) DO UPDATE SET value = m.value + excluded.value
    """
).bindparams(
    bindparam("names", type_=ARRAY(Text)),
    bindparam("labels", type_=ARRAY(Text)),
    bindparam("amounts", type_=ARRAY(Float)),
)
READ = text("SELECT name, labels, value FROM meters")
"""Everything that was ever added."""
_SEPARATOR = "\x1f"
_told: dict[Key, float] = {}
_telling = threading.Lock()


def _series() -> dict[Key, float]:
    """What this process has counted so far."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for metric in meters.registry.collect()
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


def add_up() -> int:
    """Add what grew since the last time; how many series did.

    Raises UnavailableError or ConfigurationError when the database cannot be had: then all of it is added the next time.
    """
    with _telling:
        now = _series()
        grown = {key: value - _told.get(key, 0) for key, value in now.items() if value > _told.get(key, 0)}
        if grown:
            with transaction() as session:
                session.execute(
                    _ADD,
                    {
                        "names": [name for name, _ in grown],
                        "labels": [_SEPARATOR.join(labels) for _, labels in grown],
                        "amounts": list(grown.values()),
                    },
                )
            _told.update(now)
        return len(grown)


def forget() -> None:
    """Take everything counted so far as added: it was another process's (a fork's parent) or another database's."""
    with _telling:
        _told.update(_series())


def start() -> None:
    """Add up from a thread of its own for as long as the process lives."""
    forget()

    def run() -> None:
        pause = threading.Event()
        while True:
            pause.wait(EVERY_S)
            try:
                add_up()
            except DatelineError as error:
                log.debug("counts wait: %s", error)
            except Exception:  # counts are no reason to end anything
                log.exception("counts could not be added up")

    threading.Thread(target=run, name="meters", daemon=True).start()


class Fleet(Collector):
    """Rows of the database as what Prometheus reads: every meter there is, those never counted at nothing."""

    def __init__(self, rows: Iterable[tuple[str, list[str], float]]) -> None:
        self._found = {(name, tuple(labels)): value for name, labels, value in rows}

    def collect(self) -> Iterator[Metric]:
        """One family for every meter of this version; what an older one counted is not told."""
        for family in meters.registry.collect():
            shown = Metric(family.name, family.documentation, family.type)
            names = {sample.name for sample in family.samples} | _names(family)
            label_names = sorted(_label_names(family.name))
            for (name, values), value in sorted(self._found.items(), key=_order):
                wanted = [*label_names, "le"] if name.endswith("_bucket") else label_names
                if name in names and len(values) == len(wanted):
                    shown.add_sample(name, dict(zip(sorted(wanted), values, strict=True)), value)
            if family.type == "counter" or not (shown.samples or label_names):
                self._begin(shown, family)
            yield shown

    def _begin(self, shown: Metric, family: Metric) -> None:
        """Add at nothing what this version tells from the beginning and nobody has counted yet."""
        for sample in family.samples:
            key = (sample.name, tuple(value for _, value in sorted(sample.labels.items())))
            if not sample.name.endswith("_created") and key not in self._found:
                shown.add_sample(sample.name, sample.labels, 0)


def _order(item: tuple[Key, float]) -> tuple[Any, ...]:
    """Series side by side, the buckets of one by their upper end: as every reader of the format expects them."""
    (name, values), _ = item
    ends = [_end(value) for value in values] if name.endswith("_bucket") else []
    rest = [value for value in values if _end(value) is None] if ends else list(values)
    return name, rest, [end for end in ends if end is not None]


def _end(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _names(family: Metric) -> set[str]:
    if family.type == "histogram":
        return {family.name + end for end in ("_bucket", "_sum", "_count")}
    return {family.name + "_total"}


def _label_names(name: str) -> tuple[str, ...]:
    collector: Any = meters.registry._names_to_collectors[name]  # noqa: SLF001 - the library has no public way to ask
    return tuple(collector._labelnames)  # noqa: SLF001 - as above


_WAITING = "dateline.counted"


def after_commit(session: Session, count: Callable[[], object]) -> None:
    """Count when, and only when, the session's transaction commits."""
    session.info.setdefault(_WAITING, []).append(count)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if not session.in_nested_transaction():
        for count in session.info.pop(_WAITING, []):
            count()


@event.listens_for(Session, "after_rollback")
def _rolled_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WAITING, None)
