"""`dateline rules` and `dateline corrections` on a database: foresee, publish, go back, correct, measure."""

import json
from pathlib import Path

import pytest

from services.classify.labelling import label, relabel
from services.core import corrections
from services.core.clock import utc_now
from services.core.db import transaction
from tests.fixtures.articles import Desk
from tests.fixtures.command import Run
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish

TESTED = ENERGY.replace(
    "terms: [inflation]}", "terms: [inflation, prices], tests: [{title: Inflation, expect: [topic/energy]}]}"
)


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.now = utc_now()
    publish(ECONOMY)
    relabel.relabel_listed()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    (made / "rules.yaml").write_text(TESTED, encoding="utf-8")
    return made


def labelled(desk: Desk, *titles: str) -> list[int]:
    made = [desk.article(title, listed=False) for title in titles]
    label.label_waiting()
    return made


def test_an_editors_day(run: Run, desk: Desk, tmp_path: Path):
    """Export, change, see what it would do, publish, see what moved, go back."""
    one, _ = labelled(desk, "Inflation in Kazakh cities", "Rain")
    mine = tmp_path / "rules"
    assert run("rules", "export", str(mine)).code == 0
    (mine / "rules.yaml").write_text(TESTED, encoding="utf-8")
    told = run("rules", "diff", str(mine))
    assert told.code == 1
    assert "topic/energy: + the whole label" in told.out
    told = run("rules", "impact", str(mine)).out
    assert "2 articles looked at, 1 would change." in told
    assert f"+ {one} Inflation in Kazakh cities [Inflation]" in told
    as_data = json.loads(run("rules", "impact", str(mine), "--json").out)
    assert (as_data["articles"], as_data["changed"], len(as_data["idle"])) == (2, 1, 1)
    done = run("rules", "publish", str(mine), "-m", "Energy")
    assert done.out.endswith("what is listed gets its labels anew.\n")
    relabel.relabel_listed()
    told = run("rules", "history").out.splitlines()
    assert told[0].startswith("* ")
    assert told[0].endswith(": Energy")
    assert "2 articles looked at, 1 have other labels" in told[-1]
    newest, first = json.loads(run("rules", "history", "--json").out)
    assert newest["figures"] == {"tests": 1, "corrections": None, "impact": {"articles": 2, "changed": 1}}
    assert run("rules", "rollback", first["version"][:12], "-m", "No").code == 0
    assert run("rules", "diff", str(mine), "in-force").code == 1
    assert run("rules", "diff", newest["version"][:12], str(mine)).out == "The two rulebooks mean the same.\n"


def test_an_exported_folder_notices_what_others_published(run: Run, tmp_path: Path):
    mine = tmp_path / "rules"
    run("rules", "export", str(mine))
    (mine / "rules.yaml").write_text(TESTED, encoding="utf-8")
    publish(ENERGY)
    refused = run("rules", "publish", str(mine), "-m", "mine")
    assert refused.code == 1
    assert "tester has published" in refused.err
    assert run("rules", "publish", str(mine), "-m", "mine", "--force").code == 0
    again = TESTED.replace("prices", "price")
    (mine / "rules.yaml").write_text(again, encoding="utf-8")
    assert run("rules", "publish", str(mine), "-m", "it knows what it published last").code == 0


def test_publishing_what_fails_its_own_tests_names_the_way_to_see_them(run: Run, folder: Path):
    (folder / "rules.yaml").write_text(TESTED.replace("title: Inflation", "title: Rain"), encoding="utf-8")
    refused = run("rules", "publish", str(folder), "-m", "x")
    assert (refused.code, "rules test" in refused.err) == (1, True)
    assert run("rules", "publish", "-m", "x").code == 2
    assert run("rules", "publish", str(folder), "--starter", "-m", "x").code == 2


def test_corrections_are_made_listed_measured_and_withdrawn(run: Run, desk: Desk, folder: Path):
    (one,) = labelled(desk, "Inflation in Kazakh cities")
    assert run("rules", "evaluate", "--corrections").code == 1
    said = run("corrections", "set", str(one), "--region", "central-asia", "--no-topics", "--note", "people")
    assert said.code == 0
    label.label_waiting()
    listed = run("corrections", "list").out
    assert "regions central-asia, no topics (people)" in listed
    assert "Inflation in Kazakh cities" in listed
    (row,) = [json.loads(line) for line in run("corrections", "export").out.splitlines()]
    assert (row["regions"], row["topics"]) == (["central-asia"], [])
    figures = json.loads(run("rules", "evaluate", "--corrections", "--json").out)
    assert figures["sets"]["topics"]["by"]["economy"]["precision"] == 0.0
    told = run("rules", "explain", str(one)).out
    assert told.startswith("An editor (")
    assert "topic economy" in told
    assert run("corrections", "withdraw", str(one)).code == 0
    assert run("corrections", "withdraw", str(one)).code == 1
    with transaction() as session:
        assert corrections.standing(session) == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "1", "--region", "atlantis"), 1, "no region 'atlantis'"),
        (("set", "1", "--topic", "economy", "--no-topics"), 2, "not both"),
        (("set", "1"), 2, "Say something"),
        (("set", "999", "--no-topics"), 1, "no article 999"),
        (("withdraw", "999"), 1, "no article 999"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(run: Run, desk: Desk, words, code, sentence):
    labelled(desk, "Rain")
    said = run("corrections", *words)
    assert (said.code, sentence in said.err) == (code, True)


def test_stats_tell_terms_that_editors_did_not_agree_with_and_terms_that_never_fire(run: Run, desk: Desk):
    one, *_ = labelled(desk, "Inflation in Kazakh cities", "Inflation elsewhere", "Kyrgyz rain")
    run("corrections", "set", str(one), "--no-topics")
    told = json.loads(run("rules", "stats", "--json").out)
    assert (told["articles"], told["corrected"], told["dead_count"]) == (3, 1, 0)
    (worst,) = told["offenders"]
    assert (worst["term"], worst["articles"], worst["right"], worst["wrong"]) == ("inflation", 2, 0, 1)
    told = json.loads(run("rules", "stats", "region/central-asia", "--json").out)
    assert {term["term"] for term in told["terms"]} == {"Kazakh", "Kyrgyz"}
    assert "inflation" in run("rules", "stats", "topic/economy").out
    refused = run("rules", "stats", "region/central-asi")
    assert (refused.code, "Did you mean region/central-asia?" in refused.err) == (1, True)


def test_what_was_corrected_counts_in_the_statistics_when_it_is_no_longer_among_the_newest(
    run: Run, desk: Desk
):
    one, *_ = labelled(desk, "Inflation in Kazakh cities", "Rain", "Snow")
    run("corrections", "set", str(one), "--no-topics")
    told = json.loads(run("rules", "stats", "-n", "1", "--json").out)
    newest = 1
    assert (told["articles"] - newest, told["corrected"]) in {(1, 1), (0, 1)}
    assert told["offenders"][0]["term"] == "inflation"


NR = "addresses:\n  sites: {paper.example: {drop: [nr]}}\n"


def test_what_a_rule_of_addresses_joins_is_told_before_and_after_it_is_published(
    run: Run, desk: Desk, folder: Path
):
    before = json.loads(run("rules", "history", "--json").out)[0]["version"]
    labels = run("rules", "impact", str(folder))
    assert "would become" not in labels.out
    one, other, third = (
        desk.article(f"Piece {n}", url=f"https://paper.example/view?nr={n}") for n in (1, 2, 3)
    )
    (folder / "addresses.yml").write_text(NR)
    said = "3 articles would become 1 by addresses.yml:2:34 (drop nr at paper.example). Going back parts them again"
    lines = run("rules", "impact", str(folder), "--examples", "1").out.splitlines()
    assert lines[0].startswith(said)
    assert lines[1] == "    = paper.example/view"
    assert [line.split()[0] for line in lines[2:5]] == [str(one), str(other), str(third)]
    assert lines[5].startswith("3 articles looked at")
    told = json.loads(run("rules", "impact", str(folder), "--json").out)["addresses"]
    assert (told["articles"], told["joined"], told["joined_to"], told["parted"]) == (3, 3, 1, 0)
    done = run("rules", "publish", str(folder), "-m", "One view")
    assert said in done.err
    assert f"dateline rules rollback {before[:12]}" in done.err
    newest = json.loads(run("rules", "history", "--json").out)[0]
    assert newest["figures"]["addresses"]["joined"] == 3
    assert said in run("rules", "history").out
    back = run("rules", "impact", before[:12]).out
    assert back.startswith(
        "The rules of addresses are others; of the newest 3 articles none would become one"
    )
    unknown = run("rules", "impact", "no-such-folder")
    assert (unknown.code, "no version begins with 'no-such-folder'" in unknown.err) == (1, True)
