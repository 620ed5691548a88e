"""A running Dateline of its own to hurt: servers, roles, press and followers, and what must hold after every fault.

Real processes throughout: PostgreSQL, a Redis-protocol server, every role, the press. Everything lies in one temporary folder
and listens on unix sockets or loopback; closing it leaves nothing behind.
"""

import json
import os
import re
import shutil
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import psycopg

from services.core import schema
from services.core.settings import load
from services.core.urls import canonical_url
from services.embedded import account
from services.embedded.home import Home, open_home
from services.embedded.postgres import postgres_server
from services.embedded.prepare import load_starter
from services.embedded.process import Child, Server
from services.embedded.roles import role_children
from services.embedded.valkey import valkey_server
from tests.faults.followers import Follower, Listener, LongPoller, Poller, Reader, position
from tests.faults.keeper import Keeper
from tests.fixtures.ports import free_port
from tests.fixtures.servers import make_reachable_folder

ROOT = Path(__file__).parents[2]
SETTLED_S = 240
"""I2 asks that what is stored is published, or put aside with a reason, soon after a fault's end. How soon is for chaos to measure: here,
on a machine that may do much else, what is not published after so long hangs."""
SETTINGS: Mapping[str, str] = {
    "DATELINE_FETCH_ALLOW": "127.0.0.0/8",
    "DATELINE_FETCH_INTERVAL_MIN": "1",
    "DATELINE_FETCH_INTERVAL_MAX": "1",
    "DATELINE_FETCH_HOST_PAUSE": "0.1",
    "DATELINE_WORKER_PROCESSES": "2",
    "DATELINE_RATE_LIMIT": "0",
    "DATELINE_LOG_LEVEL": "info",
}
_PRESS = re.compile(r"list (http://\S+)/opml")
_SHOWN = """
    SELECT u.url_key FROM article_urls u JOIN articles a ON a.id = u.article_id LEFT JOIN articles h ON h.id = a.duplicate_of
    WHERE u.url_key = ANY(%s) AND (a.listed OR h.listed OR a.quarantined IS NOT NULL)
"""


def eventually(condition: Callable[[], Any], *, seconds: float = 90, what: str, every: float = 0.1) -> Any:
    """The first true answer of `condition`; fails when none comes in time."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(every)
    return found


@dataclass
class Publisher:
    """Has the press publish, a few articles of one outlet at a time, and remembers what: key of the address and moment."""

    press: str
    slugs: Sequence[str]
    pause: float
    burst: int
    items: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: int = 0

    def publish(self, count: int | None = None) -> list[str]:
        """Some articles more, now; their keys."""
        with self.lock:
            slug = self.slugs[self._turn % len(self.slugs)]
            self._turn += 1
            address = f"{self.press}/publish?outlet={slug}&n={count or self.burst}"
            with urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=30) as answer:
                keys = [canonical_url(row["url"]) for row in json.load(answer)]
            now = time.monotonic()
            self.items |= dict.fromkeys(keys, now)
        return keys

    def start(self) -> None:
        """Publish from now on."""
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish no more."""
        self.over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self.over.wait(max(0.0, due - time.monotonic())):
            with suppress(OSError):  # a press that stands still: what nobody heard of is not asked for
                self.publish()
            due += self.pause


@dataclass
class World:
    """Everything that runs. `shown`: keys of what has been seen in Latest, or put aside with a reason."""

    folder: Path
    home: Home
    keeper: Keeper
    address: str
    postgres: Server = field(init=False)
    valkey: Server = field(init=False)
    press: Publisher = field(init=False)
    reader: Reader = field(init=False)
    followers: list[Follower] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    unseen: dict[str, float] = field(default_factory=dict)
    """What was published, as far as `missing` has taken note of it, and has not been seen: key and moment."""
    taken: int = 0
    """How many of what was published `missing` has taken note of."""
    started_at: int = 0
    roles: dict[str, Child] = field(default_factory=dict)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, in a transaction of their own."""
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as connection:
            done = connection.execute(statement, values or None)
            return done.fetchall() if done.description else []

    @property
    def dsn(self) -> str:
        """The address of the database as psycopg takes it."""
        return self.postgres.url.replace("+psycopg", "", 1)

    def sees(self, statement: str, *values: Any) -> bool:
        """Whether the first row begins with something true; not while the database is away."""
        try:
            return bool(self.sql(statement, *values)[0][0])
        except (psycopg.OperationalError, IndexError):
            return False

    def get(self, path: str, timeout: float = 10, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what the API answers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(f"http://{self.address}{path}", headers=named)
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def missing(self, before: float | None = None) -> list[str]:
        """Keys of what was published before a moment and does not stand in Latest, by itself or behind its copy."""
        with self.press.lock:
            if len(self.press.items) > self.taken:
                self.unseen |= islice(self.press.items.items(), self.taken, None)
                self.taken = len(self.press.items)
        left = [key for key, at in self.unseen.items() if before is None or at <= before]
        if left:
            found = {row[0] for row in self.sql(_SHOWN, left)}
            self.shown |= found
            for key in found:
                del self.unseen[key]
            left = [key for key in left if key not in found]
        return left

    def wait_shown(self, before: float | None = None, *, seconds: float = SETTLED_S) -> float:
        """Until everything published before a moment (default: now) stands in Latest; the seconds it took."""
        began = time.monotonic()
        moment = before or began

        def done() -> bool:
            try:
                return not self.missing(moment)
            except psycopg.OperationalError:
                return False

        try:
            eventually(done, seconds=seconds, what="everything published in Latest")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.describe()}") from None
        return time.monotonic() - began

    def describe(self) -> str:
        """What is where, for whoever reads of a failure."""
        waiting = self.sql(
            "SELECT count(*), count(*) FILTER (WHERE lease_until > now()), max(attempts) FROM articles WHERE waiting_since IS NOT NULL"
        )
        feeds = self.sql(
            "SELECT count(*) FILTER (WHERE next_check_at <= now()), count(*) FILTER (WHERE lease_until > now()),"
            " count(*) FILTER (WHERE attempts > 0), count(paused_reason), max(error) FROM feeds"
        )
        running = {name: (self.keeper.pid(name), kept.ends) for name, kept in self.keeper.kept.items()}
        tails = "\n".join(
            f"--- {name}\n{self.keeper.log(name)[-1500:]}"
            for name in running
            if name not in {"postgres", "press"}
        )
        return (
            f"missing {len(self.missing())}; waiting, leased, attempts: {waiting}; feeds due, leased, tried, paused, error: {feeds};"
            f" pid and ends: {running}\n{tails}"
        )

    def check(self, *, since: float | None = None, seconds: float = SETTLED_S) -> float:
        """I1, I2 and I3 of the matrix, and I4 for what the reader asked after `since`; the seconds until all was published."""
        took = self.wait_shown(seconds=seconds)
        assert self.quarantined() == [], "put aside without a rule that kills"
        self.check_followers()
        if since is not None:
            asked = self.reader.since(since)
            refused = [a for a in asked if a.status != 200]
            assert not refused, f"I4: {len(refused)} of {len(asked)} were not answered, such as {refused[:3]}"
        return took

    def quarantined(self) -> list[tuple[Any, ...]]:
        """Articles that were put aside, with the reason."""
        return self.sql("SELECT id, quarantined FROM articles WHERE quarantined IS NOT NULL")

    def check_followers(self, *, seconds: float = SETTLED_S) -> None:
        """I3: each follower was told each change since the beginning once, in order."""
        head = self.sql("SELECT coalesce(max(seq), 0) FROM changes")[0][0]
        for follower in self.followers:
            eventually(
                lambda f=follower: bool(f.told and f.told[-1].seq >= head) or head <= self.started_at,
                seconds=seconds, what=f"the follower by {follower.kind} at the head {head}",
            )  # fmt: skip
        for kind, (missed, repeated) in self.follower_faults(head).items():
            assert (missed, repeated) == (0, 0), f"{kind} missed {missed}, was told {repeated} twice"
        assert self.shown_twice() == []

    def follower_faults(self, head: int) -> dict[str, tuple[int, int]]:
        """By follower: changes up to `head` that it missed, and those it was told more than once or out of order."""
        said = {
            row[0]
            for row in self.sql("SELECT seq FROM changes WHERE seq > %s AND seq <= %s", self.started_at, head)
        }
        found = {}
        for follower in self.followers:
            heard = [told.seq for told in list(follower.told) if told.seq <= head]
            disorder = sum(later <= earlier for earlier, later in pairwise(heard))
            found[follower.kind] = (len(said - set(heard)), disorder + len(set(heard) - said))
        return found

    def shown_twice(self) -> list[Any]:
        """Articles that were added while they stood there, and addresses under which two articles stand."""
        standing: set[int] = set()
        found: list[Any] = []
        rows = self.sql("SELECT article_id, change FROM changes WHERE seq > %s ORDER BY seq", self.started_at)
        for article_id, change in rows:
            if change == "added":
                if article_id in standing:
                    found.append(("added twice", article_id))
                standing.add(article_id)
            elif change in {"removed", "merged"}:
                standing.discard(article_id)
        return found + self.sql(
            "SELECT url, count(*) FROM articles WHERE listed GROUP BY url HAVING count(*) > 1"
        )

    def beating(self, role: str) -> bool:
        """Whether some process of the role gives signs of life."""
        return self.sees(
            "SELECT count(*) FROM beats WHERE %s = ANY(string_to_array(role, '+')) AND at > now() - interval '20 s'",
            role,
        )

    def changes_by_kind(self) -> Counter[str]:
        """What the stream has said since the beginning."""
        return Counter(
            dict(self.sql("SELECT change, count(*) FROM changes WHERE seq > %s GROUP BY 1", self.started_at))
        )


@contextmanager
def open_world(
    *,
    feeds: int = 8,
    entries: int = 60,
    pause: float = 0.5,
    burst: int = 5,
    copies: int = 1,
    durable: bool = False,
    decided: Mapping[str, str] | None = None,
) -> Iterator[World]:
    """Everything running, the first round over, followers at the head, the press publishing `burst` articles every `pause` seconds.

    `copies`: how many workers of ingest and of classify run. `durable`: PostgreSQL with every fsync.
    """
    folder = make_reachable_folder()
    keeper = Keeper(folder)
    world = World(folder, open_home(folder / "home"), keeper, f"127.0.0.1:{free_port()}")
    try:
        _start_servers(world, feeds=feeds, entries=entries, durable=durable)
        _start_roles(world, copies=copies, decided=decided or {})
        _first_round(world, feeds=feeds, pause=pause, burst=burst)
        yield world
    finally:
        for follower in world.followers:
            follower.over.set()
        for part in ("press", "reader"):
            with suppress(AttributeError):
                getattr(world, part).stop()
        keeper.close()
        for follower in world.followers:
            follower.join(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _plain() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _press(folder: Path, *, feeds: int, entries: int) -> Child:
    words = ("--port", "0", "--every", "0", "--feeds", str(feeds), "--entries", str(entries))
    return Child(
        name="press",
        argv=(sys.executable, "-m", "newswire", *words, "--opml", str(folder / "press.opml")),
        env=_plain(),
        cwd=folder,
        ready=lambda: _PRESS.search((folder / "press.log").read_text()) is not None,
        ready_seconds=90.0,
    )


def _start_servers(world: World, *, feeds: int, entries: int, durable: bool) -> None:
    runs_as = account.server_account(create=False) if account.is_root() else None
    world.postgres = postgres_server(
        world.home, durable=durable, account=runs_as, below=world.folder / "service"
    )
    world.valkey = valkey_server(world.home)
    world.keeper.start(
        world.postgres.child, world.valkey.child, _press(world.folder, feeds=feeds, entries=entries)
    )
    schema.upgrade(world.postgres.url)
    load_starter(world.postgres.url, world.folder / "press.opml")


def _start_roles(world: World, *, copies: int, decided: Mapping[str, str]) -> None:
    chosen = {**SETTINGS, "DATELINE_HOME": str(world.home.path), "DATELINE_BIND": world.address, **decided}
    made = role_children(
        load(chosen, {}), database_url=world.postgres.url, redis_url=world.valkey.url, terminal=False
    )
    for child in made:
        times = copies if child.name in {"ingest", "classify", "scheduler"} else 1
        for number in range(1, times + 1):
            name = child.name if times == 1 else f"{child.name}-{number}"
            given = {name: value for name, value in child.env.items() if name.startswith("DATELINE_")}
            env = {**_plain(), "REMAP_SIGTERM": child.env["REMAP_SIGTERM"], **given, **chosen}
            world.roles[name] = replace(child, name=name, env=env, cwd=world.folder)
    world.keeper.start(*world.roles.values())


def _first_round(world: World, *, feeds: int, pause: float, burst: int) -> None:
    found = _PRESS.search((world.folder / "press.log").read_text())
    assert found is not None
    with urllib.request.urlopen(found[1] + "/stats.json", timeout=30) as answer:
        slugs = list(json.load(answer))
    world.press = Publisher(found[1], slugs, pause, burst)
    try:
        eventually(
            lambda: world.sees("SELECT count(*) FILTER (WHERE ok_at IS NULL) = 0 FROM feeds"),
            seconds=300,
            what="the first round",
        )
        eventually(
            lambda: world.sees("SELECT count(*) > 0 AND count(waiting_since) = 0 FROM articles"),
            seconds=300,
            what="the first labels",
        )
    except AssertionError as error:
        raise AssertionError(f"{error}\n{world.describe()}") from None
    cursor = json.loads(world.get("/v1/latest?limit=1")[2])["changes"]
    world.followers = [kind(world.address, cursor) for kind in (Poller, LongPoller, Listener)]
    world.started_at = position(cursor)
    for follower in world.followers:
        follower.start()
    world.reader = Reader(world.address)
    world.reader.start()
    world.press.start()
