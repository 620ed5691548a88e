"""`dateline stories show` and `trending`: asked of a real API, printed for people and for programs."""

import json
import re
from datetime import timedelta

import pytest

from tests.fixtures.command import Done, Run
from tests.fixtures.environment import forget_connections

ABC = [("a.example", 120.0), ("b.example", 60.0), ("c.example", 0.0)]


@pytest.fixture
def asked(site, desk, stories, service) -> list[int]:
    """A story of three articles that rises, and the commands pointed at the API that knows it."""
    ids = [
        desk.article(
            title, source=f"{'abc'[n]}.example", age=timedelta(hours=3 - n), regions=["central-asia"]
        )
        for n, title in enumerate(("Quake felt in Osh", "Osh shaken", "Schools closed"))
    ]
    stories.put(7, ids)
    stories.rising(desk.now, {7: ABC}, "region/central-asia")
    service.setenv("DATELINE_BIND", f"127.0.0.1:{site.port}")
    forget_connections()
    return ids


def test_a_story_is_shown_with_its_publishers_and_the_reason_of_every_article(run: Run, asked):
    done = run("stories", "show", "7")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Quake felt in Osh"
    assert lines[1].startswith("story 7: 3 publishers, 3 articles, 20")
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  ", line) for line in lines[3:6])
    assert [line.split("  ")[1] for line in lines[3:6]] == ["A, 1 article", "B, 1 article", "C, 1 article"]
    assert "Schools closed  (C)" in lines[7]
    assert lines[8] == "    similarity 0.44 of 0.21 with story 7, by quake, osh"


def test_of_a_long_story_the_newest_are_shown(run: Run, asked):
    lines = run("stories", "show", "7", "-n", "1").out.splitlines()
    assert lines[-1] == "There are older articles; -n shows more."
    assert sum("similarity" in line for line in lines) == 1


def test_an_id_that_was_merged_gives_the_story_that_it_is_part_of(run: Run, asked, stories):
    stories.put(2, [])
    stories.merge(7, into=2)
    done = run("stories", "show", "7", "--json")
    assert done.code == 0
    assert json.loads(done.out)["id"] == 2


def test_a_story_that_is_none_is_a_sentence(run: Run, asked):
    assert run("stories", "show", "99") == Done(1, "", "dateline: There is no story 99.\n")
    assert run("stories", "show", "0").code == 2


def test_what_rises_is_told_with_its_arithmetic(run: Run, asked):
    done = run("stories", "trending", "--region", "central-asia", "--window", "24h")
    assert (done.code, done.err) == (0, "")
    first, _, story, arithmetic = done.out.splitlines()
    assert first == "1 story is rising in Central Asia: more publishers, and sooner, than is usual."
    assert story == " 1.  Quake felt in Osh  (3 publishers, story 7)"
    # The moment is that of the answer, some seconds after the voices were heard.
    assert re.match(
        r"\s+2\.2\d = heat 2\.6\d / habit 1\.18; heat: 1\.00 c\.example \+ 0\.89 b\.example", arithmetic
    )


def test_what_rises_as_json_is_what_the_api_answers(run: Run, asked):
    found = json.loads(run("stories", "trending", "--topic", "energy", "--json").out)
    assert (found["topic"], found["items"]) == ("energy", [])
    assert found["sentence"].startswith("Nothing is rising in Energy:")


def test_a_window_that_is_none_is_refused_in_a_sentence(run: Run, asked):
    done = run("stories", "trending", "--window", "3d")
    assert (done.code, done.out) == (1, "")
    assert "hours from 1h to 48h are expected" in done.err
