"""Ingest's part of the bench: yardsticks that run, checks that find what is missing, lines that say it."""

import subprocess
import sys

import pytest

from newswire.press import running_press
from tests.bench import cpu, memory
from tests.bench.__main__ import main
from tests.bench.figures import BenchError
from tests.bench.ingest import BARE, FEWER, LIBRARY, OURS, Found
from tests.bench.ingest_lines import lines, scale_lines, too_dear
from tests.bench.pipe import Step
from tests.bench.scale import Scale
from tests.bench.stage import plain_environment
from tests.bench.work import Work
from tests.bench.yardstick import is_installed, started

ON_LINUX = pytest.mark.skipif(
    not cpu.available(), reason="CPU and memory are read from /proc, which this system has not"
)


class Counted:
    """A stage as far as `Work` asks it: two feeds, three addresses, one of them in both feeds."""

    database: "Counted"

    def __init__(self) -> None:
        self.database = self
        self.counted, self.stored = (0, 0), {"articles": 0, "sightings": 0}
        self.kept = ["http://a.example/1", "http://a.example/2", "http://a.example/3?utm_source=x"]

    def requests(self):
        return self.counted

    def rows(self):
        return dict(self.stored)

    def articles(self):
        return self.kept

    def slugs(self):
        return {"http://a.example/feed": "a", "http://b.example/feed": "b"}

    def ask_press(self, path):
        assert path == "/truth.json"
        return [
            {"url": "http://a.example/1", "listed_by": ["a"]},
            {"url": "http://a.example/2", "listed_by": ["a", "b", "elsewhere"]},
            {"url": "http://a.example/3", "listed_by": ["b"]},
            {"url": "http://a.example/4", "listed_by": ["elsewhere"]},
        ]


@pytest.fixture
def counted():
    return Counted()


@pytest.fixture
def work(counted):
    found = Work(counted, list(counted.slugs()))
    found.begin()
    return found


def found_with(feeds=500, **steps):
    found = Found(feeds=feeds, entries=1000)
    for who, name in ((OURS, "ours"), (BARE, "bare"), (LIBRARY, "library"), (FEWER, "fewer")):
        for step, seconds in steps.get(name, {}).items():
            for one in seconds:
                found.note(who, step, Step(2 * one, {"ingest": one * 0.75, "postgres": one * 0.25}), 10**8)
    return found


def test_work_that_is_done_gives_no_sentence(work, counted):
    counted.counted, counted.stored = (2, 0), {"articles": 3, "sightings": 4}
    assert [*work.asked("cold"), *work.stored("cold", 0)] == []
    work.begin()
    counted.counted = (4, 2)
    assert [*work.asked("warm"), *work.stored("warm", 0)] == []


def test_a_lost_entry_a_lost_article_and_one_too_many_are_told(work, counted):
    counted.stored = {"articles": 3, "sightings": 3}
    counted.kept = ["http://a.example/1", "http://a.example/2", "http://a.example/4"]
    assert list(work.stored("cold", 0)) == [
        "3 entries are stored where 4 were published",
        "1 of 3 articles are missing, such as a.example/3",
        "1 articles that no feed shows, such as a.example/4",
    ]


def test_one_address_stored_twice_is_told(work, counted):
    counted.stored = {"articles": 4, "sightings": 4}
    counted.kept = [*counted.kept, "http://a.example/1?utm_source=y"]
    assert list(work.stored("cold", 0)) == ["4 articles are stored where 3 addresses are"]


def test_what_is_published_between_steps_is_expected_too(work, counted):
    counted.stored = {"articles": 3, "sightings": 4}
    assert list(work.stored("cold", 0)) == []
    assert list(work.stored("changed", 2)) == ["4 entries are stored where 6 were published"]


def test_rows_that_change_although_nothing_is_new_are_told(work, counted):
    counted.stored = {"articles": 3, "sightings": 4}
    assert list(work.stored("cold", 0)) == []
    work.begin()
    counted.stored = {"articles": 4, "sightings": 4}
    (told,) = work.stored("same", 0)
    assert "although nothing was new" in told


@pytest.mark.parametrize(
    ("step", "requests"),
    [
        ("cold", (1, 0)),
        ("cold", (2, 1)),
        ("warm", (2, 1)),
        ("warm", (3, 2)),
        ("changed", (2, 2)),
        ("changed", (2, 0)),
        ("same", (2, 1)),
    ],
)
def test_feeds_asked_or_answered_otherwise_than_the_step_has_it_are_told(work, counted, step, requests):
    counted.counted = requests
    assert list(work.asked(step)) == [
        f"the press counted {requests[0]} requests and {requests[1]} answers 304 of 2 feeds"
    ]


def test_the_bare_loop_reads_every_entry_and_sends_its_validators(tmp_path):
    with running_press(feeds=4, entries=0) as press:
        urls = [press.feed_url(outlet.slug) for outlet in press.outlets]
        with started("tests.bench.bare", urls, tmp_path, plain_environment()) as bare:
            assert bare.step("cold").entries == sum(outlet.window for outlet in press.outlets)
            assert bare.step("warm").entries == 0
            assert [row["not_modified"] for row in press.stats().values()] == [1, 1, 1, 1]
            assert bare.step("cold").entries > 0, "cold forgets"


@pytest.mark.skipif(not is_installed("reader"), reason="the feed library `reader` is not installed")
def test_the_library_keeps_every_entry(tmp_path):
    with running_press(feeds=3, entries=0) as press:
        urls = [press.feed_url(outlet.slug) for outlet in press.outlets]
        with started("tests.bench.library", urls, tmp_path, plain_environment()) as library:
            entries = sum(outlet.window for outlet in press.outlets)
            assert [library.step(step).entries for step in ("cold", "warm", "cold")] == [entries] * 3
            assert sum(row["not_modified"] for row in press.stats().values()) == 3


def test_a_yardstick_that_ends_is_told(tmp_path):
    with (
        started("tests.bench.bare", ["no address"], tmp_path, plain_environment()) as bare,
        pytest.raises(BenchError, match=r"tests\.bench\.bare ended early"),
    ):
        bare.step("cold")


@ON_LINUX
def test_memory_is_that_of_a_process_with_its_children():
    """A parent and its child hold 40 MB each; what both took over from one interpreter counts once."""
    hold = "import sys; held = b'x' * 40_000_000; print('held', flush=True); sys.stdin.read()"
    program = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {hold!r}], stdin=subprocess.PIPE)\n" + hold
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert [parent.stdout.readline() for _ in range(2)] == ["held\n", "held\n"]
        with memory.watched(parent.pid) as peak:
            pass
        assert 80e6 < peak.bytes < 140e6
        parent.communicate("")
    assert memory.pss(parent.pid) == 0


def test_each_step_stands_beside_every_yardstick_that_ran_and_names_its_target():
    found = found_with(ours={"cold": [6, 8, 7]}, bare={"cold": [14, 14, 14]}, library={"cold": [28, 28, 28]})
    told = {(line.what, line.note): line for line in lines(found)}
    assert told["all new: CPU", "bare loop, target 6"].ratio == 0.5
    assert told["all new: CPU", "reader"].ratio == 0.25
    assert told["  of it PostgreSQL", ""].value == 1.75
    assert told["memory of the ingest worker at most", "bare loop, target 150"].value == 100


def test_without_yardsticks_there_is_no_ratio_and_with_other_feeds_no_target():
    told = lines(found_with(feeds=100, ours={"cold": [6]}))
    assert [line.ratio for line in told] == [None] * len(told)
    assert [line.note for line in told if line.what == "all new: CPU"] == [""]


def test_the_slope_compares_what_a_feed_costs():
    found = found_with(ours={"cold": [5], "warm": [1]}, fewer={"cold": [1], "warm": [0.4]})
    slope = [line for line in lines(found) if line.what.endswith("CPU a feed")]
    assert [(line.value, line.beside, line.ratio) for line in slope] == [(10, 10, 1), (4, 2, 2)]


def test_only_a_ratio_that_is_much_too_great_fails_the_bench():
    assert too_dear(found_with(ours={"cold": [100]})) == []
    assert too_dear(found_with(ours={"cold": [5]}, bare={"cold": [10]}, library={"cold": [20]})) == []
    (told,) = too_dear(found_with(ours={"cold": [30]}, bare={"cold": [10]}, library={"cold": [60]}))
    assert told.startswith("all new: the CPU is 3 times that of bare loop, and at most ")


def test_a_great_catalogue_stands_beside_a_small_one():
    scale = Scale(
        few={"claim": [0.002]}, many={"claim": [0.003]}, passed=Step(1, {"ingest": 1.0}), peak=10**8
    )
    told = {line.what: line for line in scale_lines(scale, found_with(ours={"cold": [5], "warm": [1]}))}
    assert told["claim"].ratio == 1.5
    assert told["nothing changed (304): CPU"].ratio == 1
    assert told["memory of the ingest worker at most"].ratio == 1


def test_a_step_that_ingest_has_not_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["ingest", "--steps", "cold,hot"])
    assert ended.value.code == 2
    assert "'hot' is no step of ingest; it has cold,warm,changed,same,slope,scale" in capsys.readouterr().err
