"""What editors said of copies and stories, as text: carried to another installation, where it holds, and lost nowhere on the way."""

import json
from pathlib import Path

import pytest

from services.core import judgements
from services.core.db import transaction
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, publish

JUDGED = "judgements.jsonl"
SAID = {
    ("duplicate", "Osh: a quake", "Quake in Osh"),
    ("story", "Aid for Osh", "Quake in Osh"),
    ("no", "Quake in Chile", "Quake in Osh"),
    ("not_news", "Buy shoes"),
}


def article(desk: Desk, title: str, name: str) -> int:
    """An article that can be found by its address. One sentence holds what splits lines where it should not."""
    url = f"https://tribune.example/{name}"
    number = desk.article(title, url=url, text=f"{title}.\u2028Second line.\x85Қазақстан")
    with transaction() as session:
        session.add(ArticleUrl(url_key=canonical_url(url), article_id=number))
    return number


def say(one: int, other: int | None, says: str, note: str = "", author: str = "dana") -> None:
    with transaction() as session:
        judgements.say(session, one, other, says, author=author, note=note)


def standing() -> list[judgements.Judged]:
    with transaction() as session:
        return judgements.listing(session)


def said() -> set[tuple[str | None, ...]]:
    return {(row.says, *sorted(doc["title"] for doc in row.documents)) for row in standing()}


def bound() -> set[tuple[str, ...]]:
    """What binds articles, by their titles."""
    titles = dict(sql("SELECT id, title FROM articles"))
    return {
        (row.says, *sorted(titles[number] for number in row.articles if number is not None))
        for row in standing()
        if None not in row.articles
    }


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / JUDGED).read_text().split("\n") if line]


def stock(desk: Desk) -> dict[str, int]:
    """In another order on another day: numbers say nothing."""
    titles = {
        "a": "Quake in Osh",
        "b": "Osh: a quake",
        "c": "Aid for Osh",
        "d": "Quake in Chile",
        "e": "Buy shoes",
    }
    return {name: article(desk, title, name) for name, title in titles.items()}


def empty() -> None:
    """An installation of today: no article, and nothing said."""
    sql("TRUNCATE sources, hosts, feeds, articles, judgements, changes CASCADE")


@pytest.fixture
def folder(desk: Desk, run, tmp_path: Path) -> Path:
    publish(ECONOMY)
    here = stock(desk)
    say(here["b"], here["a"], "duplicate", "word for word — Қазақ")
    say(here["c"], here["a"], "story", author="ada")
    say(here["a"], here["d"], "no", "two quakes")
    say(here["e"], None, "not_news", "an advertisement")
    done = run("export", str(tmp_path / "newsroom"))
    assert (done.code, "4 judgements written" in done.out) == (0, True)
    return tmp_path / "newsroom"


def again(run, folder: Path) -> bytes:
    second = folder.parent / "second"
    assert run("export", str(second)).code == 0
    return (second / JUDGED).read_bytes()


def test_a_line_names_articles_by_address_with_the_texts_that_were_judged_and_no_number(folder):
    assert [line["says"] for line in lines(folder)] == ["duplicate", "story", "no", "not_news"]
    first = lines(folder)[0]
    assert (first["author"], first["note"]) == ("dana", "word for word — Қазақ")
    assert [side["url"] for side in first["articles"]] == [
        "https://tribune.example/a",
        "https://tribune.example/b",
    ]
    assert set(first["articles"][0]) == {"url", "title", "body", "date", "source", "lang"}


def test_what_stands_already_changes_nothing(folder, run):
    before = [row.id for row in standing()]
    assert "0 judgements said, 0 kept" in run("import", str(folder)).out
    assert [row.id for row in standing()] == before


def test_an_empty_installation_keeps_all_of_it_tells_so_and_gives_it_back_byte_for_byte(folder, run):
    empty()
    done = run("import", str(folder))
    assert done.code == 0
    assert "0 judgements said, 4 kept for later, 0 left out" in done.out
    assert done.err.count("kept: judgements.jsonl, line") == 4
    assert "no article has the address https://tribune.example/a nor https://tribune.example/b" in done.err
    assert again(run, folder) == (folder / JUDGED).read_bytes()
    assert (said(), bound()) == (SAID, set())
    assert "0 judgements said, 0 kept" in run("import", str(folder)).out, "taken once"


def test_what_was_kept_measures_the_machine(folder, run):
    empty()
    run("import", str(folder))
    done = run("dedupe", "evaluate", "--judged")
    assert done.code == 0, done.err
    assert "3" in done.out


def test_what_was_kept_holds_once_its_articles_are_there(folder, desk, run):
    empty()
    run("import", str(folder))
    sql("DELETE FROM feeds")
    sql("DELETE FROM hosts")
    sql("DELETE FROM sources")  # the desk makes them with its articles
    stock(Desk())
    done = run("import", str(folder))
    assert (done.code, done.err) == (0, "")
    assert "4 judgements said, 0 kept" in done.out
    assert said() == bound() == SAID
    assert len(standing()) == 4
    assert sql("SELECT title FROM articles WHERE removed_at IS NOT NULL") == [("Buy shoes",)]
    assert again(run, folder) == (folder / JUDGED).read_bytes()


def test_other_numbers_and_texts_of_today_leave_the_example_as_it_was(folder, desk, run):
    empty()
    other = Desk()
    for name, title in (
        ("e", "Shoes!"),
        ("d", "Chile shakes"),
        ("b", "Quake, Osh"),
        ("c", "Aid"),
        ("a", "Quake"),
    ):
        article(other, title, name)
    assert "4 judgements said" in run("import", str(folder)).out
    assert said() == SAID, "what was judged"
    assert ("duplicate", "Quake", "Quake, Osh") in bound()
    assert again(run, folder) == (folder / JUDGED).read_bytes()


def test_what_was_said_of_articles_that_are_gone_is_carried_too(folder, run):
    sql("TRUNCATE changes")
    sql("DELETE FROM articles WHERE title IN ('Osh: a quake', 'Buy shoes')")
    assert again(run, folder) == (folder / JUDGED).read_bytes()
    assert "0 judgements said, 0 kept" in run("import", str(folder)).out


def test_an_article_whose_text_has_expired_keeps_its_judgements_as_examples(folder, run):
    empty()
    stock(Desk())
    sql(
        "UPDATE articles SET emptied = true, listed = false, removed_at = now(), removed_why = 'Older than 90 days.'"
    )
    done = run("import", str(folder))
    assert "0 judgements said, 4 kept" in done.out
    assert "has expired here" in done.err
    assert again(run, folder) == (folder / JUDGED).read_bytes()


def test_what_contradicts_here_is_named_and_the_rest_is_taken(folder, run):
    empty()
    here = stock(Desk())
    say(here["a"], here["e"], "duplicate", author="eve")
    say(here["b"], here["e"], "no", author="eve")
    done = run("import", str(folder))
    assert done.code == 1
    assert "left out: judgements.jsonl, line 1: That articles" in done.err
    assert "3 judgements said, 0 kept for later, 1 left out" in done.out


GOOD = {"url": "https://nowhere.example/1", "title": "T", "body": "B", "date": "2026-11-23T12:00:00+00:00"}


@pytest.mark.parametrize(
    "row",
    [
        "not json",
        [],
        {"says": "duplicate", "author": "ada", "articles": [GOOD]},
        {"says": "not_news", "author": "ada", "articles": [GOOD, GOOD]},
        {"says": "same", "author": "ada", "articles": [GOOD, GOOD]},
        {"says": "not_news", "author": "ada", "articles": [{"url": "https://nowhere.example/1"}]},
        {"says": "not_news", "author": "a\x00da", "articles": [GOOD]},
        {"says": "not_news", "author": "ada", "articles": [GOOD | {"body": "half a sign \ud800"}]},
        {"says": "not_news", "articles": [GOOD]},
        {"says": "not_news", "author": " ada ", "articles": [GOOD]},
        {"says": "not_news", "author": "ada", "note": "x" * 1001, "articles": [GOOD]},
    ],
)
def test_a_line_that_is_none_is_named_with_its_place_and_keeps_none_out(desk, run, tmp_path, row):
    good = {"says": "not_news", "author": "ada", "note": "a literal \\u0000", "articles": [GOOD]}
    line = row if isinstance(row, str) else json.dumps(row)
    (tmp_path / JUDGED).write_text(f"{line}\n\n{json.dumps(good)}\n")
    done = run("import", str(tmp_path))
    assert done.code == 1
    assert done.err.count("left out: judgements.jsonl, line 1: ") == 1
    assert done.err.count("kept: judgements.jsonl, line 3: ") == 1
    assert len(standing()) == 1
