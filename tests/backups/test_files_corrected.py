"""Corrections of articles that are not there (yet): carried on with the texts that were judged, and in force once imported again."""

import json
from pathlib import Path

import pytest

from services.core import corrections
from services.core.corrections import Judgement
from services.core.db import transaction
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, publish

FILE = "corrections.jsonl"
ARTICLES = {"a": "Quake in Osh", "b": "Prices rise", "c": "Aid — Қазақ"}


def article(desk: Desk, title: str, name: str) -> int:
    """An article that can be found by its address. One sentence holds what splits lines where it should not."""
    url = f"https://tribune.example/{name}"
    number = desk.article(title, url=url, text=f"{title}.\u2028Second line.\x85Ком")
    with transaction() as session:
        session.add(ArticleUrl(url_key=canonical_url(url), article_id=number))
    return number


def say(number: int, *, author: str = "ada", **what: tuple[str, ...] | str) -> None:
    with transaction() as session:
        corrections.correct(session, number, Judgement(**what), author=author)


def empty() -> None:
    """An installation of today: no article, and nothing said."""
    sql("TRUNCATE sources, hosts, feeds, articles, corrections, changes CASCADE")


def bound() -> dict[str, tuple]:
    """What holds, by the titles of the articles."""
    return {
        title: tuple(rest)
        for title, *rest in sql(
            "SELECT a.title, c.regions, c.topics, c.places, c.note, c.author FROM corrections c"
            " JOIN articles a ON a.id = c.article_id WHERE c.withdrawn_at IS NULL"
        )
    }


SAID = {
    "Quake in Osh": (["central-asia"], None, ["KG"], "the dam — Ком", "ada"),
    "Prices rise": (None, ["economy"], None, "", "dana"),
    "Aid — Қазақ": ([], [], None, "", "ada"),
}


@pytest.fixture
def folder(desk: Desk, run, tmp_path: Path) -> Path:
    publish(ECONOMY)
    here = {name: article(desk, title, name) for name, title in ARTICLES.items()}
    say(here["c"], regions=(), topics=())
    say(here["b"], topics=("economy",), author="dana")
    say(here["a"], regions=("central-asia",), places=("KG",), note="the dam — Ком")
    done = run("export", str(tmp_path / "newsroom"))
    assert (done.code, "3 corrections" in done.out, bound()) == (0, True, SAID)
    return tmp_path / "newsroom"


def again(run, folder: Path) -> bytes:
    second = folder.parent / "second"
    assert run("export", str(second)).code == 0
    return (second / FILE).read_bytes()


def test_each_line_is_a_labelled_row_with_the_text_that_was_judged(folder, run):
    lines = [json.loads(line) for line in (folder / FILE).read_text().split("\n") if line]
    assert [(line["url"], line["title"]) for line in lines] == [
        (f"https://tribune.example/{name}", title) for name, title in ARTICLES.items()
    ]
    assert lines[0]["body"] == "Quake in Osh.\u2028Second line.\x85Ком"
    assert "id" not in lines[0]
    told = json.loads(run("rules", "evaluate", str(folder / FILE), "--json").out)
    assert told["rows"] == 3


def test_an_empty_installation_keeps_all_of_it_tells_so_and_gives_it_back_byte_for_byte(folder, run):
    empty()
    done = run("import", str(folder))
    assert (done.code, bound()) == (0, {})
    assert "0 corrections said" in done.out
    assert "3 kept for later, 0 left out" in done.out
    assert (
        "kept: corrections.jsonl, line 1: No article has the address https://tribune.example/a." in done.err
    )
    assert again(run, folder) == (folder / FILE).read_bytes()
    assert "0 kept" in run("import", str(folder)).out, "taken once"
    assert "not here" in run("corrections", "list").out


def test_what_was_kept_measures_the_rules(folder, run):
    measured = run("rules", "evaluate", "--corrections", "--json").out
    empty()
    run("import", str(folder))
    assert json.loads(measured)["rows"] == 3
    assert run("rules", "evaluate", "--corrections", "--json").out == measured


def test_what_was_kept_is_withdrawn_by_the_address_that_the_list_shows(folder, run):
    empty()
    with (folder / FILE).open("a") as file:
        file.write('{"url": "no address", "title": "T", "regions": [], "author": "ada"}\n')
    run("import", str(folder))
    listed = [line.strip() for line in run("corrections", "list").out.splitlines()]
    for address in ("https://tribune.example/b", "no address"):
        assert address in listed
        done = run("corrections", "withdraw", address)
        assert (done.code, done.out) == (0, f"1 correction of {address} withdrawn.\n")
        again = run("corrections", "withdraw", address)
        assert (again.code, f"has the address {address}; of one that is here" in again.out) == (1, True)
        assert address not in run("corrections", "list").out
    assert json.loads(run("rules", "evaluate", "--corrections", "--json").out)["rows"] == 2
    assert "2 kept" in run("import", str(folder)).out, "taken anew where somebody imports it again"


def test_the_address_of_an_article_that_is_here_withdraws_nothing(folder, run):
    refused = run("corrections", "withdraw", "https://tribune.example/b")
    assert (refused.code, "give the number" in refused.out, bound()) == (1, True, SAID)
    assert "https://" not in run("corrections", "list").out
    assert run("corrections", "withdraw", "0").code == 2


def test_what_was_kept_holds_once_its_articles_are_there(folder, run):
    empty()
    run("import", str(folder))
    for table in ("feeds", "hosts", "sources"):
        sql(f"DELETE FROM {table}")  # the desk makes them with its articles
    other = Desk()
    for name in ("c", "a"):
        article(other, f"Today: {ARTICLES[name]}", name)
    done = run("import", str(folder))
    assert (done.code, done.err) == (0, "")
    assert "2 corrections said" in done.out
    assert bound() == {f"Today: {ARTICLES[n]}": SAID[ARTICLES[n]] for n in "ac"}
    assert again(run, folder) == (folder / FILE).read_bytes(), (
        "the texts that were judged, not those of today"
    )
    assert "0 corrections said" in run("import", str(folder)).out


def test_what_was_said_of_articles_that_are_gone_is_carried_too(folder, run):
    sql("TRUNCATE changes")
    sql("DELETE FROM articles WHERE title = 'Quake in Osh'")
    sql(
        "UPDATE articles SET listed = false, removed_at = now(), removed_why = 'Older.' WHERE title = 'Prices rise'"
    )
    assert again(run, folder) == (folder / FILE).read_bytes()
    done = run("import", str(folder))
    assert (done.code, "0 corrections said" in done.out, "0 kept" in done.out) == (0, True, True)


def test_of_an_article_that_is_removed_here_it_is_kept(folder, run):
    empty()
    article(Desk(), "Quake in Osh", "a")
    sql("UPDATE articles SET listed = false, removed_at = now(), removed_why = 'Older.'")
    done = run("import", str(folder))
    assert (done.code, bound()) == (0, {})
    assert "line 1: Its article was removed here. Older." in done.err
    assert again(run, folder) == (folder / FILE).read_bytes()


def test_what_is_kept_gives_way_to_what_is_said_otherwise(folder, run):
    empty()
    run("import", str(folder))
    first, *others = (folder / FILE).read_text().split("\n")
    changed = json.dumps(json.loads(first) | {"regions": None, "author": "eve"}, ensure_ascii=False)
    (folder / FILE).write_text("\n".join([changed, *others]))
    assert "1 kept for later" in run("import", str(folder)).out
    assert again(run, folder) == (folder / FILE).read_bytes()


def test_a_file_of_before_that_carries_titles_only_is_taken_too(folder, run):
    old = '{"url": "https://tribune.example/%s", "title": "T", "regions": [], "author": "ada"}\n'
    (folder / FILE).write_text(old % "a" + old % "z")
    done = run("import", str(folder))
    assert (done.code, "1 correction said" in done.out, "1 kept" in done.out) == (0, True, True)
    assert bound()["Quake in Osh"] == ([], None, None, "", "ada")


def standing() -> list[tuple]:
    return sql("SELECT article_id, note FROM corrections WHERE withdrawn_at IS NULL ORDER BY id")


def test_what_was_kept_goes_when_an_editor_says_the_same_by_hand(folder, run):
    empty()
    (folder / "feeds.opml").unlink()  # the desk makes feeds with its articles
    run("import", str(folder))
    here = article(Desk(), "Prices rise", "b")
    say(here, topics=("economy",), author="eve")
    assert len(standing()) == 4
    assert run("import", str(folder)).code == 0
    assert [number for number, _ in standing()].count(None) == 2
    assert bound() == {"Prices rise": (None, ["economy"], None, "", "eve")}, "her word stays as it was"
    assert json.loads(run("rules", "evaluate", "--corrections", "--json").out)["rows"] == 3


@pytest.mark.parametrize("here", [False, True])
def test_of_several_that_are_kept_for_one_address_none_is_left(folder, run, here):
    (only, *_) = [line for line in (folder / FILE).read_text().split("\n") if "tribune.example/b" in line]
    (folder / FILE).write_text(only)
    empty()
    new = Desk()
    for note in ("first", "second"):  # each said of an article that has expired since
        say(article(new, "Prices rise", "b"), topics=("economy",), note=note)
        sql("DELETE FROM changes")
        sql("DELETE FROM articles")
    assert standing() == [(None, "first"), (None, "second")]
    number = article(new, "Prices rise", "b") if here else None
    assert run("import", str(folder)).code == 0
    assert standing() == [(number, "")]
    assert run("import", str(folder)).code == 0
    assert standing() == [(number, "")]
