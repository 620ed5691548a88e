"""`feeds list` and `feeds show`: the facts of the pages, for people within 100 columns and for programs as JSON."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from services.api.pages.feed_shapes import STATES
from services.api.words import public_url
from services.cli import cli, feeds_shown
from services.core.models import Fetch
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import DAY, add, troubled

Run = Callable[..., Result]


@pytest.fixture
def run(service: pytest.MonkeyPatch) -> Run:
    """`dateline feeds WORDS` that must succeed."""

    def call(*words: str) -> Result:
        done = CliRunner().invoke(cli, ["feeds", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return call


def stock(desk: Desk) -> dict[str, int]:
    """A feed in each state."""
    return {
        "failing": troubled(desk),
        "late": desk.feed("late.example", name="Late Paper", next_check_at=desk.now - timedelta(hours=1)),
        "quiet": desk.feed("hush.example", name="Hush", new_at=desk.now - 5 * DAY, usual_s=3600, quiet_at=desk.now - DAY),
        "new": desk.feed("new.example", name="New Paper", checked_at=None, ok_at=None),
        "paused": desk.feed("paused.example", name="Paused Paper", paused_reason="moved behind a paywall"),
        "healthy": desk.feed("well.example", name="Well Paper"),
    }  # fmt: skip


def test_the_list_says_of_each_feed_in_trouble_what_is_the_matter(run: Run, desk: Desk):
    ids = stock(desk)
    lines = run("list").stdout.splitlines()
    heads = [line.split()[:2] for line in lines if line[:6].strip()]
    assert heads == [[str(number), state] for state, number in ids.items()]
    said = " ".join(" ".join(lines).split())
    assert "5 failures in a row, last good answer" in said
    assert f"`dateline feeds replace {ids['failing']}` takes it." in said
    assert "Due 1 hour ago and not asked since." in said
    assert "nothing new for 5 days; up to 60 mins of silence are usual." in said
    assert (
        f"Not asked any more: moved behind a paywall. `dateline feeds refresh {ids['paused']}` resumes it."
        in said
    )
    assert [line for line in lines if len(line) > 100] == []


@pytest.mark.parametrize("state", STATES)
def test_the_list_can_be_of_one_state(run: Run, desk: Desk, state: str):
    ids = stock(desk)
    rows = json.loads(run("list", "--state", state, "--json").stdout)
    assert [(row["id"], row["state"]) for row in rows] == [(ids[state], state)]


def test_the_list_can_be_searched_and_cut(run: Run, desk: Desk):
    stock(desk)
    done = run("list", "--find", "PAPER", "--limit", "2")
    assert "Late Paper" in done.stdout
    assert "Well Paper" not in done.stdout
    assert done.stderr == "2 of 4 feeds; a larger --limit shows more.\n"
    assert run("list", "--find", "late.example").stderr == ""


def test_records_have_what_is_known_of_a_feed_and_how_many_articles_it_has(run: Run, desk: Desk):
    for _ in range(3):
        desk.article()
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["articles"], row["state"], row["source"]) == (3, "healthy", "tribune.example")
    assert {
        "pace_reason",
        "error_kind",
        "quiet_at",
        "moved_to",
        "replacement_url",
        "paused_reason",
    } <= row.keys()


def test_a_feed_is_shown_in_words(run: Run, desk: Desk):
    feed = troubled(desk)
    lines = run("show", str(feed)).stdout.splitlines()
    said = " ".join(" ".join(lines).split())
    assert lines[:2] == [f"Feed {feed}: Old Valley Gazette", "https://old-valley.example/feed.xml"]
    assert lines[2].startswith("Failing. 5 failures in a row, ")
    assert [line for line in lines if line and line[0] != " "][3:] == [
        "more (404).", "Next look", "What it brings", "Address", "How it is asked", "Gaps", "The last fetches",
    ]  # fmt: skip
    assert "Why then Five failures in a row, so the pause doubled." in said
    assert f"`dateline feeds replace {feed}` takes it." in said
    assert "window of 30 entries, about 12 missed" in said
    assert "3 new, 1 again, 26 unchanged, 3 skipped (no link (2), twice in one body)" in said
    assert [line for line in lines if len(line) > 100] == []
    assert "tokenvalue" not in said


def test_facts_and_fetches_stand_under_each_other(run: Run, desk: Desk):
    feed = desk.feed()
    for n, (status, size) in enumerate([(200, 12_345_678), (304, 0), (None, 99)]):
        add(
            Fetch(
                feed_id=feed, at=desk.now - timedelta(hours=n), elapsed_ms=19_999, status=status, outcome="unchanged", bytes=size,
                error=None, brought={},
            )
        )  # fmt: skip
    lines = run("show", str(feed)).stdout.splitlines()
    fetches = lines[lines.index("The last fetches") + 1 :]
    assert {line.index("nothing new") for line in fetches} == {54}
    facts = lines[lines.index("Next look") + 1 : lines.index("Gaps") - 1]
    assert {line[18:20] for line in facts if line[:2] == "  "} == {"  "}


def test_a_feed_as_json_has_its_history_and_no_secret(run: Run, desk: Desk):
    told = run("show", str(troubled(desk)), "--json").stdout
    row = json.loads(told)
    assert [fetch["outcome"] for fetch in row["fetches"]] == ["failed", "new-body"]
    assert (row["gaps"][0]["missed"], row["push"]["missed"], row["state"]) == (12, 2, "failing")
    assert row["former"][0]["url"] == "http://old-valley.example/rss.xml"
    assert "secretvalue" not in told


def test_a_terminal_is_given_no_orders_by_a_title(run: Run, desk: Desk):
    feed = desk.feed(name="\x1b[2JGone\x07", failures=1, error="a\x1b[31m")
    for words in (("list",), ("show", str(feed))):
        told = run(*words).stdout
        assert "Gone" in told
        assert "\x1b" not in told


@pytest.mark.parametrize("title", ["珠江晚报" * 9, "Paper " * 20, "Вести", "e\u0301te\u0301 " * 20])
def test_columns_hold_whatever_the_script(title: str):
    told = feeds_shown.padded(title, 34)
    assert sum(feeds_shown._columns(char) for char in told) == 34


def test_a_password_in_an_address_is_not_printed(run: Run, desk: Desk):
    address = "https://desk:pass@a.example/rss"
    feed = desk.feed("a.example", url=address)
    for words in (("list",), ("show", str(feed))):
        told = run(*words).stdout
        assert "pass@" not in told
        assert public_url(address) in told
