"""Row 22 of the fault matrix: a publisher's system goes mad, and nobody is shown anything twice, nor loses anything."""

import pytest

from services.core.clock import utc_now
from services.core.db import transaction
from services.ingest import finishing
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import catalogue, leases
from tests.fixtures.database import sql
from tests.fixtures.entries import answer, rss

URL = "https://mad.example/feed"
NAMES = range(12)


def look(body: bytes) -> None:
    """One fetch that brings this body, and labels for what came."""
    sql("UPDATE feeds SET next_check_at = now()")
    sql("UPDATE hosts SET free_at = 'epoch'")
    with transaction() as session:
        (feed,) = leases.claim(session, limit=1)
    response, now = answer(body, feed_id=feed.id), utc_now()
    finishing.finish([Look(feed, response, read(feed, response, now=now))], now)
    sql(
        "UPDATE articles SET waiting_since = NULL, published_revision = revision, listed = true WHERE removed_at IS NULL"
    )


def body(guid: str = "g{}", *, date: str = "") -> bytes:
    made = rss(
        *(
            (guid.format(n), f"https://mad.example/{n}", f"The council meets for the {n}th time")
            for n in NAMES
        )
    )
    stamp = f"<pubDate>{date}</pubDate></item>".encode() if date else b"</item>"
    return made.replace(b"</item>", stamp)


def shown() -> list[tuple]:
    """What stands in Latest: address, revision, place."""
    return sql("SELECT url, revision, sort_at FROM articles WHERE listed ORDER BY url")


@pytest.fixture(autouse=True)
def _read_once(service):
    with transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd(URL)])
    look(body())


@pytest.mark.parametrize(
    "madness",
    [
        [body("new-guid-{}")],
        [body("new-guid-{}"), body("newer-guid-{}"), body()],
        [body(date="Sat, 28 Nov 2026 09:00:00 GMT")],
        [body(date="Sat, 28 Nov 2026 09:00:00 GMT"), body(date="Thu, 01 Jan 1970 00:00:00 GMT"), body()],
        [body("new-guid-{}", date="Fri, 31 Dec 2099 00:00:00 GMT")],
        [rss(), body()],
        [b"", b"<rss", rss(), body()],
    ],
    ids=[
        "other guids",
        "others again and back",
        "another date",
        "dates to and fro",
        "all of it, from 2099",
        "empty",
        "empty and broken",
    ],
)
def test_row_22_a_feed_that_goes_mad_shows_nothing_twice_and_takes_nothing_away(madness):
    before = shown()
    assert len(before) == len(NAMES)
    for sent in madness:
        look(sent)
        assert [(url, at) for url, _, at in shown()] == [(url, at) for url, _, at in before]
    assert sql("SELECT count(*) FROM articles") == [(len(NAMES),)]
    assert sql("SELECT count(*) FROM gaps") == [(0,)], "what is known by its address is no gap"


def test_row_22_a_window_that_holds_nothing_known_is_told():
    """The alarm: everything else might be a new beginning."""
    look(rss(*((f"x{n}", f"https://mad.example/x{n}", f"Quite another text, number {n}") for n in NAMES)))
    assert sql("SELECT count(*) FROM gaps") == [(1,)]
    assert len(shown()) == 2 * len(NAMES)
