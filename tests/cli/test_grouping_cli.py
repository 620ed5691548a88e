"""`dateline stories evaluate` and `dateline dedupe evaluate`: figures, JSON and errors as the contract has them."""

import json
import re

import pytest
from click.testing import CliRunner

from services.cli.dedupe import dedupe
from services.cli.stories import stories
from services.core.errors import InvalidInputError

QUAKE = "A strong earthquake shook the port of Iquique in northern Chile on Monday, cutting power and sending residents to the hills."
STREAM = [
    {"id": "a", "title": "Earthquake shakes Iquique in Chile", "body": QUAKE, "story": "quake", "date": "2026-11-23T12:00:00Z", "source": "one", "lang": "en"},
    {"id": "b", "title": "Iquique: Chile port hit by earthquake", "body": "Residents of Iquique in Chile went to the hills after a strong earthquake cut power in the port.", "story": "quake", "date": "2026-11-23"},
    {"id": "c", "title": "Chile port quake", "body": QUAKE, "story": "quake", "date": "2026-11-23T13:00:00+01:00", "url": "https://n.example/c"},
    {"id": "d", "title": "Vienna opera names director", "body": "The Vienna State Opera named a new director on Tuesday who will begin in autumn.", "story": 7, "date": None},
    {"title": "A row that nobody has labelled", "body": ""},
]  # fmt: skip
PAIRS = [
    {"a": {"url": "http://www.n.example/1?utm_source=x"}, "b": {"url": "https://n.example/1"}, "same": "article"},
    {"a": {"title": "Chile quake", "body": QUAKE}, "b": {"title": "Strong quake in Chile", "body": QUAKE + " More follows."}, "same": "duplicate"},
    {"a": STREAM[0], "b": STREAM[1], "same": "story"},
    {"a": STREAM[0], "b": STREAM[3], "same": "no"},
]  # fmt: skip


@pytest.fixture
def run(tmp_path):
    def run(command, rows, *options):
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n\n")
        return CliRunner().invoke(command, ["evaluate", str(path), *options])

    return run


@pytest.mark.parametrize("command", [stories, dedupe])
def test_help_has_an_example(command):
    for words in (["--help"], ["evaluate", "--help"]):
        result = CliRunner().invoke(command, words)
        assert result.exit_code == 0
        assert "Example: dateline" in result.output


def test_stories_json_has_the_shape_of_the_contract(run):
    told = json.loads(run(stories, STREAM, "--json").output)
    assert told.pop("rows_per_second") > 0
    whole = {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert told == {"rows": 5, "stories": 2, "gold_stories": 2, "copies": 1, "bcubed": whole, "pairs": whole}


def test_stories_in_words(run):
    output = run(stories, STREAM).output
    assert "5 rows, 1 of them copies, in 2 stories (labelled: 2)" in output
    assert [line.split()[0] for line in output.splitlines()[-2:]] == ["B-cubed", "pairs"]


def test_where_there_is_nothing_to_be_right_about_stands_a_dash(run):
    levels = run(dedupe, PAIRS[3:]).output.splitlines()
    assert [line.split() for line in levels if line.startswith(("duplicate", "story"))] == [
        ["duplicate", "–", "–", "–", "0"],
        ["story", "–", "–", "–", "0"],
    ]
    alone = [STREAM[0], STREAM[3]]
    assert run(stories, alone).output.splitlines()[-1].split() == ["pairs", "–", "–", "–", "0"]
    assert run(stories, STREAM).output.splitlines()[-1].split() == ["pairs", "1.000", "1.000", "1.000"]


def test_wrong_stories_cost_precision_and_recall(run):
    rows = [row | {"story": label} for row, label in zip(STREAM, ["x", "y", "y", "y"], strict=False)]
    told = json.loads(run(stories, rows, "--json").output)
    assert told["pairs"] == {"precision": 0.3333, "recall": 0.3333, "f1": 0.3333}
    assert told["bcubed"]["precision"] == pytest.approx((1 / 3 + 2 / 3 + 2 / 3 + 1) / 4, abs=1e-4)


def test_dedupe_json_has_levels_that_hold_what_is_nearer(run):
    told = json.loads(run(dedupe, PAIRS, "--json").output)
    assert told["said"] == {name: {name: 1} for name in ("article", "duplicate", "no", "story")}
    assert {level: row["support"] for level, row in told["levels"].items()} == {
        "article": 1,
        "duplicate": 2,
        "story": 3,
    }
    assert all(row["f1"] == 1 for row in [*told["levels"].values(), told["pairs"]])
    assert told["rows"] == 4


def test_dedupe_of_a_file_that_only_says_true_or_false(run):
    rows = [PAIRS[2] | {"same": True}, PAIRS[3] | {"same": True}]
    told = json.loads(run(dedupe, rows, "--json").output)
    assert told["levels"].keys() == {"story"}
    assert told["pairs"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}
    assert "true" in run(dedupe, rows).output


@pytest.mark.parametrize(
    ("command", "rows", "sentence"),
    [
        (stories, ["{"], r"rows\.jsonl:1: this line is not JSON"),
        (stories, [STREAM[0], "[]"], r"rows\.jsonl:2: A row is a JSON object"),
        (stories, [STREAM[0], STREAM[0]], r"rows\.jsonl:2: The id a stands in the file twice"),
        (stories, [{"title": 4}], r"rows\.jsonl:1: title is a text"),
        (stories, [{"title": "x", "story": []}], r":1: story is a name or a number"),
        (stories, [{"story": "x"}], r":1: A row needs a title or a body"),
        (stories, [STREAM[0] | {"date": "yesterday"}], r":1: date “yesterday” is not in ISO 8601"),
        (stories, [STREAM[4]], r"rows\.jsonl: No row says its story"),
        (stories, [], r"rows\.jsonl holds no rows"),
        (dedupe, [PAIRS[0] | {"same": "twin"}], r":1: same is “article”"),
        (dedupe, [PAIRS[0] | {"b": "x"}], r":1: b is an object"),
        (dedupe, [PAIRS[0] | {"a": {}}], r":1: a: A row needs a title or a body"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_by_file_and_line(run, command, rows, sentence):
    result = run(command, rows)
    assert result.exit_code == 1
    assert isinstance(result.exception, InvalidInputError)
    assert re.search(sentence, str(result.exception))


def test_a_file_that_is_not_there_is_wrong_use():
    assert CliRunner().invoke(stories, ["evaluate", "nowhere.jsonl"]).exit_code == 2


def test_a_file_in_no_order_of_time_is_grouped_by_its_dates(run):
    """Dates that leap do not end stories, as soon as it is plain that they do: other years stand between the rows of an event."""
    events = ["opera", "budget", "glacier", "metro", "verdict", "harvest"]
    dates = ["2026-03-01", "2025-11-20", "2026-09-09", "2025-12-24", "2025-11-21", "2026-01-05"]
    noise = [
        {
            "title": f"News of the {what}",
            "body": f"Of the {what} nothing else is known.",
            "story": what,
            "date": date,
        }
        for what, date in zip(events, dates, strict=True)
    ]
    rows = [*noise[:4], STREAM[0], noise[4], STREAM[1], noise[5], STREAM[2]]
    told = json.loads(run(stories, rows, "--json").output)
    assert told["bcubed"]["recall"] == 1
