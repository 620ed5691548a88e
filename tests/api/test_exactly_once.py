"""The promise, over HTTP: who only ever stores the last cursor sees every change once, in one order, and ends with what Latest shows.

Articles come, are corrected, adopted, labelled anew, joined, taken out, brought back and expire, and the log is cut behind them, in processes
that are killed at random. The API is killed too, and followers lose answers between reading them and storing the cursor.
"""

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from services.api.cursor import decode_since
from services.api.filters import Filters
from services.core.latest import EPOCH_SQL
from services.ingest.store import catalogue
from tests.api import stream_life as life
from tests.fixtures.database import sql
from tests.fixtures.roles import Roles, eventually
from tests.fixtures.rulebooks import publish

AWAY = (OSError, http.client.HTTPException, ValueError)
"""What somebody meets whose server is killed; a body that was cut off is no JSON."""
FILTERS: tuple[tuple[str, str], ...] = (
    ("", "poll"),
    ("", "events"),
    ("region=asia", "events"),
    ("region=europe&region=central-asia", "poll"),
    ("topic=economy", "wait"),
    ("language=en", "wait"),
    ("language=de", "poll"),
    ("source=gatherer.example", "poll"),
    ("source=a.example", "events"),
    ("q=rain", "events"),
    ("region=asia&topic=energy&language=en&q=snow", "wait"),
)
CHANGES = {"added", "updated", "moved", "left", "merged", "removed"}
TOLD = 50
"""More changes than this each of the two who follow everything is told, however fast the machine is."""


@dataclass
class Follower:
    """Keeps a copy by the rules of the reference, and stores nothing else but the cursor."""

    port: int
    filters: str
    way: str
    dice: random.Random
    over: threading.Event
    cursor: str | None = None
    copy: dict[int, dict[str, Any]] = field(default_factory=dict)
    sees_departures: bool = True
    """False: the naive one, who looks only at what comes."""
    start: str = ""
    told: list[str] = field(default_factory=list)
    """Where it began, and the cursors of what it was told since, each as often as it was processed and its cursor stored."""
    stretches: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """What it was told between one beginning and the next: from where to where, and the cursors."""
    heard: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    lost: int = 0
    rests: bool = False

    def ask(self, path: str, **query: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request("GET", f"{path}?{self.filters}&{urlencode(query)}")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def live(self) -> None:
        """Follow until it is over."""
        while not self.over.is_set():
            try:
                self.step()
            except AWAY:
                self.over.wait(0.05)

    def step(self) -> None:
        if self.cursor is None:
            self.begin()
        elif self.way == "events":
            self.listen()
        else:
            self.read(wait=2 if self.way == "wait" else 0)

    def begin(self) -> None:
        """All of Latest, page by page, while it goes on; followed from where the first page stands."""
        found: dict[int, dict[str, Any]] = {}
        status, page = self.ask("/v1/latest", limit=self.dice.randint(3, 40))
        start = page.get("changes", "")
        while status == 200:
            found |= {item["id"]: item for item in page["items"]}
            if page["next"] is None:
                self.copy, self.cursor, self.start, self.told = found, start, start, []
                self.begun += 1
                return
            status, page = self.ask("/v1/latest", limit=self.dice.randint(3, 40), before=page["next"])
        self.over.wait(0.05)  # the database does not answer it at the moment

    def read(self, *, wait: int) -> None:
        status, page = self.ask("/v1/changes", since=self.cursor, limit=self.dice.randint(1, 30), wait=wait)
        if status == 410:
            assert page["latest"] == "/v1/latest"
            self.give_up()
            return
        if status == 503:
            return
        assert status == 200, page
        for entry in page["items"]:
            self.process(entry)
        if self.dice.random() < 0.1:
            self.lost += 1  # died before the cursor was stored: the same answer comes again
            return
        self.told += [entry["cursor"] for entry in page["items"]]
        self.cursor, self.rests = page["cursor"], not page["items"] and not page["more"]
        if self.rests and self.way == "poll":
            self.over.wait(0.05)

    def listen(self) -> None:
        """An event stream, until it breaks off or this reader goes away for a moment."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        with closing(connection):
            headers = {"Accept": "text/event-stream", "Last-Event-ID": self.cursor}
            connection.request("GET", f"/v1/changes?{self.filters}", headers=headers)
            with closing(connection.getresponse()) as answer:
                if answer.status != 200:
                    if answer.status == 410:
                        self.give_up()
                    return
                event: dict[str, str] = {}
                while not self.over.is_set() and self.dice.random() > 0.005 and (line := answer.readline()):
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if line != b"\n":
                        event[name] = value
                        continue
                    if "data" in event:
                        self.process(json.loads(event["data"]))
                        self.told.append(event["id"])
                    self.cursor = event.get("id", self.cursor)
                    event = {}

    def give_up(self) -> None:
        """This cursor is not honoured any more."""
        assert self.cursor is not None
        self.stretches.append((self.start, self.cursor, self.told))
        self.cursor = None

    def process(self, entry: dict[str, Any]) -> None:
        article = entry["article"]
        self.heard[entry["change"]] += 1
        if entry["change"] in {"added", "updated", "moved"}:
            self.copy[article["id"]] = article
        elif self.sees_departures:
            self.copy.pop(article["id"], None)

    def told_of(self) -> int:
        """How many changes it has processed with their cursor stored."""
        return sum(len(told) for _, _, told in self.stretches) + len(self.told)

    def catch_up(self) -> None:
        """To the end of the stream, whatever way this one reads."""
        self.way, self.rests = "poll", False
        self.over = threading.Event()
        for _ in range(10_000):
            if self.rests:
                return
            self.begin() if self.cursor is None else self.read(wait=0)
        pytest.fail("the stream has no end")

    def latest(self) -> dict[int, dict[str, Any]]:
        """What Latest shows to somebody who comes now."""
        late = Follower(self.port, self.filters, "poll", random.Random(0), threading.Event())
        eventually(lambda: late.begin() or late.begun, what="all of Latest")
        return {number: shown(item) for number, item in late.copy.items()}


def shown(item: dict[str, Any]) -> dict[str, Any]:
    """An item without its story, whose growth is no change of the stream."""
    return {name: value for name, value in item.items() if name != "story"}


def position(cursor: str) -> int:
    """The place of an unfiltered cursor in the log."""
    ((epoch,),) = sql(f"SELECT {EPOCH_SQL} FROM stream_state")
    return decode_since(cursor, epoch=epoch, filters=Filters(), floor=0, head=sys.maxsize)


def logged(start: str, end: str) -> list[int]:
    """Everything that was ever committed between two cursors."""
    values = {"start": position(start), "end": position(end)}
    return [
        seq
        for (seq,) in sql(
            "SELECT seq FROM whole_log WHERE seq > :start AND seq <= :end ORDER BY seq", **values
        )
    ]


@dataclass
class World:
    """A running API, and those who write."""

    roles: Roles
    seed: int
    over: threading.Event = field(default_factory=threading.Event)
    followers: list[Follower] = field(default_factory=list)
    killed: int = 0

    def follower(self, filters: str, way: str, **more: Any) -> Follower:
        dice = random.Random(f"{self.seed} {filters} {way} {more}")
        made = Follower(self.roles.port, filters, way, dice, self.over, **more)
        self.followers.append(made)
        return made

    def api(self) -> None:
        """Start the API, and wait until it answers."""
        self.roles.start("api")
        eventually(self._answers, what="an answer of the API")

    def _answers(self) -> bool:
        late = Follower(self.roles.port, "", "poll", random.Random(0), self.over)
        with suppress(*AWAY):
            return late.ask("/v1/latest")[0] == 200
        return False

    def kill_api(self) -> None:
        process = self.roles.running["api"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.killed += 1

    def until_heard(self, changes: set[str], since: int, writers: subprocess.Popen[str]) -> None:
        """Wait until each of these was told to somebody, and so many changes at all; say who heard what where that does not come."""
        eventually(
            lambda: self._heard(changes, since) or self._ended(writers), seconds=240, what=self.account
        )
        if self._ended(writers):
            pytest.fail(
                f"who writes or answers has ended: {writers.poll()}, {self.account()}\n{self._said(writers)}"
            )

    def _heard(self, changes: set[str], since: int) -> bool:
        heard: Counter[str] = sum((Counter(follower.heard) for follower in self.followers), Counter())
        enough = all(follower.told_of() > TOLD for follower in self.followers[:2])
        return (
            heard.keys() >= changes
            and heard.total() >= since
            and all(f.begun for f in self.followers)
            and enough
        )

    def _ended(self, writers: subprocess.Popen[str]) -> bool:
        return writers.poll() is not None or self.roles.running["api"].poll() is not None

    def _said(self, writers: subprocess.Popen[str]) -> str:
        return writers.stderr.read() if writers.poll() is not None and writers.stderr else ""

    def account(self) -> str:
        """Where everybody stands."""
        log = sql(
            "SELECT (SELECT floor FROM stream_state), max(seq), (SELECT count(*) FROM articles WHERE listed) FROM changes"
        )
        each = "\n".join(
            f"{f.filters} ({f.way}): {dict(f.heard)}, {f.told_of()} stored, begun {f.begun}, gave up {len(f.stretches)}"
            for f in self.followers
        )
        return (
            f"floor, head, listed {log}; followers:\n{each}\nthe API: {self.roles.log('api')[-2000:]}\nthis"
        )


@pytest.fixture
def world(roles: Roles, service: pytest.MonkeyPatch) -> Callable[[int], World]:
    """A press of three feeds and a rulebook; nobody works yet."""
    service.setenv("DATELINE_RELABEL_RATE", "999999")
    with life.transaction() as session:
        catalogue.add(session, [catalogue.FeedToAdd(url) for url in life.FEEDS])
    publish(life.RULES[0])
    # What the log had before it was cut, to compare with.
    sql("CREATE TABLE whole_log AS SELECT seq FROM changes")
    sql("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS"
             " 'BEGIN INSERT INTO whole_log VALUES (NEW.seq); RETURN NEW; END'")  # fmt: skip
    sql("CREATE TRIGGER keep AFTER INSERT ON changes FOR EACH ROW EXECUTE FUNCTION keep()")
    return lambda seed: World(roles, seed)


def test_whoever_stores_only_the_cursor_ends_with_what_latest_shows(world):
    seed = 1
    made = world(seed)
    made.api()
    for filters, way in FILTERS:
        made.follower(filters, way)
    naive = [
        made.follower(f, "poll", sees_departures=False) for f in ("region=asia", "q=rain", "source=a.example")
    ]
    writers = subprocess.Popen(
        [sys.executable, "-m", "tests.api.stream_life", str(seed)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    readers = [threading.Thread(target=follower.live) for follower in made.followers]
    try:
        eventually(lambda: sql("SELECT 1 FROM articles WHERE listed"), what="the first article")
        for reader in readers:
            reader.start()
        for times in (1, 2):
            made.until_heard({"left"}, 200 * times, writers)
            made.kill_api()
            made.api()
        made.until_heard(CHANGES, 700, writers)
        printed, errors = writers.communicate(timeout=120)
    finally:
        made.over.set()
        for reader in readers:
            reader.join(timeout=90)
        writers.kill()
        writers.communicate()  # closes its pipes, too
    assert (writers.returncode, errors) == (0, "")
    assert json.loads(printed)["died"] > 0, "nobody was killed"
    for follower in made.followers:
        follower.catch_up()
    exact = [follower for follower in made.followers if follower not in naive]
    for follower in exact:
        ends_with_latest(follower)
    for follower in made.followers[:2]:  # those of everything
        follower.give_up()
        for start, end, told in follower.stretches:
            assert [position(cursor) for cursor in told] == logged(start, end)
        assert follower.told_of() > TOLD
    assert sum(follower.lost for follower in exact) > 0
    for follower in naive:
        gone, latest = departs(follower), follower.latest()
        assert (gone in follower.copy, gone in latest) == (True, False), (
            "departures are for nothing", follower.filters, gone, follower.heard, follower.copy.keys(), latest.keys()
        )  # fmt: skip
    comes_back_late(exact[2])


def ends_with_latest(follower: Follower) -> None:
    """Somebody who has heard the last word holds what Latest shows, or does within a second: an answer may be made just before a change."""
    held = {number: shown(item) for number, item in follower.copy.items()}

    def difference() -> str:
        latest = follower.latest()
        told = {number: (held.get(number), latest.get(number)) for number in held.keys() | latest.keys()}
        return f"{follower.filters}: {[(n, *two) for n, two in told.items() if two[0] != two[1]]}; their being the same"

    eventually(lambda: held == follower.latest(), seconds=60, what=difference)


def comes_back_late(follower: Follower) -> None:
    """Somebody who was away since he began, while everything he missed was cut: he is told, and begins anew."""
    follower.start, begun = follower.cursor or "", follower.begun
    departs(follower)
    life.outdate(sys.maxsize)
    life.retention.let_go()
    follower.cursor, follower.copy = follower.start, {}
    follower.catch_up()
    assert follower.begun == begun + 1
    ends_with_latest(follower)


def departs(follower: Follower) -> int:
    """An article that this follower shows leaves Latest for good, and everything that is told of it is processed."""
    number = min(follower.latest())
    with life.transaction() as session:
        life.removal.remove(session, [number], why="It is no news.", keep_text=True)
    eventually(lambda: number not in follower.latest(), what="its departure")
    follower.catch_up()
    return number
