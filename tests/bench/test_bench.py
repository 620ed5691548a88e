"""The parts of the bench that decide what is printed; the bench itself is run by `make bench`."""

import json
import subprocess
import sys

import pytest

from tests.bench import cpu, latency, load
from tests.bench.figures import BenchError, Line, conditions, percentile, shown, table
from tests.bench.stage import eventually

BURN = """
import os, subprocess, sys, time
if sys.argv[1:] == []:
    subprocess.run([sys.executable, "-I", "-S", __file__, "grandchild"], check=True)
    living = subprocess.Popen([sys.executable, "-I", "-S", __file__, "stays"], stdin=subprocess.PIPE, start_new_session=True)
while time.process_time() < 0.2:
    sum(range(10_000))
if sys.argv[1:] == ["stays"]:
    sys.stdin.read()
elif sys.argv[1:] == []:
    times = os.times()
    print(times.user + times.system + times.children_user + times.children_system, flush=True)
    sys.stdin.read()
    living.communicate()
"""


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5], 0.5, 5),
        ([5], 0.99, 5),
        ([3, 1, 2], 0.5, 2),
        ([4, 3, 2, 1], 0.5, 2),
        (range(1, 101), 0.99, 99),
        (range(1, 101), 1.0, 100),
        (range(1, 101), 0.0, 1),
        (range(1, 51), 0.99, 50),
    ],
)
def test_a_percentile_is_the_value_of_its_rank(values, share, expected):
    assert percentile(values, share) == expected


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, ""), (0, "0"), (0.00287, "0.00287"), (7.123, "7.12"), (12.36, "12.4"), (40781.4, "40781")],
)
def test_numbers_are_shown_with_three_figures(number, text):
    assert shown(number) == text


def test_a_ratio_compares_medians_and_is_absent_without_a_yardstick():
    line = Line(part="p", what="w", unit="s", values=[4, 2, 30], yardstick=[1, 2, 3])
    assert (line.value, line.beside, line.ratio) == (4, 2, 2)
    alone = Line(part="p", what="w", unit="s", values=[4])
    assert (alone.beside, alone.ratio) == (None, None)
    assert Line(part="p", what="w", unit="s", values=[4], yardstick=[0]).ratio is None
    assert json.loads(json.dumps(line.row()))["values"] == [4, 2, 30]


def test_the_table_has_a_heading_a_part_and_columns_that_stand_below_each_other():
    text = table(
        [
            Line(
                part="Pipe", what="wall", unit="s", values=[2.0, 1.0, 4.0], yardstick=[1.0], note="bare loop"
            ),
            Line(part="Pipe", what="requests", unit="a second", values=[12345.6]),
            Line(part="Reads", what="p50", unit="ms", values=[0.5]),
        ]
    )
    rows = text.splitlines()
    assert [row for row in rows if row and not row.startswith(" ")] == ["Pipe", "Reads"]
    wall = next(row for row in rows if "wall" in row)
    assert wall.split() == ["wall,", "s", "2", "1", "-", "4", "1", "2", "bare", "loop"]
    end = rows[0].index("median") + len("median")
    assert wall[:end].endswith(" 2")
    assert next(row for row in rows if "requests" in row)[:end].endswith(" 12346")


def test_conditions_stand_one_a_line():
    assert conditions({"Python": "3.11", "load": 1}) == "Python  3.11\nload    1"


@pytest.mark.skipif(not cpu.available(), reason="CPU time is read from /proc, which this system has not")
def test_cpu_of_a_process_counts_living_and_ended_children_of_any_session(tmp_path):
    """A known program says what it and its ended child used; its living child, in another session, burns as much again."""
    program = tmp_path / "burn.py"
    program.write_text(BURN)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as burning:
        said = float(burning.stdout.readline())
        eventually(
            lambda: cpu.seconds(burning.pid) >= said + 0.15, seconds=60, what="The living child's time"
        )
        read = cpu.seconds(burning.pid)
        assert said >= 0.35  # two times 0.2, in ticks of 10 ms
        assert read <= said + 0.35, "something is counted twice"
        burning.communicate("")
    assert cpu.seconds(burning.pid) == 0


def test_cpu_between_two_readings_is_told_by_tree():
    assert cpu.spent({"a": 1.5}, {"a": 2.0, "new": 0.25}) == {"a": 0.5, "new": 0.25}


def test_what_does_not_happen_in_time_is_said():
    with pytest.raises(BenchError, match="The moon did not happen within 0 s"):
        eventually(lambda: False, seconds=0, what="The moon")


def test_a_request_names_its_validator():
    assert load.request("/v1/latest", host="h:1", If_None_Match='"t"') == (
        b'GET /v1/latest HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\nIf-None-Match: "t"\r\n\r\n'
    )


def test_an_item_that_never_came_is_a_fault():
    seen = latency.Seen(published={"a": 1.0, "b": 2.0}, found={"a": 1.5, "older": 1.0})
    assert latency.faults(seen) == ["latency: 1 of 2 items never stood in Latest, such as b"]
    seen.found["b"] = 2.5
    assert latency.faults(seen) == []
