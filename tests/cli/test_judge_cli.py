"""`dateline judge`: said, foreseen, listed, withdrawn, exported, and measured by."""

import json

import pytest
from click.testing import CliRunner

from services.cli.judge import judge
from services.core import judgements
from services.core.db import transaction
from services.core.models import Story, StoryArticle

QUAKE = "A strong earthquake shook the port of Iquique in northern Chile on Monday, cutting power and sending residents to the hills."


@pytest.fixture
def three(desk):
    return [
        desk.article("Earthquake shakes Iquique in Chile", text=QUAKE, source="wire.example"),
        desk.article("Strong quake in Chile", text=QUAKE + " More follows.", source="tribune.example"),
        desk.article("Vienna opera names director", text="The Vienna State Opera named a new director on Tuesday."),
    ]  # fmt: skip


def put_in_story(desk, story, *articles):
    with transaction() as session:
        session.add(Story(id=story, founded_at=desk.now, updated_at=desk.now))
        session.flush()
        for number, article in enumerate(articles, start=1):
            session.add(
                StoryArticle(
                    article_id=article, story_id=story, number=number, decided_at=desk.now, decision={}
                )
            )


@pytest.fixture
def a_story(desk, three):
    put_in_story(desk, 7, *three[:2])


def standing():
    with transaction() as session:
        return [(row.one, row.other, row.says, row.author) for row in judgements.listing(session)]


def test_every_command_has_an_example():
    for name in judge.commands:
        result = CliRunner().invoke(judge, [name, "--help"])
        assert f"Example: dateline judge {name}" in result.output


def test_what_is_said_is_told_with_what_it_changes(run, three):
    first, second, third = map(str, three)
    done = run("judge", "same", second, first, "--author", "dana", "--note", "one wire")
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "Judgement 1: 1 and 2 are one text.",
            "  Article 2 will be hidden behind article 1, as a copy of it.",
        ],
    )
    assert run("judge", "story", first, third, "--author", "dana").code == 0
    assert run("judge", "different", second, third, "--author", "dana").err.startswith(
        "dateline: That articles 2 and 3"
    )
    assert run("judge", "not-news", third, "--author", "ada").code == 0
    assert standing() == [
        (3, None, "not_news", "ada"), (1, 3, "story", "dana"), (1, 2, "duplicate", "dana"),
    ]  # fmt: skip


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_the_same_as_what_is_no_news_is_refused_by_name(run, three, options):
    run("judge", "not-news", "2", "--author", "ada", "--note", "an advertisement")
    done = run("judge", "same", "1", "2", *options)
    assert done.code == 1
    assert "Article 2 was taken out as no news by ada: an advertisement." in done.err
    assert standing() == [(2, None, "not_news", "ada")]


def test_a_dry_run_says_nothing(run, three):
    done = run("judge", "same", "1", "2", "--dry-run")
    assert done.out.splitlines() == [
        "Nothing is said yet. It would mean:",
        "  Article 2 will be hidden behind article 1, as a copy of it.",
    ]
    told = json.loads(run("judge", "same", "1", "2", "--dry-run", "--json").out)
    assert (told["judgement"], told["foreseen"]["hides"]) == (None, [[2, 1]])
    assert standing() == []


def test_json_of_what_is_said(run, three):
    told = json.loads(run("judge", "same", "1", "2", "--author", "dana", "--json").out)
    assert (told["judgement"]["id"], told["judgement"]["says"]) == (1, "duplicate")
    assert told["judgement"]["documents"][0]["title"] == "Earthquake shakes Iquique in Chile"
    assert told["foreseen"]["hides"] == [[2, 1]]


def test_it_is_withdrawn_by_its_number_once(run, three):
    run("judge", "different", "1", "3")
    looked = run("judge", "withdraw", "1", "--dry-run")
    assert looked.out.startswith("Nothing is said yet. It would mean:\n  ")
    assert len(standing()) == 1
    done = run("judge", "withdraw", "1")
    assert (done.code, done.out.splitlines()[0]) == (0, "Withdrawn: 1 and 3 are two things.")
    again = run("judge", "withdraw", "1")
    assert (again.code, again.err) == (
        1,
        "dateline: Judgement 1 holds no more: it was withdrawn already.\n",
    )


def test_it_is_listed(run, three):
    run("judge", "same", "1", "2", "--author", "dana", "--note", "one wire")
    run("judge", "different", "1", "3", "--author", "ada")
    run("judge", "withdraw", "2")
    lines = run("judge", "list", "--withdrawn").out.splitlines()
    gone, stands = (line.split("  ", 2)[-1] for line in lines if not line.startswith(" "))
    assert gone.startswith("ada: 1 and 3 are two things, withdrawn 20")
    assert stands == "dana: 1 and 2 are one text (one wire)"
    assert "    Strong quake in Chile" in lines
    assert [row["id"] for row in json.loads(run("judge", "list", "--json").out)] == [1]
    assert json.loads(run("judge", "list", "--article", "3", "--json").out) == []


def test_what_it_takes_the_place_of_is_told_and_listed(run, three):
    run("judge", "same", "1", "2", "--author", "dana", "--note", "one wire")
    for options in (("--dry-run",), ()):
        told = run("judge", "different", "1", "2", "--author", "ada", *options).out.splitlines()[1]
        assert told.startswith("  dana said on ")
        assert told.endswith(": one text (one wire). This takes its place.")
    (old,) = [line for line in run("judge", "list", "--withdrawn").out.splitlines() if line.startswith("1 ")]
    assert ", replaced 20" in old
    assert old.endswith(" by ada: two things (judgement 2)")


def test_the_later_one_leaves_the_story_it_does_not_belong_to(run, desk, three):
    put_in_story(desk, 7, *three)
    done = run("judge", "not-in-story", "3", "7", "--author", "dana")
    assert done.out.splitlines()[0] == "Judgement 1: 1 and 3 are two things."
    assert "Article 3, the later one, leaves story 7" in done.out
    assert standing() == [(1, 3, "no", "dana")]


def test_the_first_of_a_story_is_told_from_all_the_others(run, desk, three):
    put_in_story(desk, 7, *three)
    told = json.loads(run("judge", "not-in-story", "1", "7", "--author", "dana", "--json").out)
    assert [(row["judgement"]["one"], row["judgement"]["other"]) for row in told] == [(1, 2), (1, 3)]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("same", "1", "1"), 1, "Both are article 1"),
        (("same", "1", "99"), 1, "There is no article 99"),
        (("same", "1"), 2, "Missing argument 'OTHER'"),
        (("same", "1", "2", "--author", "x" * 65), 1, "An author's name has 1 to 64 characters"),
        (("same", "one", "2"), 2, "not a valid integer"),
        (("not-in-story", "1", "9"), 1, "There is no story 9"),
        (("not-in-story", "3", "7"), 1, "Article 3 does not stand in story 7"),
        (("withdraw", "5"), 1, "There is no judgement 5"),
    ],
)
def test_what_is_wrong_is_said_with_the_exit_code(run, a_story, words, code, told):
    done = run("judge", *words)
    assert done.code == code
    assert told in done.err
    assert standing() == []


def test_an_article_alone_in_its_story_belongs_there(run, desk, three):
    put_in_story(desk, 7, three[0])
    assert "the only one" in run("judge", "not-in-story", "1", "7").err


def test_a_story_is_muted(run, desk, three):
    put_in_story(desk, 7, *three)
    assert (
        run("stories", "mute", "7", "--author", "dana").out
        == "Story 7 does not stand in Trending any more.\n"
    )
    assert run("stories", "muted").out == "7  dana: Without a title\n"
    assert [(row["id"], row["muted_by"]) for row in json.loads(run("stories", "muted", "--json").out)] == [
        (7, "dana")
    ]
    told = [run("stories", "unmute", "7") for _ in range(2)]
    assert [(done.code, done.out) for done in told] == [
        (0, "Story 7 stands in Trending again where it rises.\n"),
        (0, "Story 7 was not kept out of Trending; nothing changes.\n"),
    ]
    assert run("stories", "muted").out == "None.\n"
    assert run("stories", "mute", "8").code == 1


def judged(run):
    for words in (("same", "1", "2"), ("different", "2", "3"), ("story", "1", "4")):
        assert run("judge", *words, "--author", "dana").code == 0


@pytest.fixture
def four(desk, three):
    """The last one is an event of its own, whatever an editor says below: the machine is wrong once."""
    return [
        *three,
        desk.article("Budget passed in Lima", text="Parliament in Lima passed the budget on Friday."),
    ]


def test_what_is_exported_measures_the_same_as_what_stands(run, four, tmp_path):
    judged(run)
    rows = run("judge", "export").out
    assert [json.loads(line)["same"] for line in rows.splitlines()] == ["story", "no", "duplicate"]
    path = tmp_path / "judged.jsonl"
    path.write_text(rows)
    figures = []
    for source in ("--judged", str(path)):
        told = json.loads(run("dedupe", "evaluate", source, "--json").out)
        assert told.pop("rows_per_second") > 0
        figures.append(told)
    assert figures[0] == figures[1]
    assert figures[0]["rows"] == 3
    assert figures[0]["said"] == {"duplicate": {"duplicate": 1}, "no": {"no": 1}, "story": {"no": 1}}
    assert "3 pairs" in run("dedupe", "evaluate", "--judged").out


def test_stories_are_measured_on_what_is_known(run, four):
    judged(run)
    told = json.loads(run("stories", "evaluate", "--judged", "--json").out)
    assert told.pop("rows_per_second") > 0
    # 1, 2 and 4 are of one event; 3 is apart from all of them. The machine puts 1 and 2 together and the others alone.
    assert told == {
        "rows": 4, "stories": 3, "gold_stories": 2, "copies": 1,
        "bcubed": {"precision": 1.0, "recall": 0.6667, "f1": 0.8},
        "pairs": {"precision": 1.0, "recall": 0.3333, "f1": 0.5},
    }  # fmt: skip


@pytest.mark.parametrize("noun", ["dedupe", "stories"])
def test_nothing_judged_is_said_and_a_file_is_needed_or_the_option(run, three, noun):
    done = run(noun, "evaluate", "--judged")
    assert (done.code, "No two articles were judged yet" in done.err) == (1, True)
    assert run(noun, "evaluate").code == 2
    run("judge", "not-news", "3")
    assert run(noun, "evaluate", "--judged").code == 1
