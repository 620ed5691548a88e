"""Feeds, rules, corrections and judgements as text: what goes out comes in again, the same bytes."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from services.backups.files import import_from
from services.core import corrections
from services.core.corrections import Judgement
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.models import ArticleUrl
from services.core.urls import canonical_url
from tests.fixtures.articles import Desk
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


def article(desk: Desk, title: str) -> int:
    """An article that can be found by its address."""
    number = desk.article(title)
    with transaction() as session:
        url = session.execute(text("SELECT url FROM articles WHERE id = :id"), {"id": number}).scalar_one()
        session.add(ArticleUrl(url_key=canonical_url(url), article_id=number))
    return number


def say(number: int, **what: tuple[str, ...] | str) -> None:
    with transaction() as session:
        corrections.correct(session, number, Judgement(**what), author="ada")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def said(desk: Desk) -> list[int]:
    publish(ECONOMY)
    numbers = [article(desk, "One"), article(desk, "Two"), article(desk, "Three")]
    say(numbers[1], regions=("central-asia",), note="the dam — Ком")
    say(numbers[0], topics=("economy",), places=())
    return numbers


def test_what_is_imported_is_exported_again_byte_for_byte(said, desk, run, tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    assert run("export", str(first)).code == 0
    assert set(contents(first)) == {
        "feeds.opml",
        "rules/rules.yaml",
        "corrections.jsonl",
        "judgements.jsonl",
    }
    with transaction() as session:
        for number in said:
            corrections.withdraw(session, number)
    publish(ENERGY)
    done = run("import", str(first))
    assert (done.code, done.err) == (0, "")
    assert "2 corrections said" in done.out
    assert run("export", str(second)).code == 0
    assert contents(second) == contents(first)
    assert "0 corrections said" in run("import", str(first)).out


def test_a_second_export_replaces_what_the_first_wrote_and_nothing_else(said, run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "old.yaml").write_text("labels: []")
    run("export", str(tmp_path))
    assert sorted(contents(tmp_path)) == [
        "corrections.jsonl",
        "feeds.opml",
        "judgements.jsonl",
        "notes.txt",
        "rules/rules.yaml",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 2: an object"),
        ('{"url": "https://tribune.example/1", "author": "a\\u0000da", "regions": []}', "line 2: an object"),
        ('{"url": "https://tribune.example/1", "author": "\\ud800", "regions": []}', "line 2: an object"),
        ('{"url": "https://tribune.example/1", "author": "ada", "regions": "asia"}', "line 2: an object"),
        (
            '{"url": "https://nowhere.example/1", "author": "ada", "regions": []}',
            "The text that was judged is not here",
        ),
        (
            '{"url": "https://nowhere.example/1", "author": "ada", "title": "T", "regions": ["atlantis"]}',
            "no region 'atlantis'",
        ),
        ('{"url": "https://nowhere.example/1", "author": "ada", "title": "T"}', "says something"),
        (
            '{"url": "https://nowhere.example/1", "author": "ada", "regions": [], "tags": [1]}',
            "line 2: an object",
        ),
        (
            '{"url": "https://nowhere.example/1", "author": "ada", "regions": [], "body": []}',
            "line 2: an object",
        ),
        (
            '{"url": "https://tribune.example/1", "author": "ada", "regions": ["atlantis"]}',
            "no region 'atlantis'",
        ),
        ('{"url": "https://tribune.example/1", "author": "ada"}', "says something"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_the_others_are_taken(said, run, tmp_path, line, says):
    good = {
        "url": "https://tribune.example/3",
        "author": "ada",
        "regions": [],
        "topics": None,
        "places": None,
        "note": "",
    }
    (tmp_path / "corrections.jsonl").write_text(json.dumps(good) + "\n" + line + "\n")
    done = run("import", str(tmp_path))
    assert done.code == 1
    assert says in done.err
    assert "1 correction said" in done.out


def test_a_wrong_rulebook_imports_nothing(said, desk, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text("labels: [")
    (tmp_path / "corrections.jsonl").write_text("")
    with pytest.raises(DatelineError), transaction() as session:
        import_from(session, tmp_path, author="ada")


def test_a_folder_with_nothing_of_ours_is_refused(said, run, tmp_path):
    assert "none of feeds.opml" in run("import", str(tmp_path)).err
