"""Months in the life of three feeds, with everything that takes articles out and brings them back, in any order.

What was taken out never comes back, what is shown and young enough is never lost, and a follower who stores one number
ends with exactly what is listed, or was told to begin anew.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from typing import Any

import pytest
from sqlalchemy import text

from services.classify.labelling import label
from services.core import removal
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.urls import canonical_url
from services.ingest import retention
from tests.fixtures.articles import Desk
from tests.fixtures.rulebooks import ECONOMY, publish
from tests.ingest.test_store_apply import A, B, add, look, sql

FEEDS = (A, B, "https://c.example/feed")
DAYS = 90
STEPS = 240

_SHIFTED = {
    "articles": ("published_at", "first_seen_at", "updated_at", "sort_at", "removed_at", "lease_until"),
    "article_labels": ("sort_at",),
    "changes": ("at",),
    "sightings": ("first_seen_at", "last_seen_at"),
    "fingerprints": ("at", "stored_at"),
    "feeds": ("ok_at", "checked_at", "full_at", "body_at", "new_at"),
}


@dataclass
class Item:
    """A publication, as feeds show it. `day`: when it was published, None where its feeds do not say."""

    number: int
    day: float | None
    guid: str
    url: str
    title: str
    words: str
    shown: set[str] = field(default_factory=set)
    met: float | None = None

    def xml(self, today: float) -> str:
        date = ""
        if self.day is not None:
            at = utc_now() - timedelta(days=today - self.day)
            date = f"<pubDate>{at:%d %b %Y %H:%M:%S} +0000</pubDate>"
        return (
            f"<item><guid isPermaLink='false'>{self.guid}</guid><link>{escape(self.url)}</link>{date}"
            f"<title>{self.title}</title><description>{self.words}</description></item>"
        )


class World:
    """The feeds, and what is known of what became of their items. Time passes by moving all stored times back."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.today = 0.0
        self.items: list[Item] = []
        self.out: set[str] = set()
        self.cursor, self.copy, self.anew = 0, {}, 0
        self.came_back = 0
        add(*FEEDS)
        publish(ECONOMY)

    def words(self, many: int) -> str:
        """Words that no two items share, so that nothing is taken for a copy."""
        return " ".join("".join(self.dice.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(many))

    # --- what happens ---

    def appears(self) -> None:
        number = len(self.items) + 1
        age = self.dice.choice([0, 0, 0, 1, 30, 85, 120])
        day = None if self.dice.random() < 0.2 else self.today - age
        url = f"https://a.example/{number}"
        item = Item(number, day, f"guid-number-{number}", url, self.words(6).capitalize(), self.words(30))
        item.shown = set(self.dice.sample(FEEDS, self.dice.choice([1, 1, 2])))
        self.items.append(item)

    def drops_out(self) -> None:
        if shown := [item for item in self.items if item.shown]:
            self.dice.choice(shown).shown.clear()

    def turns_up_again(self) -> None:
        """Feeds show old entries again. Of one without a date nothing tells that it is old once its tombstone has gone."""
        if dated := [item for item in self.items if item.day is not None]:
            self.dice.choice(dated).shown.add(self.dice.choice(FEEDS))

    def is_edited(self) -> None:
        if shown := [item for item in self.items if item.shown]:
            item = self.dice.choice(shown)
            what = self.dice.choice(["words", "title", "guid", "url", "feed"])
            if what == "words":
                item.words = self.words(30)
            elif what == "title":
                item.title += " " + self.words(1)
            elif what == "guid":
                item.guid += "-again"
            elif what == "url":  # the same address in other words
                item.url += self.dice.choice(
                    ["?utm_source=rss", "#top", "&fbclid=1" if "?" in item.url else "/"]
                )
            else:
                item.shown.add(self.dice.choice(FEEDS))

    def is_fetched(self) -> None:
        for url in self.dice.sample(FEEDS, 2):
            self.fetch(url)

    def fetch(self, url: str) -> None:
        shown = [item for item in self.items if url in item.shown]
        for item in shown:
            item.met = self.today if item.met is None else item.met
        body = "".join(item.xml(self.today) for item in reversed(shown))
        page = f"<?xml version='1.0'?><rss version='2.0'><channel><title>A</title>{body}</channel></rss>"
        assert look(url, page.encode()) is not None

    def is_labelled(self) -> None:
        label.label_waiting()

    def is_taken_out(self) -> None:
        if found := sql("SELECT id FROM articles WHERE removed_at IS NULL ORDER BY id"):
            (number,) = self.dice.choice(found)
            with transaction() as session:
                removal.remove(session, [number], why="No news, says the desk.", keep_text=True)
            self.out |= self.keys(number)

    def is_taken_back(self) -> None:
        if found := sql("SELECT id FROM articles WHERE removed_at IS NOT NULL ORDER BY id"):
            (number,) = self.dice.choice(found)
            with transaction() as session:
                back = removal.restore(session, [number])
            if back:
                self.out -= self.keys(number)
                self.came_back += 1

    def time_passes(self, days: float | None = None) -> None:
        days = days or self.dice.choice([0.5, 3, 12, 40])
        self.today += days
        for table, columns in _SHIFTED.items():
            moved = ", ".join(
                f"{c} = CASE WHEN {c} > 'epoch' THEN {c} - make_interval(hours => :hours) ELSE {c} END"
                for c in columns
            )
            sql(f"UPDATE {table} SET {moved}", hours=int(days * 24))

    def lets_go(self) -> None:
        retention.let_go()
        for (number,) in sql("SELECT id FROM articles WHERE emptied"):
            self.out |= self.keys(number)

    def is_heard(self) -> None:
        """Stories have read the log."""
        sql(
            "UPDATE story_state SET seq = s FROM (SELECT coalesce(max(seq), 0) AS s FROM changes) AS h WHERE s > 0"
        )

    def is_followed(self) -> None:
        with transaction() as session:
            floor, head = session.execute(
                text("SELECT floor, greatest(floor, (SELECT max(seq) FROM changes)) FROM stream_state")
            ).one()
            if self.cursor < floor:  # what the API answers with 410
                self.anew += 1
                listed = session.execute(text("SELECT id, published_revision FROM articles WHERE listed"))
                self.copy = dict(listed.all())
                self.cursor = head
                return
            rows = session.execute(
                text("SELECT seq, article_id, change, revision FROM changes WHERE seq > :after ORDER BY seq"),
                {"after": self.cursor},
            ).all()
        for row in rows:
            self.cursor = row.seq
            if row.change in {"removed", "merged"}:
                self.copy.pop(row.article_id, None)
            else:
                self.copy[row.article_id] = row.revision

    # --- what must hold ---

    def keys(self, number: int) -> set[str]:
        return {key for (key,) in sql("SELECT url_key FROM article_urls WHERE article_id = :id", id=number)}

    def check(self) -> None:
        live = {key for (key,) in sql(
            "SELECT url_key FROM article_urls u JOIN articles a ON a.id = u.article_id WHERE a.removed_at IS NULL"
        )}  # fmt: skip
        assert not live & self.out, "came back"
        assert sql(
            "SELECT count(*) FROM articles WHERE removed_at IS NOT NULL AND (listed OR waiting_since IS NOT NULL)"
        ) == [(0,)]
        assert sql("SELECT count(*) FROM articles WHERE emptied AND text || html || teaser <> ''") == [(0,)]
        assert sql(
            "SELECT count(*) FROM article_labels l JOIN articles a ON a.id = l.article_id WHERE NOT a.listed"
        ) == [(0,)]
        assert len(live) == len({a for (a,) in sql("SELECT id FROM articles WHERE removed_at IS NULL")}), (
            "each once"
        )

    def end(self) -> None:
        """Everything is fetched, labelled and followed; then nothing young is missing and nothing else is there."""
        for url in FEEDS:
            self.fetch(url)
        self.lets_go()
        self.is_labelled()
        self.is_followed()
        self.check()
        listed = dict(sql("SELECT id, published_revision FROM articles WHERE listed"))
        assert self.copy == listed
        stands = {
            key
            for (key,) in sql(
                "SELECT url_key FROM article_urls u JOIN articles a ON a.id = u.article_id WHERE a.listed"
            )
        }
        for item in self.items:
            key = canonical_url(item.url)
            since = item.met if item.day is None else item.day
            age = self.today - since if since is not None else 0
            if item.shown and age < DAYS - 1 and key not in self.out:
                assert key in stands, f"item {item.number} is lost"
            if age > DAYS + 1:
                assert key not in stands, f"item {item.number} is too old"

    def nothing_is_left(self) -> None:
        """But for what stands in the feeds' last bodies, however long ago these were read."""
        self.time_passes(10)
        for item in self.items:
            item.shown.clear()
        self.items.append(
            Item(0, None, "the-last-guid", "https://a.example/0", self.words(6), self.words(30), {*FEEDS})
        )
        for url in FEEDS:
            self.fetch(url)
        self.is_labelled()
        for _ in range(9):
            self.is_heard()
            self.time_passes(40)
            self.lets_go()
        assert sql("SELECT DISTINCT url FROM articles") == [("https://a.example/0",)]
        assert sql("SELECT count(*) FROM changes") == [(0,)]
        self.is_followed()
        assert self.copy == {}


HAPPENS = {
    World.appears: 8, World.drops_out: 2, World.is_edited: 5, World.is_fetched: 8, World.is_labelled: 5, World.is_taken_out: 2,
    World.is_taken_back: 2, World.time_passes: 5, World.lets_go: 4, World.is_heard: 3, World.turns_up_again: 3, World.is_followed: 2,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_months_of_feeds_removals_and_expiry(service: pytest.MonkeyPatch, desk: Desk, seed: int):
    world = World(seed)
    steps: list[Any] = [step for step, weight in HAPPENS.items() for _ in range(weight)]
    for _ in range(STEPS):
        world.dice.choice(steps)(world)
        world.check()
    world.end()
    assert world.out
    assert world.came_back
    world.nothing_is_left()
