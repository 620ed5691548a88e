"""Everything that writes to Latest, as processes that die: `python -m tests.api.stream_life SEED`.

A press whose entries are fetched, corrected, copied and adopted by another source; workers that label, by rules that an editor changes;
an editor who takes articles out and back; the keeper who lets go of what is old and cuts the log. Each dawdles while it holds the stream,
some kill themselves there, others are killed from outside, and whoever dies is replaced. When standard input ends, what waits is labelled;
then this prints how many died.
"""

import json
import os
import random
import select
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from html import escape

from sqlalchemy import text

from services.classify.labelling import label, relabel, store
from services.core import latest, removal
from services.core.clock import utc_now
from services.core.db import transaction
from services.ingest import finishing, retention
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import leases
from tests.fixtures import crews
from tests.fixtures.database import sql
from tests.fixtures.entries import answer
from tests.fixtures.rulebooks import publish

FEEDS = ("https://a.example/feed", "https://b.example/feed", "https://gatherer.example/feed")
LANGUAGES = ("en", "en", "de", "ru")
WORDS = ("rain", "snow", "inflation", "Kazakh", "Kyrgyz")
LISTED = 60
"""Articles that Latest has room for: whoever begins reads all of them while the log is cut behind him."""
KILLED = 0.08
"""How often one is killed from outside, by a twentieth of a second."""

_RULES = (
    "labels:\n  - {{id: region/asia, name: Asia, terms: [steppe]}}\n"
    "  - {{id: region/central-asia, name: Central Asia, parent: asia, terms: [{0}]}}\n"
    "  - {{id: region/europe, name: Europe, terms: [{1}]}}\n"
    "  - {{id: topic/economy, name: Economy, terms: [{2}]}}\n  - {{id: topic/energy, name: Energy, terms: [{3}]}}\n"
)
RULES = (
    _RULES.format("Kazakh", "Kyrgyz", "inflation", "rain"),
    _RULES.format("Kyrgyz", "Kazakh", "snow", "inflation"),
)
"""By the one book an article on Kazakhs stands in Asia, by the other in Europe."""


def prose(dice: random.Random, many: int) -> str:
    """Words that no other text has, and a few that all filters know."""
    rare = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(many)]
    return " ".join([*dice.sample(WORDS, 2), *rare])


def body(dice: random.Random, feed: str) -> bytes:
    """A feed that brings new entries, and old ones as they were or corrected; some have the words, or the address, of another's."""
    known = sql(
        "SELECT s.guid, s.url, a.title, a.text FROM sightings s JOIN articles a ON a.id = s.article_id JOIN feeds f ON f.id = s.feed_id"
        " WHERE f.url = :feed ORDER BY a.id DESC LIMIT 30", feed=feed,
    )  # fmt: skip
    others = sql("SELECT url, title, text FROM articles WHERE text <> '' ORDER BY id DESC LIMIT 30")
    host = feed.split("/")[2]
    items = []
    for _ in range(dice.randint(1, 4)):
        what, name = dice.random(), f"{dice.getrandbits(60):x}"
        if what < 0.35 or not known:
            # What the gatherer lists lies elsewhere: its own publisher brings it later.
            at = dice.choice(("a.example", "b.example")) if host == "gatherer.example" else host
            items.append((name, f"https://{at}/{name}", prose(dice, 5), prose(dice, 30)))
        elif what < 0.7:
            guid, url, title, words = dice.choice(known)
            if dice.random() < 0.6:
                title, words = prose(dice, 5), prose(dice, 30)
            elif others:
                _, title, words = dice.choice(others)
            items.append((guid, url, title, words))
        elif others:
            url, title, words = dice.choice(others)
            items.append((name, url if dice.random() < 0.6 else f"https://{host}/{name}", title, words))
    lines = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><link>{escape(url)}</link><title>{title}</title>"
        f"<description>{words}</description><pubDate>{datetime.now(UTC):%d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for guid, url, title, words in items
    )
    language = dice.choice(LANGUAGES)
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>{host}</title><language>{language}</language>{lines}</channel></rss>"
    ).encode()


def press(dice: random.Random) -> None:
    feed = dice.choice(FEEDS)
    brings = body(dice, feed)
    sql(
        "UPDATE feeds SET next_check_at = now(), lease_until = 'epoch', attempts = 0 WHERE url = :feed",
        feed=feed,
    )
    sql("UPDATE hosts SET free_at = 'epoch'")
    with transaction() as session:
        claimed = {state.url: state for state in leases.claim(session, limit=5)}
    if state := claimed.get(feed):
        response = answer(brings, feed_id=state.id)
        finishing.finish([Look(state, response, read(state, response, now=utc_now()))], None)
    time.sleep(dice.random() * 0.01)


def worker(dice: random.Random) -> None:
    if not label.label_waiting():
        time.sleep(0.01)


def walker(dice: random.Random) -> None:
    if not relabel.relabel_listed():
        time.sleep(0.02)


def editor(dice: random.Random) -> None:
    what = dice.random()
    if what < 0.1:
        publish(dice.choice(RULES) + f"# {dice.random()}\n")
    elif found := sql("SELECT id FROM articles ORDER BY id DESC LIMIT 50"):
        with transaction() as session:
            if what < 0.6:
                removal.remove(session, [dice.choice(found)[0]], why="It is no news.", keep_text=True)
            else:
                removal.restore(session, [number for (number,) in found])
    time.sleep(dice.random() * 0.15)


def outdate(before: int) -> None:
    """Changes below a position are too old from now on, and have been read by whom they are kept for."""
    sql("UPDATE story_state SET seq = greatest(seq, (SELECT max(seq) FROM changes))")
    sql("UPDATE changes SET at = at - interval '200 days' WHERE seq < :before", before=before)


def keeper(dice: random.Random) -> None:
    """Time passes for some of it. Each cut leaves more of the log than the one before: on a machine on which those who write are quicker than
    those who follow, somebody would otherwise be cut off whenever he has just begun, for ever.
    """
    with transaction() as session:
        listed = session.scalars(text("SELECT id FROM articles WHERE listed ORDER BY id")).all()
        old = session.scalars(
            text("SELECT id FROM articles WHERE id = ANY(:ids) AND listed ORDER BY id FOR UPDATE"),
            {"ids": listed[: max(1, len(listed) - LISTED)]},
        ).all()
        for table, key in (("article_labels", "article_id"), ("articles", "id")):
            session.execute(
                text(f"UPDATE {table} SET sort_at = sort_at - interval '100 days' WHERE {key} = ANY(:ids)"),
                {"ids": old},
            )
    ((floor, head),) = sql("SELECT floor, (SELECT max(seq) FROM changes) FROM stream_state")
    if head and head - floor >= 100 + floor // 4:
        outdate(head - dice.randint(30, 120))
    retention.let_go()
    time.sleep(dice.random() * 0.3)


KINDS = (press, worker, worker, walker, editor, keeper)


def live(kind, seed: int) -> None:
    """Do one kind of thing until killed."""
    dice = random.Random(seed)
    store.LEASE_S, store.MAX_ATTEMPTS = 1, 10_000
    store.claim.__kwdefaults__["limit"] = dice.randint(1, 6)
    latest.publish = crews.dawdling(latest.publish, dice, at_most_s=0.01)
    while True:
        kind(dice)


def waits() -> bool:
    """Whether anything is still to be labelled, or the walk still under way."""
    ((articles, walk),) = sql(
        "SELECT (SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL AND removed_at IS NULL),"
        " (SELECT count(*) FROM relabellings WHERE finished_at IS NULL)"
    )
    return bool(articles or walk)


def main() -> None:
    seed = int(sys.argv[1])
    dice, died, failed, open_ = random.Random(seed), 0, 0, True
    seeds = iter(range(seed * 10_000, sys.maxsize))
    running = {
        place: (kind, crews.start(partial(live, kind, next(seeds)))) for place, kind in enumerate(KINDS)
    }
    while failed < 3 and running and (open_ or waits()):
        ready, _, _ = select.select([sys.stdin] if open_ else [], [], [], 0.05)
        if ready:
            open_ = False
            for place, (kind, child) in list(running.items()):
                if kind not in {worker, walker}:
                    crews.end(child)
                    del running[place]
        if dice.random() < KILLED:
            os.kill(dice.choice(list(running.values()))[1], signal.SIGKILL)
        for place, (kind, child) in running.items():
            gone, status = os.waitpid(child, os.WNOHANG)
            if gone:
                died, failed = died + 1, failed + (os.WTERMSIG(status) != signal.SIGKILL)
                running[place] = (kind, crews.start(partial(live, kind, next(seeds))))
    for _, child in running.values():
        crews.end(child)
    print(json.dumps({"died": died}))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
