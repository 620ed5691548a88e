"""One of a crew: says that it is ready, waits for the word, works until nothing is left, and tells what that took."""

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session

from services.classify.labelling import label
from services.core import latest
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.settings import settings
from services.ingest import finishing
from services.ingest.entry import FetchResponse
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import leases
from tests.bench import volume


@dataclass(slots=True)
class Told:
    """What one member did: articles, CPU seconds, and seconds from asking for the stream's lock to the end of the commit."""

    articles: int = 0
    cpu_s: float = 0.0
    publishing_s: float = 0.0

    @classmethod
    def read(cls, line: str) -> "Told":
        """As `main` printed it."""
        return cls(**json.loads(line))


def addresses(name: str, batches: int) -> list[str]:
    """The feeds of one turn of ingest."""
    return [f"https://{name}-{n}.example/feed" for n in range(batches * volume.FEEDS)]


def main(role: str, name: str, batches: int) -> None:
    """Do the work of `role`; the stock of the turn `name` has so many batches."""
    logging.disable(logging.ERROR)  # feeds that show nothing they showed before have gaps
    told = Told()
    if role == "classify":
        _count_publishing(told)
        label.warm_up()
        work: Callable[[], int] = label.label_waiting
    else:
        bodies = {url: volume.body(url) for url in addresses(name, batches)}
        work = lambda: _store(bodies)  # noqa: E731 (one line)
    with transaction() as session:
        leases.due(session)  # connected
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.process_time()
    while done := work():
        told.articles += done
    told.cpu_s = time.process_time() - begun
    print(json.dumps(asdict(told)), flush=True)


def _store(bodies: Mapping[str, bytes]) -> int:
    """From bytes to stored articles, as an ingest worker does it with a batch of feeds; 0 when no feed is due any more."""
    with transaction() as session:
        held = leases.claim(session, limit=settings().fetch_batch)
        left = held or leases.due(session)
    looks = []
    for feed in held:
        response = FetchResponse(feed_id=feed.id, url=feed.url, status=200, headers={}, body=bodies[feed.url])
        looks.append(Look(feed, response, read(feed, response, now=utc_now())))
    if looks:
        finishing.finish(looks)
    elif left:  # another member is just claiming the last ones
        time.sleep(0.01)
        return _store(bodies)
    return len(looks) * volume.ENTRIES


def _count_publishing(told: Told) -> None:
    """The time from before `publish` to the end of the commit, of every transaction that publishes."""
    since: list[float] = []
    publish = latest.publish

    def timed(session: Session, drafts: list[latest.Draft]) -> int | None:
        if drafts:
            since.append(time.perf_counter())
        return publish(session, drafts)

    @event.listens_for(Session, "after_commit", insert=True)
    def _(_session: Session) -> None:
        if since:
            told.publishing_s += time.perf_counter() - since.pop()

    latest.publish = timed  # type: ignore[assignment]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
