"""The stream: a follower that stores one number misses nothing and sees nothing twice, whoever writes at the same time."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from services.core import latest
from services.core.db import transaction
from services.core.latest import Draft, change_of, seen_through
from services.core.models import Change
from tests.core.stream_writers import LABELS
from tests.fixtures.articles import Desk
from tests.fixtures.roles import eventually

Filters = tuple[frozenset[str], ...]
Told = tuple[int, str]


@pytest.fixture
def articles(desk: Desk) -> list[int]:
    """Articles that changes can be about."""
    return [desk.article(listed=False) for _ in range(3)]


@pytest.fixture
def connections(database_url: str, service: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Connections enough for everyone who writes and reads at once."""
    engine = create_engine(database_url, pool_size=20, connect_args={"options": "-c lock_timeout=20s"})
    yield engine
    engine.dispose()


def draft(article_id: int, change: str = "updated", before: tuple = (), after: tuple = ()) -> Draft:
    return Draft(article_id, change, 1, before, after)


@dataclass
class Follower:
    """Stores only the last position it has read; what it was told stands in `told`."""

    engine: Engine
    filters: Filters = ()
    page: int = 7
    cursor: int = 0
    told: list[Told] = field(default_factory=list)

    def read(self) -> bool:
        """One page; whether it held anything."""
        with Session(self.engine) as session:
            rows = session.scalars(
                select(Change).where(Change.seq > self.cursor).order_by(Change.seq).limit(self.page)
            ).all()
        for row in rows:
            told = seen_through(
                self.filters, change=row.change, before=row.labels_before, after=row.labels_after
            )
            if told is not None:
                self.told.append((row.seq, told))
            self.cursor = row.seq
        return bool(rows)

    def read_all(self) -> None:
        while self.read():
            pass


def committed(engine: Engine, filters: Filters = ()) -> list[Told]:
    """What a follower that came after everything would be told."""
    late = Follower(engine, filters, page=100_000)
    late.read_all()
    return late.told


# --- publish ------------------------------------------------------------------------------------------------------


def test_positions_grow_in_the_order_of_the_drafts(articles, connections):
    with transaction() as session:
        assert latest.head(session) == 0
        last = latest.publish(
            session,
            [
                draft(articles[2], "added", (), ("region/asia", "topic/energy")),
                draft(articles[0], "moved", ("region/asia",), ()),
                draft(articles[1], "removed", ("topic/energy",), ()),
            ],
        )
    with transaction() as session:
        rows = session.scalars(select(Change).order_by(Change.seq)).all()
        assert latest.head(session) == last == rows[-1].seq
    assert [(r.article_id, r.change, r.labels_before, r.labels_after) for r in rows] == [
        (articles[2], "added", [], ["region/asia", "topic/energy"]),
        (articles[0], "moved", ["region/asia"], []),
        (articles[1], "removed", ["topic/energy"], []),
    ]


def test_nothing_to_say_takes_no_lock_and_no_position(articles, connections):
    with transaction() as session:
        assert latest.publish(session, []) is None
        held = session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
    assert held == 0


# --- order --------------------------------------------------------------------------------------------------------


def overtake(
    engine: Engine, articles: list[int], keys: tuple[int, int], patch: pytest.MonkeyPatch
) -> list[Told]:
    """One writer takes a position and pauses; another one publishes and commits, if it may; then the first commits.

    What a follower was told who read in between. `keys`: the key of the lock that each of the two takes.
    """
    follower, done = Follower(engine), threading.Event()

    def second() -> None:
        with Session(engine) as session, session.begin():
            latest.publish(session, [draft(articles[1])])
        done.set()

    def waits() -> bool:
        with engine.connect() as connection:
            return bool(
                connection.scalar(
                    text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                )
            )

    with Session(engine) as session, session.begin():
        patch.setattr(latest, "STREAM_LOCK", keys[0])
        latest.publish(session, [draft(articles[0])])
        patch.setattr(latest, "STREAM_LOCK", keys[1])
        writer = threading.Thread(target=second)
        writer.start()
        eventually(lambda: done.is_set() or waits(), what="the second writer's end or its wait for the lock")
        follower.read_all()
    writer.join()
    follower.read_all()
    return follower.told


def test_a_writer_that_pauses_before_its_commit_is_not_overtaken(articles, connections, monkeypatch):
    key = latest.STREAM_LOCK
    told = overtake(connections, articles, (key, key), monkeypatch)
    assert told == committed(connections)
    assert len(told) == 2


def test_without_the_lock_the_same_follower_misses_a_change(articles, connections, monkeypatch):
    """The test of the test above: with a lock of its own for each writer, which is none, it must fail."""
    told = overtake(connections, articles, (latest.STREAM_LOCK, latest.STREAM_LOCK + 1), monkeypatch)
    assert told == committed(connections)[1:]
    assert len(told) == 1


FILTERS: tuple[Filters, ...] = (
    (),
    (frozenset({"region/asia"}),),
    (frozenset({"region/asia", "region/europe"}), frozenset({"topic/economy"})),
    (frozenset({"region/nowhere"}),),
)


def test_followers_that_store_one_number_see_everything_once_whoever_writes(articles, connections):
    """Processes with threads write, some transactions are rolled back, followers with filters read all the while."""
    command = [sys.executable, "-m", "tests.core.stream_writers"]
    writers = [
        subprocess.Popen([*command, str(seed), "4", "15", *map(str, articles)], stderr=subprocess.PIPE)
        for seed in (1, 2, 3)
    ]
    over = threading.Event()
    followers = [Follower(connections, filters, page=3 + n) for n, filters in enumerate(FILTERS)]
    empty_reads = []

    def follow(follower: Follower) -> None:
        while not over.is_set():
            if not follower.read():
                empty_reads.append(follower)
                over.wait(0.003)  # leave the writers some of the machine

    readers = [threading.Thread(target=follow, args=(follower,)) for follower in followers]
    for reader in readers:
        reader.start()
    ends = [writer.communicate(timeout=240)[1] for writer in writers]
    over.set()
    for reader in readers:
        reader.join()
    assert [(writer.returncode, end) for writer, end in zip(writers, ends, strict=True)] == [(0, b"")] * 3

    expected = [committed(connections, follower.filters) for follower in followers]
    assert all(len(told) > 10 for told in expected[:3])
    with connections.connect() as connection:
        handed_out = connection.scalar(text("SELECT last_value FROM changes_seq"))
    assert len(expected[0]) < handed_out, "no transaction was rolled back"
    assert empty_reads, "no follower ever caught up with the writers"
    for follower, told in zip(followers, expected, strict=True):
        follower.read_all()
        assert follower.told == told


# --- what a filtered follower is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was_listed", "before", "after", "change"),
    [
        (False, [], ["region/asia"], "added"),
        (False, ["region/asia"], ["region/asia"], "added"),
        (True, ["region/asia", "topic/energy"], ["topic/energy", "region/asia"], "updated"),
        (True, [], [], "updated"),
        (True, ["region/asia"], [], "moved"),
    ],
)
def test_change_of(was_listed, before, after, change):
    assert change_of(was_listed=was_listed, before=before, after=after) == change


ASIA, EUROPE, ENERGY = "region/asia", "region/europe", "topic/energy"


@pytest.mark.parametrize(
    ("filters", "change", "before", "after", "told"),
    [
        ([], "moved", [ASIA], [EUROPE], "moved"),
        ([], "added", [], [], "added"),
        ([], "removed", [ASIA], [], "removed"),
        ([{ASIA}], "added", [], [ASIA], "added"),
        ([{ASIA}], "added", [], [EUROPE], None),
        ([{ASIA}], "moved", [EUROPE], [ASIA], "moved"),
        ([{ASIA}], "moved", [ASIA], [EUROPE], "left"),
        ([{ASIA}], "moved", [ASIA], [ASIA, ENERGY], "updated"),
        ([{ASIA}], "moved", [EUROPE], [ENERGY], None),
        ([{ASIA}], "updated", [ASIA], [ASIA], "updated"),
        ([{ASIA}], "updated", [EUROPE], [EUROPE], None),
        ([{ASIA}], "merged", [ASIA], [], "merged"),
        ([{ASIA}], "removed", [EUROPE], [], None),
        ([{ASIA, EUROPE}], "moved", [EUROPE], [ASIA], "updated"),
        ([{ASIA}, {ENERGY}], "moved", [ASIA], [ASIA, ENERGY], "moved"),
        ([{ASIA}, {ENERGY}], "moved", [ASIA, ENERGY], [ENERGY], "left"),
    ],
)
def test_seen_through(filters, change, before, after, told):
    assert seen_through([frozenset(f) for f in filters], change=change, before=before, after=after) == told


label_sets = st.frozensets(st.sampled_from(LABELS), max_size=3)
histories = st.lists(st.one_of(st.none(), label_sets), min_size=1, max_size=12)
"""What one article was listed under, state by state; None: not listed."""


def matches(filters: Filters, labels: frozenset[str] | None) -> bool:
    """The plain meaning of a filter: listed, and of every set at least one label."""
    if labels is None:
        return False
    return not [wanted for wanted in filters if not [label for label in wanted if label in labels]]


@given(st.lists(st.frozensets(st.sampled_from(LABELS), min_size=1, max_size=2), max_size=3), histories)
def test_a_follower_that_believes_what_it_is_told_knows_what_is_in_its_stream(filters, states):
    """Against the plain meaning, state by state; it is told something exactly when its stream has changed."""
    inside = False
    for before, after in zip([None, *states], states, strict=False):
        if before is None and after is None:
            continue
        if after is None:
            change = "removed"
        else:
            change = change_of(was_listed=before is not None, before=before or (), after=after)
        told = seen_through(filters, change=change, before=before or (), after=after or ())
        was, now = matches(filters, before), matches(filters, after)
        assert was == inside
        if was and now:
            assert told in ({"updated"} if filters else {"updated", "moved"})
        elif now:
            assert told == ("added" if before is None else "moved")
        elif was:
            assert told == ("removed" if after is None else "left")
        else:
            assert told is None
        inside = {None: inside, "updated": inside, "left": False, "removed": False}.get(told, True)
        if told == "moved" and not filters:
            inside = True
        assert inside == now
